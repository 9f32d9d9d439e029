"""Search parameters of an installation: registered with their resource, indexed online."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl

import psycopg
import pytest

from lanh.core.database import SyncDatabase, drive_sync
from lanh.core.store import Invalid, Store, Write
from lanh.core.store.tests.conftest import SYSTEM, Desk, observation, patient

EYE = "http://example.vn/eye"


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch, desk: Desk) -> Desk:
    """A desk whose processes hear of a definition at once."""
    monkeypatch.setattr("lanh.core.store.own_parameters.KNOWN_FOR", 0.0)
    monkeypatch.setattr("lanh.core.store.reindexing.KNOWN_FOR", 0.0)
    monkeypatch.setattr("lanh.core.store.reindexing._SLACK", 0.0)
    return desk


def definition(code: str, kind: str, expression: str, base: str = "Patient",
               **more: Any) -> dict[str, Any]:  # fmt: skip
    """A SearchParameter."""
    return {
        "resourceType": "SearchParameter", "url": f"http://example.vn/{code}", "name": code,
        "status": "active", "description": code, "code": code, "base": [base], "type": kind,
        "expression": expression, **more,
    }  # fmt: skip


def person(at: int, eye: str) -> dict[str, Any]:
    """A Patient with an eye colour and a height, as extensions."""
    extension = [
        {"url": EYE, "valueCodeableConcept": {"coding": [{"system": "urn:eye", "code": eye}]}},
        {"url": "urn:height", "valueQuantity": {"value": 150 + at, "code": "cm",
                                                "system": "http://unitsofmeasure.org"}},
        {"url": "urn:met", "valueDate": f"2026-0{at + 1}-01"},
        {"url": "urn:nick", "valueString": f"Bé Tí {at}"},
        {"url": "urn:doctor", "valueReference": {"reference": f"Practitioner/d{at % 2}"}},
    ]  # fmt: skip
    return patient(number=f"0{at}", extension=extension)


def _drain(desk: Desk, limit: int = 2) -> int:
    steps = 0
    while desk.database.transact(desk.store.reindex(limit)) is not None:
        steps += 1
        assert steps < 200
    return steps


def _ids(desk: Desk, query: str, kind: str = "Patient") -> set[str]:
    wanted, _ = desk.database.read(desk.store.parse(kind, parse_qsl(query)))
    return {row.id for row in desk.database.read(desk.store.search(wanted, SYSTEM)).entries}


def test_every_kind_of_own_parameter(quick: Desk) -> None:
    for at in range(5):
        quick.put(f"p{at}", person(at, "brown" if at % 2 else "blue"))
    for name in ("d0", "d1"):
        quick.put(name, {"resourceType": "Practitioner", "name": [{"family": name}]})
    url = "Patient.extension.where(url='urn:%s').value"
    no: dict[str, Any] = {}
    for code, kind, expression, more in (
        ("eye", "token", f"Patient.extension.where(url='{EYE}').value", no),
        ("height", "quantity", url % "height", no),
        ("met", "date", url % "met", no),
        ("nick", "string", url % "nick", no),
        ("doctor", "reference", url % "doctor", {"target": ["Practitioner"]}),
        ("many", "number", "Patient.identifier.count()", no),
    ):
        quick.create(definition(code, kind, expression, **more))
    _drain(quick)
    ucum = "http://unitsofmeasure.org"
    for query, expected in (
        ("eye=brown", {"p1", "p3"}), ("eye=urn:eye|blue", {"p0", "p2", "p4"}),
        ("eye:not=blue", {"p1", "p3"}), ("eye:missing=true", set()), ("eye=urn:eye|", set("01234")),
        ("height=gt152", {"p3", "p4"}), (f"height=1.51|{ucum}|m", {"p1"}),
        ("met=ge2026-04", {"p3", "p4"}), ("nick=be ti 3", {"p3"}), ("nick:exact=Bé Tí 3", {"p3"}),
        ("nick:contains=í 4", {"p4"}), ("doctor=Practitioner/d1", {"p1", "p3"}),
        ("doctor.family=d0", {"p0", "p2", "p4"}), ("many=1&met=lt2026-02", {"p0"}),
    ):  # fmt: skip
        wanted = {each if each[0] == "p" else f"p{each}" for each in expected}
        assert _ids(quick, query) == wanted, query
    assert _ids(quick, "_has:Patient:doctor:eye=brown", "Practitioner") == {"d1"}
    quick.put("p9", person(1, "green"))
    assert _ids(quick, "eye=green") == {"p9"}
    page = quick.database.read(
        quick.store.search(
            quick.database.read(quick.store.parse("Patient", [("_sort", "-met")]))[0], SYSTEM
        )
    )
    assert [row.id for row in page.entries][:2] == ["p4", "p3"]


def test_a_parameter_answers_when_every_row_is_indexed(quick: Desk) -> None:
    """Old searches stay right meanwhile, the new one is refused with its progress."""
    for at in range(6):
        quick.put(f"p{at}", person(at, "blue"))
    quick.create(definition("eye", "token", f"Patient.extension.where(url='{EYE}').value"))
    states = []
    while quick.database.transact(quick.store.reindex(2)) is not None:
        (own,) = quick.database.read(quick.store.own_parameters())
        states.append((own.state, own.done))
        assert _ids(quick, "identifier=03") == {"p3"}
        if own.state != "active":
            with pytest.raises(Invalid) as caught:
                _ids(quick, "eye=blue")
            assert caught.value.key == "parameter_coming"
            quick.put(f"new{len(states)}", person(1, "blue"))
    assert ("indexing", 2) in states and states[-1][0] == "active"
    assert len(_ids(quick, "eye=blue")) >= 6 + len(states) - 1
    assert quick.database.read(quick.store.own_parameters())[0].total >= 6


def test_it_goes_on_where_it_was_interrupted(quick: Desk, database_url: str) -> None:
    for at in range(6):
        quick.put(f"p{at}", person(at, "blue"))
    quick.create(definition("eye", "token", f"Patient.extension.where(url='{EYE}').value"))
    for _ in range(4):
        quick.database.transact(quick.store.reindex(2))
    before = quick.database.read(quick.store.own_parameters())[0]
    assert before.state == "indexing" and before.done >= 2
    again = Desk(quick.database, Store())  # another process, after a kill
    _drain(again)
    after = quick.database.read(quick.store.own_parameters())[0]
    assert (after.state, after.done) == ("active", 6)
    assert len(_ids(again, "eye=blue")) == 6


def test_a_changed_definition_replaces_the_old_one_when_it_is_ready(quick: Desk) -> None:
    for at in range(3):
        quick.put(f"p{at}", person(at, "blue"))
    quick.put("sp", definition("word", "string", "Patient.extension.where(url='urn:nick').value"))
    _drain(quick)
    assert _ids(quick, "word=be ti 1") == {"p1"}
    quick.put("sp", definition("word", "string", "Patient.name.given"))
    assert _ids(quick, "word=be ti 1") == {"p1"}
    assert _ids(quick, "word=van") == set()
    _drain(quick)
    assert _ids(quick, "word=be ti 1") == set()
    assert _ids(quick, "word=van") == {"p0", "p1", "p2"}
    assert len(quick.database.read(quick.store.own_parameters())) == 1
    quick.write(Write("delete", "SearchParameter", "sp"))
    with pytest.raises(Invalid):
        _ids(quick, "word=van")


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (definition("name", "string", "Patient.birthDate"), "own_name"),
        (definition("a b", "string", "Patient.birthDate"), "own_name"),
        (definition("x", "composite", "Patient.name"), "own_kind"),
        (definition("x", "string", "Patient.name.("), "own_expression"),
        (definition("x", "string", ""), "own_expression"),
    ],
)
def test_what_cannot_be_used_is_told(quick: Desk, body: dict[str, Any], reason: str) -> None:
    quick.create(body)
    assert _drain(quick) == 0
    (own,) = quick.database.read(quick.store.own_parameters())
    assert (own.state, own.reason) == ("unusable", reason)


def test_a_draft_does_nothing(quick: Desk) -> None:
    quick.create({**definition("eye", "token", "Patient.name"), "status": "draft"})
    assert quick.database.read(quick.store.own_parameters()) == []


def test_it_waits_for_writers_that_may_not_know(
    quick: Desk, database: SyncDatabase, database_url: str
) -> None:
    """A transaction that began before commits a row late: it is found all the same."""
    ignorant = Store()
    with psycopg.connect(database_url, cursor_factory=psycopg.RawCursor) as connection:
        write = Write("update", "Patient", "a", person(1, "blue"))
        drive_sync(connection, ignorant.write([write], SYSTEM))
        quick.create(definition("eye", "token", f"Patient.extension.where(url='{EYE}').value"))
        for _ in range(5):
            assert database.transact(quick.store.reindex(2)) is False
        assert database.read(quick.store.own_parameters())[0].state == "waiting"
        connection.commit()
    _drain(quick)
    assert _ids(quick, "eye=blue") == {"a"}


def test_rows_of_other_types_stay(quick: Desk) -> None:
    quick.put("o1", observation("p1"))
    quick.create(definition("eye", "token", f"Patient.extension.where(url='{EYE}').value"))
    _drain(quick)
    assert _ids(quick, "code=718-7", "Observation") == {"o1"}
