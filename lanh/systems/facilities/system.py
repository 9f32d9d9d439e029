"""The registry of health facilities: entries, what became of them, and the nearest one."""

from __future__ import annotations

from pathlib import Path

from lanh.core.desks import Desk, DeskForm, OwnPage
from lanh.core.forms import load_form
from lanh.kit import System
from lanh.nation.roles import (
    CITIZEN,
    FACILITY_REGISTRAR,
    PROVINCIAL_OFFICER,
    ROLES,
)
from lanh.systems.facilities import entry, map, nearest, registry, rules

WORDS = registry.WORDS
_HERE = Path(__file__).parent
_EVERYBODY = frozenset(ROLES)
_AUTHORITIES = frozenset({FACILITY_REGISTRAR.code, PROVINCIAL_OFFICER.code})
_STAFF = _EVERYBODY - {CITIZEN.code}

SYSTEM = System(
    key="facilities",
    title=WORDS["facilities.title"],
    summary=WORDS["facilities.summary"],
    rows=("E4",),
    pages=(),
    tests=("lanh/systems/facilities/tests",),
)

DESK = Desk(
    key=SYSTEM.key,
    title=SYSTEM.title,
    summary=SYSTEM.summary,
    roles=_EVERYBODY,
    forms=(
        DeskForm(
            "facility",
            load_form(_HERE / "facility.yaml"),
            _AUTHORITIES,
            facts=entry.facility_facts,
            rules=rules.facility,
            index=entry.facility_index,
        ),
        DeskForm(
            "succession",
            load_form(_HERE / "succession.yaml"),
            _AUTHORITIES,
            facts=entry.succession_facts,
            rules=rules.succession,
            index=entry.succession_index,
        ),
    ),
    lists=(registry.FACILITIES, registry.SUCCESSIONS),
    list_roles={"facilities": _STAFF, "successions": _STAFF},
    records=(registry.FACILITY, registry.SUCCESSION),
    pages=(
        OwnPage(
            "nearest",
            WORDS["facilities.nearest"],
            _EVERYBODY,
            "distance, open now and a map are no list of records",
            nearest.screen,
            public=True,
        ),
        OwnPage(
            "map",
            WORDS["facilities.map"],
            _EVERYBODY,
            "a map is no list of records",
            map.screen,
            public=True,
        ),
    ),
)
