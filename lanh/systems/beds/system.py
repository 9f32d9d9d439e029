"""Hospital beds: wards and beds, the daily report and its way, where a free bed is."""

from __future__ import annotations

from datetime import timedelta

from lanh.core.accounts import Sight
from lanh.kit import Duty, Grant, OwnPage, System, form
from lanh.nation.roles import (
    COMMUNE_NURSE,
    FACILITY_REGISTRAR,
    HOSPITAL_DOCTOR,
    HOSPITAL_PLANNER,
    MINISTRY_LEADER,
    PROVINCIAL_OFFICER,
    READ,
    WRITE,
)
from lanh.systems.beds import expecting, flow, free, hospital, province, registry, rules

WORDS = registry.WORDS
_PLANNER, _OFFICER = HOSPITAL_PLANNER.code, PROVINCIAL_OFFICER.code
_AUTHORITIES = frozenset({_OFFICER, FACILITY_REGISTRAR.code, MINISTRY_LEADER.code})
_CARERS = frozenset({HOSPITAL_DOCTOR.code, COMMUNE_NURSE.code})
_ALL = frozenset({_PLANNER}) | _AUTHORITIES | _CARERS
_REPORTS, _SENT = frozenset({"MeasureReport"}), frozenset({"QuestionnaireResponse"})
_OWN, _PROVINCE = frozenset({Sight.FACILITY}), frozenset({Sight.CUSTODIAN})

SYSTEM = System(
    key="beds",
    title=WORDS["beds.title"],
    summary=WORDS["beds.summary"],
    rows=("E5",),
    pages=(),
    tests=("lanh/systems/beds/tests",),
    forms=(
        form(
            __file__,
            "report",
            {_PLANNER},
            about="MeasureReport",
            contexts=expecting.report_contexts,
            facts=expecting.report_facts,
            rules=rules.report,
            index=expecting.report_index,
            in_menu=False,
            moves=("send",),
        ),
        form(
            __file__,
            "ward",
            {_PLANNER},
            contexts=expecting.ward_contexts,
            facts=expecting.ward_facts,
            rules=rules.ward,
            index=expecting.ward_index,
        ),
    ),
    states=(flow.FLOW,),
    lists=(registry.DUE, registry.MISSING, registry.REPORTS, registry.WARDS, registry.BEDS),
    list_roles={
        "due": frozenset({_PLANNER}),
        "missing": frozenset({_OFFICER}),
        "reports": _AUTHORITIES | {_PLANNER},
        "wards": _ALL,
        "beds": _ALL,
    },
    records=(registry.REPORT_VIEW, registry.WARD_VIEW),
    own_pages=(
        OwnPage(
            "hospital",
            WORDS["beds.hospital"],
            frozenset({_PLANNER}),
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
    grants=(
        *(Grant(role, READ, _REPORTS, frozenset({Sight.EVERYTHING})) for role in sorted(_ALL)),
        Grant(_PLANNER, WRITE, _REPORTS | {"Location"}, _OWN),
        Grant(_OFFICER, WRITE, _REPORTS, _PROVINCE),
        Grant(_PLANNER, READ | WRITE, _SENT, _OWN, impersonal=True),
    ),
    duties=(Duty("expect", timedelta(minutes=10), expecting.due, expecting.begin),),
)
