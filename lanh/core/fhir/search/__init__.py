"""Search parameters of R4 and the values by which resources are found."""

from lanh.core.fhir.search.extraction import extract
from lanh.core.fhir.search.parameters import SearchParameter, search_parameter, search_parameters
from lanh.core.fhir.search.ranges import EARLIEST, LATEST, LOCAL_ZONE, date_range, number_range
from lanh.core.fhir.search.values import SearchValues

__all__ = [
    "EARLIEST",
    "LATEST",
    "LOCAL_ZONE",
    "SearchParameter",
    "SearchValues",
    "date_range",
    "extract",
    "number_range",
    "search_parameter",
    "search_parameters",
]
