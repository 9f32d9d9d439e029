"""The communes of today as a code list, so that forms offer them and records are checked."""

from __future__ import annotations

from lanh.core.terminology import CodeSystem, Concept
from lanh.core.text import Words
from lanh.nation.naming import COMMUNE
from lanh.nation.place.places import Places
from lanh.nation.place.unit import SET_34_FROM

COMMUNES = "urn:lanh:values:communes"


def commune_list(places: Places) -> CodeSystem:
    """Every commune since July 2025, named with its province.

    Codes of before are left out: a code means a unit only together with a date, and the same
    code may mean another today.
    """
    concepts = []
    for unit in places.communes(None, SET_34_FROM):
        province = places.province(unit.province, SET_34_FROM)
        above = f", {province.name}" if province else ""
        display = Words(f"{unit.name}{above}", f"{unit.short_name}{above}")
        concepts.append(Concept(unit.code, display))
    return CodeSystem(
        url=COMMUNE,
        name="Communes",
        version="34",
        title=Words("Xã, phường, đặc khu", "Communes"),
        valid_from=SET_34_FROM,
        content="complete",
        concepts=concepts,
        source="Resolution 202/2025/QH15",
        value_set=COMMUNES,
    )
