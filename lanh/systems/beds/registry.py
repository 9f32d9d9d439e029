"""Wards, beds and reports as people read them: lists and the page of each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from lanh.core.desks import RecordView, Section
from lanh.core.lists import Column, Filter, ListDefinition, Row, SavedView
from lanh.core.text import Language, Words
from lanh.core.ui import formats
from lanh.kit import catalogue
from lanh.kit.reading import at, coded, columns, day_at, included, lasting, told, worded
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
    return _listed("bed_types")


def _listed(name: str) -> list[tuple[str, Words]]:
    return [(concept.code, concept.display) for concept in codes.concepts(name)]


def type_words(line: Line, language: Language) -> str:
    """The type of beds of a line."""
    known = dict(bed_types())
    code = str(line.type.get("code", ""))
    return known[code].say(language) if code in known else str(line.type.get("display", code))


def share(of: list[Line], language: Language) -> str:
    """The occupancy of lines, in per cent."""
    found = occupancy(of)
    return formats.number(found, language, 1) if found is not None else "–"


_column = columns(WORDS, "beds.column")


def _count(name: str, row: Row, language: Language) -> str | None:
    held = lines(row[0])
    return formats.number(total(held, name), language) if held else None


def _report_columns() -> tuple[Column, ...]:
    return (
        _column("hospital", lambda row, _: name_of(row[0]) if row[0] else None, main=True),
        _column("code", lambda row, _: facility_of(row[0]) or None),
        _column("day", day_at("period.start")),
        _column("state", worded(WORDS, "beds.status", "status")),
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


_MANAGED_BY = at("managingOrganization.identifier.value")
_HOSPITAL = Filter("hospital", WORDS["beds.filter.hospital"], "organization:identifier")
WARDS = ListDefinition(
    key="wards",
    title=WORDS["beds.wards"],
    resource_type="Location",
    fixed=(("type", f"{naming.DEPARTMENT}|"),),
    columns=(
        _column("ward", at("name"), sort="name", main=True),
        _column("code", partial(_code, naming.ward_code)),
        _column("department", coded(naming.DEPARTMENT, _listed("departments"))),
        _column("hospital", _MANAGED_BY),
        _column("state", at("status"), shown=False),
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
        _column("type", coded(naming.BED_TYPE, bed_types())),
        _column("ward", included("partOf", at("name"))),
        _column("hospital", _MANAGED_BY),
        _column("operation", worded(WORDS, "beds.operation", "operationalStatus.code")),
        _column("validity", lasting("identifier.period")),
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
        Section(WORDS["beds.section.report"], told(REPORTS.columns)),
        Section(WORDS["beds.section.lines"], _lines),
    ),
    form="report",
)


def _ward(place: Record, included: Included, language: Language) -> Sequence[tuple[str, str]]:
    columns = WARDS.columns if typed(place, naming.DEPARTMENT) else BEDS.columns
    return told(columns)(place, included, language)


WARD_VIEW = RecordView(
    resource_type="Location",
    title=lambda place, language: str(
        place.get("name") or _code(naming.bed_number, (place, {}), language) or ""
    ),
    sections=(Section(WORDS["beds.section.ward"], _ward),),
    form="ward",
    include=("Location:partof",),
)
