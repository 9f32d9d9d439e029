"""What is wrong with an overview's definition, found before anybody opens it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator

from lanh.core.overviews.definition import (
    Area,
    Bars,
    Behind,
    Choice,
    Counted,
    Nearest,
    Note,
    Overview,
    Part,
    PlaceMap,
    Records,
    Series,
    Standing,
    Sum,
    Sums,
)
from lanh.core.overviews.grouping import NEWEST
from lanh.core.overviews.words import MESSAGES
from lanh.core.store import Invalid, parse_search
from lanh.core.text import Message

_OWN = frozenset({"place", "day", "week", "record"})


def faults_of(overview: Overview, own: Collection[str] = ()) -> list[Message]:
    """The faults of a definition: names that stand twice or lead nowhere, parts without facts,
    search parameters that the store does not have. `own` are those that the installation has."""
    found = [MESSAGES.message("fault-twice", name=name) for name in _twice(overview)]
    if not overview.parts:
        found.append(MESSAGES.message("fault-no-parts"))
    for part in overview.parts:
        found += _part(overview, part)
    found += _searches(overview, own)
    return found


def ways(overview: Overview) -> list[Behind]:
    """Every way behind a figure that an overview offers."""
    found: list[Behind] = []
    for part in overview.parts:
        if isinstance(part, Sums | Sum):
            found += part.behind
        elif isinstance(part, Standing):
            found += part.behind.values()
    return found


def _twice(overview: Overview) -> Iterator[str]:
    columns = [*(m.name for m in overview.measures), *(s.name for s in overview.said)]
    fields, grouped = [f.name for f in overview.fields], [b.name for b in overview.by]
    for names in (fields, columns, grouped):
        yield from (name for name, count in Counter(names).items() if count > 1)


def _part(overview: Overview, part: Part) -> Iterator[Message]:
    name = type(part).__name__
    if not isinstance(part, Nearest | Note) and (overview.source is None or not overview.measures):
        yield MESSAGES.message("fault-source", part=name)
        return
    measures, by = _named(overview, part)
    known = {each.name for each in overview.measures}
    known_said = {each.name for each in overview.said} if isinstance(part, Sums) else set()
    for each in measures:
        if each not in known | known_said:
            yield MESSAGES.message("fault-unknown", part=name, name=each)
    if by and by not in _OWN and overview.grouping(by) is None:
        yield MESSAGES.message("fault-unknown", part=name, name=by)
    if by == "place" and not any(isinstance(each, Area) for each in overview.fields):
        yield MESSAGES.message("fault-area", part=name)
    fields = {each.name for each in overview.fields}
    if isinstance(part, Sums | Sum | Standing):
        listed = part.behind.values() if isinstance(part, Standing) else part.behind
        for way in listed:
            for set_to in way.filters.values():
                if set_to.startswith("="):
                    continue
                if set_to not in fields | _OWN and overview.grouping(set_to) is None:
                    yield MESSAGES.message("fault-unknown", part=name, name=set_to)


def _named(overview: Overview, part: Part) -> tuple[list[str], str]:
    """The measures that a part names, and what it groups by."""
    match part:
        case Sums(by=by, columns=columns, order=order):
            return [*columns, *_ordered(overview, order)], by
        case Bars(by=by, measure=measure, order=order):
            return [measure, *_ordered(overview, order)], by
        case Series(by=by, measure=measure) | Standing(by=by, measure=measure):
            return [measure], by
        case PlaceMap(measure=measure):
            return [measure], "place"
        case Sum(measures=measures):
            return list(measures), ""
    return [], ""


def _ordered(overview: Overview, order: str) -> list[str]:
    return [order] if order not in ("", NEWEST) and overview.grouping(order) is None else []


def _searches(overview: Overview, own: Collection[str]) -> Iterator[Message]:
    asked: list[tuple[str, str, str]] = []
    chosen = [e for e in overview.fields if isinstance(e, Choice) and e.search]
    sources: list[tuple[str, tuple[tuple[str, str], ...], str]] = []
    if isinstance(overview.source, Records):
        source = overview.source
        sources.append((source.resource_type, source.fixed, source.day))
    elif isinstance(overview.source, Counted):
        sources.append((overview.source.resource_type, overview.source.fixed, ""))
    for part in overview.parts:
        if isinstance(part, Nearest):
            sources.append(("Location", part.fixed, ""))
            if part.beside is not None:
                beside = part.beside
                asked += [(beside.resource_type, *pair) for pair in beside.fixed]
                if beside.day:
                    asked.append((beside.resource_type, beside.day, "2026-01-01"))
    for kind, fixed, day in sources:
        asked += [(kind, *pair) for pair in fixed]
        asked += [(kind, each.search, code) for each in chosen for code, _ in each.options]
        if day:
            asked.append((kind, day, "2026-01-01"))
    for kind, name, value in asked:
        if name.split(":")[0].split(".")[0] in own:
            continue
        try:
            parse_search(kind, [(name, value)])
        except Invalid as error:
            yield MESSAGES.message("fault-search", name=name, reason=error.issues[0].message)
