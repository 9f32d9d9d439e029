"""Exports: every row once, as it stood, within the orderer's access, whatever happens meanwhile."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest

from lanh.core import bulk, jobs
from lanh.core.access import CustodianIn
from lanh.core.bulk import BulkRefused
from lanh.core.bulk.tests.scene import NATIONAL, Scene, client, observation, patient
from lanh.core.database import fetch
from lanh.core.store import StoreError


def _people(scene: Scene, count: int = 3, each: int = 5) -> None:
    for number in range(count):
        name = f"p{number}"
        rows = [observation(f"{name}-o{at}", name) for at in range(each)]
        scene.put(patient(name), *rows)


def _now() -> str:
    time.sleep(0.005)
    moment = datetime.now(UTC).isoformat()
    time.sleep(0.005)
    return moment


def test_a_whole_system(scene: Scene) -> None:
    _people(scene)
    scene.put({"resourceType": "Organization", "id": "org", "name": "Trạm y tế"})
    name = scene.order()
    scene.work(scene.exporter(run=4))
    task = scene.task(name)
    assert (task.state, task.done) == ("done", 3 + 15 + 1)
    assert {file.type for file in scene.files(name)} == {"Patient", "Observation", "Organization"}
    assert len(scene.ids(name)) == len(set(scene.ids(name))) == 19
    manifest = bulk.export_manifest(task, scene.files(name), "http://test/bulk/x")
    assert manifest["requiresAccessToken"] is True and "deleted" not in manifest
    assert {o["type"]: o["count"] for o in manifest["output"]} == {
        "Patient": 3, "Observation": 15, "Organization": 1,
    }  # fmt: skip


def test_chosen_types_compartments_and_groups(scene: Scene) -> None:
    _people(scene)
    scene.put({"resourceType": "Organization", "id": "org", "name": "Trạm"})
    one = scene.order([("_type", "Patient,Organization")])
    two = scene.order(level="patient")
    three = scene.order([("_type", "Observation")], level="group", patients=["p1"])
    four = scene.order([("patient", "Patient/p2"), ("_type", "Patient")], level="patient")
    scene.work(scene.exporter())
    assert scene.ids(one) == ["org", "p0", "p1", "p2"]
    assert len(scene.ids(two)) == 18 and "org" not in scene.ids(two)
    assert scene.ids(three) == [f"p1-o{at}" for at in range(5)]
    assert scene.ids(four) == ["p2"]


def test_only_what_the_orderer_may_see(scene: Scene) -> None:
    _people(scene)
    scene.put(patient("other"), observation("theirs", "other"), custodian="97002")
    scene.put(observation("hidden", "p0"), sensitivity="HIV")
    name = scene.order([("_type", "Patient,Observation")], client())
    scene.work(scene.exporter())
    assert not {"other", "theirs", "hidden"} & set(scene.ids(name))
    assert len(scene.ids(name)) == 18
    with pytest.raises(BulkRefused, match="Observation"):
        bulk.read_order("system", [("_type", "Observation")], client(types=frozenset({"Patient"})))
    order = bulk.read_order("system", [], client(types=frozenset({"Patient"})))
    assert order.types == ["Patient"]


def test_rights_are_those_of_the_moment_not_of_the_order(scene: Scene) -> None:
    _people(scene)
    name = scene.order([("_type", "Observation,Patient")], client())
    scene.subjects["his"] = client(scope=CustodianIn(frozenset({"97009"})))
    scene.work(scene.exporter())
    assert scene.lines(name) == [] and scene.task(name).state == "done"
    gone = scene.order([("_type", "Patient")], client())
    scene.subjects["his"] = None
    scene.work(scene.exporter())
    assert (scene.task(gone).state, scene.task(gone).fault) == ("failed", "forbidden")


def test_rights_that_change_midway_begin_another_file(scene: Scene) -> None:
    _people(scene, count=1, each=9)
    name = scene.order([("_type", "Observation")], client())
    exporter = scene.exporter(run=3)
    scene.database.transact(exporter.step(name))
    scene.subjects["his"] = client(scope=CustodianIn(frozenset({"97001", "97002"})))
    scene.work(exporter)
    first, second = scene.files(name)
    assert first.rule != second.rule and (first.count, second.count) == (3, 6)
    assert first.rule == bulk.rule_of(client(), "Observation")


def test_as_it_stood_when_it_was_ordered(scene: Scene) -> None:
    _people(scene)
    time.sleep(0.005)
    name = scene.order([("_type", "Observation")])
    time.sleep(0.005)
    scene.put(observation("p0-o0", "p0", status="amended"), observation("late", "p0"))
    scene.delete("Observation", "p0-o1")
    exporter = scene.exporter(run=4)
    scene.database.transact(exporter.step(name))
    scene.put(observation("p2-o4", "p2", status="amended"))
    scene.work(exporter)
    rows = {row["id"]: row for row in scene.lines(name)}
    assert len(rows) == 15 and "late" not in rows and "p0-o1" in rows
    assert {row["status"] for row in rows.values()} == {"final"}


def test_since_and_until(scene: Scene) -> None:
    _people(scene, count=1)
    since = _now()
    scene.put(observation("p0-o0", "p0", status="amended"), observation("new", "p0"))
    scene.delete("Observation", "p0-o1")
    until = _now()
    scene.put(observation("later", "p0"))
    _now()
    name = scene.order([("_since", since), ("_until", until)])
    scene.work(scene.exporter())
    assert scene.ids(name) == ["new", "p0-o0"]
    (bundle,) = scene.lines(name, "deleted")
    assert [e["request"] for e in bundle["entry"]] == [
        {"method": "DELETE", "url": "Observation/p0-o1"}
    ]
    manifest = bulk.export_manifest(scene.task(name), scene.files(name), "http://test/bulk/x")
    assert [each["type"] for each in manifest["deleted"]] == ["Bundle"]


def test_filters_are_searches_of_which_one_must_hold(scene: Scene) -> None:
    _people(scene, count=2)
    scene.put(observation("p0-o0", "p0", status="amended"))
    scene.put(observation("p1-o0", "p1", status="cancelled"))
    query = [
        ("_type", "Observation,Patient"),
        ("_typeFilter", "Observation?status=amended,Observation?status=cancelled&subject=p1"),
    ]
    name = scene.order(query)
    both = scene.order([*query, ("_typeFilter", "Observation?status=final&subject=Patient/p0")])
    scene.work(scene.exporter(run=3))
    assert scene.ids(name) == ["p0", "p0-o0", "p1", "p1-o0"]
    assert len(scene.ids(both)) == 8


def test_some_elements_only(scene: Scene) -> None:
    scene.put(patient("p0", gender="male", active=True), observation("o", "p0", issued=None))
    name = scene.order([("_elements", "Patient.gender,subject"), ("_type", "Patient,Observation")])
    scene.work(scene.exporter())
    rows = {row["id"]: row for row in scene.lines(name)}
    assert rows["p0"].keys() == {"resourceType", "id", "meta", "gender"}
    assert rows["o"].keys() == {"resourceType", "id", "meta", "status", "code", "subject"}
    assert rows["o"]["meta"]["tag"][0]["code"] == "SUBSETTED"


@pytest.mark.parametrize(
    "pair",
    [
        ("_type", "Nonsense"), ("_since", "2026"), ("_since", "2026-01-01T00:00:00"),
        ("_until", "yesterday"), ("_outputFormat", "text/csv"), ("_typeFilter", "Observation"),
        ("_typeFilter", "Nonsense?x=1"), ("_typeFilter", "Observation?nonsense=1"),
        ("_elements", "Patient."), ("organizeOutputBy", "Patient"),
        ("_typeFilter", "Patient?_count=1"),
    ],
)  # fmt: skip
def test_what_cannot_be_done_is_refused(pair: tuple[str, str]) -> None:
    with pytest.raises((BulkRefused, StoreError)) as refused:
        bulk.read_order("system", [pair], NATIONAL)
    if isinstance(refused.value, BulkRefused):
        assert refused.value.status == 400
        assert refused.value.issue.message.vi != refused.value.issue.message.en


def test_a_level_of_people_refuses_directories_and_lenient_passes_over() -> None:
    with pytest.raises(BulkRefused):
        bulk.read_order("patient", [("_type", "Organization")], NATIONAL)
    order = bulk.read_order("system", [("nonsense", "1")], NATIONAL, lenient=True)
    assert "Patient" in order.types and "Subscription" not in order.types


def test_every_step_leaves_a_trace(scene: Scene) -> None:
    _people(scene)
    name = scene.order([("_type", "Observation")], client())
    scene.work(scene.exporter(run=100))
    rows = scene.database.read(
        fetch("SELECT subject, detail, patients FROM audit.entry WHERE action = 'export'")
    )
    assert [(row[0], row[1]) for row in rows] == [("system:his", f"$export {name}")]
    assert sorted(rows[0][2]) == ["p0", "p1", "p2"]


def test_a_step_that_did_not_commit_leaves_nothing_behind(scene: Scene) -> None:
    """Bytes on the disk beyond what was committed are cut off by whoever goes on."""
    _people(scene)
    name = scene.order([("_type", "Observation")])
    exporter = scene.exporter(run=4)
    for _ in range(3):
        plan = exporter.step(name)

        def cut_off() -> object:
            yield from plan  # noqa: B023
            raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            scene.database.transact(cut_off())  # type: ignore[arg-type]
        scene.database.transact(exporter.step(name))
    scene.work(exporter)
    assert len(scene.ids(name)) == len(set(scene.ids(name))) == 15


def test_two_workers_at_once_do_each_row_once(scene: Scene) -> None:
    _people(scene, count=4, each=20)
    name = scene.order([("_type", "Observation")])

    def work(_: int) -> None:
        exporter = scene.exporter(run=5)
        while scene.database.transact(exporter.step(name)) != "end":
            pass

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(work, range(2)))
    assert len(scene.ids(name)) == len(set(scene.ids(name))) == 80


def test_a_full_file_is_followed_by_another(scene: Scene) -> None:
    _people(scene)
    name = scene.order([("_type", "Observation")])
    scene.work(scene.exporter(run=5, full=100))
    assert [file.count for file in scene.files(name)] == [5, 5, 5]


def test_a_transaction_that_is_still_open_is_waited_for(scene: Scene) -> None:
    """What it wrote is dated before the order: an export without it would miss it for ever."""
    _people(scene, count=1)
    with scene.database.pool.connection() as connection, connection.transaction():
        connection.execute("INSERT INTO store.feed (at, type, entries) VALUES (now(), 1, 'c1:x')")
        name = scene.order([("_type", "Observation")])
        assert scene.database.transact(scene.exporter().step(name)) == "wait"
    scene.work(scene.exporter())
    assert scene.task(name).state == "done"


def test_cancelled_and_expired_tasks_are_forgotten(scene: Scene) -> None:
    _people(scene, count=1)
    name = scene.order()
    assert scene.database.transact(bulk.forget(name))
    scene.work(scene.exporter())
    assert scene.database.read(bulk.find(name)) is None
    old = scene.order()
    scene.work(scene.exporter())
    assert scene.task(old).expires_at > datetime.now(UTC) + timedelta(hours=23)
    scene.database.read(fetch("UPDATE bulk.task SET expires_at = now() - interval '1 second'"))
    assert scene.database.read(bulk.find(old)) is None
    assert scene.database.transact(bulk.forget_expired_tasks()) == [old]
    scene.folder.remove([old])
    assert scene.folder.found() == []


def test_an_erasure_takes_every_file_that_could_hold_it(scene: Scene) -> None:
    _people(scene, count=1)
    exported, imported = scene.order(), scene.upload([b"{broken"])
    scene.work(scene.exporter(), scene.importer())
    left = sorted(path.name for path in scene.folder.of(imported).iterdir())
    assert left == [file.name for file in scene.files(imported)], "inputs go at the end"
    running = scene.upload([b"{broken"])
    gone = scene.database.transact(bulk.forget_for_erasure())
    assert sorted(gone) == sorted([exported, imported])
    scene.folder.remove(gone)
    assert scene.folder.found() == [running]


def test_a_broken_export_is_told_as_failed(scene: Scene) -> None:
    _people(scene, count=1)
    name = scene.order()
    scene.folder.root.write_text("a file where the folder should be")
    exporter = scene.exporter()
    (job,) = scene.database.transact(jobs.claim([bulk.QUEUE]))
    with pytest.raises(OSError):
        exporter.work(job)
    assert scene.task(name).state == "running"
    with pytest.raises(OSError):
        exporter.work(
            jobs.Job(job.id, job.queue, job.kind, job.payload, None, 8, 8, job.held_until)
        )
    assert scene.task(name).state == "failed"
