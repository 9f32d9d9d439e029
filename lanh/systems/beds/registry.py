"""Wards, beds and reports as people read them: lists and the page of each."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from lanh.core.desks import RecordView, Section
from lanh.core.lists import Column, Filter, ListDefinition, Row, SavedView
from lanh.core.text import Language, Words
from lanh.core.ui import formats
from lanh.kit import catalogue
from lanh.nation import codes, naming
from lanh.nation.facility import typed
from lanh.systems.beds.flow import AT_HOSPITAL, AT_PROVINCE
from lanh.systems.beds.reading import (
    Line,
    Record,
    day_of,
    facility_of,
    hospital_of,
    lines,
    name_of,
    occupancy,
    total,
)

WORDS = catalogue(__file__)
_BED = "http://terminology.hl7.org/CodeSystem/v2-0116"
Included = Mapping[str, Record]


def bed_types() -> list[tuple[str, Words]]:
    """The types of beds, by code."""
    return [(c.code, c.display) for c in codes.concepts("bed_types")]


def type_words(line: Line, language: Language) -> str:
    """The type of beds of a line."""
    known = dict(bed_types())
    code = str(line.type.get("code", ""))
    return known[code].say(language) if code in known else str(line.type.get("display", code))


def share(of: list[Line], language: Language) -> str:
    """The occupancy of lines, in per cent."""
    found = occupancy(of)
    return formats.number(found, language, 1) if found is not None else "–"


def _column(name: str, value: Any, **more: Any) -> Column:
    return Column(name, WORDS[f"beds.column.{name}"], value, **more)


def _count(name: str, row: Row, language: Language) -> str | None:
    held = lines(row[0])
    return formats.number(total(held, name), language) if held else None


def _day(row: Row, _language: Language) -> str | None:
    return formats.fhir_day((row[0].get("period") or {}).get("start", "")) or None


def _status(row: Row, language: Language) -> str | None:
    return WORDS[f"beds.status.{row[0].get('status', 'pending')}"].say(language)


def _report_columns() -> tuple[Column, ...]:
    return (
        _column("hospital", lambda row, _: name_of(row[0]) if row[0] else None, main=True),
        _column("code", lambda row, _: facility_of(row[0]) or None),
        _column("day", _day),
        _column("state", _status),
        _column("staffed", partial(_count, "staffed"), numeric=True),
        _column("occupied", partial(_count, "occupied"), numeric=True),
        _column("free", partial(_count, "free"), numeric=True),
        _column(
            "occupancy",
            lambda row, language: share(lines(row[0]), language) if lines(row[0]) else None,
            numeric=True,
        ),
    )


REPORTS = ListDefinition(
    key="reports",
    title=WORDS["beds.reports"],
    resource_type="MeasureReport",
    fixed=(("identifier", f"{naming.BED_REPORT}|"),),
    columns=_report_columns(),
    filters=(
        Filter("hospital", WORDS["beds.filter.hospital"], "reporter:identifier"),
        Filter("day", WORDS["beds.column.day"], "period", "date"),
        Filter(
            "status",
            WORDS["beds.column.state"],
            "status",
            "choice",
            [(each, WORDS[f"beds.status.{each}"]) for each in ("pending", "complete")],
        ),
    ),
    views=(
        SavedView("sent", WORDS["beds.status.complete"], {"status": "complete"}),
        SavedView("pending", WORDS["beds.status.pending"], {"status": "pending"}),
    ),
)
DUE = ListDefinition(
    key="due",
    title=WORDS["beds.queue.due"],
    columns=_report_columns()[:4],
    queues=frozenset({AT_HOSPITAL}),
)
MISSING = ListDefinition(
    key="missing",
    title=WORDS["beds.queue.missing"],
    columns=_report_columns()[:4],
    queues=frozenset({AT_PROVINCE}),
)


def _code(system: Any, row: Row, _language: Language) -> str | None:
    wanted = system(hospital_of(row[0]))
    held = [i for i in row[0].get("identifier") or () if i.get("system") == wanted]
    return str(held[0]["value"]) if held else None


def _typed(listed: str, system: str, row: Row, language: Language) -> str | None:
    known = {concept.code: concept.display for concept in codes.concepts(listed)}
    found = [known[code].say(language) for code in typed(row[0], system) if code in known]
    return ", ".join(found) or None


def _operation(row: Row, language: Language) -> str | None:
    code = (row[0].get("operationalStatus") or {}).get("code")
    return WORDS[f"beds.operation.{code}"].say(language) if code in tuple("UOHIKC") else None


def _validity(row: Row, language: Language) -> str | None:
    period = next((i.get("period") for i in row[0].get("identifier") or ()), None) or {}
    return WORDS["beds.span"].say(
        language,
        since=formats.fhir_day(period.get("start", "")) or WORDS["beds.always"].say(language),
        until=formats.fhir_day(period.get("end", "")) or WORDS["beds.now"].say(language),
    )


_HOSPITAL = Filter("hospital", WORDS["beds.filter.hospital"], "organization:identifier")
WARDS = ListDefinition(
    key="wards",
    title=WORDS["beds.wards"],
    resource_type="Location",
    fixed=(("type", f"{naming.DEPARTMENT}|"),),
    columns=(
        _column("ward", lambda row, _: row[0].get("name"), sort="name", main=True),
        _column("code", partial(_code, naming.ward_code)),
        _column("department", partial(_typed, "departments", naming.DEPARTMENT)),
        _column("hospital", lambda row, _: hospital_of(row[0])),
        _column("state", lambda row, _: row[0].get("status"), shown=False),
    ),
    filters=(Filter("name", WORDS["beds.column.ward"], "name"), _HOSPITAL),
    order="name",
)
BEDS = ListDefinition(
    key="beds",
    title=WORDS["beds.beds"],
    resource_type="Location",
    fixed=(("type", f"{naming.BED_TYPE}|"),),
    include=("Location:partof",),
    columns=(
        _column("number", partial(_code, naming.bed_number), main=True),
        _column("type", partial(_typed, "bed_types", naming.BED_TYPE)),
        _column("ward", lambda row, _: _ward_of(row)),
        _column("hospital", lambda row, _: hospital_of(row[0])),
        _column("operation", _operation),
        _column("validity", _validity),
    ),
    filters=(
        Filter(
            "type",
            WORDS["beds.column.type"],
            "type",
            "choice",
            [(f"{naming.BED_TYPE}|{code}", words) for code, words in bed_types()],
        ),
        Filter(
            "operation",
            WORDS["beds.column.operation"],
            "operational-status",
            "choice",
            [(f"{_BED}|{code}", WORDS[f"beds.operation.{code}"]) for code in "UOHIKC"],
        ),
        _HOSPITAL,
    ),
    order="-_lastUpdated",
)


def _ward_of(row: Row) -> str | None:
    ward = row[1].get((row[0].get("partOf") or {}).get("reference", ""), {})
    return str(ward["name"]) if ward.get("name") else None


def _facts(report: Record, _included: Included, language: Language) -> list[tuple[str, str]]:
    return [
        (column.title.say(language), text)
        for column in REPORTS.columns
        if (text := column.value((report, {}), language)) is not None
    ]


def _lines(report: Record, _included: Included, language: Language) -> list[tuple[str, str]]:
    told = []
    for line in lines(report):
        label = f"{line.ward.get('display', line.key[0])} · {type_words(line, language)}"
        text = WORDS["beds.line"].say(
            language, occupied=line["occupied"], staffed=line["staffed"], free=line["free"]
        )
        told.append((label, f"{text} ({share([line], language)} %)"))
    return told


REPORT_VIEW = RecordView(
    resource_type="MeasureReport",
    title=lambda report, _: f"{name_of(report)} {formats.day(day_of(report))}",
    sections=(
        Section(WORDS["beds.section.report"], _facts),
        Section(WORDS["beds.section.lines"], _lines),
    ),
    form="report",
)


def _ward(place: Record, included: Included, language: Language) -> list[tuple[str, str]]:
    row = (place, included)
    columns = WARDS.columns if typed(place, naming.DEPARTMENT) else BEDS.columns
    return [
        (column.title.say(language), text)
        for column in columns
        if (text := column.value(row, language)) is not None
    ]


WARD_VIEW = RecordView(
    resource_type="Location",
    title=lambda place, language: str(
        place.get("name") or _code(naming.bed_number, (place, {}), language) or ""
    ),
    sections=(Section(WORDS["beds.section.ward"], _ward),),
    form="ward",
    include=("Location:partof",),
)
