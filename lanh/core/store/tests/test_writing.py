"""Writing: versions, refusals, conditions, moves, and how many statements it takes."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from lanh.core import fhir
from lanh.core.database import Plan, SyncDatabase, execute, fetch
from lanh.core.store import (
    Conflict,
    Context,
    Invalid,
    NotFound,
    Outcome,
    Position,
    PreconditionFailed,
    Store,
    Write,
    Written,
)
from lanh.core.store.identity import bucket_of
from lanh.core.store.tests.conftest import SYSTEM, Desk, counted, observation, patient


def test_a_create_is_version_one_with_meta(desk: Desk) -> None:
    done = desk.create(patient())
    row = desk.database.read(desk.store.read("Patient", done.id, SYSTEM))
    assert row is not None
    assert (done.status, done.version, row.version) == ("created", 1, 1)
    resource = row.resource()
    assert resource["meta"]["versionId"] == "1"
    assert resource["meta"]["source"] == row.source == "urn:test:message"
    assert list(resource)[:3] == ["resourceType", "id", "meta"]
    assert (row.custodian, row.commune, row.patient) == ("97001", "00004", done.id)
    assert row.body == done.body


def test_exact_decimals_are_kept(desk: Desk) -> None:
    done = desk.create(observation(None, "1.00"))
    row = desk.database.read(desk.store.read("Observation", done.id, SYSTEM))
    assert row is not None and b'"value":1.00' in row.body


def test_an_update_makes_a_version_and_keeps_the_old(desk: Desk) -> None:
    desk.put("abc", observation("p1"))
    done = desk.put("abc", observation("p1", status="amended"))
    assert (done.status, done.version) == ("updated", 2)
    versions = desk.database.read(desk.store.history("Observation", "abc", SYSTEM))
    assert [row.version for row in versions] == [2, 1]
    assert [row.resource()["status"] for row in versions] == ["amended", "final"]
    old = desk.database.read(desk.store.read("Observation", "abc", SYSTEM, 1))
    assert old is not None and old.resource()["status"] == "final"
    assert desk.database.read(desk.store.read("Observation", "abc", SYSTEM, 3)) is None


def test_the_same_content_is_no_new_version(desk: Desk) -> None:
    first = desk.put("abc", observation("p1"))
    turned = dict(reversed(observation("p1").items()))
    again = desk.put("abc", turned)
    assert (again.status, again.version, again.updated) == ("unchanged", 1, first.updated)
    more_exact = desk.put("abc", observation("p1", "5.4"))
    assert more_exact.status == "updated"  # 5.40 and 5.4 do not say the same


def test_the_custodian_of_the_first_version_stays(desk: Desk) -> None:
    desk.put("abc", observation("p1"))
    other = Context(SYSTEM.access, custodian="97999", commune="00099")
    desk.put("abc", observation("p1", status="amended"), other)
    row = desk.database.read(desk.store.read("Observation", "abc", SYSTEM))
    assert row is not None and (row.custodian, row.commune) == ("97001", "00004")


def test_a_deleted_row_is_a_tombstone_and_can_come_back(desk: Desk) -> None:
    desk.put("abc", observation("p1"))
    (done,) = desk.write(Write("delete", "Observation", "abc"))
    assert (done.status, done.version) == ("deleted", 2)
    assert desk.write(Write("delete", "Observation", "abc"))[0].status == "unchanged"
    row = desk.database.read(desk.store.read("Observation", "abc", SYSTEM))
    assert row is not None and row.deleted and row.body == b"" and row.patient == "p1"
    assert desk.ids("Observation", "patient=p1") == set()
    back = desk.put("abc", observation("p1"))
    assert (back.status, back.version) == ("created", 3)
    versions = desk.database.read(desk.store.history("Observation", "abc", SYSTEM))
    assert [(row.version, row.deleted) for row in versions] == [(3, False), (2, True), (1, False)]


def test_refusals(desk: Desk) -> None:
    desk.put("abc", observation("p1"))
    with pytest.raises(PreconditionFailed):
        desk.write(Write("update", "Observation", "abc", observation("p2"), if_match=2))
    with pytest.raises(PreconditionFailed):
        desk.write(Write("update", "Observation", "new", observation("p2"), if_match=1))
    with pytest.raises(Conflict):
        desk.write(Write("create", "Observation", "abc", observation("p1")))
    with pytest.raises(NotFound):
        desk.write(Write("delete", "Observation", "nothing"))
    for write in (
        Write("update", "Observation", "a b", observation("p1")),
        Write("update", "Observation", "abc", {**observation("p1"), "id": "other"}),
        Write("update", "Patient", "abc", observation("p1")),
        Write("update", "Nonsense", "abc", {"resourceType": "Nonsense"}),
        Write("create", "Patient", None, None),
        Write("update", "Patient", None, patient()),
    ):
        with pytest.raises(Invalid) as caught:
            desk.write(Write("delete", "Observation", "abc"), write)
        assert caught.value.index == 1
        assert caught.value.issues[0].message.vi and caught.value.issues[0].message.en
    row = desk.database.read(desk.store.read("Observation", "abc", SYSTEM))
    assert row is not None and not row.deleted


def test_all_or_nothing(desk: Desk) -> None:
    with pytest.raises(NotFound):
        desk.write(
            Write("update", "Patient", "p1", patient()), Write("delete", "Observation", "no")
        )
    assert desk.database.read(desk.store.read("Patient", "p1", SYSTEM)) is None
    assert desk.database.read(desk.store.changes(Position())) == ([], Position())


def test_repeats_in_a_batch(desk: Desk) -> None:
    same = Write("update", "Patient", "p1", patient())
    first, second = desk.write(same, same)
    assert (first.status, second.status, second.version) == ("created", "unchanged", 1)
    with pytest.raises(Conflict):
        desk.write(same, Write("update", "Patient", "p1", patient("Lê An")))


def test_conditional_creates_in_one_batch(desk: Desk) -> None:
    desk.put("p1", patient(number="097000000001"))
    wanted = [
        Write(
            "create",
            "Patient",
            None,
            patient(number=number),
            if_none_exist=[("identifier", f"urn:test:number|{number}")],
        )
        for number in ("097000000001", "097000000002", "097000000002")
    ]
    known, new, same = desk.write(*wanted)
    assert (known.status, known.id) == ("unchanged", "p1")
    assert (new.status, same.status) == ("created", "unchanged")
    assert new.id == same.id != "p1"
    desk.put("p9", patient(number="097000000001"))
    with pytest.raises(PreconditionFailed):
        desk.write(wanted[0])


def test_a_condition_of_another_kind(desk: Desk) -> None:
    desk.put("p1", patient("Trần Thị Bình"))
    body = patient("Trần Thị Bình", "097000000009")
    by_name = [("name", "tran thi binh"), ("birthdate", "1990-02-03")]
    (known,) = desk.write(Write("create", "Patient", None, body, if_none_exist=by_name))
    assert (known.status, known.id) == ("unchanged", "p1")


def test_a_changed_subject_moves_the_row(desk: Desk) -> None:
    """The row goes to the bucket of its new patient, and each version stays with its own."""
    first, second = "p1", next(f"q{n}" for n in range(99) if bucket_of(f"q{n}") != bucket_of("p1"))
    made = desk.create(observation(first))  # an id that carries the first bucket
    desk.put("chosen", observation(first))
    for name in (made.id, "chosen"):
        moved = desk.put(name, observation(second))
        assert (moved.status, moved.version) == ("updated", 2)
        assert desk.ids("Observation", f"patient={first}&_id={name}") == set()
        assert desk.ids("Observation", f"patient={second}") >= {name}
        row = desk.database.read(desk.store.read("Observation", name, SYSTEM))
        assert row is not None and (row.patient, row.version) == (second, 2)
        again = desk.put(name, observation(second, status="amended"))
        assert again.version == 3
        back = desk.put(name, observation(first))
        assert back.version == 4
        assert desk.ids("Observation", f"patient={first}") >= {name}
        versions = desk.database.read(desk.store.history("Observation", name, SYSTEM))
        assert [(v.version, v.patient) for v in versions] == [
            (4, first),
            (3, second),
            (2, second),
            (1, first),
        ]
    rows = desk.database.read(
        fetch("SELECT id, patient, deleted, moved FROM store.observation WHERE moved")
    )
    assert {(row[0], row[1]) for row in rows} == {(made.id, second), ("chosen", second)}
    deleted = desk.write(Write("delete", "Observation", made.id))[0]
    assert deleted.version == 5


def test_owners_of_ids_that_clients_chose(desk: Desk) -> None:
    desk.put("abc", observation("p1"))
    made = desk.create(observation("p1"))
    keys = [("Observation", "abc"), ("Observation", made.id), ("Patient", "abc")]
    assert desk.database.read(desk.store.owners(keys)) == {("Observation", "abc"): "97001"}


def test_sensitivity_is_not_lost_by_a_later_writer(desk: Desk) -> None:
    desk.write(Write("update", "Observation", "abc", observation("p1"), sensitivity="HIV"))
    desk.put("abc", observation("p1", status="amended"))
    row = desk.database.read(desk.store.read("Observation", "abc", SYSTEM))
    assert row is not None and row.sensitivity == "HIV"
    label = {"security": [{"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode",
                           "code": "PSY"}]}  # fmt: skip
    done = desk.create(observation("p1", meta=label))
    row = desk.database.read(desk.store.read("Observation", done.id, SYSTEM))
    assert row is not None and row.sensitivity == "PSY"


def test_statements_do_not_grow_with_the_batch(desk: Desk) -> None:
    counts = []
    for size in (3, 300):
        writes = [Write("update", "Patient", f"{size}-{at}", patient(number=f"0{at}"))
                  for at in range(size)]  # fmt: skip
        writes += [
            Write("update", "Observation", f"{size}-{at}", observation(f"{size}-{at}"))
            for at in range(size)
        ]
        for status in ("final", "amended"):
            for write in writes:
                if write.type == "Observation" and write.body is not None:
                    write.body["status"] = status
            seen: list[str] = []
            desk.database.transact(counted(desk.store.write(writes, SYSTEM), seen))
            # What codes mean, and which parameters there are, is looked up now and then.
            rare = ("store.vocabulary", "store.search_parameter")
            counts.append(sum(not any(each in sql for each in rare) for sql in seen))
    assert counts[0] == counts[2] and counts[1] == counts[3]
    assert max(counts) <= 8


def test_hooks_run_in_the_same_transaction(database: SyncDatabase) -> None:
    told: list[Written] = []

    def hook(records: list[Written], context: Context) -> Plan[None]:
        told.extend(records)
        assert context is SYSTEM
        yield from execute("CREATE TABLE hooked (id text)")

    desk = Desk(database, Store(hooks=[hook]))  # type: ignore[list-item]
    desk.put("p1", patient())
    desk.put("p1", patient())
    assert [(each.outcome.status, each.resource is not None) for each in told] == [
        ("created", True)
    ]
    with pytest.raises(Exception, match="already exists"):
        desk.put("p2", patient())
    assert desk.database.read(desk.store.read("Patient", "p2", SYSTEM)) is None


def test_every_kind_of_resource_can_be_kept(desk: Desk) -> None:
    writes = [
        Write("update", kind, "x", {"resourceType": kind}) for kind in sorted(fhir.RESOURCE_TYPES)
    ]
    assert {done.status for done in desk.write(*writes)} == {"created"}
    keys = [(kind, "x") for kind in fhir.RESOURCE_TYPES]
    assert len(desk.database.read(desk.store.read_many(keys, SYSTEM))) == len(keys)


def _at_once(count: int, act: Callable[[int], Outcome]) -> list[Outcome]:
    with ThreadPoolExecutor(count) as threads:
        return list(threads.map(act, range(count)))


def test_writers_of_one_new_id_come_one_after_another(database: SyncDatabase) -> None:
    desk = Desk(database)
    done = _at_once(4, lambda at: desk.put("abc", observation("p1", str(at))))
    assert sorted(each.version for each in done) == [1, 2, 3, 4]
    assert [each.status for each in done].count("created") == 1
    versions = desk.database.read(desk.store.history("Observation", "abc", SYSTEM))
    assert [row.version for row in versions] == [4, 3, 2, 1]


def test_of_equal_conditional_creates_one_creates(database: SyncDatabase) -> None:
    desk = Desk(database)
    condition = [("identifier", "urn:test:number|7")]
    write = Write("create", "Patient", None, patient(number="7"), if_none_exist=condition)
    done = _at_once(4, lambda _: desk.write(write)[0])
    assert len({each.id for each in done}) == 1
    assert [each.status for each in done].count("created") == 1


def test_batches_in_other_orders_do_not_lock_each_other_out(database: SyncDatabase) -> None:
    desk = Desk(database)
    names = [f"p{at}" for at in range(40)]

    def act(at: int) -> Outcome:
        ordered = names if at % 2 else names[::-1]
        writes = [
            Write("update", "Patient", name, patient(number=f"{name}{at}")) for name in ordered
        ]
        return desk.write(*writes)[0]

    assert len(_at_once(4, act)) == 4
    rows = desk.database.read(desk.store.read_many([("Patient", name) for name in names], SYSTEM))
    assert {row.version for row in rows} == {4}
