"""The registry of health facilities: entries, what became of them, and the nearest one."""

from __future__ import annotations

from datetime import timedelta

from lanh.core.accounts import Sight
from lanh.kit import Duty, Grant, System, form
from lanh.nation.roles import CITIZEN, FACILITY_REGISTRAR, PROVINCIAL_OFFICER, READ, ROLES, WRITE
from lanh.systems.facilities import entry, overviews, registry, rules, taking_effect

WORDS = registry.WORDS
_EVERYBODY = frozenset(ROLES)
_REGISTRAR, _OFFICER = FACILITY_REGISTRAR.code, PROVINCIAL_OFFICER.code
_AUTHORITIES = frozenset({_REGISTRAR, _OFFICER})
_STAFF = _EVERYBODY - {CITIZEN.code}
_ENTRIES = frozenset({"Location", "Organization", "OrganizationAffiliation"})
_SENT = frozenset({"QuestionnaireResponse"})
_COUNTRY, _PROVINCE = frozenset({Sight.EVERYTHING}), frozenset({Sight.CUSTODIAN})

SYSTEM = System(
    key="facilities",
    title=WORDS["facilities.title"],
    summary=WORDS["facilities.summary"],
    rows=("E4",),
    pages=(),
    tests=("lanh/systems/facilities/tests",),
    forms=(
        form(
            __file__,
            "facility",
            _AUTHORITIES,
            facts=entry.facility_facts,
            rules=rules.facility,
            index=entry.facility_index,
        ),
        form(
            __file__,
            "succession",
            _AUTHORITIES,
            facts=entry.succession_facts,
            rules=rules.succession,
            index=entry.succession_index,
        ),
    ),
    lists=(registry.FACILITIES, registry.SUCCESSIONS),
    list_roles={"facilities": _STAFF, "successions": _STAFF},
    records=(registry.FACILITY, registry.SUCCESSION),
    overviews=(overviews.NEAREST, overviews.MAP),
    grants=(
        Grant(_REGISTRAR, WRITE, _ENTRIES, _COUNTRY),
        Grant(_OFFICER, WRITE, _ENTRIES, _PROVINCE),
        Grant(_REGISTRAR, READ | WRITE, _SENT, _COUNTRY, impersonal=True),
        Grant(_OFFICER, READ | WRITE, _SENT, _PROVINCE, impersonal=True),
    ),
    duties=(Duty("take-effect", timedelta(minutes=5), taking_effect.due, taking_effect.carry_out),),
)
