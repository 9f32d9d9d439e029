"""Made-up HL7 v2 messages for tests."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from lanh.connectors.hl7v2 import message_header, write

SENT = datetime(2026, 3, 1, 1, 30, tzinfo=UTC)
STRUCTURES = {"ADT": "ADT_A01", "ORU": "ORU_R01"}


def header(kind: str, control: str, facility: str = "97001") -> list[Any]:
    """MSH."""
    structure = STRUCTURES.get(kind[:3], "")
    return message_header(kind, structure, control, application="HIS", facility=facility, sent=SENT)


def person(number: str | None = "BN1", name: str = "TRẦN", **fields: Any) -> list[Any]:
    """PID; `fields` such as PID_8="F"."""
    segment: list[Any] = ["PID", 1, None, [number, None, None, "BV", "MR"] if number else None,
                          None, [name, "THỊ THỬ"], None, "19900517", "F"]  # fmt: skip
    for key, value in fields.items():
        place = int(key.removeprefix("PID_"))
        segment += [None] * (place + 1 - len(segment))
        segment[place] = value
    return segment


def visit(number: str | None = "V1", kind: str = "I", **fields: Any) -> list[Any]:
    """PV1 with a visit number; `fields` such as PV1_45=..."""
    segment: list[Any] = ["PV1", 1, kind, *[None] * 16, number]
    for key, value in fields.items():
        place = int(key.removeprefix("PV1_"))
        segment += [None] * (place + 1 - len(segment))
        segment[place] = value
    return segment


def admission(control: str = "M1", event: str = "A01", *more: list[Any]) -> bytes:
    """An ADT message."""
    return write([header(f"ADT^{event}", control), ["EVN", event, SENT], person(), visit(), *more])


def result(
    control: str = "R1", value: str = "5.60", status: str = "F", number: str = "BN1"
) -> bytes:
    """An ORU^R01 with one figure."""
    return write(
        [
            header("ORU^R01", control),
            person(number),
            ["OBR", 1, None, "F1", ["24323-8", "Sinh hóa", "LN"], None, None, "20260301083000",
             *[None] * 14, "20260301100000", None, "LAB", status],
            ["OBX", 1, "NM", ["2345-7", "Glucose", "LN"], None, value,
             ["mmol/L", None, "UCUM"], "3.9-6.4", "N", None, None, status, None, None,
             "20260301083000"],
            ["NTE", 1, None, "Nhịn ăn"],
            ["SPM", 1, ["S1"], None, ["119297000", "Máu", "SCT"]],
        ]
    )  # fmt: skip
