"""History by pages and spans: of a row, of a type, of everything; nothing hidden is told of."""

from __future__ import annotations

import time
from datetime import UTC, datetime

import pytest

from lanh.core.access import CustodianIn, PatientIn
from lanh.core.database import Plan
from lanh.core.store import Context, Forbidden, Invalid, Write, histories
from lanh.core.store.histories import Past, Span
from lanh.core.store.tests.conftest import SYSTEM, Desk, limited, observation, patient


def _told(past: Past | None) -> list[tuple[str, str, int, str]]:
    assert past is not None
    return [
        (row.type, row.id, row.version, past.operations[row.type, row.id, row.version])
        for row in past.entries
    ]


@pytest.fixture
def past_of(desk: Desk) -> Desk:
    """p1: made, changed, deleted, made again. p2 of another facility: made. o1 of p1, twice."""
    one = Context(SYSTEM.access, custodian="97001")
    two = Context(SYSTEM.access, custodian="97002")
    desk.put("p1", patient("Lê A", "1"), one)
    desk.put("p2", patient("Lê B", "2"), two)
    desk.put("p1", patient("Lê C", "1"), one)
    desk.put("o1", observation("p1"), one)
    desk.write(Write("delete", "Patient", "p1"), context=one)
    desk.put("o1", observation("p1", "6.0"), one)
    desk.put("p1", patient("Lê D", "1"), one)
    return desk


def _row(desk: Desk, context: Context = SYSTEM, **limits: object) -> Past | None:
    plan: Plan[Past | None] = histories.of_row("Patient", "p1", context, **limits)  # type: ignore[arg-type]
    return desk.database.read(plan)


def _types(
    desk: Desk, kinds: list[str] | None, context: Context = SYSTEM, **limits: object
) -> Past:
    plan: Plan[Past] = histories.of_types(kinds, context, **limits)  # type: ignore[arg-type]
    return desk.database.read(plan)


def test_versions_of_a_row_by_pages(past_of: Desk) -> None:
    first = _row(past_of, count=3)
    assert first is not None and first.total == 4
    assert _told(first) == [
        ("Patient", "p1", 4, "create"),
        ("Patient", "p1", 3, "delete"),
        ("Patient", "p1", 2, "update"),
    ]
    rest = _row(past_of, count=3, cursor=first.next_cursor)
    assert rest is not None and rest.next_cursor is None and rest.total == 4
    assert _told(rest) == [("Patient", "p1", 1, "create")]


def test_types_and_system_newest_first_without_gaps(past_of: Desk) -> None:
    whole = _types(past_of, None)
    expected = [
        ("Patient", "p1", 4, "create"), ("Observation", "o1", 2, "update"),
        ("Patient", "p1", 3, "delete"), ("Observation", "o1", 1, "create"),
        ("Patient", "p1", 2, "update"), ("Patient", "p2", 1, "create"),
        ("Patient", "p1", 1, "create"),
    ]  # fmt: skip
    told = _told(whole)
    # What was written within one millisecond has no order of its own but for a row's versions.
    assert sorted(told) == sorted(expected)
    assert [each for each in told if each[1] == "p1"] == [e for e in expected if e[1] == "p1"]
    paged: list[tuple[str, str, int, str]] = []
    cursor = None
    for _ in range(10):
        page = _types(past_of, ["Patient"], count=2, cursor=cursor)
        paged += _told(page)
        cursor = page.next_cursor
        # What is written meanwhile does not shift the pages that follow.
        past_of.put("p3", patient(f"Lê {len(paged)}", "3"))
        if cursor is None:
            break
    assert [e for e in paged if e[1] != "p3"] == [e for e in expected if e[0] == "Patient"]


def test_spans(past_of: Desk) -> None:
    time.sleep(0.01)
    middle = datetime.now(UTC)
    time.sleep(0.01)
    past_of.put("p2", patient("Lê E", "2"))
    later = Span(since=middle)
    assert _told(_types(past_of, ["Patient"], span=later)) == [("Patient", "p2", 2, "update")]
    assert _told(_row(past_of, span=later)) == []
    then = Span(start=middle, end=middle)
    assert sorted(_told(_types(past_of, None, span=then))) == [
        ("Observation", "o1", 2, "update"),
        ("Patient", "p1", 4, "create"),
        ("Patient", "p2", 1, "create"),
    ]
    assert _told(_row(past_of, span=then)) == [("Patient", "p1", 4, "create")]


def test_what_may_not_be_seen_is_not_there(past_of: Desk) -> None:
    own = limited(CustodianIn(frozenset({"97002"})))
    assert _row(past_of, own) is None
    assert _told(_types(past_of, None, own)) == [("Patient", "p2", 1, "create")]
    assert _types(past_of, None, own).next_cursor is None
    assert _types(past_of, None, own, count=1).next_cursor is None
    person = limited(PatientIn(frozenset({"p1"})), types=frozenset({"Observation"}))
    assert {row.id for row in _types(past_of, None, person).entries} == {"o1"}
    with pytest.raises(Forbidden):
        _types(past_of, ["Patient"], person)
    with pytest.raises(Forbidden):
        _types(past_of, None, limited(PatientIn(frozenset({"p1"})), interactions=("read",)))


@pytest.mark.parametrize("cursor", ["", "x", "!!", "MS4y", "LTE"])
def test_cursors_of_another_make_are_refused(desk: Desk, cursor: str) -> None:
    with pytest.raises(Invalid):
        _types(desk, ["Patient"], cursor=cursor)
    with pytest.raises(Invalid):
        _row(desk, cursor=cursor + "~")


def test_a_subject_who_moved_leaves_one_history(past_of: Desk) -> None:
    past_of.put("o1", observation("p2", "7.0"))
    told = _told(_types(past_of, ["Observation"]))
    assert told == [("Observation", "o1", version, "update" if version > 1 else "create")
                    for version in (3, 2, 1)]  # fmt: skip
