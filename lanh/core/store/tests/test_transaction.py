"""FHIR transactions: references, conditions, order, all or nothing; Synthea's bundles."""

from __future__ import annotations

import gzip
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from lanh.core import fhir
from lanh.core.database import Plan
from lanh.core.store import Invalid, NotFound, PreconditionFailed, transaction
from lanh.core.store.tests.conftest import SYSTEM, Desk, observation, patient

ANNA = "urn:uuid:61ebe359-bfdc-4613-8bf2-c5e300945f0a"
VISIT = "urn:uuid:88f151c0-a954-468a-88bd-5ae15c08e059"


def _entry(method: str, url: str, resource: Any = None, full_url: str = "", **more: str) -> Any:
    entry: dict[str, Any] = {"request": {"method": method, "url": url, **more}}
    if resource is not None:
        entry["resource"] = resource
    if full_url:
        entry["fullUrl"] = full_url
    return entry


def _run(desk: Desk, *entries: Any, **options: Any) -> transaction.Result:
    bundle = {"resourceType": "Bundle", "type": "transaction", "entry": list(entries)}
    return desk.database.transact(transaction.execute(desk.store, bundle, SYSTEM, **options))


def _read(desk: Desk, kind: str, name: str) -> dict[str, Any]:
    row = desk.database.read(desk.store.read(kind, name, SYSTEM))
    assert row is not None
    return row.resource()


def test_references_to_entries_are_rewritten(desk: Desk) -> None:
    visit = {
        "resourceType": "Encounter",
        "status": "finished",
        "class": {"code": "AMB"},
        "subject": {"reference": ANNA},
    }
    seen = {**observation(None), "subject": {"reference": ANNA}, "encounter": {"reference": VISIT}}
    result = _run(
        desk,
        _entry("POST", "Observation", seen),
        _entry("POST", "Encounter", visit, VISIT),
        _entry("POST", "Patient", patient(), ANNA),
    )
    ids = {e.type: e.outcome.id for e in result.entries if e.outcome is not None}
    kept = _read(desk, "Observation", ids["Observation"])
    assert kept["subject"]["reference"] == f"Patient/{ids['Patient']}"
    assert kept["encounter"]["reference"] == f"Encounter/{ids['Encounter']}"
    assert desk.ids("Observation", f"patient={ids['Patient']}") == {ids["Observation"]}
    answer = fhir.loads(fhir.dumps(result.bundle()))
    assert answer["type"] == "transaction-response"
    assert [e["response"]["status"] for e in answer["entry"]] == ["201 Created"] * 3
    assert answer["entry"][0]["response"]["location"].endswith("/_history/1")
    located = desk.database.read(desk.store.owners([("Observation", ids["Observation"])]))
    assert located == {}


def test_absolute_urls_of_entries(desk: Desk) -> None:
    there = "https://his.example.org/fhir/Patient/17"
    seen = {**observation(None), "subject": {"reference": "Patient/17"}}
    other = {**observation(None), "subject": {"reference": there}}
    result = _run(
        desk,
        _entry("POST", "Patient", patient(), there),
        _entry("POST", "Observation", seen),
        _entry("POST", "Observation", other),
    )
    assert result.entries[0].outcome is not None
    found = desk.ids("Observation", f"patient={result.entries[0].outcome.id}")
    assert len(found) == 2


def test_conditional_entries(desk: Desk) -> None:
    desk.put("p1", patient(number="1"))
    one, two = "identifier=urn:test:number|1", "identifier=urn:test:number|2"
    result = _run(
        desk,
        _entry("POST", "Patient", patient(number="1"), ANNA, ifNoneExist=one),
        _entry("POST", "Patient", patient(number="2"), ifNoneExist=two),
        _entry("POST", "Patient", patient(number="2"), VISIT, ifNoneExist=two),
        _entry("POST", "Observation", {**observation(None), "subject": {"reference": ANNA}}),
        _entry("POST", "Observation", {**observation(None), "subject": {"reference": VISIT}}),
    )
    outcomes = [entry.outcome for entry in result.entries]
    assert all(outcomes)
    first, second, third = (outcome for outcome in outcomes[:3] if outcome is not None)
    assert (first.status, first.id) == ("unchanged", "p1")
    assert second.id == third.id != "p1"
    assert len(desk.ids("Observation", "patient=p1")) == 1
    assert len(desk.ids("Observation", f"patient={second.id}")) == 1
    changed = _run(desk, _entry("PUT", f"Patient?{one}", patient("Lê An", "1")))
    assert changed.entries[0].outcome is not None
    assert (changed.entries[0].outcome.id, changed.entries[0].outcome.version) == ("p1", 2)
    gone = _run(desk, _entry("DELETE", f"Patient?{one}"), _entry("DELETE", "Patient?name=zzz"))
    assert gone.entries[0].outcome is not None and gone.entries[0].outcome.status == "deleted"
    assert gone.bundle()["entry"][1]["response"]["status"] == "204 No Content"


def test_conditional_references(desk: Desk) -> None:
    desk.put("p1", patient(number="1"))
    seen = {**observation(None), "subject": {"reference": "Patient?identifier=urn:test:number|1"}}
    _run(desk, _entry("POST", "Observation", seen))
    assert len(desk.ids("Observation", "patient=p1")) == 1
    lost = {**observation(None), "subject": {"reference": "Patient?identifier=urn:test:number|9"}}
    with pytest.raises(PreconditionFailed) as caught:
        _run(desk, _entry("DELETE", "Patient/p1"), _entry("POST", "Observation", lost))
    assert caught.value.index == 1
    kept = _run(desk, _entry("POST", "Observation", lost), keep_unresolved=True)
    assert kept.unresolved == [(0, "Patient?identifier=urn:test:number|9")]


def test_a_reference_to_no_entry(desk: Desk) -> None:
    lost = {**observation(None), "subject": {"reference": ANNA}}
    with pytest.raises(Invalid):
        _run(desk, _entry("POST", "Observation", lost))
    kept = _run(desk, _entry("POST", "Observation", lost), keep_unresolved=True)
    assert kept.unresolved == [(0, ANNA)]


def test_all_or_nothing_and_the_place_of_the_fault(desk: Desk) -> None:
    with pytest.raises(NotFound) as caught:
        _run(
            desk,
            _entry("GET", "Patient/none"),
            _entry("PUT", "Patient/p1", patient()),
            _entry("DELETE", "Observation/none"),
        )
    assert caught.value.index == 2
    assert desk.database.read(desk.store.read("Patient", "p1", SYSTEM)) is None


def test_reads_see_what_the_transaction_wrote(desk: Desk) -> None:
    result = _run(
        desk,
        _entry("GET", "Patient/p1"),
        _entry("GET", "Observation?patient=p1"),
        _entry("PUT", "Observation/o1", observation("p1")),
        _entry("PUT", "Patient/p1", patient()),
    )
    answer = fhir.loads(fhir.dumps(result.bundle()))
    assert answer["entry"][0]["resource"]["id"] == "p1"
    assert answer["entry"][1]["resource"]["entry"][0]["resource"]["id"] == "o1"


@pytest.mark.parametrize(
    "entry",
    [
        {"resource": patient()},
        _entry("PATCH", "Patient/p1", patient()),
        _entry("POST", "Nonsense", patient()),
        _entry("POST", "Patient/p1", patient()),
        _entry("POST", "Patient"),
        _entry("PUT", "Patient", patient()),
        _entry("DELETE", "Patient"),
        _entry("GET", "../Patient"),
    ],
)
def test_entries_without_a_good_request(desk: Desk, entry: Any) -> None:
    with pytest.raises(Invalid) as caught:
        _run(desk, entry)
    assert caught.value.issues[0].expression == "Bundle.entry[0].request"


def _synthea(folder: Path) -> Iterator[dict[str, Any]]:
    for path in sorted(folder.rglob("*")):
        if path.suffix in (".json", ".gz", ".ndjson") and path.is_file():
            data = path.read_bytes()
            data = gzip.decompress(data) if path.suffix == ".gz" else data
            lines = data.split(b"\n") if "ndjson" in path.name else [data]
            for line in lines:
                if line.strip():
                    found = fhir.loads(line)
                    if found.get("resourceType") == "Bundle":
                        yield found


def test_synthea_bundles_twice(desk: Desk, test_data: Path) -> None:
    """Five of Synthea's transactions; the second time they are other rows, as POST asks."""
    taken = 0
    for bundle in _synthea(test_data / "fhir-synthea-r4"):
        if bundle.get("type") != "transaction":
            continue
        original = fhir.dumps(bundle)
        result = _run(desk, *bundle["entry"])
        assert all(entry.outcome is not None for entry in result.entries)
        assert not result.unresolved
        for entry in result.entries[:40]:
            assert entry.outcome is not None
            kept = _read(desk, entry.type, entry.outcome.id)
            assert "urn:uuid" not in str([r for _, r in fhir.references(kept)])
        patients = [e.outcome.id for e in result.entries if e.type == "Patient" and e.outcome]
        posted = sum(e["resource"]["resourceType"] == "Observation" for e in bundle["entry"])
        page = desk.page("Observation", f"patient={','.join(patients)}&_summary=count")
        assert page.total == posted
        assert len(fhir.loads(original)["entry"]) == len(result.entries)
        taken += 1
        if taken == 5:
            break
    assert taken == 5


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
def test_what_a_condition_found_is_written_only_as_it_was_found(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, method: str
) -> None:
    """Another writer changes the row between the search and the write: it may not answer now."""
    made = desk.create(patient(number="097000000001"))
    find = desk.store.find_all

    def find_late(*asked: Any) -> Plan[Any]:
        found = yield from find(*asked)
        desk.put(made.id, patient(number="097000000002"))  # on a connection of its own
        return found

    monkeypatch.setattr(desk.store, "find_all", find_late)
    change = [{"op": "replace", "path": "/gender", "value": "other"}]
    body = {
        "PUT": patient(number="097000000001", gender="other"),
        "PATCH": {"resourceType": "Binary", "contentType": "application/json-patch+json",
                  "data": b64encode(fhir.dumps(change)).decode()},
        "DELETE": None,
    }[method]  # fmt: skip
    query = "Patient?identifier=urn:test:number|097000000001"
    with pytest.raises(transaction.Overtaken):
        _run(desk, _entry(method, query, body))
    kept = _read(desk, "Patient", made.id)
    assert (kept["meta"]["versionId"], kept["gender"]) == ("2", "male")


@pytest.mark.parametrize("method", ["PUT", "DELETE"])
def test_a_condition_and_a_version_must_both_hold(desk: Desk, method: str) -> None:
    made = desk.create(patient())
    body = patient(gender="other") if method == "PUT" else None
    query = "Patient?identifier=urn:test:number|097000000001"
    with pytest.raises(PreconditionFailed):
        _run(desk, _entry(method, query, body, ifMatch='W/"7"'))
    assert _read(desk, "Patient", made.id)["gender"] == "male"
    _run(desk, _entry(method, query, body, ifMatch='W/"1"'))
    row = desk.database.read(desk.store.read("Patient", made.id, SYSTEM))
    assert row is not None and row.version == 2
