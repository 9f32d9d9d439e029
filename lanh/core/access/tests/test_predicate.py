"""The predicate decides every read and write, so its laws are tested, not only its examples."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from lanh.core.access import (
    Access,
    AllOf,
    AnyOf,
    CommuneIn,
    CustodianIn,
    Everything,
    Grant,
    NoPatient,
    Nothing,
    PatientIn,
    Predicate,
    Purpose,
    ResidenceIn,
    RowFacts,
    SensitivityIn,
    Subject,
    allows,
    permitted,
    predicate,
    simplify,
    system_access,
)

_CODES = st.frozensets(st.sampled_from(["a", "b", "c"]), max_size=3)
_LEAVES: st.SearchStrategy[Predicate] = st.one_of(
    st.just(Everything()),
    st.just(Nothing()),
    st.builds(CustodianIn, _CODES),
    st.builds(CommuneIn, _CODES),
    st.builds(ResidenceIn, _CODES),
    st.builds(PatientIn, _CODES),
    st.just(NoPatient()),
    st.builds(SensitivityIn, st.frozensets(st.sampled_from(["HIV", "PSY"]))),
)
_TREES = st.recursive(
    _LEAVES,
    lambda parts: st.one_of(
        st.builds(AnyOf, st.lists(parts, max_size=3).map(tuple)),
        st.builds(AllOf, st.lists(parts, max_size=3).map(tuple)),
    ),
    max_leaves=12,
)
_CODE = st.sampled_from([None, "a", "b", "c"])
_ROWS = st.builds(
    RowFacts, _CODE, _CODE, _CODE, _CODE, sensitivity=st.sampled_from(["", "HIV", "PSY"])
)


def _access(*grants: Grant) -> Access:
    return Access(Subject("person", "p1", "p1"), Purpose.TREATMENT, grants)


def _read(
    scope: Predicate, *types: str, sensitivities: frozenset[str] | None = frozenset()
) -> Grant:
    return Grant("role", frozenset({"read"}), frozenset(types) or None, scope, sensitivities)


@given(_TREES, _ROWS)
def test_simplifying_changes_no_answer(tree: Predicate, row: RowFacts) -> None:
    assert allows(simplify(tree), row) == allows(tree, row)


@given(_TREES)
def test_simplifying_twice_is_simplifying_once(tree: Predicate) -> None:
    assert simplify(simplify(tree)) == simplify(tree)


@given(_TREES)
def test_nothing_and_everything_stand_alone(tree: Predicate) -> None:
    small = simplify(tree)
    if isinstance(small, AnyOf | AllOf):
        assert len(small.parts) > 1
        assert not any(isinstance(part, Everything | Nothing) for part in small.parts)


@given(st.lists(st.tuples(_TREES, st.sampled_from([frozenset(), frozenset({"HIV"}), None]))), _ROWS)
def test_a_row_needs_one_grant_that_holds_it_whole(
    pairs: list[tuple[Predicate, frozenset[str] | None]], row: RowFacts
) -> None:
    rule = predicate(_access(*[_read(s, sensitivities=k) for s, k in pairs]), "read", "Patient")
    expected = any(
        allows(scope, row) and (kinds is None or row.sensitivity in {"", *kinds})
        for scope, kinds in pairs
    )
    assert allows(rule, row) == expected


def test_without_a_grant_there_is_nothing() -> None:
    assert predicate(_access(), "read", "Patient") == Nothing()
    other = _access(_read(Everything(), "Organization"))
    assert predicate(other, "read", "Patient") == Nothing()
    assert predicate(other, "search", "Organization") == Nothing()
    assert not permitted(other, "delete", "Organization")
    assert permitted(other, "read", "Organization")


def test_a_place_without_codes_opens_nothing() -> None:
    nowhere = _access(_read(ResidenceIn(frozenset()), "Patient"))
    assert predicate(nowhere, "read", "Patient") == Nothing()


def test_everything_still_holds_back_sensitive_rows() -> None:
    rule = predicate(_access(_read(Everything())), "read", "Condition")
    assert allows(rule, RowFacts())
    assert not allows(rule, RowFacts(sensitivity="HIV"))


def test_a_sensitive_grant_reaches_its_kind_in_its_own_scope_only() -> None:
    access = _access(
        _read(CommuneIn(frozenset({"a"}))),
        _read(CustodianIn(frozenset({"h"})), sensitivities=frozenset({"HIV"})),
    )
    rule = predicate(access, "read", "Condition")
    assert allows(rule, RowFacts(custodian="h", sensitivity="HIV"))
    assert not allows(rule, RowFacts(custodian="h", sensitivity="PSY"))
    assert not allows(rule, RowFacts(custodian="x", commune="a", sensitivity="HIV"))
    assert allows(rule, RowFacts(custodian="x", commune="a"))


def test_the_platform_itself_sees_every_row() -> None:
    access = system_access("linking")
    assert predicate(access, "update", "Person") == Everything()
    assert access.purpose is Purpose.SYSTEM
