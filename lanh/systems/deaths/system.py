"""Deaths: notices with their certified cause, signed, told to the civil registry, counted."""

from __future__ import annotations

from lanh.core.accounts import Sight
from lanh.kit import Grant, System, views
from lanh.nation.roles import HOSPITAL_DOCTOR
from lanh.systems.deaths import desk, following, mortality
from lanh.systems.deaths.flow import DOCTORS, HEADS, NOTICE, REGISTRY
from lanh.systems.deaths.overviews import MORTALITY
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
    overviews=(MORTALITY,),
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
    partners={REGISTRY: WORDS["partner.registry"]},
    views=views(__file__),
    follow=following.follow,
    notes=following.notes,
)
