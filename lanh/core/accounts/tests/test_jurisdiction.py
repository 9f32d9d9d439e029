"""Posts become grants through dated places; outside them there is nothing."""

from __future__ import annotations

from datetime import date

import pytest

from lanh.core.access import (
    AnyOf,
    CommuneIn,
    CustodianIn,
    Interaction,
    Nothing,
    PatientIn,
    Purpose,
    ResidenceIn,
    predicate,
)
from lanh.core.accounts import Account, Post, Right, Role, Sight, access_for, registry
from lanh.core.text import Words

READ: frozenset[Interaction] = frozenset({"read"})


class Reformed:
    """Two provinces that became one on 1 July 2025; communes keep codes of both times."""

    def communes_of(self, area: str, on: date) -> frozenset[str]:
        old = {"74": {"25001"}, "79": {"26001"}}
        if on >= date(2025, 7, 1):
            old = {"79": {"25001", "26001", "27001"}}
        return frozenset(old.get(area, ()))


def _role(code: str, *sees: Sight, purpose: Purpose = Purpose.TREATMENT) -> Role:
    right = Right(READ, frozenset({"Patient"}), frozenset(sees), sensitivities=None)
    return Role(code, Words(code, code), (right,), (purpose,), frozenset({f"may.{code}"}))


ROLES = registry(
    _role("nurse", Sight.RESIDENCE, Sight.FACILITY),
    _role("officer", Sight.RESIDENCE, Sight.CUSTODIAN, purpose=Purpose.PUBLIC_HEALTH),
    _role("citizen", Sight.OWN, purpose=Purpose.PATIENT_REQUEST),
)


def _account(*posts: Post, active: bool = True) -> Account:
    return Account("a1", "a", "A", "vi", active, None, posts)


def _rule(
    *posts: Post, on: date = date(2026, 1, 1), purpose: Purpose | None = None, active: bool = True
) -> object:
    access = access_for(_account(*posts, active=active), on, purpose, Reformed(), ROLES, ["p1"])
    return predicate(access, "read", "Patient")


def test_a_post_is_expanded_as_the_borders_ran_that_day() -> None:
    officer = Post("officer", area="79")
    before = frozenset({"26001"})
    after = frozenset({"25001", "26001", "27001"})
    assert _rule(officer, on=date(2025, 6, 30)) == AnyOf((CommuneIn(before), ResidenceIn(before)))
    assert _rule(officer, on=date(2025, 7, 1)) == AnyOf((CommuneIn(after), ResidenceIn(after)))


def test_an_abolished_or_unknown_area_opens_nothing() -> None:
    assert _rule(Post("officer", area="74"), on=date(2025, 6, 30)) != Nothing()
    assert _rule(Post("officer", area="74"), on=date(2025, 7, 1)) == Nothing()
    assert _rule(Post("officer")) == Nothing()


def test_a_nurse_sees_residents_and_what_the_station_keeps() -> None:
    rule = _rule(Post("nurse", "79", "99001", "26001"))
    residents = ResidenceIn(frozenset({"25001", "26001", "27001"}))
    assert rule == AnyOf((CustodianIn(frozenset({"99001"})), residents))


def test_a_citizen_sees_only_the_own_patients() -> None:
    assert _rule(Post("citizen")) == PatientIn(frozenset({"p1"}))


@pytest.mark.parametrize(
    ("day", "sees"),
    [("2025-12-31", False), ("2026-01-01", True), ("2026-01-31", True), ("2026-02-01", False)],
)
def test_a_post_counts_from_its_first_day_to_its_last(day: str, sees: bool) -> None:
    post = Post("officer", "79", None, None, date(2026, 1, 1), date(2026, 1, 31))
    assert (_rule(post, on=date.fromisoformat(day)) != Nothing()) is sees


def test_a_role_acts_for_its_own_purposes_only() -> None:
    post = Post("officer", area="79")
    assert _rule(post, purpose=Purpose.PUBLIC_HEALTH) != Nothing()
    assert _rule(post, purpose=Purpose.TREATMENT) == Nothing()


def test_closed_accounts_and_unknown_roles_may_nothing() -> None:
    assert _rule(Post("officer", area="79"), active=False) == Nothing()
    assert _rule(Post("emperor", area="79")) == Nothing()


def test_two_posts_add_up_and_carry_facility_and_capabilities() -> None:
    posts = (Post("citizen"), Post("nurse", "79", "99001", "26001"))
    access = access_for(
        _account(*posts), date(2026, 1, 1), Purpose.TREATMENT, Reformed(), ROLES, ["p1"]
    )
    assert (access.facility, access.commune) == ("99001", "26001")
    assert access.capabilities == {"may.nurse"}
    assert access.subject.id == "a1"
    assert access.purpose is Purpose.TREATMENT
    assert predicate(access, "update", "Patient") == Nothing()
    assert predicate(access, "read", "Observation") == Nothing()
