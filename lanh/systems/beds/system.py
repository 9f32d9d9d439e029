"""Hospital beds: wards and beds, the daily report and its way, where a free bed is."""

from __future__ import annotations

from datetime import timedelta

from lanh.core.accounts import Sight
from lanh.kit import Duty, Grant, System, form, views
from lanh.nation.roles import HOSPITAL_PLANNER, PROVINCIAL_OFFICER, READ, WRITE
from lanh.systems.beds import expecting, flow, occupancy, overviews, registry, rules
from lanh.systems.beds.overviews import AUTHORITIES, EVERYBODY

WORDS = registry.WORDS
_PLANNER, _OFFICER = HOSPITAL_PLANNER.code, PROVINCIAL_OFFICER.code
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
        "reports": AUTHORITIES | {_PLANNER},
        "wards": EVERYBODY,
        "beds": EVERYBODY,
    },
    records=(registry.REPORT_VIEW, registry.WARD_VIEW),
    overviews=(overviews.HOSPITAL, overviews.PROVINCE, overviews.OCCUPANCY, overviews.FREE),
    grants=(
        *(Grant(role, READ, _REPORTS, frozenset({Sight.EVERYTHING})) for role in sorted(EVERYBODY)),
        Grant(_PLANNER, WRITE, _REPORTS | {"Location"}, _OWN),
        Grant(_OFFICER, WRITE, _REPORTS, _PROVINCE),
        Grant(_PLANNER, READ | WRITE, _SENT, _OWN, impersonal=True),
    ),
    indicators=occupancy.INDICATORS,
    views=views(__file__),
    duties=(Duty("expect", timedelta(minutes=10), expecting.due, expecting.begin),),
)
