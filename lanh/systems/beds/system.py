"""Hospital beds: wards and beds, the daily report and its way, where a free bed is."""

from __future__ import annotations

from pathlib import Path

from lanh.core.desks import Desk, DeskForm, OwnPage
from lanh.core.forms import load_form
from lanh.kit import System
from lanh.nation.roles import (
    COMMUNE_NURSE,
    FACILITY_REGISTRAR,
    HOSPITAL_DOCTOR,
    HOSPITAL_PLANNER,
    MINISTRY_LEADER,
    PROVINCIAL_OFFICER,
)
from lanh.systems.beds import expecting, free, hospital, province, registry, rules
from lanh.systems.beds.flow import FLOW

WORDS = registry.WORDS
_HERE = Path(__file__).parent
_PLANNERS = frozenset({HOSPITAL_PLANNER.code})
_AUTHORITIES = frozenset({PROVINCIAL_OFFICER.code, FACILITY_REGISTRAR.code, MINISTRY_LEADER.code})
_CARERS = frozenset({HOSPITAL_DOCTOR.code, COMMUNE_NURSE.code})
_ALL = _PLANNERS | _AUTHORITIES | _CARERS

SYSTEM = System(
    key="beds",
    title=WORDS["beds.title"],
    summary=WORDS["beds.summary"],
    rows=("E5",),
    pages=(),
    tests=("lanh/systems/beds/tests",),
)

DESK = Desk(
    key=SYSTEM.key,
    title=SYSTEM.title,
    summary=SYSTEM.summary,
    roles=_ALL,
    forms=(
        DeskForm(
            "report",
            load_form(_HERE / "report.yaml"),
            _PLANNERS,
            about="MeasureReport",
            contexts=expecting.report_contexts,
            facts=expecting.report_facts,
            rules=rules.report,
            index=expecting.report_index,
            in_menu=False,
            moves=("send",),
        ),
        DeskForm(
            "ward",
            load_form(_HERE / "ward.yaml"),
            _PLANNERS,
            contexts=expecting.ward_contexts,
            facts=expecting.ward_facts,
            rules=rules.ward,
            index=expecting.ward_index,
        ),
    ),
    workflows=(FLOW,),
    lists=(registry.DUE, registry.MISSING, registry.REPORTS, registry.WARDS, registry.BEDS),
    list_roles={
        "due": _PLANNERS,
        "missing": frozenset({PROVINCIAL_OFFICER.code}),
        "reports": _PLANNERS | _AUTHORITIES,
        "wards": _ALL,
        "beds": _ALL,
    },
    records=(registry.REPORT_VIEW, registry.WARD_VIEW),
    pages=(
        OwnPage(
            "hospital",
            WORDS["beds.hospital"],
            _PLANNERS,
            "days, a curve and wards stand together on one page",
            hospital.screen,
        ),
        OwnPage(
            "province",
            WORDS["beds.province"],
            _AUTHORITIES,
            "states by the clock, bars and a map stand together on one page",
            province.screen,
        ),
        OwnPage(
            "free",
            WORDS["beds.free"],
            _ALL,
            "distances over reports of many hospitals are no list of records",
            free.screen,
        ),
    ),
)
