"""Imports: each line judged by itself, none lost or doubled, the same again changes nothing."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import pytest

from lanh.core import bulk, fhir
from lanh.core.bulk import BulkRefused, Sources
from lanh.core.bulk.tests.scene import SYSTEM, Scene, client, observation, patient
from lanh.core.database import fetch
from lanh.core.jobs import Destinations
from lanh.core.jobs.tests.http_receiver import Got, HttpReceiver, receiving, status
from lanh.core.store import Context, parse_search

HERE = Destinations.of(["127.0.0.0/8"], plain_http=True)


def _line(resource: dict[str, Any]) -> bytes:
    return fhir.dumps(resource)


def _ids(scene: Scene, kind: str, query: tuple[tuple[str, str], ...] = ()) -> set[str]:
    wanted = parse_search(kind, [*query, ("_count", "1000")])
    page = scene.database.read(scene.store.search(wanted, Context(SYSTEM)))
    return {row.id for row in page.entries}


def _versions(scene: Scene) -> list[Any]:
    return [tuple(r) for r in scene.database.read(fetch("SELECT type, entries FROM store.feed"))]


def test_lines_become_records_and_the_same_again_changes_nothing(scene: Scene) -> None:
    lines = [_line(patient("p"))] + [_line(observation(f"o{n}", "p")) for n in range(25)]
    name = scene.upload([*lines, b"", b"  "])
    scene.work(scene.importer(batch=7))
    task = scene.task(name)
    assert (task.state, task.done) == ("done", 26)
    assert _ids(scene, "Observation") == {f"o{n}" for n in range(25)}
    result = bulk.import_result(task, scene.files(name), "http://test/bulk/x")
    assert {o["type"]: o["count"] for o in result["output"]} == {"Patient": 1, "Observation": 25}
    assert result["error"] == []
    before = _versions(scene)
    again = scene.upload(lines)
    scene.work(scene.importer())
    assert scene.task(again).done == 26
    assert _versions(scene) == before


def test_lines_without_an_id_get_one_from_their_content(scene: Scene) -> None:
    bare = {k: v for k, v in observation("x", "p").items() if k != "id"}
    for _ in range(2):
        scene.upload([_line(bare), _line({**bare, "status": "amended"})])
        scene.work(scene.importer())
    assert len(_ids(scene, "Observation")) == 2


def test_each_fault_is_told_by_its_line_and_refuses_no_other(scene: Scene) -> None:
    lines = [
        _line(patient("p")),
        b"{not json",
        b"[1]",
        _line({"resourceType": "Nonsense", "id": "n"}),
        _line({**observation("bad", "p"), "status": "no such status"}),
        _line(observation("good", "p")),
        _line({"resourceType": "Observation", "id": "bare"}),
        _line(patient("q")),
    ]
    name = scene.upload(lines)
    scene.work(scene.importer())
    assert scene.task(name).done == 3
    assert _ids(scene, "Observation") == {"good"} and _ids(scene, "Patient") == {"p", "q"}
    (file,) = scene.files(name)
    assert (file.kind, file.type, file.count) == ("error", "OperationOutcome", 5)
    told = [fhir.loads(line) for line in scene.folder.path(name, file).read_bytes().splitlines()]
    assert [each["issue"][0]["diagnostics"] for each in told] == [
        "line 2", "line 3", "line 4", "line 5", "line 7",
    ]  # fmt: skip
    assert told[3]["issue"][0]["expression"] == ["Observation.status"]
    result = bulk.import_result(scene.task(name), scene.files(name), "http://test/bulk/x")
    assert result["error"][0]["url"] == f"http://test/bulk/x/{file.name}"


def test_a_later_line_of_a_row_is_a_later_version(scene: Scene) -> None:
    texts = ["final", "amended", "corrected"]
    scene.upload([_line(patient("p")), *(_line(observation("o", "p", status=s)) for s in texts)])
    scene.work(scene.importer())
    (row,) = scene.database.read(scene.store.read_many([("Observation", "o")], Context(SYSTEM)))
    assert (row.version, row.resource()["status"]) == (3, "corrected")


def test_rows_that_may_not_be_written_are_refused_one_by_one(scene: Scene) -> None:
    """Rows of another facility stand among the client's own, more than are dropped singly."""
    scene.put(*(patient(f"theirs{n}") for n in range(20)), custodian="97002")
    lines = []
    for number in range(20):
        lines += [_line(patient(f"mine{number}")), _line(patient(f"theirs{number}", active=True))]
    name = scene.upload(lines)
    scene.work(scene.importer())
    assert scene.task(name).done == 20
    assert {f"mine{n}" for n in range(20)} <= _ids(scene, "Patient")
    assert _ids(scene, "Patient", (("active", "true"),)) == set()
    assert sum(file.count for file in scene.files(name)) == 20


def test_nothing_by_who_may_write_nothing(scene: Scene) -> None:
    scene.subjects["his"] = client(types=frozenset({"Location"}))
    name = scene.upload([_line(patient("p"))])
    scene.work(scene.importer())
    assert scene.task(name).done == 0 and _ids(scene, "Patient") == set()
    assert scene.files(name)[0].count == 1


def test_two_workers_at_once(scene: Scene) -> None:
    lines = [_line(patient(f"p{n}")) for n in range(60)] + [b"{broken"]
    name = scene.upload(lines)

    def work(_: int) -> None:
        importer = scene.importer(batch=5)
        while scene.database.transact(importer.step(name)) != "end":
            pass

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(work, range(2)))
    assert scene.task(name).done == 60 and len(_ids(scene, "Patient")) == 60
    assert [file.count for file in scene.files(name)] == [1]


def test_sensitivity_is_found_at_the_door(scene: Scene) -> None:
    scene.subjects["his"] = SYSTEM
    name = scene.upload([_line(patient("p")), _line(observation("o", "p"))])
    scene.work(
        scene.importer(sensitivity=lambda r: "HIV" if r["resourceType"] == "Observation" else "")
    )
    assert scene.task(name).done == 2
    rows = scene.database.read(fetch("SELECT sensitivity FROM store.observation"))
    assert rows[0][0] == "HIV"


@contextmanager
def _serving(answers: dict[str, bytes]) -> Iterator[HttpReceiver]:
    """A server in a thread of its own, since the importer blocks."""
    ready, stop = threading.Event(), asyncio.Event()
    kept: list[Any] = []

    def answer(got: Got) -> bytes:
        body = answers.get(got.path)
        if body is None:
            return status(302, "Location: /people")
        return b"HTTP/1.1 200 X\r\nContent-Length: %d\r\n\r\n" % len(body) + body

    async def main() -> None:
        async with receiving(answer) as receiver:
            kept.extend((receiver, asyncio.get_running_loop()))
            ready.set()
            await stop.wait()

    thread = threading.Thread(target=asyncio.run, args=(main(),))
    thread.start()
    ready.wait(10)
    try:
        yield kept[0]
    finally:
        kept[1].call_soon_threadsafe(stop.set)
        thread.join()


def _order(scene: Scene, body: dict[str, Any]) -> str:
    inputs, source = bulk.read_manifest(body, scene.sources)
    wanted = {"inputs": [{"url": i.url, "type": i.type} for i in inputs], "source": source}
    return scene.database.transact(bulk.start("import", client(), "http://test/", wanted))


def test_sources_that_the_operator_allows(scene: Scene) -> None:
    people = b"\n".join(_line(patient(f"p{n}")) for n in range(3))
    with _serving({"/bulk/people": people, "/bulk/mixed": _line(observation("o", "p"))}) as server:
        scene.sources = Sources((f"{server.url}/bulk",), HERE)
        inputs = [
            {"type": kind, "url": f"{server.url}/bulk/{path}"}
            for kind, path in (("Patient", "people"), ("Patient", "away"), ("Patient", "mixed"))
        ]
        body = {"inputFormat": "application/fhir+ndjson", "input": inputs}
        name = _order(scene, {**body, "inputSource": "https://his.test/fhir"})
        scene.work(scene.importer())
    assert scene.task(name).done == 3
    faults = [(file.rule, file.count) for file in scene.files(name)]
    assert faults == [("input 1", 1), ("input 2", 1)]
    rows = scene.database.read(scene.store.read_many([("Patient", "p0")], Context(SYSTEM)))
    assert rows[0].source == "https://his.test/fhir"


@pytest.mark.parametrize(
    "url",
    [
        "https://other.test/x", "https://his.test/bulky/x", "http://his.test/bulk/x",
        "https://his.test/bulk/../secret", "https://his.test.evil.test/bulk/x",
        "https://his.test@evil.test/bulk/x", "file:///etc/passwd", "https://127.0.0.1/bulk/x",
    ],
)  # fmt: skip
def test_other_sources_are_refused(url: str) -> None:
    sources = Sources(("https://his.test/bulk/",))
    sources.check("https://his.test/bulk/Patient.ndjson")
    with pytest.raises(BulkRefused) as refused:
        sources.check(url)
    assert refused.value.status == 422


@pytest.mark.parametrize(
    "body",
    [
        {}, {"inputFormat": "application/fhir+ndjson"},
        {"inputFormat": "text/csv", "input": [{"type": "Patient", "url": "https://his.test/x"}]},
        {"inputFormat": "application/fhir+ndjson", "input": []},
        {"inputFormat": "application/fhir+ndjson", "input": [{"url": "https://his.test/x"}]},
        {"inputFormat": "application/fhir+ndjson", "input": [{"type": "Patient"}]},
    ],
)  # fmt: skip
def test_a_manifest_that_cannot_be_read(body: dict[str, Any]) -> None:
    with pytest.raises(BulkRefused):
        bulk.read_manifest(body, Sources(("https://his.test/",)))


def test_the_same_as_parameters() -> None:
    parameters = {
        "resourceType": "Parameters",
        "parameter": [
            {"name": "inputFormat", "valueCode": "application/fhir+ndjson"},
            {"name": "inputSource", "valueUri": "https://his.test/fhir"},
            {
                "name": "input",
                "part": [
                    {"name": "type", "valueCode": "Patient"},
                    {"name": "url", "valueUrl": "https://his.test/x"},
                ],
            },
        ],
    }
    inputs, source = bulk.read_manifest(
        bulk.manifest_of(parameters), Sources(("https://his.test/",))
    )
    assert inputs == [bulk.Input("https://his.test/x", "Patient")]
    assert source == "https://his.test/fhir"


def test_the_longest_line(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lanh.core.bulk.sources.LONGEST_LINE", 300)
    long = _line({**patient("long"), "name": [{"text": "x" * 1000}]})
    name = scene.upload([_line(patient("a")), long, _line(patient("b"))])
    scene.work(scene.importer())
    assert _ids(scene, "Patient") == {"a", "b"}
    assert scene.files(name)[0].count == 1
