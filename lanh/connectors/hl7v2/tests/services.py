"""Made-up messages about what is ordered, booked, written, given and charged."""

from __future__ import annotations

from typing import Any

from lanh.connectors.hl7v2 import write
from lanh.connectors.hl7v2.tests.sample import header, person, visit

DOCTOR = ["BS1", "LÊ", "VĂN THỬ"]


def order(control: str = "NW", *more: list[Any], kind: str = "ORM^O01") -> bytes:
    """An order for a laboratory test."""
    common = ["ORC", control, "P1", None, "G1", None, None, None, None, "20260301080000", None,
              None, DOCTOR]  # fmt: skip
    request = ["OBR", 1, "P1", None, ["24323-8", "Sinh hóa", "LN"], *[None] * 26, ["R10", "Đau"]]
    timed = ["TQ1", 1, *[None] * 5, "20260301090000", None, "S"]
    return write([header(kind, f"O{control}"), person(), visit(), common, timed, request, *more])


def appointment(event: str = "S12", *, status: str | None = "Booked", timed: bool = True) -> bytes:
    """An appointment of half an hour with a doctor in a room."""
    schedule: list[Any] = ["SCH", "H1", "H2", None, None, None, None, ["R10", "Đau"],
                           ["Normal", None, "HL70277"], 30, "min"]  # fmt: skip
    schedule += [None] * 14 + [status]
    start = "20260305083000" if timed else None
    service = ["AIS", 1, "A", ["KHAM", "Khám nội", "L"], start, None, None, 30, "min"]
    place = ["AIL", 1, "A", ["P.101"]]
    doctor = ["AIP", 1, "A", DOCTOR]
    return write([header(f"SIU^{event}", event), schedule, person(), visit(kind="O"), service,
                  place, doctor])  # fmt: skip


def document(event: str = "T02", number: str = "TL1", parent: str | None = None) -> bytes:
    """A document of two lines of text; none where the event carries none."""
    txa: list[Any] = ["TXA", 1, "DS", "TX", None, None, "20260301090000", None, None, DOCTOR, None,
                      None, number, parent, None, None, None, "AU", None, "AV"]  # fmt: skip
    lines = [["OBX", n, "TX", ["1", "Văn bản", "L"], None, text, *[None] * 5, "F"]
             for n, text in enumerate(("Dòng một", "Dòng hai"), start=1)]  # fmt: skip
    if int(event[1:]) % 2:
        lines = []
    return write([header(f"MDM^{event}", f"{event}{number}"), ["EVN", event], person(), visit(),
                  txa, *lines])  # fmt: skip


def dose(status: str = "CP", action: str = "A", code: str = "20") -> bytes:
    """A vaccine given."""
    given: list[Any] = ["RXA", 0, 1, "20260301", None, [code, "DTaP", "CVX"], "0.5",
                        ["mL", None, "UCUM"], None, ["00", "Mới", "NIP001"], DOCTOR]  # fmt: skip
    given += [None] * 4 + ["LO1", "20270101", ["X", "Nhà máy"], None, None, status, action]
    number = ["OBX", 1, "NM", ["30973-2", "Mũi", "LN"], 1, 2, *[None] * 5, "F"]
    return write([header("VXU^V04", f"V{status}{action}{code}"), person(),
                  ["ORC", "RE", None, "V1"], given, ["RXR", ["IM", "Tiêm bắp", "HL70162"]],
                  number])  # fmt: skip


def prescription(control: str = "NW", *more: list[Any], kind: str = "RDE^O11") -> bytes:
    """A drug prescribed, twice a day for a week."""
    encoded: list[Any] = ["RXE", None, ["40.11", "Amoxicilin 500 mg", "L"], 1, 2,
                          ["VIEN", "viên"], None, [None, "Uống sau ăn"], None, "G", 14,
                          ["VIEN", "viên"], 1]  # fmt: skip
    timed = ["TQ1", 1, None, "BID", None, None, ["7", "d"]]
    common = ["ORC", control, "T1", None, *[None] * 8, DOCTOR]
    return write([header(kind, f"T{control}{kind[:3]}"), person(), visit(), common, encoded, timed,
                  ["RXR", ["PO", "Uống", "HL70162"]], *more])  # fmt: skip


def charge(kind: str = "CG", amount: Any = ("120000.50", "VND")) -> bytes:
    """A service charged."""
    item: list[Any] = ["FT1", 1, "GD1", None, "20260301", None, kind,
                       ["KHAM", "Khám bệnh", "L"], None, None, 2, [amount]]  # fmt: skip
    return write([header("DFT^P03", f"D{kind}"), person(PID_18="TK1"), visit(), item])


MAKERS = (order, appointment, document, dose, prescription, charge)
