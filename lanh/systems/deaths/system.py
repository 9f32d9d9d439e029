"""Deaths: notices with their certified cause, signed, told to the civil registry, counted."""

from __future__ import annotations

from lanh.core.accounts import Sight
from lanh.kit import Grant, OwnPage, System
from lanh.nation.roles import HOSPITAL_DOCTOR, MINISTRY_LEADER, PROVINCIAL_OFFICER
from lanh.systems.deaths import desk, following, mortality, picture
from lanh.systems.deaths.flow import DOCTORS, HEADS, NOTICE, REGISTRY
from lanh.systems.deaths.words import WORDS

SYSTEM = System(
    key="deaths",
    title=WORDS["deaths.title"],
    summary=WORDS["deaths.summary"],
    rows=("F5",),
    pages=(),
    tests=("lanh/systems/deaths/tests",),
    forms=(desk.NOTICE_FORM,),
    states=(NOTICE,),
    lists=(*desk.QUEUES, desk.NOTICES),
    list_roles={"notices": DOCTORS | HEADS},
    records=(desk.NOTICE_RECORD,),
    own_pages=(
        OwnPage(
            "mortality",
            WORDS["mortality.title"],
            frozenset({PROVINCIAL_OFFICER.code, MINISTRY_LEADER.code}),
            "causes, a map that drills down and weeks stand together over one choice of figures",
            picture.screen,
        ),
    ),
    # A correction may drop a line of the certificate: the record of that line goes with it.
    grants=(
        Grant(
            HOSPITAL_DOCTOR.code,
            frozenset({"delete"}),
            frozenset({"Observation", "Procedure"}),
            frozenset({Sight.FACILITY}),
        ),
    ),
    indicators=mortality.INDICATORS,
    partners=frozenset({REGISTRY}),
    follow=following.follow,
)
