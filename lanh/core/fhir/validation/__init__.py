"""Validation of resources against the R4 structure definitions and against profiles."""

from lanh.core.fhir.validation.logical import validate_logical
from lanh.core.fhir.validation.options import Options
from lanh.core.fhir.validation.profiles import Membership, Profiles, Unusable
from lanh.core.fhir.validation.resource import validate

__all__ = ["Membership", "Options", "Profiles", "Unusable", "validate", "validate_logical"]
