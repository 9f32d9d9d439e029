"""Facilities of the health service, as the pages name them."""

from lanh.nation.facility.names import FacilityNames

__all__ = ["FacilityNames"]
