"""Views and indicators of the national dashboard, ready for the warehouse."""

from lanh.nation.indicators.national import ZONE_MINUTES, national_definitions

__all__ = ["ZONE_MINUTES", "national_definitions"]
