"""What a reader asks of an overview: its fields filled in, as far as they can be taken."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from lanh.core.forms import read_date
from lanh.core.overviews.definition import (
    Area,
    BoundariesAsked,
    Choice,
    Day,
    Overview,
    PeriodAsked,
    Where,
)
from lanh.core.overviews.ports import Bounds, Reader
from lanh.core.overviews.screen import Entry
from lanh.core.overviews.words import MESSAGES
from lanh.core.ui import formats

LONGEST = 80
COMMUNE = "commune"
COUNTRY = "vn"
PAGE = "rows"


@dataclass(frozen=True, slots=True)
class Asked:
    """The fields as they are taken: `values` by the names of the fields. `area` is "", a province
    or a commune; `on` a day on which the boundaries asked for were in force."""

    values: Mapping[str, str]
    area: str
    day: date
    on: date
    period: str = ""
    bounds: Bounds = "34"
    commune: str = ""
    page: int = 0
    area_field: str = "province"
    free: bool = True
    named: Mapping[str, str] = field(default_factory=dict)

    @property
    def level(self) -> str:
        """The area's level: "country", "province" or "commune"."""
        return {0: "country", 2: "province"}.get(len(self.area), "commune")

    def query(self, **changes: str) -> dict[str, str]:
        """The query of this overview with other values; empty ones are left out."""
        found = {**self.values, **changes}
        if self.area_field in found and not found[self.area_field]:
            found[self.area_field] = COUNTRY  # said, since some begin at a province of their own
        return {name: value for name, value in found.items() if value}

    def stands(self, at: str) -> bool:
        """Whether a part that is for a level stands here."""
        return at in ("", self.level) or (at == "area" and self.area != "")


def read(overview: Overview, reader: Reader, given: Mapping[str, str]) -> Asked:
    """The fields of an overview from a query; what cannot be taken is left out."""
    places = overview.places
    today = places.local_day(reader.at)
    values: dict[str, str] = {}
    day, on, area, area_field, free = today, today, "", "province", True
    bounds: Bounds = "34"
    period = ""
    for each in overview.fields:
        if isinstance(each, BoundariesAsked):
            bounds = "63" if given.get(each.name) == "63" else "34"
            on = places.boundaries(bounds)
            values[each.name] = bounds
    for each in overview.fields:
        text = given.get(each.name, "").strip()[:LONGEST]
        match each:
            case Day(name=name):
                day = _day(text, today)
                values[name] = day.isoformat()
            case Choice(name=name, options=options):
                values[name] = text if text in {code for code, _ in options} else ""
            case Where(name=name):
                values[name] = text
            case PeriodAsked(name=name):
                values[name] = period = _period(text, reader)
            case Area(name=name, bound=bound):
                area_field, free = name, not (bound and _own(reader))
                area = values[name] = _area(each, given, overview, reader, on, bounds)
            case _:
                pass
    commune = given.get(COMMUNE, "")[:5]
    page = given.get(PAGE, "")
    number = int(page) if page.isdecimal() and len(page) < 6 else 0
    return Asked(values, area, day, on, period, bounds, commune, number, area_field, free)


def _day(text: str, today: date) -> date:
    try:
        return date.fromisoformat(read_date(text))
    except ValueError:  # no day, or a year alone
        return today


def _own(reader: Reader) -> str:
    own = reader.place or ""
    return own if len(own) == 2 else ""


def _area(
    asks: Area, given: Mapping[str, str], overview: Overview, reader: Reader, on: date,
    bounds: Bounds,
) -> str:  # fmt: skip
    """The area asked for; what is bound to a province is within it."""
    own = _own(reader) if bounds == "34" else ""
    text = given.get(asks.name, own).strip()
    found = overview.places.place(text, on) if text else None
    if asks.bound and own and (found is None or found.province != own):
        return own
    return found.code if found is not None else ""


def _period(text: str, reader: Reader) -> str:
    """The period asked for where there are figures of it, else the last whole month."""
    known = reader.figures.periods() if reader.figures is not None else ()
    if text in known:
        return text
    months = [each for each in known if len(each) == 7 and "Q" not in each]
    return (months[1:] or months or known or [""])[0]


def entries(overview: Overview, asked: Asked, reader: Reader) -> list[Entry]:
    """The fields as they are shown, filled in."""
    found = []
    for each in overview.fields:
        value, label = asked.values.get(each.name, ""), each.title.say(reader.language)
        match each:
            case Day():
                told = formats.day(asked.day)
                found.append(Entry(each.name, label, "date", told))
            case Where(hint=hint):
                text = asked.named.get(each.name, value)
                told = hint.say(reader.language)
                found.append(Entry(each.name, label, "text", text, hint=told))
            case Area() if not asked.free:
                pass
            case _:
                choices = _choices(each, overview, asked, reader)
                found.append(Entry(each.name, label, "choice", value, choices))
    return found


def _choices(
    asks: object, overview: Overview, asked: Asked, reader: Reader
) -> list[tuple[str, str]]:
    language = reader.language
    match asks:
        case Choice(options=options, every=every):
            return [("", every.say(language)), *((code, w.say(language)) for code, w in options)]
        case PeriodAsked():
            known = reader.figures.periods() if reader.figures is not None else ()
            return [(each, formats.period(each, language)) for each in known]
        case BoundariesAsked():
            return [(each, MESSAGES[f"bounds-{each}"].say(language)) for each in ("34", "63")]
        case Area():
            units = overview.places.provinces(asked.on)
            chosen = [("", MESSAGES["country"].say(language))]
            chosen += [(unit.code, unit.name) for unit in units]
            inner = (
                overview.places.place(asked.area, asked.on) if asked.level == "commune" else None
            )
            return [*chosen, (inner.code, inner.full)] if inner is not None else chosen
    return []
