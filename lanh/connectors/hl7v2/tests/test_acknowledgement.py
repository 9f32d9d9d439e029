"""Acknowledgements: original and enhanced mode, versions, places of faults, batches."""

from __future__ import annotations

import unicodedata
from typing import Any

import hl7 as oracle  # type: ignore[import-untyped]
import pytest

from lanh.connectors import hl7v2
from lanh.connectors.fhir.tests.support import send
from lanh.connectors.hl7v2 import acknowledgement as ack
from lanh.connectors.hl7v2.composing import compose
from lanh.connectors.hl7v2.tests.sample import admission, header, person, visit
from lanh.core.database import SyncDatabase

KIND = "application/hl7-v2"


def asking(
    accept: str | None, reply: str | None, *, good: bool = True, version: str = "2.5.1"
) -> bytes:
    """An admission that asks for acknowledgements; with a fault where not `good`."""
    first = header("ADT^A04", "M1")
    first[10], first[13], first[14] = version, accept, reply
    return hl7v2.write([first, person() if good else ["PID", 1], visit()])


def receipt(*, good: bool = True, state: str | None = None, code: str = "required") -> Any:
    issue = {"severity": "error", "code": code, "expression": "PID-3", "vi": "Thiếu", "en": "None"}
    outcome = "created" if good else "refused"
    issues = [] if good else [issue]
    part = {"index": 0, "outcome": outcome, "issues": issues}
    default = "accepted" if good else "refused"
    return {"id": "r1", "state": state or default, "issues": [], "parts": [part]}


def codes(frames: list[bytes]) -> list[str]:
    return [str(oracle.parse(frame.decode()).segment("MSA")[1]) for frame in frames]


@pytest.mark.parametrize(
    ("accept", "reply", "good", "expected"),
    [
        (None, None, True, ["AA"]), (None, None, False, ["AE"]),
        ("AL", "NE", True, ["CA"]), ("AL", "NE", False, ["CE"]),
        ("AL", "AL", True, ["CA", "AA"]), ("AL", "AL", False, ["CA", "AE"]),
        ("NE", "AL", True, ["AA"]), ("NE", "AL", False, ["AE"]),
        ("NE", "NE", True, []), ("NE", "NE", False, []),
        ("AL", "ER", True, ["CA"]), ("AL", "ER", False, ["CA", "AE"]),
        ("ER", "NE", True, []), ("ER", "NE", False, ["CE"]),
        ("ER", "AL", True, ["AA"]), ("ER", "AL", False, ["AE"]),
        ("SU", "NE", True, ["CA"]), ("SU", "NE", False, []),
        ("SU", "SU", True, ["CA", "AA"]), ("NE", "SU", False, []), ("NE", "ER", False, ["AE"]),
    ],
)  # fmt: skip
def test_what_is_asked_for_is_answered(
    accept: str | None, reply: str | None, good: bool, expected: list[str]
) -> None:
    content = asking(accept, reply, good=good)
    assert codes(ack.answers(content, receipt(good=good))) == expected


def test_rejects_of_enhanced_mode_are_cr_and_ar() -> None:
    refused = receipt(good=False, code="not-supported")
    assert codes(ack.answers(asking("AL", "NE"), refused)) == ["CR"]
    assert codes(ack.answers(asking("AL", "AL"), refused)) == ["CA", "AR"]
    issue = {"severity": "error", "code": "forbidden", "expression": "MSH-3", "vi": "a", "en": "b"}
    message = hl7v2.read(asking("AL", "AL"))[0]
    assert codes(ack.reject(message, "AR", issue)) == ["CR"]
    assert codes(ack.reject(hl7v2.read(asking("NE", "NE"))[0], "AR", issue)) == []


def test_kept_and_not_yet_settled_is_told_once() -> None:
    waiting = receipt(state="received")
    assert codes(ack.answers(asking("AL", "AL"), waiting)) == ["CA"]
    assert codes(ack.answers(asking("NE", "AL"), waiting)) == ["AA"]
    assert codes(ack.answers(asking(None, None), waiting)) == ["AA"]


def test_http_always_answers() -> None:
    assert b"MSA|CA|M1" in ack.acknowledge(asking("NE", "NE"), receipt())[1]


@pytest.mark.parametrize("version", ["2.3", "2.3.1", "2.4", "2.5", "2.5.1", "2.6", "2.7.1", "2.8"])
def test_faults_stand_as_the_version_has_them(version: str) -> None:
    (frame,) = ack.answers(asking(None, None, good=False, version=version), receipt(good=False))
    read = oracle.parse(frame.decode())
    msh, err = read.segment("MSH"), read.segment("ERR")
    assert str(msh[12]) == version
    assert str(msh[9]).split("^")[:2] == (["ACK"] if version == "2.3" else ["ACK", "A04"])
    if version < "2.5":
        assert str(err[1]) == "PID^1^3^101&Required field missing&HL70357&&Thiếu / None"
        assert str(read.segment("MSA")[6]) == "101^Required field missing^HL70357"
    else:
        assert str(err[2]) == "PID^1^3^1" and str(err[3]).startswith("101^") and str(err[4]) == "E"
        assert str(err[8]) == "Thiếu / None"


@pytest.mark.parametrize(
    ("code", "expression", "number", "place"),
    [
        ("structure", "OBR", "100", "OBR^1"),
        ("value", "OBX[3]-5(2).1.2", "102", "OBX^3^5^2^1^2"),
        ("code-invalid", "PV1-2", "103", "PV1^1^2^1"),
        ("too-long", "PID-3.1", "104", "PID^1^3^1^1"),
        ("not-supported", "MSH-9", "200", "MSH^1^9^1"),
        ("not-supported", "MSH-9.2", "201", "MSH^1^9^1^2"),
        ("not-supported", "MSH-11", "202", "MSH^1^11^1"),
        ("not-supported", "MSH-12", "203", "MSH^1^12^1"),
        ("not-found", "MRG-1", "204", "MRG^1^1^1"),
        ("conflict", "MSH-10", "205", "MSH^1^10^1"),
        ("exception", "Patient.name[0]", "207", ""),
    ],
)
def test_faults_have_a_code_and_a_place(
    code: str, expression: str, number: str, place: str
) -> None:
    issue = {"severity": "error", "code": code, "expression": expression, "vi": "a", "en": "b"}
    err = oracle.parse(compose(None, "AE", [issue]).decode()).segment("ERR")
    assert (str(err[2]), str(err[3]).split("^")[0]) == (place, number)


@pytest.mark.parametrize(
    ("field", "value", "number"),
    [(10, "2.9", "203"), (10, "3.0", "203"), (9, "X", "202"), (7, ["ZZZ", "Z01"], "200"),
     (7, ["ADT", "A99"], "201")],
)  # fmt: skip
def test_what_the_header_asks_in_vain(
    database: SyncDatabase, field: int, value: Any, number: str
) -> None:
    first = header("ADT^A04", "M1")
    first[field] = value
    content = hl7v2.write([first, person(), visit()])
    frames = ack.answers(content, send(database, content, KIND))
    read = oracle.parse(frames[0].decode())
    assert str(read.segment("MSA")[1]) == "AR"
    assert str(read.segment("ERR")[3]).split("^")[0] == number


def _file(*messages: bytes, count: str = "2") -> bytes:
    head = b"FHS|^~\\&|HIS|97001|LANH|LANH|20260301||||F1\r"
    head += head.replace(b"FHS", b"BHS").replace(b"F1", b"B1")
    return head + b"".join(messages) + b"BTS|" + count.encode() + b"\rFTS|1\r"


def test_a_file_is_answered_with_a_file_and_a_receipt_a_message(database: SyncDatabase) -> None:
    nobody = hl7v2.write([header("ADT^A04", "M2"), ["PID", 1], visit()])
    content = _file(admission("M1"), nobody)
    receipt_ = send(database, content, KIND)
    assert receipt_["state"] == "accepted-in-part" and receipt_["issues"] == []
    assert [part["sourceId"] for part in receipt_["parts"]] == ["M1", "M2"]
    read = oracle.parse_file(ack.acknowledge(content, receipt_)[1].decode())
    answered = [message for batch in read for message in batch]
    assert [str(message.segment("MSA")[1]) for message in answered] == ["AA", "AE"]
    assert [str(message.segment("MSA")[2]) for message in answered] == ["M1", "M2"]
    assert str(read.header[12]) == "F1" and str(read[0].header[12]) == "B1"


def test_trailers_that_do_not_agree_are_told(database: SyncDatabase) -> None:
    short = send(database, _file(admission("M1")), KIND)
    assert short["state"] == "accepted"
    assert [issue["expression"] for issue in short["issues"]] == ["BTS-1"]
    cut = send(database, b"BHS|^~\\&|HIS\r" + admission("M2"), KIND)
    assert [issue["expression"] for issue in cut["issues"]] == ["BHS"]


def test_vietnamese_of_windows_is_read() -> None:
    name = "NGUYỄN VĂN THỬ"
    text = hl7v2.write([header("ADT^A04", "M1"), person(name="@")]).decode()
    coded = text.replace("UNICODE UTF-8", "CP1258").replace("THỊ THỬ", "A").encode()
    windows = "".join(_apart(sign) for sign in name).encode("cp1258")
    pid = hl7v2.read(coded.replace(b"@", windows))[0].first("PID")
    assert pid is not None and pid[5][1] == name


def _apart(sign: str) -> str:
    """A letter as code page 1258 writes it: tone marks after it, other marks within it."""
    for tone in "\u0300\u0301\u0303\u0309\u0323":
        parts = unicodedata.normalize("NFD", sign)
        if tone in parts:
            return unicodedata.normalize("NFC", parts.replace(tone, "")) + tone
    return sign
