"""Analysers: frames, records, and what becomes of their results."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lanh.connectors.fhir.tests.support import make_sender
from lanh.connectors.hl7v2.astm import AstmConnector, framing
from lanh.core import fhir
from lanh.core.bus import Judged, Submission

CHEMISTRY = [
    "H|\\^&|||MAY1^Máy^1.0|||||||P|LIS2-A2|20260301083000",
    "P|1|BN1|||TRẦN^THỊ THỬ||19900517|F",
    "O|1|S1||^^^SINHHOA|R||20260301080000||||N||||SERUM||||||||||F",
    "R|1|^^^GLU|5.60|mmol/L|3.9-6.4|N||F||||20260301082500",
    "R|2|^^^CRE|<20|umol/L|44-80|L||F||||20260301082500",
    "C|1|I|Mẫu tan máu|G",
    "L|1|N",
]


def judge(records: list[str] | bytes) -> Judged:
    content = records if isinstance(records, bytes) else ("\r".join(records) + "\r").encode()
    return AstmConnector().judge(Submission(make_sender(), content, "text/astm", "astm"))


def test_results_become_a_report_with_its_observations() -> None:
    (part,) = judge(CHEMISTRY).parts
    assert not part.refused and part.source_id == "S1"
    bodies: list[dict[str, Any]] = [{**(d.body or {}), "id": d.id} for d in part.drafts]
    assert all(fhir.validate(body) == [] for body in bodies)
    glucose, creatinine = (b for b in bodies if b["resourceType"] == "Observation")
    assert glucose["valueQuantity"]["value"] == Decimal("5.60")
    assert str(glucose["valueQuantity"]["value"]) == "5.60"
    assert glucose["referenceRange"][0]["high"]["value"] == Decimal("6.4")
    assert glucose["effectiveDateTime"] == "2026-03-01T08:25:00+07:00"
    assert creatinine["valueQuantity"]["comparator"] == "<"
    assert creatinine["note"] == [{"text": "Mẫu tan máu"}]
    report = next(b for b in bodies if b["resourceType"] == "DiagnosticReport")
    assert report["status"] == "final" and len(report["result"]) == 2


@pytest.mark.parametrize(
    ("records", "place"),
    [
        (["X|1"], "H-2"),
        (["H|\\^&|||M", "P|1"], "L"),
        (["H|\\^&|||M", "R|1|^^^GLU|5", "L|1"], "R"),
        (["H|\\^&|||M", "O|1|S1", "L|1"], "O"),
        (["H|\\^&|||M", "nói gì", "L|1"], "[2]"),
        (["H|\\^&|||M", "Q|1|^S1||ALL", "L|1"], "Q"),
        (["H|\\^&|||M", "L|1"], "P"),
    ],
)
def test_messages_out_of_order_are_refused_whole(records: list[str], place: str) -> None:
    judged = judge(records)
    assert judged.refused and judged.issues[0].expression == place
    assert judged.issues[0].message.vi and judged.issues[0].message.en


def test_faults_name_the_analysers_own_record() -> None:
    nobody = judge(["H|\\^&|||M", "P|1", "O|1|S1||^^^A", "R|1|^^^A|1", "L|1"])
    assert [i.expression for i in nobody.parts[0].issues if i.severity == "error"] == ["P-3"]
    two = ["H|\\^&|||M", "P|1|BN1|||A^B", "O|1|S1||^^^A", "R|1|^^^A|1", "R|2||2", "L|1"]
    assert "R[2]-3" in [issue.expression for issue in judge(two).parts[0].issues]


def _framed(number: int, text: bytes, end: bytes = framing.ETX) -> bytes:
    whole = b"%d" % number + text + end
    return framing.STX + whole + framing.checksum(whole) + b"\r\n"


def test_the_checksum_is_that_of_the_standard() -> None:
    assert framing.checksum(b"1H|\\^&\r\x03") == b"%02X" % (sum(b"1H|\\^&\r\x03") & 0xFF)


def test_frames_are_taken_in_turn() -> None:
    receiver = framing.Receiver()
    assert receiver.feed(_framed(1, b"H|\\^&\r"))[0].answer == framing.NAK  # nobody asked
    assert receiver.feed(framing.ENQ)[0].answer == framing.ACK
    assert receiver.feed(_framed(0, b"H|\\^&\r"))[0].answer == framing.NAK
    first = _framed(1, b"H|\\^&\rP|1|B", framing.ETB)
    assert receiver.feed(first[:7]) == []
    assert receiver.feed(first[7:])[0].answer == framing.ACK
    assert receiver.feed(first)[0].answer == framing.ACK  # told again: our answer was lost
    assert receiver.feed(first.replace(b"|B", b"|C"))[0].answer == framing.NAK
    (last,) = receiver.feed(_framed(2, b"N1\rL|1|N\r"))
    assert last.message == b"H|\\^&\rP|1|BN1\rL|1|N\r" and last.answer == b""
    assert receiver.not_kept()[0].answer == framing.NAK
    (again,) = receiver.feed(_framed(2, b"N1\rL|1|N\r"))
    assert again.message == last.message
    assert receiver.kept()[0].answer == framing.ACK
    assert receiver.feed(framing.EOT)[0].ended and not receiver.incomplete


@given(st.lists(st.binary(max_size=40), max_size=20))
@settings(max_examples=200, deadline=None)
def test_any_bytes_on_the_line_are_survived(pieces: list[bytes]) -> None:
    receiver = framing.Receiver()
    receiver.feed(framing.ENQ)
    for piece in pieces:
        for step in receiver.feed(piece):
            if step.message is not None:
                receiver.kept()
    receiver = framing.Receiver()
    assert receiver.feed(framing.ENQ)[0].answer == framing.ACK


@given(st.lists(st.text(max_size=40), max_size=8))
@settings(max_examples=100, deadline=None)
def test_any_records_are_judged(lines: list[str]) -> None:
    judge(["H|\\^&|||M", *lines, "L|1"])
    judge(["H|\\^&|||M", "P|1|BN1|||A^B", "O|1|S1||^^^A", *lines, "L|1"])
    judge("\r".join(lines).encode())
