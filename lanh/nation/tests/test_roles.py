"""Each role allows what its work needs and refuses the rest."""

from __future__ import annotations

from datetime import date

import pytest

from lanh.core.access import Access, Interaction, RowFacts, allows, predicate
from lanh.core.accounts import Account, Post, access_for
from lanh.nation.roles import ROLES, Capability


class _Places:
    def communes_of(self, area: str, on: date) -> frozenset[str]:
        return {"99": frozenset({"99901", "99902"}), "99901": frozenset({"99901"})}.get(
            area, frozenset()
        )


_POSTS = {
    "commune-nurse": Post("commune-nurse", "99901", "99001", "99901"),
    "hospital-doctor": Post("hospital-doctor", None, "99500", "99902"),
    "hospital-head": Post("hospital-head", None, "99500", "99902"),
    "hospital-it": Post("hospital-it", None, "99500", "99902"),
    "hospital-planner": Post("hospital-planner", None, "99500", "99902"),
    "provincial-officer": Post("provincial-officer", "99"),
    "facility-registrar": Post("facility-registrar"),
    "data-steward": Post("data-steward"),
    "provincial-data-steward": Post("provincial-data-steward", "99"),
    "ministry-leader": Post("ministry-leader"),
    "citizen": Post("citizen"),
    "operator": Post("operator"),
}

RESIDENT = RowFacts("99777", "88801", "99901", "p9")
OUTSIDER = RowFacts("99777", "88801", "88801", "p8")
AT_STATION = RowFacts("99001", "99901", "88801", "p7")
AT_HOSPITAL = RowFacts("99500", "99902", "88801", "p6")
IN_PROVINCE = RowFacts("99600", "99902", "88801", "p5")
MINE = RowFacts("99777", "88801", "88801", "me")
MINE_SECRET = RowFacts("99777", "88801", "88801", "me", "HIV")
HOSPITAL_SECRET = RowFacts("99500", "99902", "88801", "p6", "HIV")
RESIDENT_SECRET = RowFacts("99777", "88801", "99901", "p9", "PSY")


def _access(role: str) -> Access:
    account = Account("a", "a", "A", "vi", True, None, (_POSTS[role],))
    return access_for(account, date(2026, 10, 1), None, _Places(), ROLES, ["me"])


def _may(role: str, row: RowFacts, what: Interaction = "read", kind: str = "Condition") -> bool:
    return allows(predicate(_access(role), what, kind), row)


def test_every_role_is_tried_here() -> None:
    assert set(_POSTS) == set(ROLES)


@pytest.mark.parametrize(
    ("role", "row", "sees"),
    [
        ("commune-nurse", RESIDENT, True),
        ("commune-nurse", AT_STATION, True),
        ("commune-nurse", OUTSIDER, False),
        ("commune-nurse", RESIDENT_SECRET, False),
        ("hospital-doctor", AT_HOSPITAL, True),
        ("hospital-doctor", HOSPITAL_SECRET, True),
        ("hospital-doctor", RESIDENT, False),
        ("hospital-head", AT_HOSPITAL, True),
        ("hospital-head", HOSPITAL_SECRET, False),
        ("hospital-head", RESIDENT, False),
        ("hospital-it", AT_HOSPITAL, False),
        ("hospital-planner", AT_HOSPITAL, False),
        ("facility-registrar", AT_HOSPITAL, False),
        ("provincial-officer", RESIDENT, True),
        ("provincial-officer", IN_PROVINCE, True),
        ("provincial-officer", HOSPITAL_SECRET, False),
        ("provincial-officer", OUTSIDER, False),
        ("data-steward", RESIDENT, False),
        ("provincial-data-steward", RESIDENT, False),
        ("ministry-leader", RESIDENT, False),
        ("citizen", MINE, True),
        ("citizen", MINE_SECRET, True),
        ("citizen", OUTSIDER, False),
        ("operator", RESIDENT, False),
    ],
)
def test_what_each_role_reads_of_diagnoses(role: str, row: RowFacts, sees: bool) -> None:
    assert _may(role, row) is sees
    assert _may(role, row, "search") is sees


@pytest.mark.parametrize(
    ("role", "row", "writes"),
    [
        ("commune-nurse", AT_STATION, True),
        ("commune-nurse", RESIDENT, False),
        ("hospital-doctor", AT_HOSPITAL, True),
        ("hospital-doctor", AT_STATION, False),
        ("provincial-officer", IN_PROVINCE, False),
        ("data-steward", AT_HOSPITAL, False),
        ("ministry-leader", AT_HOSPITAL, False),
        ("citizen", MINE, False),
        ("operator", AT_HOSPITAL, False),
        ("hospital-it", AT_HOSPITAL, False),
        ("hospital-planner", AT_HOSPITAL, False),
        ("facility-registrar", AT_HOSPITAL, False),
    ],
)
def test_who_writes(role: str, row: RowFacts, writes: bool) -> None:
    for what in ("create", "update"):
        assert _may(role, row, what) is writes
    assert not _may(role, row, "delete")


def test_only_stewards_link_and_only_the_country_s_reads_persons() -> None:
    linkers = {role for role in ROLES if Capability.LINK_PERSONS in _access(role).capabilities}
    assert linkers == {"data-steward", "provincial-data-steward"}
    readers = {role for role in ROLES if _may(role, OUTSIDER, "read", "Person")}
    assert readers == {"data-steward"}
    assert _may("data-steward", OUTSIDER, "search", "Patient")
    assert _may("provincial-data-steward", RESIDENT, "search", "Patient")
    assert _may("provincial-data-steward", IN_PROVINCE, "search", "Patient")
    assert not _may("provincial-data-steward", OUTSIDER, "search", "Patient")


@pytest.mark.parametrize("role", sorted(ROLES))
def test_everybody_reads_the_directory_and_nobody_changes_it(role: str) -> None:
    assert _may(role, OUTSIDER, "search", "Organization")
    assert not _may(role, OUTSIDER, "update", "Organization")


def test_names_in_both_languages() -> None:
    for role in ROLES.values():
        assert role.name.vi != role.name.en
