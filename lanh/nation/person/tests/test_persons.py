"""Persons kept beside the records: linked as written, found, and put right by a steward."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from lanh.core import audit, fhir, matching
from lanh.core.access import (
    Access,
    CustodianIn,
    Everything,
    Grant,
    Predicate,
    Purpose,
    ResidenceIn,
    Subject,
    system_access,
)
from lanh.core.database import Copy, Plan, Row, Statement, SyncDatabase, drive_sync, fetch
from lanh.core.store import Context, Forbidden, Store, Stored, Write
from lanh.nation import naming
from lanh.nation.person import (
    Hits,
    IdentityState,
    LinkRefused,
    PersonLinking,
    Stewardship,
    find_people,
    identity_states,
    residence,
)

LINKING = PersonLinking(lambda: STORE)
STORE: Store = Store([LINKING.hook], residence)
STEWARD = Stewardship(LINKING)
KHOI = "099090123456"
PLATFORM = Context(system_access("test"))


def access(scope: Predicate, *types: str) -> Access:
    grant = Grant(
        "role", frozenset({"read", "search"}), frozenset(types or ["Patient"]), scope, None
    )
    return Access(Subject("person", "steward-1", "S"), Purpose.OPERATIONS, (grant,))


def patient(id: str, number: str | None = KHOI, **said: Any) -> dict[str, Any]:
    body: dict[str, Any] = {
        "resourceType": "Patient",
        "id": id,
        "name": [{"text": "Đặng Minh Khôi", "family": "Đặng", "given": ["Minh", "Khôi"]}],
        "birthDate": "1990-03-14",
        "gender": "male",
        "address": [
            {
                "city": "Xã Thử",
                "extension": [
                    {
                        "url": naming.COMMUNE_EXTENSION,
                        "valueCoding": {"system": naming.COMMUNE, "code": "99901"},
                    }
                ],
            }
        ],
    }
    if number:
        body["identifier"] = [{"system": naming.PERSONAL_NUMBER, "value": number}]
    return body | said


def write(database: SyncDatabase, *patients: dict[str, Any], facility: str = "99001") -> None:
    context = Context(system_access("bus"), custodian=facility, commune="99901")
    writes = [Write("update", "Patient", body["id"], body) for body in patients]
    database.transact(STORE.write(writes, context))


def person_of(database: SyncDatabase, id: str) -> str:
    return database.read(matching.persons_of([id]))[id]


def person(database: SyncDatabase, id: str) -> dict[str, Any]:
    stored = database.read(STORE.read("Person", id, PLATFORM))
    assert stored is not None
    return stored.resource()


def targets(body: dict[str, Any]) -> list[str]:
    return [link["target"]["reference"] for link in body.get("link", [])]


def versions(database: SyncDatabase, *ids: str) -> list[list[tuple[int, bytes]]]:
    def of(history: Sequence[Stored]) -> list[tuple[int, bytes]]:
        return [(stored.version, stored.body) for stored in history]

    return [of(database.read(STORE.history("Patient", id, PLATFORM))) for id in ids]


def test_patients_of_two_facilities_become_one_person(database: SyncDatabase) -> None:
    write(database, patient("a"))
    write(database, patient("b", name=[{"text": "DANG MINH KHOI"}]), facility="99002")
    assert person_of(database, "a") == person_of(database, "b")
    body = person(database, person_of(database, "a"))
    assert targets(body) == ["Patient/a", "Patient/b"]
    assert body["link"][1]["assurance"] == "level4"
    reason = body["link"][1]["extension"][0]["valueCodeableConcept"]
    assert reason["coding"] == [{"system": naming.LINK_RULE, "code": "personal-number"}]
    assert KHOI not in reason["text"] and "Khôi" not in reason["text"]
    assert [issue for issue in fhir.validate(body) if issue.severity == "error"] == []
    assert [len(each) for each in versions(database, "a", "b")] == [1, 1]


def test_a_batch_of_many_links_at_once_and_again_changes_nothing(database: SyncDatabase) -> None:
    bodies = [patient(f"p{place}", f"0990900000{place % 20:02d}") for place in range(60)]
    write(database, *bodies)
    write(database, *bodies)
    count = "SELECT count(*), count(DISTINCT person_id) FROM matching.person_link"
    assert tuple(database.read(fetch(count))[0]) == (60, 20)
    assert database.read(fetch("SELECT count(*) FROM matching.link_event"))[0][0] == 60


def test_two_messages_at_once_about_somebody_new_make_one_person(
    database: SyncDatabase,
) -> None:
    with ThreadPoolExecutor(2) as threads:
        for turn in range(6):
            number = f"09909000{turn:04d}"
            jobs = [
                threads.submit(write, database, patient(f"{turn}-{place}", number))
                for place in range(2)
            ]
            for job in jobs:
                job.result()
            shared = {person_of(database, f"{turn}-{place}") for place in range(2)}
            assert len(shared) == 1
            assert len(targets(person(database, shared.pop()))) == 2


def test_same_name_and_birth_date_in_two_communes_are_two(database: SyncDatabase) -> None:
    write(database, patient("a", None))
    elsewhere = patient("b", None)
    elsewhere["address"][0]["extension"][0]["valueCoding"]["code"] = "99902"
    write(database, elsewhere)
    assert person_of(database, "a") != person_of(database, "b")
    (review,) = database.read(matching.open_reviews(0, 10))
    assert (review.record_id, review.person_id) == ("b", person_of(database, "a"))
    write(database, patient("c", None))
    assert person_of(database, "c") == person_of(database, "a")


def test_a_steward_takes_apart_and_puts_together_and_no_record_moves(
    database: SyncDatabase,
) -> None:
    write(database, patient("a"), patient("b"))
    shared, before = person_of(database, "a"), versions(database, "a", "b")
    act = access(Everything())
    database.transact(STEWARD.unlink("b", "hai người khác nhau", act))
    apart = person_of(database, "b")
    assert apart != shared
    assert targets(person(database, shared)) == ["Patient/a"]
    assert targets(person(database, apart)) == ["Patient/b"]
    write(database, patient("b", birthDate="1990-03-15"))
    assert person_of(database, "b") == apart
    database.transact(STEWARD.link("b", shared, "đã kiểm tra giấy tờ", act))
    assert person_of(database, "b") == shared
    assert targets(person(database, shared)) == ["Patient/a", "Patient/b"]
    assert person(database, apart)["active"] is False
    assert versions(database, "a") == before[:1]
    assert [version for version, _ in versions(database, "b")[0]] == [2, 1]
    events = "SELECT rule, decided_by, reason FROM matching.link_event WHERE record_id = 'b'"
    assert [tuple(row) for row in database.read(fetch(events + " ORDER BY id"))][1:] == [
        ("steward", "steward-1", "hai người khác nhau"),
        ("steward", "steward-1", "đã kiểm tra giấy tờ"),
    ]
    log = database.read(audit.of_patient("b"))
    by_steward = {entry.action for entry in log if entry.subject == "person:steward-1"}
    assert by_steward == {"unlink", "link"}


def test_a_steward_cannot_link_what_is_not_there(database: SyncDatabase) -> None:
    write(database, patient("a"))
    here = person_of(database, "a")
    for patient_id, person_id in (("x", here), ("a", "no-person")):
        with pytest.raises(LinkRefused) as caught:
            database.transact(STEWARD.link(patient_id, person_id, "?", access(Everything())))
        assert caught.value.message.vi != caught.value.message.en
    with pytest.raises(LinkRefused):
        database.transact(STEWARD.unlink("x", "?", access(Everything())))
    assert person_of(database, "a") == here


def test_a_deleted_patient_leaves_its_person(database: SyncDatabase) -> None:
    write(database, patient("a"), patient("b"))
    shared = person_of(database, "a")
    context = Context(system_access("bus"), custodian="99001", commune="99901")
    database.transact(STORE.write([Write("delete", "Patient", "b")], context))
    assert targets(person(database, shared)) == ["Patient/a"]
    assert database.read(matching.persons_of(["b"])) == {}
    assert "b" not in database.read(identity_states(["a", "b"]))
    write(database, patient("b"))
    assert person_of(database, "b") == shared


def test_identity_states_follow_what_is_written(database: SyncDatabase) -> None:
    write(database, patient("a"), patient("b", None), patient("c", "12345"))
    assert database.read(identity_states(["a", "b", "c"])) == {
        "a": IdentityState.NOT_VERIFIED,
        "b": IdentityState.NO_NUMBER,
        "c": IdentityState.NO_NUMBER,
    }


def _find(
    database: SyncDatabase, text: str, scope: Predicate, limit: int = 10, cursor: str | None = None
) -> Hits:
    return database.read(find_people(STORE, text, access(scope), limit, cursor))


@pytest.fixture
def people(database: SyncDatabase) -> SyncDatabase:
    card = {"system": naming.INSURANCE_CARD, "value": "ZZ4999900000001"}
    insured = {"system": naming.INSURANCE_NUMBER, "value": "9900000001"}
    write(database, patient("a"))
    write(
        database,
        patient(
            "b",
            None,
            name=[{"text": "Đặng Minh Khối", "family": "Đặng", "given": ["Minh", "Khối"]}],
            birthDate="1975-11-02",
            identifier=[card, insured],
        ),
        facility="99002",
    )
    far = patient("c", "099090000077", birthDate="2001-01-05")
    far["address"][0]["extension"][0]["valueCoding"]["code"] = "88801"
    write(database, far, facility="88001")
    return database


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("dang minh khoi", ["a", "b", "c"]),
        ("KHOI dang", ["a", "b", "c"]),
        ("Đặng Minh Khôi", ["a", "b", "c"]),
        ("dang kh", ["a", "b", "c"]),
        ("khoi 1975", ["b"]),
        ("khoi 14/03/1990", ["a"]),
        ("dang minh khoa", []),
        (KHOI, ["a"]),
        ("099 090 123 456", ["a"]),
        ("9900000001", ["b"]),
        ("ZZ4 99 9900000001", ["b"]),
        (f"{KHOI}|011234567|Đặng Minh Khôi|14031990|Nam|Xã Thử|01012022", ["a"]),
        ("099090999999", []),
    ],
)
def test_people_are_found(people: SyncDatabase, text: str, found: list[str]) -> None:
    hits = _find(people, text, Everything())
    assert sorted(each["id"] for hit in hits.hits for each in hit.patients) == found
    for hit in hits.hits:
        assert all(person_of(people, each["id"]) == hit.person_id for each in hit.patients)


def test_the_name_as_typed_comes_first(people: SyncDatabase) -> None:
    hits = _find(people, "Đặng Minh Khối", Everything())
    assert [hit.exact for hit in hits.hits] == [True, False, False]
    assert hits.hits[0].patients[0]["id"] == "b"


@pytest.mark.parametrize("text", ["dang minh khoi", KHOI, "9900000001"])
def test_nobody_is_found_outside_the_access(people: SyncDatabase, text: str) -> None:
    nowhere = CustodianIn(frozenset({"99999"}))
    assert _find(people, text, nowhere).hits == []
    here = _find(people, text, ResidenceIn(frozenset({"99901"})))
    assert all(each["id"] in "ab" for hit in here.hits for each in hit.patients)
    nothing = Access(Subject("person", "x", "x"), Purpose.TREATMENT)
    with pytest.raises(Forbidden):
        people.read(find_people(STORE, text, nothing, 10))


def test_pages_of_people_do_not_overlap(people: SyncDatabase) -> None:
    seen: list[str] = []
    cursor: str | None = None
    for _ in range(5):
        page = _find(people, "khoi", Everything(), 1, cursor)
        seen += [each["id"] for hit in page.hits for each in hit.patients]
        cursor = page.next_cursor
        if cursor is None:
            break
    assert sorted(seen) == ["a", "b", "c"]


def test_the_number_of_statements_does_not_grow_with_the_batch(database: SyncDatabase) -> None:
    def count(bodies: Sequence[dict[str, Any]]) -> int:
        context = Context(system_access("bus"), custodian="99001", commune="99901")
        plan = STORE.write(
            [Write("update", "Patient", each["id"], each) for each in bodies], context
        )
        steps, rows = 0, None
        with database.pool.connection() as connection:
            while True:
                try:
                    step = next(plan) if rows is None else plan.send(rows)
                except StopIteration:
                    return steps
                steps += 1
                rows = drive_sync(connection, _once(step))

    few = count([patient("x", "099090000900"), patient("y", "099090000901")])
    many = count([patient(f"p{place}", f"0990900000{place:02d}") for place in range(60)])
    assert many <= few


def _once(step: Statement | Copy) -> Plan[list[Row]]:
    rows = yield step
    return rows
