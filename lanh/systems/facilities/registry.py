"""The registry as people read it: the list of facilities, the page of each, what became of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from functools import partial
from typing import Any

from lanh.core.database import Plan
from lanh.core.desks import RecordView, Section
from lanh.core.lists import Column, Filter, ListDefinition, Row, SavedView
from lanh.core.overviews import position_of
from lanh.core.text import Language, Words
from lanh.core.ui import formats
from lanh.kit import catalogue
from lanh.nation import codes, naming
from lanh.nation.facility import facility_code, identifiers, typed
from lanh.nation.place import Places

WORDS = catalogue(__file__)

_LISTS = {
    naming.FACILITY_KIND: "facility_kinds",
    naming.FACILITY_LEVEL: "facility_levels",
    naming.FACILITY_OWNERSHIP: "facility_ownership",
    naming.FACILITY_SERVICE: "facility_services",
}
Record = Mapping[str, Any]
Included = Mapping[str, Record]


def choices(system: str) -> list[tuple[str, Words]]:
    """What may be chosen of a code list, by token."""
    return [(f"{system}|{c.code}", c.display) for c in codes.concepts(_LISTS[system])]


def said(record: Record, system: str, language: Language) -> str | None:
    """The types of a record of one system, in words."""
    known = {concept.code: concept.display for concept in codes.concepts(_LISTS[system])}
    found = [known[code].say(language) for code in typed(record, system) if code in known]
    return ", ".join(found) or None


def entity_of(row: Row) -> Record:
    """The legal entity of a row's place."""
    resource, included = row
    return included.get((resource.get("managingOrganization") or {}).get("reference", ""), {})


def _typed(system: str, row: Row, language: Language) -> str | None:
    # What the ministry's own registry sends states level and ownership of the entity alone.
    return said(row[0], system, language) or said(entity_of(row), system, language)


def _address(row: Row, _language: Language) -> str | None:
    text = (row[0].get("address") or {}).get("text")
    return str(text) if text else None


def _status(row: Row, language: Language) -> str | None:
    return WORDS[f"facilities.status.{row[0].get('status', 'active')}"].say(language)


def _column(name: str, value: Any, **more: Any) -> Column:
    return Column(name, WORDS[f"facilities.column.{name}"], value, **more)


def communes_of(area: str) -> Plan[Sequence[str]]:
    """The tokens of the communes of an area, as its borders run today."""
    yield from ()
    found = Places.packaged().communes_of(area, date.today())  # noqa: DTZ011 - a calendar day
    return [f"{naming.COMMUNE}|{code}" for code in sorted(found)]


def _type_filter(name: str, system: str) -> Filter:
    words = WORDS["facilities.filter.service" if name == "service" else f"facilities.column.{name}"]
    return Filter(name, words, "type", "choice", choices(system))


FACILITIES = ListDefinition(
    key="facilities",
    title=WORDS["facilities.list"],
    resource_type="Location",
    fixed=(("identifier", f"{naming.FACILITY_CODE}|"),),
    include=("Location:organization",),
    columns=(
        _column("name", lambda row, _: row[0].get("name"), sort="name", main=True),
        _column("code", lambda row, _: facility_code(row[0])),
        _column("kind", partial(_typed, naming.FACILITY_KIND)),
        _column("level", partial(_typed, naming.FACILITY_LEVEL)),
        _column("ownership", partial(_typed, naming.FACILITY_OWNERSHIP)),
        _column("place", _address),
        _column("status", _status),
    ),
    filters=(
        Filter("name", WORDS["facilities.filter.name"], "name"),
        Filter("code", WORDS["facilities.column.code"], "identifier"),
        Filter("place", WORDS["facilities.filter.place"], "commune", "place", expand=communes_of),
        _type_filter("kind", naming.FACILITY_KIND),
        _type_filter("level", naming.FACILITY_LEVEL),
        _type_filter("service", naming.FACILITY_SERVICE),
        Filter(
            "status",
            WORDS["facilities.column.status"],
            "status",
            "choice",
            [(s, WORDS[f"facilities.status.{s}"]) for s in ("active", "suspended", "inactive")],
        ),
    ),
    views=(
        SavedView("operating", WORDS["facilities.view.all"], {"status": "active"}),
        SavedView(
            "hospitals",
            WORDS["facilities.view.hospitals"],
            {"kind": f"{naming.FACILITY_KIND}|hospital", "status": "active"},
        ),
        SavedView(
            "stations",
            WORDS["facilities.view.stations"],
            {"kind": f"{naming.FACILITY_KIND}|station", "status": "active"},
        ),
        SavedView("closed", WORDS["facilities.view.closed"], {"status": "inactive"}),
    ),
    order="name",
)


def _code_at(row: Row, name: str) -> str | None:
    found = (row[0].get(name) or {}).get("identifier") or {}
    return str(found["value"]) if found.get("value") else None


def _event(row: Row, language: Language) -> str | None:
    for concept in row[0].get("code") or ():
        for coding in concept.get("coding") or ():
            if coding.get("system") == naming.SUCCESSION:
                return WORDS[f"facilities.event.{coding['code']}"].say(language)
    return None


def _decision(row: Row, _language: Language) -> str | None:
    held = row[0].get("identifier") or ()
    return str(held[0].get("value")) if held else None


def _from(row: Row, _language: Language) -> str | None:
    return formats.fhir_day((row[0].get("period") or {}).get("start", "")) or None


SUCCESSIONS = ListDefinition(
    key="successions",
    title=WORDS["facilities.succession"],
    resource_type="OrganizationAffiliation",
    fixed=(("role", f"{naming.SUCCESSION}|"),),
    columns=(
        _column("decision", _decision, main=True),
        _column("event", _event),
        _column("old", lambda row, _: _code_at(row, "participatingOrganization")),
        _column("new", lambda row, _: _code_at(row, "organization")),
        _column("from", _from, sort="date"),
    ),
    filters=(
        Filter("decision", WORDS["facilities.column.decision"], "identifier"),
        Filter("from", WORDS["facilities.column.from"], "date", "date"),
    ),
    order="-date",
)


def span(period: Record | None, language: Language) -> str:
    """From when until when something holds."""
    since = formats.fhir_day((period or {}).get("start", ""))
    until = formats.fhir_day((period or {}).get("end", ""))
    return WORDS["facilities.span"].say(
        language,
        since=since or WORDS["facilities.since_always"].say(language),
        until=until or WORDS["facilities.until_now"].say(language),
    )


def hours(location: Record, language: Language) -> Iterator[tuple[str, str]]:
    """The opening hours, a line a rule: days, times."""
    for row in location.get("hoursOfOperation") or ():
        days = ", ".join(
            WORDS[f"facilities.weekday.{day}"].say(language) for day in row.get("daysOfWeek") or ()
        )
        if row.get("allDay"):
            yield days, WORDS["facilities.day_and_night"].say(language)
        else:
            yield days, f"{row.get('openingTime', '')[:5]}-{row.get('closingTime', '')[:5]}"


def _what(place: Record, included: Included, language: Language) -> list[tuple[str, str]]:
    row = (place, included)
    parent = (entity_of(row).get("partOf") or {}).get("identifier") or {}
    spot = position_of(place)
    lines = [
        ("facilities.column.code", facility_code(entity_of(row)) or facility_code(place)),
        ("facilities.column.kind", _typed(naming.FACILITY_KIND, row, language)),
        ("facilities.column.level", _typed(naming.FACILITY_LEVEL, row, language)),
        ("facilities.column.ownership", _typed(naming.FACILITY_OWNERSHIP, row, language)),
        ("facilities.column.status", _status(row, language)),
        ("facilities.services", said(place, naming.FACILITY_SERVICE, language)),
        ("facilities.address", _address(row, language)),
        ("facilities.position", f"{spot[0]}, {spot[1]}" if spot else None),
        ("facilities.phone", ", ".join(phones(place)) or None),
        ("facilities.parent", parent.get("value")),
    ]
    return [(WORDS[key].say(language), str(value)) for key, value in lines if value]


def phones(place: Record) -> list[str]:
    """The phone numbers of a place."""
    return [t["value"] for t in place.get("telecom") or () if t.get("system") == "phone"]


def _codes(place: Record, included: Included, language: Language) -> list[tuple[str, str]]:
    entity = entity_of((place, included))
    held = identifiers(entity, naming.FACILITY_CODE) + identifiers(entity, naming.FACILITY_ID)
    return [(str(each["value"]), span(each.get("period"), language)) for each in held]


def _licences(place: Record, included: Included, language: Language) -> list[tuple[str, str]]:
    lines = []
    for each in identifiers(entity_of((place, included)), naming.FACILITY_LICENCE):
        by = (each.get("assigner") or {}).get("display")
        said_ = span(each.get("period"), language)
        text = WORDS["facilities.issued_by"].say(language, span=said_, by=by) if by else said_
        lines.append((str(each["value"]), text))
    return lines


FACILITY = RecordView(
    resource_type="Location",
    title=lambda place, _: str(place.get("name") or facility_code(place) or ""),
    sections=(
        Section(WORDS["facilities.section.what"], _what),
        Section(WORDS["facilities.section.codes"], _codes),
        Section(WORDS["facilities.section.licences"], _licences),
        Section(
            WORDS["facilities.section.hours"],
            lambda place, _, language: list(hours(place, language)),
        ),
    ),
    form="facility",
    include=("Location:organization",),
)


def _pair(record: Record, _included: Included, language: Language) -> list[tuple[str, str]]:
    row: Row = (record, {})
    return [
        (column.title.say(language), column.value(row, language) or "")
        for column in SUCCESSIONS.columns
    ]


SUCCESSION = RecordView(
    resource_type="OrganizationAffiliation",
    title=lambda record, language: _decision((record, {}), language) or "",
    sections=(Section(WORDS["facilities.section.what"], _pair),),
    form="succession",
)
