"""Facilities of the health service: their names, and what their records say."""

from lanh.nation.facility.names import FacilityNames, facility_codes
from lanh.nation.facility.reading import (
    commune_of,
    facility_code,
    identifiers,
    open_at,
    phones,
    typed,
    valid_on,
)

__all__ = [
    "FacilityNames",
    "commune_of",
    "facility_code",
    "facility_codes",
    "identifiers",
    "open_at",
    "phones",
    "typed",
    "valid_on",
]
