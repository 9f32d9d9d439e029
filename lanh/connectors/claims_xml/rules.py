"""Check rows against the declared fields: presence, length, form, lists, and what goes together."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from lanh.connectors.claims_xml.conditions import holds, plain
from lanh.connectors.claims_xml.envelope import Row
from lanh.connectors.claims_xml.fields import CODES, RULE_OF, Field, Table
from lanh.connectors.claims_xml.words import WORDS
from lanh.core.fhir import Issue, Severity

_NUMBER = re.compile(r"[0-9]+(\.[0-9]+)?")
_TRADITIONAL = re.compile(r"U[0-9]{2}\.[0-9]{3}(\.[0-9])?")
MAX_OTHER_DIAGNOSES = 12
CARD_FIELDS = ("MA_THE_BHYT", "MA_DKBD", "GT_THE_TU", "GT_THE_DEN")


def issue(
    severity: Severity, code: str, table: str, row: int, name: str, key: str, **parameters: Any
) -> Issue:
    """An issue about a field: the message always names table, row and field.

    Its rule is the one that `tables/rules.yaml` lists with the key as its message.
    """
    message = WORDS.message(key, table=table, row=row, field=name, **parameters)
    place = f"{table}[{row}].{name}" if name else f"{table}[{row}]"
    return Issue(severity, code, place, message, RULE_OF.get(key, ""))


def parse_day(text: str) -> date | None:
    """yyyyMMdd as a date."""
    if not re.fullmatch(r"[0-9]{8}", text):
        return None
    try:
        return date(int(text[:4]), int(text[4:6]), int(text[6:]))
    except ValueError:
        return None


def parse_moment(text: str) -> datetime | None:
    """yyyyMMddHHmm as a naive local time."""
    if not re.fullmatch(r"[0-9]{12}", text):
        return None
    try:
        return datetime(  # noqa: DTZ001 (local by definition)
            int(text[:4]), int(text[4:6]), int(text[6:8]), int(text[8:10]), int(text[10:])
        )
    except ValueError:
        return None


def parse_birth(text: str) -> str | None:
    """yyyyMMddHHmm where unknown month, day, hour are 0, as a partial ISO date; 8 digits pass."""
    if not re.fullmatch(r"[0-9]{4}|[0-9]{8}|[0-9]{12}", text):
        return None
    year, month, day = text[:4], text[4:6] or "00", text[6:8] or "00"
    if text[8:] and parse_moment("20000101" + text[8:]) is None:
        return None
    try:
        date(int(year), int(month) or 1, int(day) or 1)
    except ValueError:
        return None
    if month == "00":
        return year if day == "00" else None
    return f"{year}-{month}" if day == "00" else f"{year}-{month}-{day}"


def check_row(table: Table, row: Row, number: int, case: str | None) -> list[Issue]:
    """Everything wrong with one row. `number` counts rows from 1; `case` is the MA_LK of XML1."""
    found: list[Issue] = []
    name = table.name
    for field in table.fields:
        text = row.values.get(field.name, "")
        if text:
            found += _check(name, field, text, number)
        elif field.required or holds(field.when, row.values):
            key = "required" if field.required else "required-when"
            told = {} if field.required else {"when": field.when}
            severity = _severity(field)
            found.append(issue(severity, "required", name, number, field.name, key, **told))
    found += [
        issue("error", "structure", name, number, twice, "field-twice") for twice in row.twice
    ]
    found += [
        issue("information", "informational", name, number, unknown, "field-unknown")
        for unknown in row.unknown[:5]
    ]
    own = row.values.get("MA_LK", "")
    if case is not None and table.episode and own and own != case:
        found.append(issue("error", "invariant", name, number, "MA_LK", "case-differs"))
    return found


def _severity(field: Field) -> Severity:
    return "warning" if field.fault == "tell" else "error"


def _check(table: str, field: Field, text: str, number: int) -> list[Issue]:
    severity = _severity(field)
    elements = [item.strip() for item in text.split(";")] if field.many else [text]
    if field.many and elements[-1] == "":
        elements.pop()
    if field.length is not None and field.kind != "number" and len(text) > field.length:
        return [
            issue(severity, "too-long", table, number, field.name, "too-long",
                  length=len(text), limit=field.length)
        ]  # fmt: skip
    for element in elements:
        key, parameters = _fault(field, element)
        shown = element if len(element) <= 40 else element[:40] + "…"
        if key:
            return [
                issue(severity, "value", table, number, field.name, key, value=shown, **parameters)
            ]
        listed = CODES.get(field.codes)
        if listed is not None and plain(element) not in {plain(code) for code in listed.codes}:
            if listed.complete:
                known = ", ".join(listed.codes)
                return [
                    issue(severity, "code-invalid", table, number, field.name, "code-unknown",
                          value=shown, known=known)
                ]  # fmt: skip
            return [
                issue("information", "code-invalid", table, number, field.name, "code-unlisted",
                      value=shown)
            ]  # fmt: skip
    return []


def _fault(field: Field, text: str) -> tuple[str, dict[str, Any]]:
    if field.kind == "day":
        return ("", {}) if parse_day(text) else ("not-a-day", {})
    if field.kind == "moment":
        return ("", {}) if parse_moment(text) else ("not-a-moment", {})
    if field.kind == "birth":
        return ("", {}) if parse_birth(text) else ("not-a-birth", {})
    if field.kind == "number":
        if not _NUMBER.fullmatch(text):
            return "not-a-number", {}
        whole, _, rest = text.partition(".")
        if len(rest.rstrip("0")) > field.decimals:
            return "too-many-decimals", {"limit": field.decimals}
        if len(whole.lstrip("0")) + len(rest.rstrip("0")) > (field.length or 99):
            return "too-many-digits", {"limit": field.length}
    if field.codes == "@icd10" and _TRADITIONAL.fullmatch(text):
        return "traditional-code", {}
    if field.pattern and not re.fullmatch(field.pattern, text, re.ASCII):
        return "wrong-shape", {"shape": field.shape}
    return "", {}


def check_episode(row: Row) -> list[Issue]:
    """What must go together within XML1."""
    values = row.values
    found: list[Issue] = []
    arrived, left = (
        parse_moment(values.get("NGAY_VAO", "")),
        parse_moment(values.get("NGAY_RA", "")),
    )
    if arrived and left and left < arrived:
        found.append(issue("error", "invariant", "XML1", 1, "NGAY_RA", "leaves-before"))
    born = parse_birth(values.get("NGAY_SINH", ""))
    if born and arrived and born > arrived.date().isoformat():
        found.append(issue("error", "invariant", "XML1", 1, "NGAY_SINH", "born-after"))
    others = [code for code in values.get("MA_BENH_KT", "").split(";") if code.strip()]
    if len(others) > MAX_OTHER_DIAGNOSES:
        found.append(
            issue("error", "invariant", "XML1", 1, "MA_BENH_KT",
                  "too-many-diagnoses", count=len(others), limit=MAX_OTHER_DIAGNOSES)
        )  # fmt: skip
    return found + check_cards(row) + _check_identity(values)


def check_cards(row: Row) -> list[Issue]:
    """Card, registered facility, and validity are lists of one length (Decision 3176, XML1)."""
    counts = {
        name: value.rstrip(";").count(";") + 1
        for name in CARD_FIELDS
        if (value := row.values.get(name, ""))
    }
    expected = counts.get("MA_THE_BHYT")
    if expected is None:
        return []
    return [
        issue("error", "invariant", "XML1", 1, name, "list-counts", count=count, expected=expected)
        for name, count in counts.items()
        if count != expected
    ]


def _check_identity(values: dict[str, str]) -> list[Issue]:
    """The digits of a 12-digit number that tell sex and birth year, as warnings only."""
    number, born = values.get("SO_CCCD", ""), parse_birth(values.get("NGAY_SINH", ""))
    if not re.fullmatch(r"[0-9]{12}", number) or born is None:
        return []
    century = 1900 + int(number[3]) // 2 * 100
    expected_sex = {"0": "1", "1": "2"}[str(int(number[3]) % 2)]
    year = century + int(number[4:6])
    found = []
    if str(year) != born[:4]:
        found.append(issue("warning", "invariant", "XML1", 1, "SO_CCCD", "number-other-year"))
    if values.get("GIOI_TINH") in ("1", "2") and values["GIOI_TINH"] != expected_sex:
        found.append(issue("warning", "invariant", "XML1", 1, "SO_CCCD", "number-other-sex"))
    return found


def check_serials(table: str, rows: Iterable[Row]) -> list[tuple[int, Issue]]:
    """STT identifies a row within its table: two rows of one number cannot both be kept."""
    seen: dict[str, int] = {}
    found = []
    for number, row in enumerate(rows, start=1):
        serial = row.values.get("STT", "")
        if serial and serial in seen:
            fault = issue("error", "duplicate", table, number, "STT", "serial-twice",
                          value=serial[:20], first=seen[serial])  # fmt: skip
            found.append((number, fault))
        seen.setdefault(serial, number)
    return found


def amount(row: Row, name: str) -> Decimal | None:
    """The exact figure of a number field, or None where it is empty or no number."""
    text = row.values.get(name, "")
    return Decimal(text) if _NUMBER.fullmatch(text) and len(text) < 40 else None
