"""Search parameters of R4 and the values by which resources are found."""

from lanh.core.fhir.search.composites import repeated
from lanh.core.fhir.search.extraction import extract
from lanh.core.fhir.search.nature import (
    implied_systems,
    reference_targets,
    single,
    value_types,
)
from lanh.core.fhir.search.own import OWN_KINDS, OwnExpression, extract_own
from lanh.core.fhir.search.parameters import SearchParameter, search_parameter, search_parameters
from lanh.core.fhir.search.ranges import (
    EARLIEST,
    LATEST,
    LOCAL_ZONE,
    countable,
    date_range,
    number_range,
)
from lanh.core.fhir.search.values import SearchValues

__all__ = [
    "EARLIEST",
    "LATEST",
    "LOCAL_ZONE",
    "OWN_KINDS",
    "OwnExpression",
    "SearchParameter",
    "SearchValues",
    "countable",
    "date_range",
    "extract",
    "extract_own",
    "implied_systems",
    "number_range",
    "reference_targets",
    "repeated",
    "search_parameter",
    "search_parameters",
    "single",
    "value_types",
]
