"""The four identity states: decided, kept, counted, worked through."""

from __future__ import annotations

from typing import Any

import pytest

from lanh.core.database import SyncDatabase, fetch
from lanh.nation import naming
from lanh.nation.person.features import features_of
from lanh.nation.person.identity import (
    Answer,
    count_identities,
    forget_identities,
    identity_states,
    identity_worklist,
    keep_answers,
    note_identities,
    said_of,
)
from lanh.nation.person.register import Demographics, IdentityState, classify

HELD = Demographics("Đặng Minh Khôi", "1990-03-14", "male")


class Register:
    """A register of one person."""

    def lookup(self, number: str) -> Demographics | None:
        if number == "099090000009":
            raise OSError("unreachable")
        return HELD if number == "099090123456" else None


def patient(id: str = "p", number: str | None = "099090123456", **said: Any) -> dict[str, Any]:
    body: dict[str, Any] = {
        "resourceType": "Patient",
        "id": id,
        "name": [{"text": "Đặng Minh Khôi"}],
        "birthDate": "1990-03-14",
        "gender": "male",
        "address": [
            {"extension": [{"url": naming.COMMUNE_EXTENSION, "valueCoding": {"code": "99901"}}]}
        ],
    }
    if number:
        body["identifier"] = [{"system": naming.PERSONAL_NUMBER, "value": number}]
    return body | said


def note(database: SyncDatabase, *patients: dict[str, Any]) -> None:
    database.transact(note_identities([(each, features_of(each)) for each in patients]))


def state(database: SyncDatabase, id: str = "p") -> IdentityState | None:
    return database.read(identity_states([id])).get(id)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (patient(), IdentityState.MATCH),
        (patient(name=[{"text": "DANG MINH KHOI"}]), IdentityState.MATCH),
        (patient(birthDate="1990"), IdentityState.MATCH),
        (patient(gender="unknown"), IdentityState.MATCH),
        (patient(name=[{"text": "Trần Thị Bình"}]), IdentityState.DIFFERS),
        (patient(birthDate="1990-04-13"), IdentityState.DIFFERS),
        (patient(birthDate=None), IdentityState.DIFFERS),
        (patient(gender="female"), IdentityState.DIFFERS),
        (patient(number=None), IdentityState.NO_NUMBER),
        (patient(number="09909012345"), IdentityState.NO_NUMBER),
        (patient(number="099090000001"), IdentityState.NOT_VERIFIED),
        (patient(number="099090000009"), IdentityState.NOT_VERIFIED),
    ],
)
def test_what_the_register_says(body: dict[str, Any], expected: IdentityState) -> None:
    assert classify(body, Register()) is expected
    without = IdentityState.NO_NUMBER if expected is IdentityState.NO_NUMBER else None
    assert classify(body, None) is (without or IdentityState.NOT_VERIFIED)


def test_a_patient_written_waits_to_be_verified(database: SyncDatabase) -> None:
    note(database, patient("a"), patient("b", number=None))
    assert state(database, "a") is IdentityState.NOT_VERIFIED
    assert state(database, "b") is IdentityState.NO_NUMBER
    assert state(database, "c") is None


def test_an_answer_stays_until_what_was_compared_changes(database: SyncDatabase) -> None:
    note(database, patient())
    answer = Answer("p", said_of(patient()), IdentityState.MATCH)
    assert database.transact(keep_answers([answer])) == 1
    assert database.transact(keep_answers([answer])) == 0
    note(database, patient(telecom=[{"system": "phone", "value": "0900000001"}]))
    assert state(database) is IdentityState.MATCH
    note(database, patient(birthDate="1990-03-15"))
    assert state(database) is IdentityState.NOT_VERIFIED


def test_an_answer_about_an_older_version_is_dropped(database: SyncDatabase) -> None:
    note(database, patient())
    late = Answer("p", said_of(patient()), IdentityState.DIFFERS)
    note(database, patient(gender="female"))
    assert database.transact(keep_answers([late])) == 0
    assert state(database) is IdentityState.NOT_VERIFIED


def test_counts_and_worklists_keep_to_their_communes(database: SyncDatabase) -> None:
    note(database, *[patient(f"p{place}", number=None) for place in range(3)], patient("q"))
    elsewhere = patient("r", number=None, address=[])
    note(database, elsewhere)
    counted = database.read(count_identities({"99901"}))
    assert counted == {
        IdentityState.MATCH: 0,
        IdentityState.DIFFERS: 0,
        IdentityState.NO_NUMBER: 3,
        IdentityState.NOT_VERIFIED: 1,
    }
    assert database.read(count_identities())[IdentityState.NO_NUMBER] == 4
    assert sum(database.read(count_identities(set())).values()) == 0
    first = database.read(identity_worklist(IdentityState.NO_NUMBER, {"99901"}, limit=2))
    rest = database.read(identity_worklist(IdentityState.NO_NUMBER, {"99901"}, first[-1]))
    assert (first, rest) == (["p0", "p1"], ["p2"])
    assert database.read(identity_worklist(IdentityState.NO_NUMBER, set())) == []
    database.transact(forget_identities(["p0"]))
    assert state(database, "p0") is None


def test_neither_name_nor_number_is_kept(database: SyncDatabase) -> None:
    note(database, patient())
    rows = database.read(fetch("SELECT identity_state::text FROM nation.identity_state"))
    assert "0990" not in rows[0][0] and "Khôi" not in rows[0][0]
