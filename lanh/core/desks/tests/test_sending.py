"""Forms at a desk: kept, judged, sent once, corrected; nothing lost, nothing doubled."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from lanh.core.database import SyncDatabase, execute
from lanh.core.desks import Conflict, Forbidden, FormScreen, Invalid, NotFound, NotTaken, Upload
from lanh.core.desks.tests.scene import (
    FIELDS,
    HEAD,
    NURSE,
    OTHER_NURSE,
    STRANGER,
    Room,
    desk,
    following,
    visitor,
)
from lanh.core.store import Context

PNG = b"\x89PNG\r\n\x1a\n" + b"0" * 20


def warm(value: str) -> dict[str, list[str]]:
    return {**FIELDS, "q/shelf:0/temperature": [value]}


def test_a_sent_form_is_records_a_response_a_case_audit_and_feed(database: SyncDatabase) -> None:
    room = Room(database)
    sent = room.sent()
    assert sent.record.startswith("Observation/")
    assert len(sent.written) == 3
    kind, name = sent.record.split("/")
    stored = room.run(room.store.read(kind, name, _context()))
    assert stored is not None
    resource = stored.resource()
    assert resource["status"] == "final"
    assert resource["effectiveDateTime"] == "2026-03-09"
    assert str(resource["valueQuantity"]["value"]) in ("4.5", "5")
    assert (stored.custodian, stored.commune) == ("97001", "99001")
    response = room.run(room.store.read(*_split(sent.response), _context()))
    assert response is not None
    told = response.resource()
    assert told["status"] == "completed"
    assert told["author"]["identifier"]["value"] == "person:1"
    assert stored.source == f"urn:lanh:form:fridges:daily:{told['identifier']['value']}"
    screen = room.run(room.desks.record("fridges", sent.record, NURSE))
    assert screen.case is not None
    assert screen.case.case.id == sent.case
    assert screen.case.state == "sent"
    assert room.rows("SELECT count(*) FROM forms.draft") == [(0,)]


def test_what_is_wrong_is_told_and_the_answers_are_kept(database: SyncDatabase) -> None:
    room = Room(database)
    screen = room.begin()
    back = room.send({**FIELDS, "q/shelf:0/temperature": ["hot"]}, screen=screen)
    assert isinstance(back, FormScreen)
    assert [name for name, _ in back.page.faults] == ["q/shelf:0/temperature"]
    again = room.run(room.desks.form_screen(screen.draft, NURSE))
    assert again.revision == screen.revision + 1
    held = [f.values for b in again.page.blocks for f in b.fields if b.key == "q/day"]
    assert held == [("09/03/2026",)]
    assert room.rows("SELECT count(*) FROM workflow.cases") == [(0,)]


def test_sent_twice_is_once(database: SyncDatabase) -> None:
    room = Room(database)
    screen = room.begin()
    first = room.sent(screen=screen)
    second = room.sent(screen=screen)
    assert second.again
    assert (second.record, second.case) == (first.record, first.case)
    assert room.rows("SELECT count(*) FROM workflow.cases") == [(1,)]
    with pytest.raises(Conflict):
        room.send(warm("6"), screen=screen)
    with pytest.raises(NotFound):
        room.run(room.desks.send(screen.draft, OTHER_NURSE, FIELDS, screen.submission))


def test_a_warning_is_sent_past_with_a_reason(database: SyncDatabase) -> None:
    room = Room(database)
    screen = room.begin()
    back = room.send(warm("9.5"), screen=screen)
    assert isinstance(back, FormScreen)
    assert [name for name, _ in back.warnings] == ["q/shelf:0/temperature"]
    assert not back.page.faults
    back = room.send(warm("9.5"), screen=screen, accept_warnings=True)
    assert isinstance(back, FormScreen)
    assert back.page.faults[0][0] == "reason"
    sent = room.sent(warm("9.5"), screen=screen, accept_warnings=True, reason="power cut")
    response = room.run(room.store.read(*_split(sent.response), _context()))
    assert response is not None
    assert "power cut" in response.body.decode()


def test_a_second_one_of_the_same_thing_corrects_the_first(database: SyncDatabase) -> None:
    room = Room(database)
    first = room.sent()
    screen = room.begin()
    back = room.send(warm("6"), screen=screen)
    assert isinstance(back, FormScreen)
    assert back.correcting is not None
    assert next(change.say("en") for change in back.changes).endswith("4.5 → 6")
    assert back.page.faults[0][0] == "reason"
    second = room.sent(warm("6"), screen=screen, reason="read again")
    assert second.response == first.response
    assert set(second.written) == set(first.written)
    assert room.rows("SELECT count(*) FROM workflow.cases") == [(1,)]


def test_a_correction_keeps_the_record_and_tells_what_changed(database: SyncDatabase) -> None:
    room = Room(database)
    first = room.sent()
    screen = room.run(room.desks.correct("fridges", first.record, NURSE))
    assert screen.correcting == first.record
    assert not screen.changes
    fields = {name: held for name, held in FIELDS.items() if not name.startswith("q/shelf:1")}
    fields["q/shelf:0/temperature"] = ["7.5"]
    back = room.send(fields, screen=screen)
    assert isinstance(back, FormScreen)
    assert back.page.faults[0][0] == "reason"
    assert [change.say("en") for change in back.changes] == [
        "Shelf 1 › Temperature (°C): 4.5 → 7.5",
        "Shelf 2 › Position: removed Bottom",
        "Shelf 2 › Temperature (°C): removed 5",
        "Warmest: 5 → 7.5",
    ], "what a correction changes is told before it is sent"
    checked = room.run(room.desks.check(screen.draft, NURSE, fields, back.revision, reason=" "))
    assert checked.page.faults[0][0] == "reason"
    room.sent(fields, screen=screen, reason="one shelf only")
    left = room.run(room.store.read_many([_split(r) for r in first.written], _context()))
    shelves = [each for each in left if each.type == "Observation" and not each.deleted]
    assert [str(each.resource()["valueQuantity"]["value"]) for each in shelves] == ["7.5"]
    shown = room.run(room.desks.record("fridges", f"Observation/{shelves[0].id}", NURSE))
    newest, oldest = shown.versions
    assert (newest.reason, newest.actor) == ("one shelf only", "person:1")
    assert oldest.reason == ""
    told = [change.say("en") for change in newest.changes]
    assert any("4.5" in line and "7.5" in line for line in told)


def test_who_is_overtaken_hears_it_and_loses_nothing(database: SyncDatabase) -> None:
    room = Room(database)
    first = room.sent()
    mine = room.run(room.desks.correct("fridges", first.record, NURSE))
    theirs = room.run(room.desks.correct("fridges", first.record, OTHER_NURSE))
    assert theirs.others == ("person:1",)
    both = {**warm("6"), "q/shelf:1/temperature": ["6.5"]}
    room.sent(both, OTHER_NURSE, theirs, reason="first")
    back = room.send(warm("7"), screen=mine, reason="second")
    assert isinstance(back, FormScreen)
    assert "somebody else changed" in back.page.faults[0][1]
    told = [[c.say("en") for c in side if c.rows] for side in (back.theirs, back.changes)]
    assert told == [
        ["Shelf 1 › Temperature (°C): 4.5 → 6", "Shelf 2 › Temperature (°C): 5 → 6.5"],
        ["Shelf 1 › Temperature (°C): 6 → 7"],
    ], "what was left as it was is theirs now"
    room.sent({**warm("7"), "q/shelf:1/temperature": ["6.5"]}, screen=mine, reason="second")
    shown = room.run(room.desks.record("fridges", first.record, NURSE))
    assert [each.reason for each in shown.versions] == ["second", "first", ""]


def test_two_pages_of_one_draft(database: SyncDatabase) -> None:
    room = Room(database)
    screen = room.begin()
    saved = room.run(room.desks.save(screen.draft, NURSE, FIELDS, screen.revision))
    assert saved.revision == screen.revision + 1
    warmest = next(b for b in saved.page.blocks if b.key == "q/warmest")
    assert warmest.fields[0].words == ("5",)
    with pytest.raises(Conflict):
        room.run(room.desks.save(screen.draft, NURSE, FIELDS, screen.revision))
    more = room.run(room.desks.save(screen.draft, NURSE, FIELDS, saved.revision, add="q/shelf:2"))
    assert [len(b.rows) for b in more.page.blocks if b.key == "q/shelf"] == [3]
    less = room.run(room.desks.save(screen.draft, NURSE, FIELDS, more.revision, remove="q/shelf:0"))
    assert [len(b.rows) for b in less.page.blocks if b.key == "q/shelf"] == [1]
    assert room.begin().draft == screen.draft


def test_a_file_is_bounded_checked_and_kept(database: SyncDatabase) -> None:
    room = Room(database)
    screen = room.begin()
    screen = room.run(room.desks.save(screen.draft, NURSE, FIELDS, screen.revision))
    for bad in (
        Upload("a.png", "image/png", b""),
        Upload("a.png", "image/png", b"<html>"),
        Upload("a.pdf", "application/pdf", b"%PDF-1.7"),
        Upload("a.png", "image/png", PNG + b"0" * 200_000),
    ):
        with pytest.raises(Invalid):
            room.run(room.desks.attach(screen.draft, NURSE, "q/photo", bad, screen.revision))
    good = Upload("C:\\ảnh.png", "image/png", PNG)
    screen = room.run(room.desks.attach(screen.draft, NURSE, "q/photo", good, screen.revision))
    photo = next(b for b in screen.page.blocks if b.key == "q/photo")
    url = photo.fields[0].values[0]
    assert photo.fields[0].words == ("ảnh.png",)
    sent = room.sent({**FIELDS, "q/photo": [url]}, screen=screen)
    response = room.run(room.store.read(*_split(sent.response), _context()))
    assert response is not None
    assert url in response.body.decode()


def test_who_may_not_does_not(database: SyncDatabase) -> None:
    room = Room(database)
    with pytest.raises(Forbidden):
        room.begin(HEAD)
    with pytest.raises(Forbidden):
        room.begin(visitor(7, "cook"))
    sent = room.sent()
    with pytest.raises(NotFound):
        room.run(room.desks.record("fridges", sent.record, STRANGER))
    with pytest.raises(NotFound):
        room.run(room.desks.correct("fridges", sent.record, STRANGER))
    with pytest.raises(Forbidden):
        room.run(room.desks.correct("fridges", sent.record, HEAD))
    with pytest.raises(Forbidden):
        room.send(who=visitor(8, types=frozenset({"QuestionnaireResponse"})))
    assert room.rows("SELECT count(*) FROM workflow.cases") == [(1,)]


def test_what_follows_is_part_of_the_act(database: SyncDatabase) -> None:
    database.transact(execute("CREATE TABLE public.followed (what text)"))
    room = Room(database, desk(follow=following("public.followed")))
    sent = room.sent()
    assert sent.case is not None
    room.run(room.desks.act("fridges", sent.case, "check", HEAD, revision=1))
    assert room.rows("SELECT what FROM public.followed") == [("daily",), ("check",)]
    broken = Room(database, desk(follow=following("public.nowhere")))
    with pytest.raises(Exception, match="nowhere"):
        broken.send({**FIELDS, "q/day": ["10/3/2026"]})
    assert room.rows("SELECT count(*) FROM workflow.cases") == [(1,)]


def _context() -> Context:
    return Context(NURSE.access)


def _split(record: str) -> tuple[str, str]:
    kind, _, name = record.partition("/")
    return kind, name


def test_two_clicks_at_once_are_one(database: SyncDatabase) -> None:
    room = Room(database)
    screen = room.begin()
    with ThreadPoolExecutor(2) as pool:
        done = list(pool.map(lambda _: room.sent(screen=screen), range(2)))
    assert sorted(each.again for each in done) == [False, True]
    assert done[0].record == done[1].record
    assert room.rows("SELECT count(*) FROM workflow.cases") == [(1,)]


RESPONSE = {
    "resourceType": "QuestionnaireResponse",
    "questionnaire": "https://lanh.example/forms/fridges|1.0.0",
    "status": "completed",
    "item": [
        {"linkId": "day", "answer": [{"valueDate": "2026-03-09"}]},
        {
            "linkId": "shelf",
            "item": [
                {
                    "linkId": "place",
                    "answer": [{"valueCoding": {"system": "urn:lanh:shelf", "code": "top"}}],
                },
                {"linkId": "temperature", "answer": [{"valueDecimal": 4.5}]},
            ],
        },
        {"linkId": "warmest", "answer": [{"valueDecimal": 99}]},
    ],
}


def test_a_program_sends_a_response(database: SyncDatabase) -> None:
    room = Room(database)
    key = "k" * 20
    sent = room.run(room.desks.submit("fridges", "daily", NURSE, RESPONSE, key))
    again = room.run(room.desks.submit("fridges", "daily", NURSE, RESPONSE, key))
    assert (again.again, again.record) == (True, sent.record)
    stored = room.run(room.store.read(*_split(sent.response), _context()))
    assert stored is not None
    assert "99" not in str(stored.resource()["item"][-1])
    with pytest.raises(NotTaken) as refused:
        room.run(room.desks.submit("fridges", "daily", NURSE, RESPONSE, "l" * 20))
    assert refused.value.faults[0][0] == "reason"
    with pytest.raises(NotTaken) as refused:
        empty = {**RESPONSE, "item": RESPONSE["item"][:1]}
        room.run(room.desks.submit("fridges", "daily", NURSE, empty, "m" * 20))
    assert refused.value.faults
    for wrong in ({"item": [{"linkId": "x"}]}, {"questionnaire": "urn:other"}):
        with pytest.raises(Invalid):
            room.run(room.desks.submit("fridges", "daily", NURSE, {**RESPONSE, **wrong}, "n" * 20))
    with pytest.raises(Forbidden):
        room.run(room.desks.submit("fridges", "daily", HEAD, RESPONSE, "o" * 20))
