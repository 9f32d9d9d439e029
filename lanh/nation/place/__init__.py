"""Dated provinces and communes, their mapping over the reform of 2025, and borders for maps."""

from lanh.nation.place.borders import (
    Archipelago,
    Border,
    BorderError,
    Outline,
    borders_on,
    import_borders,
    outline_of,
    packaged_outline,
    read_borders,
)
from lanh.nation.place.code_list import COMMUNES, commune_list
from lanh.nation.place.ground import GROUND
from lanh.nation.place.places import Places
from lanh.nation.place.tables import load_places, read_places
from lanh.nation.place.unit import (
    COUNTRY,
    SET_34_FROM,
    SET_63_FROM,
    BoundarySet,
    Level,
    Succession,
    Unit,
    boundary_set,
)

__all__ = [
    "COMMUNES",
    "COUNTRY",
    "GROUND",
    "SET_34_FROM",
    "SET_63_FROM",
    "Archipelago",
    "Border",
    "BorderError",
    "BoundarySet",
    "Level",
    "Outline",
    "Places",
    "Succession",
    "Unit",
    "borders_on",
    "boundary_set",
    "commune_list",
    "import_borders",
    "load_places",
    "outline_of",
    "packaged_outline",
    "read_borders",
    "read_places",
]
