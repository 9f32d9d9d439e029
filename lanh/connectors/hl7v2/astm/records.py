"""Records of analysers (LIS02-A2, formerly ASTM E1394): header, patients, orders, results."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from lanh.connectors.hl7v2.reader import Delimiters, Segment
from lanh.connectors.hl7v2.words import WORDS
from lanh.core.fhir import Issue

MAX_RECORDS = 20_000
_KINDS = "HPORCQLMS"
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")


class Unreadable(ValueError):
    """The text is no message of an analyser; `issue` says why."""

    def __init__(self, key: str, expression: str, **parameters: object) -> None:
        message = WORDS.message(key, **parameters)
        super().__init__(message.en)
        self.issue = Issue("fatal", "structure", expression, message)


class Record(Segment):
    """One record; fields are counted as LIS02-A2 counts them (field 1 is the record type)."""

    __slots__ = ()

    def __init__(self, text: str, delimiters: Delimiters, number: int) -> None:
        super().__init__(text, delimiters, number)
        self._fields.insert(0, "")


@dataclass(slots=True)
class Ordered:
    """An O record with its results and what is said of each."""

    order: Segment
    results: list[tuple[Segment, list[str]]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Person:
    """A P record with its orders."""

    patient: Segment
    orders: list[Ordered] = field(default_factory=list)


@dataclass(slots=True)
class Report:
    """One message: H to L."""

    header: Segment
    people: list[Person] = field(default_factory=list)
    asked: bool = False
    """Whether the analyser asks for orders (Q)."""


def decode(content: bytes) -> str:
    """The text of a message: UTF-8, else the 8-bit set that analysers mean (8859/1)."""
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        return content.decode("latin-1")


def header_of(content: bytes) -> Record | None:
    """The header record, or None where the text does not begin with one."""
    line = re.split(r"[\r\n]", decode(content[:4096]).lstrip("\r\n"), maxsplit=1)[0]
    if not re.match(r"H[^\w\s]{4}", line) or len(set(line[1:5])) != 4:
        return None
    return Record(_CONTROL.sub("", line), Delimiters(line[1], line[3], line[2], line[4], ""), 1)


def read(content: bytes) -> Report:
    """The records of one message. Raises Unreadable."""
    lines = [line for line in re.split(r"[\r\n]+", decode(content)) if line.strip(" \x00")]
    if not lines or header_of(lines[0].encode()) is None:
        raise Unreadable("astm-no-header", "H-2")
    if len(lines) > MAX_RECORDS:
        raise Unreadable("too-many-segments", "H", count=len(lines), limit=MAX_RECORDS)
    if not lines[-1].startswith("L"):
        raise Unreadable("astm-no-end", "L")
    signs = lines[0][1:5]
    delimiters = Delimiters(signs[0], signs[2], signs[1], signs[3], "")
    report = Report(Record(_CONTROL.sub("", lines[0]), delimiters, 1))
    counts: dict[str, int] = {}
    for number, line in enumerate(lines[1:-1], start=2):
        kind = line[0]
        if kind not in _KINDS or (len(line) > 1 and line[1] != signs[0]) or kind in "HL":
            raise Unreadable("astm-bad-record", f"[{number}]", line=number)
        record = Record(_CONTROL.sub("", line), delimiters, number)
        counts[kind] = record.sequence = counts.get(kind, 0) + 1
        _put(report, record)
    return report


def _put(report: Report, record: Segment) -> None:
    people = report.people
    orders = people[-1].orders if people else []
    if record.name == "P":
        people.append(Person(record))
    elif record.name == "Q":
        report.asked = True
    elif record.name == "O":
        if not people:
            raise Unreadable("astm-order", record.at(), kind="P")
        orders.append(Ordered(record))
    elif record.name == "R":
        if not orders:
            raise Unreadable("astm-order", record.at(), kind="O")
        orders[-1].results.append((record, []))
    elif record.name == "C" and orders:
        text = "\n".join(value.text for value in record.all(4))
        target = orders[-1].results[-1][1] if orders[-1].results else orders[-1].notes
        target.extend([text] if text else [])
