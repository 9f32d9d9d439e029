"""Doubtful pairs: opened once, decided by a human, kept apart for ever, undone."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from lanh.core import matching
from lanh.core.database import Plan, SyncDatabase, fetch
from lanh.core.matching import Answer, Decided, Features, IdentifierKind, Overtaken, Policy, Review
from lanh.core.store import Arguments

POLICY = Policy((IdentifierKind("national", "national"),))
HOME, AWAY = "00004", "32248"


@pytest.fixture
def new_id() -> Callable[[], str]:
    counter = itertools.count()
    return lambda: f"person-{next(counter)}"


def record(record_id: str, number: str | None = None, **said: Any) -> Features:
    values = {
        "name": "tran van nam", "written": "Trần Văn Nam", "birth": "1975-02-09", "sex": "male",
        "place": HOME,
    }  # fmt: skip
    identifiers = (("national", number),) if number else ()
    return Features(record_id, identifiers=identifiers, **(values | said))


@pytest.fixture
def write(database: SyncDatabase, new_id: Callable[[], str]) -> Callable[..., None]:
    def link(*records: Features) -> None:
        database.transact(matching.link_records(records, POLICY, new_id))

    return link


def persons(database: SyncDatabase, *ids: str) -> list[str]:
    found = database.read(matching.persons_of(ids))
    return [found[each] for each in ids]


def waiting(database: SyncDatabase, state: Any = "open") -> list[Review]:
    return database.read(matching.open_reviews(0, 100, state=state))


def _either(_persons: Sequence[str]) -> Plan[str | None]:
    yield from ()
    return None


def decide(
    database: SyncDatabase, review: Review, answer: Answer, by: str = "steward-1"
) -> Decided | None:
    plan = matching.decide_review(
        review.id, review.revision, answer, by, "called", lambda: "person-own", keep=_either
    )
    return database.transact(plan)


def undo(database: SyncDatabase, review: Review, by: str = "steward-1") -> Decided | None:
    last = database.read(matching.last_verdict(review.id))
    assert last is not None
    return database.transact(matching.undo_verdict(last.id, by, "wrong"))


@pytest.fixture
def pair(database: SyncDatabase, write: Callable[..., None]) -> Review:
    """Two of one name and birth date who live apart."""
    write(record("a"))
    write(record("b", place=AWAY))
    (found,) = waiting(database)
    assert (found.record_id, found.other_id) == ("b", "a")
    return found


def test_the_same_pair_is_asked_once_whichever_side_comes_again(
    database: SyncDatabase, write: Callable[..., None], pair: Review
) -> None:
    write(record("a", "1"))
    write(record("b", place=AWAY, parent="x"))
    write(record("c", "1"))
    assert [each.id for each in waiting(database)] == [pair.id]


def test_new_evidence_renews_a_review(
    database: SyncDatabase, write: Callable[..., None], pair: Review
) -> None:
    write(record("b", place=AWAY, phone="0600000001"))
    write(record("a", phone="0600000002"))
    (renewed,) = waiting(database)
    assert (renewed.id, renewed.revision) == (pair.id, 2)
    found = [(part.feature, part.finding) for part in renewed.evidence]
    assert ("phone", "different") in found


def test_a_pair_that_the_rules_join_waits_no_more(
    database: SyncDatabase, write: Callable[..., None], pair: Review
) -> None:
    write(record("b"))
    assert len(set(persons(database, "a", "b"))) == 1
    assert waiting(database) == []


def test_the_same_person_moves_every_link_and_can_be_undone(
    database: SyncDatabase, write: Callable[..., None], pair: Review
) -> None:
    write(record("a", "1"), record("a2", "1"))
    before = persons(database, "a", "a2", "b")
    decided = decide(database, pair, "same")
    assert decided is not None and decided.records == ["a", "a2", "b"]
    assert len(set(persons(database, "a", "a2", "b"))) == 1
    links = database.read(matching.links_of(persons(database, "a")))
    (moved,) = [link for link in links if link.rule == "steward"]
    assert (moved.record_id, moved.decided_by) == ("b", "steward-1")
    events = database.read(
        fetch("SELECT reason, decided_by FROM matching.link_event WHERE rule = 'steward'")
    )
    assert [tuple(row) for row in events] == [("called", "steward-1")]
    assert waiting(database) == []
    links_then = database.read(matching.links_of([before[2]]))
    assert links_then == []
    undo(database, pair, "steward-2")
    assert persons(database, "a", "a2", "b") == before
    (link,) = database.read(matching.links_of([before[2]]))
    assert (link.rule, link.decided_by) == ("new", "rules")
    (again,) = waiting(database)
    assert again.id == pair.id and again.revision > pair.revision


def test_different_people_do_not_come_back_until_something_new_is_found(
    database: SyncDatabase, write: Callable[..., None], pair: Review
) -> None:
    decide(database, pair, "different")
    here = persons(database, "a", "b")
    assert here[0] != here[1]
    write(record("b", place=AWAY, birth_order=1))
    write(record("a", parent="mother"))
    write(record("a"), record("b", place=AWAY))
    assert waiting(database) == []
    write(record("b"))  # now in the same commune: the rules alone would join the two
    assert persons(database, "a", "b") == here
    (again,) = waiting(database)
    assert ("place", "same") in [(part.feature, part.finding) for part in again.evidence]
    decide(database, again, "different")
    write(record("a", phone="0600000002"), record("b", phone="0600000009"))
    assert persons(database, "a", "b") == here


def test_a_shared_number_after_that_asks_and_does_not_join(
    database: SyncDatabase, write: Callable[..., None], pair: Review
) -> None:
    decide(database, pair, "different")
    write(record("a", "1"))
    write(record("b", "1", place=AWAY))
    one, two = persons(database, "a", "b")
    assert one != two
    (again,) = waiting(database)
    assert again.evidence[0].feature == "national"


def test_a_third_record_of_one_side_does_not_ask_again(
    database: SyncDatabase, write: Callable[..., None], pair: Review
) -> None:
    write(record("a", "1"))
    decide(database, pair, "different")
    write(record("a3", "1"))
    assert persons(database, "a") == persons(database, "a3")
    assert waiting(database) == []


def test_a_link_in_force_that_is_doubted_is_confirmed_or_parted(
    database: SyncDatabase, write: Callable[..., None]
) -> None:
    write(record("a", "1"), record("b", "1"))
    shared = persons(database, "a")[0]
    write(record("b", "9"))
    (doubted,) = waiting(database)
    assert doubted.own_person == doubted.person_id == shared
    decide(database, doubted, "same")
    (link,) = [x for x in database.read(matching.links_of([shared])) if x.record_id == "b"]
    assert link.rule == "steward"
    undo(database, doubted)
    (again,) = waiting(database)
    decide(database, again, "different")
    assert persons(database, "a", "b") == [shared, "person-own"]
    undo(database, again)
    assert persons(database, "a", "b") == [shared, shared]


def test_later_is_put_aside_and_comes_back_with_something_new(
    database: SyncDatabase, write: Callable[..., None], pair: Review
) -> None:
    decide(database, pair, "later")
    write(record("a", parent="mother"))
    assert waiting(database) == []
    assert [each.id for each in waiting(database, "later")] == [pair.id]
    write(record("a", phone="0600000001"))
    write(record("b", place=AWAY, phone="0600000002"))
    assert [each.id for each in waiting(database)] == [pair.id]


def test_of_two_who_decide_at_once_one_is_told(database: SyncDatabase, pair: Review) -> None:
    def one(answer: Answer) -> str:
        try:
            decide(database, pair, answer, f"steward-{answer}")
        except Overtaken as conflict:
            assert conflict.last is not None
            return conflict.last.decided_by
        return ""

    with ThreadPoolExecutor(2) as threads:
        told = sorted(threads.map(one, ("same", "different")))
    assert told[0] == "" and told[1] in ("steward-same", "steward-different")
    count = database.read(fetch("SELECT count(*) FROM matching.verdict"))
    assert count[0][0] == 1


def test_what_was_shown_before_it_changed_cannot_be_decided(
    database: SyncDatabase, write: Callable[..., None], pair: Review
) -> None:
    write(record("a", phone="0600000001"))
    write(record("b", place=AWAY, phone="0600000002"))
    with pytest.raises(Overtaken):
        decide(database, pair, "same")
    assert len(set(persons(database, "a", "b"))) == 2


def test_a_decision_that_another_followed_cannot_be_undone(
    database: SyncDatabase, write: Callable[..., None], pair: Review
) -> None:
    decide(database, pair, "same")
    shared = persons(database, "a")[0]
    moved = next(x for x in database.read(matching.links_of([shared])) if x.rule == "steward")
    plan = matching.unlink(moved.record_id, "steward-2", "not so", lambda: "person-new")
    database.transact(plan)
    with pytest.raises(Overtaken):
        undo(database, pair)


def test_unlinked_by_hand_is_kept_apart_too(
    database: SyncDatabase, write: Callable[..., None]
) -> None:
    write(record("a"), record("b"))
    database.transact(matching.unlink("b", "steward-1", "two", lambda: "person-new"))
    shared = persons(database, "a")[0]
    write(record("a", parent="mother"))
    write(record("a"))
    assert persons(database, "a", "b") == [shared, "person-new"]
    assert waiting(database) == []
    write(record("a", phone="0600000001"))
    write(record("c", phone="0600000001"))
    assert persons(database, "b") == ["person-new"] != persons(database, "a")


def test_only_pairs_of_which_every_record_may_be_seen(
    database: SyncDatabase, write: Callable[..., None], pair: Review
) -> None:
    def without(hidden: str) -> Callable[[str, str, Arguments], str]:
        return lambda key, _, arguments: f"{key} <> {arguments.add(hidden, 'text')}"

    write(record("a", "1"), record("a2", "1"))
    for hidden, seen in (("x", [pair.id]), ("a", []), ("b", []), ("a2", [])):
        page = database.read(matching.open_reviews(0, 9, without(hidden)))
        assert [each.id for each in page] == seen
        assert database.read(matching.count_reviews("open", 9, without(hidden))) == len(seen)
    nothing = matching.decide_review(
        pair.id, pair.revision, "same", "s", "called", str, keep=_either, readable=without("a2")
    )
    assert database.transact(nothing) is None
    decide(database, pair, "later")
    assert len(database.read(matching.recent_verdicts(0, 9))) == 1
    assert database.read(matching.recent_verdicts(0, 9, readable=without("a2"))) == []
    assert database.read(matching.recent_verdicts(0, 9, "nobody")) == []


def test_apart_holds_while_the_pair_waits_again_and_after_an_undo(
    database: SyncDatabase, write: Callable[..., None], pair: Review
) -> None:
    decide(database, pair, "different")
    write(record("b"))
    (again,) = waiting(database)
    decide(database, again, "same")
    assert len(set(persons(database, "a", "b"))) == 1
    undo(database, again)
    write(record("a", parent="mother"))
    write(record("a"))
    assert len(set(persons(database, "a", "b"))) == 2
    (again,) = waiting(database)
    decide(database, again, "different")
    undo(database, again)
    assert [each.id for each in waiting(database)] == [pair.id]


def test_a_deleted_record_leaves_no_pair(
    database: SyncDatabase, write: Callable[..., None], pair: Review
) -> None:
    database.transact(matching.forget_records(["a"]))
    assert waiting(database) == []
    write(record("a"))
    assert [each.id for each in waiting(database)] == [pair.id]
