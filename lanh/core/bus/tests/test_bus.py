"""The bus's own parts: ids, rights as JSON, laying over."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lanh.core import access
from lanh.core.access import Access, Grant, Purpose, Subject
from lanh.core.bus import derived_id, is_unique_by_itself, sender_of
from lanh.core.bus.authority import decode, encode
from lanh.core.bus.merging import laid_over


@given(st.lists(st.text(max_size=5), max_size=4), st.lists(st.text(max_size=5), max_size=4))
def test_derived_ids_differ_where_keys_differ(one: list[str], other: list[str]) -> None:
    assert (derived_id(*one) == derived_id(*other)) == (one == other)
    assert is_unique_by_itself(derived_id(*one))


def test_a_derived_id_never_changes() -> None:
    assert derived_id("97001", "Patient", "BN001") == "my077yvq5g6jhh3dyfraxxy23m"


@pytest.mark.parametrize(
    ("name", "unique"),
    [
        ("1", False),
        ("patient-0001", False),
        ("5d4b9df1-93ae-3bc9-b680-03249990e558", True),
        ("0" * 24, True),
        ("x" * 65, False),
    ],
)
def test_short_ids_are_not_unique_by_themselves(name: str, unique: bool) -> None:
    assert is_unique_by_itself(name) is unique


def test_rights_survive_as_json() -> None:
    scope = access.AllOf(
        (
            access.CustodianIn(frozenset({"97001", "97002"})),
            access.AnyOf((access.Everything(), access.SensitivityIn(frozenset({"HIV"})))),
        )
    )
    grants = (
        Grant("a", frozenset({"create", "read"}), frozenset({"Patient"}), scope, None),
        Grant("b", frozenset({"update"}), None, access.Nothing()),
    )
    subject = Access(
        Subject("system", "his", "HIS"), Purpose.TREATMENT, grants, "97001", "00004", None,
        frozenset({"x"}),
    )  # fmt: skip
    assert decode(encode(subject)) == subject


def test_a_sender_speaks_for_the_facilities_it_may_create_for() -> None:
    own = access.CustodianIn(frozenset({"97001", "97002"}))
    grants = (
        Grant("a", frozenset({"create"}), None, own),
        Grant("b", frozenset({"read"}), None, access.CustodianIn(frozenset({"97003"}))),
    )
    subject = Access(Subject("system", "his", "HIS"), Purpose.TREATMENT, grants, "97001", "00004")
    sender = sender_of(subject)
    assert sender.facilities == {"97001": "00004", "97002": None} and sender.owner == "97001"


@pytest.mark.parametrize(
    ("known", "said", "result"),
    [
        ({"a": 1, "b": 2}, {"b": 3}, {"a": 1, "b": 3}),
        ({"a": 1, "b": 2}, {"b": None}, {"a": 1}),
        ({"id": "x", "meta": {}, "a": 1}, {}, {"a": 1}),
        (
            {"deceasedBoolean": True},
            {"deceasedDateTime": "2026-03-01"},
            {"deceasedDateTime": "2026-03-01"},
        ),
        (
            {"period": {"start": "2026", "end": "2027"}},
            {"period": {"end": None}},
            {"period": {"start": "2026"}},
        ),
        (
            {"identifier": [{"system": "a", "value": "1"}, {"system": "b", "value": "2"}]},
            {"identifier": [{"system": "a", "value": "1", "use": "usual"}]},
            {
                "identifier": [
                    {"system": "a", "value": "1", "use": "usual"},
                    {"system": "b", "value": "2"},
                ]
            },
        ),
        (
            {"birthDate": "1990-05-17", "_birthDate": {"extension": []}},
            {"birthDate": "1991-05-17"},
            {"birthDate": "1991-05-17"},
        ),
    ],
)
def test_laying_over(known: dict[str, Any], said: dict[str, Any], result: dict[str, Any]) -> None:
    assert laid_over(known, said) == result
