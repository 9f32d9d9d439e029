"""The functions of FHIRPath, by theme; each with the least and most arguments it takes."""

from lanh.core.fhir.path.functions.boundary import BOUNDARY
from lanh.core.fhir.path.functions.conformance import CONFORMANCE
from lanh.core.fhir.path.functions.conversion import CONVERSION
from lanh.core.fhir.path.functions.existence import EXISTENCE
from lanh.core.fhir.path.functions.filtering import FILTERING
from lanh.core.fhir.path.functions.navigation import NAVIGATION
from lanh.core.fhir.path.functions.numbers import NUMBERS
from lanh.core.fhir.path.functions.subsetting import SUBSETTING
from lanh.core.fhir.path.functions.text import TEXT
from lanh.core.fhir.path.scope import Function

FUNCTIONS: dict[str, tuple[Function, int, int]] = {
    **EXISTENCE,
    **FILTERING,
    **SUBSETTING,
    **CONVERSION,
    **TEXT,
    **NUMBERS,
    **NAVIGATION,
    **BOUNDARY,
    **CONFORMANCE,
}

__all__ = ["FUNCTIONS"]
