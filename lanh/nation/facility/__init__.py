"""Facilities of the health service: their names, and what their records say."""

from lanh.nation.facility.names import FacilityNames, facility_codes
from lanh.nation.facility.nearby import REACHES, nearby
from lanh.nation.facility.reading import (
    commune_of,
    facility_code,
    identifiers,
    kilometres,
    open_at,
    position_of,
    typed,
    valid_on,
)

__all__ = [
    "REACHES",
    "FacilityNames",
    "commune_of",
    "facility_code",
    "facility_codes",
    "identifiers",
    "kilometres",
    "nearby",
    "open_at",
    "position_of",
    "typed",
    "valid_on",
]
