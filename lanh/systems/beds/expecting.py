"""The report that is expected of a hospital's day, and what its form is opened with.

Expecting is an escape, with its reason: nobody sends what is missing, so a clock writes down each
morning which reports are due.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

from lanh.core.access import Access, system_access
from lanh.core.database import Plan
from lanh.core.desks import Indexing, Opening
from lanh.core.forms import Answers
from lanh.core.store import Context, Parameter, Search, Store, Write
from lanh.core.text import Words
from lanh.core.workflow import Calendar, CalendarGap, Focus, Workflow
from lanh.nation import naming
from lanh.nation.calendar import due as due_at
from lanh.nation.calendar import packaged
from lanh.nation.facility import commune_of
from lanh.nation.local_time import VIETNAM
from lanh.systems.beds.flow import REPORT
from lanh.systems.beds.reading import (
    Line,
    Record,
    day_of,
    facility_of,
    group,
    hospital_of,
    lines,
    name_of,
    report_key,
    set_up,
)

SOURCE = "urn:lanh:desk:beds"
MORNING = time(7, 0)
_BY_ITSELF = Context(system_access("beds"), source=SOURCE)


def _every(store: Store, name: str, values: Sequence[str], access: Access, **more: str
           ) -> Plan[list[Record]]:  # fmt: skip
    """The Locations that answer."""
    wanted = [Parameter(name, tuple(values))]
    wanted += [Parameter(each, (value,)) for each, value in more.items()]
    rows = yield from store.every(Search("Location", tuple(wanted)), Context(access))
    return [row.resource() for row in rows]


def hospitals(store: Store) -> Plan[list[str]]:
    """The codes of the facilities that have wards in operation."""
    of_wards = [f"{naming.DEPARTMENT}|"]
    wards = yield from _every(store, "type", of_wards, _BY_ITSELF.access, status="active")
    return sorted({code for ward in wards if (code := hospital_of(ward))})


def due(store: Store, at: datetime) -> Plan[Sequence[str]]:
    """The reports that are to be expected of a day and are not yet: "code.day" each."""
    day = at.astimezone(VIETNAM).date()
    codes = yield from hospitals(store)
    of_day = (
        Parameter("identifier", (f"{naming.BED_REPORT}|",)),
        Parameter("period", (day.isoformat(),)),
    )
    rows = yield from store.every(Search("MeasureReport", of_day), _BY_ITSELF)
    found = {facility_of(row.resource()) for row in rows}
    return [report_key(code, day) for code in codes if code not in found]


def begin(store: Store, workflow: Workflow, unit: str, _at: datetime) -> Plan[None]:
    """See that a report is expected, by its key."""
    code, _, day = unit.partition(".")
    yield from expect(store, workflow, code, date.fromisoformat(day))


def _begun(day: date) -> datetime:
    return datetime.combine(day, MORNING, VIETNAM)


def deadline(day: date, calendar: Calendar | None = None) -> datetime | None:
    """When the report of a day is due; None where the calendar does not know the days."""
    try:
        return due_at("daily-beds", _begun(day), calendar or packaged())
    except CalendarGap:
        return None


def expect(store: Store, workflow: Workflow, code: str, day: date) -> Plan[bool]:
    """See that the report of a hospital's day is expected; whether it was not yet."""
    search = Search("Location", (Parameter("identifier", (f"{naming.FACILITY_CODE}|{code}",)),))
    page = yield from store.search(search, _BY_ITSELF)
    if not page.entries:
        return False
    entry = page.entries[0]
    place = entry.resource()
    commune = commune_of(place)
    key = report_key(code, day)
    end = deadline(day)
    body = {
        "resourceType": "MeasureReport",
        "identifier": [{"system": naming.BED_REPORT, "value": key}],
        "status": "pending",
        "type": "summary",
        "measure": naming.DAILY_BEDS,
        "reporter": {
            "type": "Organization",
            "identifier": {"system": naming.FACILITY_CODE, "value": code},
            "display": place.get("name") or code,
        },
        "period": {"start": day.isoformat(), "end": day.isoformat()},
    }
    if end is not None:
        body["extension"] = [{"url": naming.DUE, "valueDateTime": end.isoformat()}]
    context = Context(_BY_ITSELF.access, SOURCE, code, commune, _tags(entry.resource()))
    unless = [("identifier", f"{naming.BED_REPORT}|{key}")]
    write = Write("create", "MeasureReport", f"beds-{key}", body, if_none_exist=unless)
    outcome = (yield from store.write([write], context))[0]
    focus = Focus("MeasureReport", outcome.id, None, code, commune)
    case = yield from workflow.open(REPORT, focus, context.access, once=key, since=_begun(day))
    return case.fresh


def _tags(place: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    """A report of a made-up hospital is marked as the hospital is."""
    held = (place.get("meta") or {}).get("tag") or ()
    made_up = any((t.get("system"), t.get("code")) == naming.DEMONSTRATION_TAG for t in held)
    return (naming.DEMONSTRATION_TAG,) if made_up else ()


def report_of(store: Store, code: str, day: date, access: Access) -> Plan[dict[str, Any] | None]:
    """The report of a hospital's day, or None."""
    value = f"{naming.BED_REPORT}|{report_key(code, day)}"
    search = Search("MeasureReport", (Parameter("identifier", (value,)),), count=1)
    page = yield from store.search(search, Context(access))
    return page.entries[0].resource() if page.entries else None


def _before(opening: Opening) -> Plan[dict[tuple[str, str], Line]]:
    report = opening.resource or {}
    day = day_of(report) - timedelta(days=1)
    found = yield from report_of(opening.store, facility_of(report), day, opening.access)
    return {line.key: line for line in lines(found or {})}


def report_contexts(opening: Opening) -> Plan[Mapping[str, Any]]:
    """The report as it stands; where nothing was sent yet, with a line a ward and type of bed,
    filled in as far as the records of beds and the day before tell."""
    report = dict(opening.resource or {})
    if report.get("status") == "pending":
        before = yield from _before(opening)
        held = yield from _set_up(opening, facility_of(report), day_of(report))
        report["group"] = [group(line) for line in _filled(held, before)]
    return {"report": report}


def _set_up(opening: Opening, code: str, day: date) -> Plan[list[Line]]:
    found = []
    for system in (naming.ward_code(code), naming.bed_number(code)):
        found.append((yield from _places(opening, system)))
    return set_up(found[0], found[1], day)


def _filled(held: list[Line], before: Mapping[tuple[str, str], Line]) -> Iterator[Line]:
    for line in held:
        known = before.get(line.key)
        staffed = known["staffed"] if known and "staffed" in known.counts else line["actual"]
        counts = {"actual": line["actual"], "staffed": min(staffed, line["actual"])}
        yield Line(line.ward, line.type, counts)


def report_facts(opening: Opening) -> Plan[Mapping[str, Any]]:
    """What `rules.report` looks at."""
    before = yield from _before(opening)
    report = opening.resource or {}
    held = lines(report)
    if report.get("status") == "pending":
        held = yield from _set_up(opening, facility_of(report), day_of(report))
    return {"before": before, "expected": frozenset(line.key for line in held)}


def report_index(_response: dict[str, Any], opening: Opening) -> Indexing:
    """A second report of a day is a correction of the first."""
    report = opening.resource or {}
    code, day = facility_of(report), day_of(report)
    title = f"{name_of(report)} {day:%d/%m/%Y}"
    return Indexing(once=report_key(code, day), title=Words(title, title))


def ward_contexts(opening: Opening) -> Plan[Mapping[str, Any]]:
    """The hospital whose wards these are: the one that the person acts for."""
    yield from ()
    code = opening.access.facility
    identifier = [{"system": naming.FACILITY_CODE, "value": code}] if code else []
    return {"hospital": {"resourceType": "Organization", "identifier": identifier}}


def ward_facts(opening: Opening) -> Plan[Mapping[str, Any]]:
    """What `rules.ward` looks at."""
    code = str(Answers(opening.response or {}).value("hospital") or "")
    own = (opening.resource or {}).get("id")
    wards = yield from _places(opening, naming.ward_code(code))
    beds = (yield from _places(opening, naming.bed_number(code))) if own else []
    mine = [b for b in beds if (b.get("partOf") or {}).get("reference") == f"Location/{own}"]
    return {
        "codes": frozenset(_value(w, naming.ward_code(code)) for w in wards if w.get("id") != own),
        "numbers": frozenset(_value(bed, naming.bed_number(code)) for bed in mine),
    }


def _places(opening: Opening, system: str) -> Plan[list[Record]]:
    return (yield from _every(opening.store, "identifier", [f"{system}|"], opening.access))


def _value(place: Mapping[str, Any], system: str) -> str:
    return next((i["value"] for i in place["identifier"] if i.get("system") == system), "")


def ward_index(response: dict[str, Any], _opening: Opening) -> Indexing:
    """A ward stands at its hospital."""
    place = Answers(response).group("ward")
    name = str(place.value("name") or "")
    return Indexing(title=Words(name, name))
