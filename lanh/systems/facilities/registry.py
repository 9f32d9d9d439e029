"""The registry as people read it: the list of facilities, the page of each, what became of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from lanh.core.database import Plan
from lanh.core.desks import RecordView, Section
from lanh.core.lists import Filter, ListDefinition, Row, SavedView
from lanh.core.overviews import position_of
from lanh.core.text import Language, Words
from lanh.kit import catalogue
from lanh.kit.reading import (
    Value,
    at,
    coded,
    columns,
    day_at,
    either,
    included,
    span,
    told,
    worded,
)
from lanh.nation import codes, naming
from lanh.nation.facility import facility_code, identifiers, phones
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


def _listed(system: str) -> list[tuple[str, Words]]:
    return [(concept.code, concept.display) for concept in codes.concepts(_LISTS[system])]


def choices(system: str) -> list[tuple[str, Words]]:
    """What may be chosen of a code list, by token."""
    return [(f"{system}|{code}", words) for code, words in _listed(system)]


def said(record: Record, system: str, language: Language) -> str | None:
    """The types of a record of one system, in words."""
    return coded(system, _listed(system))((record, {}), language)


def entity_of(row: Row) -> Record:
    """The legal entity of a row's place."""
    resource, included = row
    return included.get((resource.get("managingOrganization") or {}).get("reference", ""), {})


def _typed(system: str) -> Value:
    # What the ministry's own registry sends states level and ownership of the entity alone.
    own = coded(system, _listed(system))
    return either(own, included("managingOrganization", own))


_column = columns(WORDS, "facilities.column")
_status = worded(WORDS, "facilities.status", "status")


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
        _column("name", at("name"), sort="name", main=True),
        _column("code", lambda row, _: facility_code(row[0])),
        _column("kind", _typed(naming.FACILITY_KIND)),
        _column("level", _typed(naming.FACILITY_LEVEL)),
        _column("ownership", _typed(naming.FACILITY_OWNERSHIP)),
        _column("place", at("address.text")),
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


_EVENTS = [
    (each, WORDS[f"facilities.event.{each}"])
    for each in ("merged", "joined", "divided", "separated")
]
SUCCESSIONS = ListDefinition(
    key="successions",
    title=WORDS["facilities.succession"],
    resource_type="OrganizationAffiliation",
    fixed=(("role", f"{naming.SUCCESSION}|"),),
    columns=(
        _column("decision", at("identifier.value"), main=True),
        _column("event", coded(naming.SUCCESSION, _EVENTS, "code")),
        _column("old", at("participatingOrganization.identifier.value")),
        _column("new", at("organization.identifier.value")),
        _column("from", day_at("period.start"), sort="date"),
    ),
    filters=(
        Filter("decision", WORDS["facilities.column.decision"], "identifier"),
        Filter("from", WORDS["facilities.column.from"], "date", "date"),
    ),
    order="-date",
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


_WHAT = (
    _column("code", lambda row, _: facility_code(entity_of(row)) or facility_code(row[0])),
    *FACILITIES.columns[2:5],
    _column("status", _status),
    _column("services", coded(naming.FACILITY_SERVICE, _listed(naming.FACILITY_SERVICE))),
    _column("address", at("address.text")),
    _column("position", lambda row, _: ", ".join(map(str, position_of(row[0]) or ())) or None),
    _column("phone", lambda row, _: ", ".join(phones(row[0])) or None),
    _column("parent", included("managingOrganization", at("partOf.identifier.value"))),
)


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
        Section(WORDS["facilities.section.what"], told(_WHAT)),
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


SUCCESSION = RecordView(
    resource_type="OrganizationAffiliation",
    title=lambda record, language: at("identifier.value")((record, {}), language) or "",
    sections=(Section(WORDS["facilities.section.what"], told(SUCCESSIONS.columns)),),
    form="succession",
)
