"""Links in the database: batches, repeats, concurrency, a human's decisions."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest

from lanh.core import matching
from lanh.core.database import Statement, SyncDatabase, fetch
from lanh.core.matching import Change, Features, IdentifierKind, Policy

POLICY = Policy((IdentifierKind("national", "national"),))


@pytest.fixture
def new_id() -> Callable[[], str]:
    counter = itertools.count()
    return lambda: f"person-{next(counter)}"


def record(record_id: str, number: str | None = None, **said: str | None) -> Features:
    identifiers = (("national", number),) if number else ()
    values = {"name": "tran van nam", "written": "Trần Văn Nam", "birth": "1975-02-09"}
    return Features(record_id, identifiers=identifiers, **(values | said))  # type: ignore[arg-type]


def link(database: SyncDatabase, new_id: Callable[[], str], *records: Features) -> Sequence[Change]:
    return database.transact(matching.link_records(records, POLICY, new_id))


def person_of(database: SyncDatabase, record_id: str) -> str:
    return database.read(matching.persons_of([record_id]))[record_id]


def test_one_batch_links_its_own_records(database: SyncDatabase, new_id: Callable[[], str]) -> None:
    changes = link(database, new_id, record("a", "1"), record("b", "1"), record("c", "2"))
    assert len({change.person_id for change in changes}) == 2
    assert person_of(database, "a") == person_of(database, "b") != person_of(database, "c")


def test_the_same_again_changes_nothing(database: SyncDatabase, new_id: Callable[[], str]) -> None:
    link(database, new_id, record("a", "1"))
    assert link(database, new_id, record("a", "1")) == []
    rows = database.read(fetch("SELECT count(*) FROM matching.link_event"))
    assert rows[0][0] == 1


def test_a_number_that_arrives_later_moves_a_lone_record(
    database: SyncDatabase, new_id: Callable[[], str]
) -> None:
    link(database, new_id, record("a", "1"), record("b", name="tran v nam", birth="1975"))
    assert person_of(database, "a") != person_of(database, "b")
    (change,) = link(database, new_id, record("b", "1", name="tran v nam", birth="1975"))
    assert change.before is not None
    assert person_of(database, "a") == person_of(database, "b")


def test_a_person_with_other_records_is_never_emptied_by_a_rule(
    database: SyncDatabase, new_id: Callable[[], str]
) -> None:
    link(database, new_id, record("a", "1"), record("b", "1"), record("c", "2"))
    before = person_of(database, "b")
    assert link(database, new_id, record("b", "2")) == []
    assert person_of(database, "b") == before
    (review,) = database.read(matching.open_reviews(0, 10))
    assert (review.record_id, review.person_id) == ("b", person_of(database, "c"))


def test_two_messages_about_one_new_human_make_one_person(
    database: SyncDatabase, new_id: Callable[[], str]
) -> None:
    with ThreadPoolExecutor(4) as threads:
        for turn in range(10):
            jobs = [
                threads.submit(link, database, new_id, record(f"{turn}-{place}", f"n{turn}"))
                for place in range(4)
            ]
            for job in jobs:
                job.result()
            assert len({person_of(database, f"{turn}-{place}") for place in range(4)}) == 1


def test_a_human_unlinks_and_the_rules_leave_it_alone(
    database: SyncDatabase, new_id: Callable[[], str]
) -> None:
    link(database, new_id, record("a", "1"), record("b", "1"))
    shared = person_of(database, "a")
    database.transact(matching.unlink("b", "steward-1", "hai người", new_id))
    assert person_of(database, "b") != shared
    assert link(database, new_id, record("b", "1", name="tran van nam")) == []
    assert person_of(database, "b") != shared
    database.transact(matching.link("b", shared, "steward-1", "nhầm"))
    assert person_of(database, "b") == shared
    events = database.read(
        fetch("SELECT reason FROM matching.link_event WHERE record_id = 'b' ORDER BY id")
    )
    assert [row[0] for row in events] == [None, "hai người", "nhầm"]


def test_a_batch_in_any_order_joins_a_person_of_several_records(
    database: SyncDatabase, new_id: Callable[[], str]
) -> None:
    link(database, new_id, record("a", "1"), record("b", "1"))
    changed = record("a", "1", name="tran nam")
    link(database, new_id, record("c", "1"), changed)
    assert len({person_of(database, each) for each in "abc"}) == 1


def test_numbers_kept_by_another_record_of_the_person_count(
    database: SyncDatabase, new_id: Callable[[], str]
) -> None:
    home = {"place": "00004"}
    link(database, new_id, record("a", "1"), record("b", None, **home))
    link(database, new_id, record("b", "1", **home))
    link(database, new_id, record("b", None, **home))
    assert person_of(database, "a") == person_of(database, "b")
    link(database, new_id, record("c", "2", **home))
    assert person_of(database, "c") != person_of(database, "b")


def test_a_corrected_number_opens_a_review_of_the_link_in_force(
    database: SyncDatabase, new_id: Callable[[], str]
) -> None:
    link(database, new_id, record("a", "1"), record("b", "1"))
    assert link(database, new_id, record("b", "9")) == []
    (review,) = database.read(matching.open_reviews(0, 10))
    assert (review.record_id, review.person_id) == ("b", person_of(database, "a"))
    assert [(part.feature, part.finding) for part in review.evidence] == [("national", "different")]


def test_deleted_records_leave_their_person_and_the_index(
    database: SyncDatabase, new_id: Callable[[], str]
) -> None:
    link(database, new_id, record("a", "1"), record("b", "1"))
    before = person_of(database, "a")
    (change,) = database.transact(matching.forget_records(["a", "unknown"]))
    assert (change.record_id, change.before) == ("a", before)
    assert database.read(matching.persons_of(["a", "b"])) == {"b": before}
    database.transact(matching.forget_records(["b"]))
    link(database, new_id, record("c", "1"))
    assert person_of(database, "c") != before
    events = database.read(
        fetch(
            "SELECT rule, person_after FROM matching.link_event WHERE record_id = 'a' ORDER BY id"
        )
    )
    assert [tuple(row) for row in events] == [("new", before), ("deleted", None)]


def test_the_number_of_statements_does_not_grow_with_the_batch(
    database: SyncDatabase, new_id: Callable[[], str]
) -> None:
    def count(records: Sequence[Features]) -> int:
        plan = matching.link_records(records, POLICY, new_id)
        steps, rows = 0, None
        with database.pool.connection() as connection, connection.cursor() as cursor:
            while True:
                try:
                    step = next(plan) if rows is None else plan.send(rows)
                except StopIteration:
                    return steps
                assert isinstance(step, Statement)
                steps += 1
                cursor.execute(step.sql, step.args)
                rows = cursor.fetchall() if cursor.description else []

    many = [record(str(place), str(place % 7)) for place in range(40)]
    assert count(many) <= count([record("x", "x")]) + 2  # two more where there are reviews
    assert count(many) == 1


def test_unknown_records_are_refused(database: SyncDatabase, new_id: Callable[[], str]) -> None:
    with pytest.raises(matching.UnknownRecord):
        database.transact(matching.unlink("nobody", "steward-1", "?", new_id))


def test_evidence_holds_codes_and_no_values(
    database: SyncDatabase, new_id: Callable[[], str]
) -> None:
    link(database, new_id, record("a", "1"), record("b", "1"))
    kept = database.read(fetch("SELECT evidence::text FROM matching.person_link"))
    assert not any("nam" in row[0].split('"name"')[0] or "1975" in row[0] for row in kept)
    (joined,) = [link for link in database.read(_links(database, "b")) if link.record_id == "b"]
    assert ("name", "same") in [(part.feature, part.finding) for part in joined.evidence]


def _links(database: SyncDatabase, record_id: str):  # type: ignore[no-untyped-def]
    return matching.links_of([person_of(database, record_id)])
