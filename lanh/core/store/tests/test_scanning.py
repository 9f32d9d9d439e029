"""A whole type as it stood at a moment: each row once, whatever is written meanwhile."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Any

from lanh.core.access import CustodianIn
from lanh.core.store import Context, Scanned, Write, scan
from lanh.core.store.tests.conftest import SYSTEM, Desk, limited, observation, patient


def _now() -> datetime:
    time.sleep(0.003)
    moment = datetime.now(UTC)
    time.sleep(0.003)
    return moment


def _all(
    desk: Desk, kind: str, at: datetime, context: Context = SYSTEM, **more: Any
) -> list[Scanned]:
    found: list[Scanned] = []
    after: str | None = ""
    while after is not None:
        rows, after = desk.database.read(scan(kind, context, at=at, after=after, limit=7, **more))
        found += rows
    assert [row.id for row in found] == sorted({row.id for row in found})
    return found


def test_every_row_once_as_it_stood(desk: Desk) -> None:
    person = desk.create(patient()).id
    ids = [desk.create(observation(person, f"{n}.0")).id for n in range(30)]
    moment = _now()
    desk.put(ids[3], {**observation(person, "99.0"), "id": ids[3]})
    desk.write(Write("delete", "Observation", ids[4]))
    late = desk.create(observation(person)).id
    rows = _all(desk, "Observation", moment)
    assert {row.id for row in rows} == set(ids)
    assert not any(row.deleted for row in rows)
    bodies = {row.id: row.body for row in rows}
    assert b"99.0" not in bodies[ids[3]] and b'"value":3.0' in bodies[ids[3]]
    assert all(row.patient == person for row in rows)
    after = _all(desk, "Observation", _now())
    assert {row.id for row in after} == set(ids) - {ids[4]} | {late}


def test_writes_between_the_pages_neither_add_nor_double_nor_lose(desk: Desk) -> None:
    person, other = desk.create(patient()).id, desk.create(patient(number="097000000002")).id
    ids = [desk.create(observation(person, f"{n}.0")).id for n in range(24)]
    moment = _now()
    seen: list[str] = []
    after: str | None = ""
    step = 0
    while after is not None:
        rows, after = desk.database.read(
            scan("Observation", SYSTEM, at=moment, after=after, limit=5)
        )
        seen += [row.id for row in rows]
        # Changed, and one moved to another person's bucket, whether read already or not.
        desk.put(ids[step], {**observation(other), "id": ids[step]})
        desk.put(ids[-1 - step], {**observation(other), "id": ids[-1 - step]})
        desk.create(observation(other))
        step += 1
    assert sorted(seen) == sorted(ids)


def test_since_tells_what_changed_and_what_was_deleted(desk: Desk) -> None:
    person = desk.create(patient()).id
    old, changed, gone = (desk.create(observation(person, f"{n}.0")).id for n in range(3))
    since = _now()
    desk.put(changed, {**observation(person, "8.0"), "id": changed})
    desk.write(Write("delete", "Observation", gone))
    rows = {row.id: row for row in _all(desk, "Observation", _now(), since=since)}
    assert set(rows) == {changed, gone} and old not in rows
    assert rows[gone].deleted and rows[gone].body == b""
    assert rows[gone].patient == person


def test_the_predicate_holds_for_the_row_and_the_version(desk: Desk) -> None:
    person = desk.create(patient()).id
    mine = desk.create(observation(person)).id
    hidden = desk.write(
        Write("create", "Observation", None, observation(person), sensitivity="HIV")
    )[0].id
    theirs = Context(SYSTEM.access, custodian="97002", commune="00004")
    other = desk.create(observation(person, "7.0"), theirs).id
    moment = _now()
    own = limited(CustodianIn(frozenset({"97001"})))
    assert {row.id for row in _all(desk, "Observation", moment, own)} == {mine}
    assert {row.id for row in _all(desk, "Observation", moment)} == {mine, hidden, other}
    # Made sensitive after the moment: hidden from then on, old versions too.
    desk.write(Write("update", "Observation", mine, observation(person, "1.0"), sensitivity="PSY"))
    assert _all(desk, "Observation", moment, own) == []


def test_compartments(desk: Desk) -> None:
    first, second = desk.create(patient()).id, desk.create(patient(number="097000000002")).id
    one, two = desk.create(observation(first)).id, desk.create(observation(second)).id
    nobody = desk.create(observation(None)).id
    moment = _now()
    assert {r.id for r in _all(desk, "Observation", moment)} == {one, two, nobody}
    assert {r.id for r in _all(desk, "Observation", moment, any_patient=True)} == {one, two}
    assert {r.id for r in _all(desk, "Observation", moment, patients=[first])} == {one}
    assert {r.id for r in _all(desk, "Patient", moment, patients=[first])} == {first}
    assert _all(desk, "Observation", moment, patients=[]) == []
