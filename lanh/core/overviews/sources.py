"""Facts from where they are: records found under the reader's access, counts, the warehouse."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from functools import cache

from lanh.core.access import CommuneIn, CustodianIn, Predicate, narrowed, permitted, predicate
from lanh.core.database import Plan
from lanh.core.overviews.asking import Asked
from lanh.core.overviews.definition import Choice, Counted, Indicators, Overview, Records
from lanh.core.overviews.facts import Fact, newest
from lanh.core.overviews.ports import Figures, Reader, Tally
from lanh.core.store import Context, Parameter, Search
from lanh.core.ui import formats

_AT_ONCE = 1_000


@dataclass(frozen=True, slots=True)
class Held:
    """Facts by what they are grouped by, found once each; `partial` says that there are more
    records than were read, `most` how many were."""

    facts: Callable[[str], Sequence[Fact]]
    partial: bool = False
    most: int = 0


def held(overview: Overview, asked: Asked, reader: Reader) -> Plan[Held]:
    """What an overview is about. Raises store.Forbidden where nothing of it may be searched."""
    match overview.source:
        case Records() as records:
            to = _narrow(records, overview, asked, reader)
            found, partial = yield from facts_of(records, reader, asked.day, to,
                                                 _chosen(overview, asked))  # fmt: skip
            kept = of_codes(found, overview, asked)
            return Held(lambda _by: kept, partial, records.most)
        case Counted() as counted:
            rows = yield from _counted(counted, overview, asked, reader)
            return Held(lambda _by: rows)
        case Indicators() as indicators if reader.figures is not None:
            figures = reader.figures
            return Held(cache(lambda by: list(_told(indicators, by, asked, figures))))
        case _:
            return Held(lambda _by: ())


def facts_of(
    source: Records, reader: Reader, day: date, to: Predicate | None,
    more: Sequence[Parameter] = (),
) -> Plan[tuple[list[Fact], bool]]:  # fmt: skip
    """The facts of the records of a day, and whether there are more records than were read."""
    access = reader.access if to is None else narrowed(reader.access, to)
    kind = source.resource_type
    if permitted(reader.access, "search", kind) and not permitted(access, "search", kind):
        return [], False  # something of the type may be found, nothing here
    parameters = [*(Parameter(name, (value,)) for name, value in source.fixed), *more]
    if source.day:
        days = [day - timedelta(days=back) for back in range(source.days)]
        parameters.append(Parameter(source.day, tuple(each.isoformat() for each in days)))
    found: list[Fact] = []
    read = 0
    cursor: str | None = None
    while True:
        count = min(_AT_ONCE, source.most - read)
        search = Search(kind, tuple(parameters), count=count, cursor=cursor)
        page = yield from reader.store.search(search, Context(access))
        for entry in page.entries:
            where = f"{entry.type}/{entry.id}"
            for fact in source.read(entry.resource(), reader):
                found.append(
                    replace(fact, record=fact.record or where,
                            commune=fact.commune or entry.commune or "")
                )  # fmt: skip
        read += len(page.entries)
        cursor = page.next_cursor
        if cursor is None or read >= source.most:
            break
    return (newest(found, source.newest) if source.newest else found), cursor is not None


def of_facilities(
    source: Records, reader: Reader, day: date, facilities: Collection[str]
) -> Plan[list[Fact]]:
    """The facts of the records of some facilities."""
    if not facilities:
        return []
    to = CustodianIn(frozenset(facilities))
    found, _ = yield from facts_of(source, reader, day, to)
    return found


def _narrow(source: Records, overview: Overview, asked: Asked, reader: Reader) -> Predicate | None:
    if source.own:
        return CustodianIn(frozenset({reader.facility} if reader.facility else ()))
    if asked.area:
        return CommuneIn(overview.places.codes_in(asked.area, asked.on))
    return None


def _chosen(overview: Overview, asked: Asked) -> list[Parameter]:
    return [
        Parameter(each.search, (asked.values[each.name],))
        for each in overview.fields
        if isinstance(each, Choice) and each.search and asked.values.get(each.name)
    ]


def of_codes(found: Sequence[Fact], overview: Overview, asked: Asked) -> list[Fact]:
    """The facts of the codes that are chosen."""
    wanted = {
        each.key: asked.values[each.name]
        for each in overview.fields
        if isinstance(each, Choice) and each.key and asked.values.get(each.name)
    }
    return [f for f in found if all(f.keys.get(key) == code for key, code in wanted.items())]


# ---- counted by the database --------------------------------------------------------------------

_REMEMBERED: dict[tuple[object, ...], tuple[float, dict[str, int]]] = {}
_MOST_REMEMBERED = 500


def forget() -> None:
    """Count anew."""
    _REMEMBERED.clear()


def _counted(source: Counted, overview: Overview, asked: Asked, reader: Reader) -> Plan[list[Fact]]:
    """Counts of the whole country are asked for, so that they are the same for every area."""
    parameters = (
        *(Parameter(name, (value,)) for name, value in source.fixed), *_chosen(overview, asked),
    )  # fmt: skip
    rule = predicate(reader.access, "search", source.resource_type)
    key = (source.resource_type, parameters, rule)
    until, counts = _REMEMBERED.get(key, (0.0, {}))
    if until <= time.monotonic():
        search = Search(source.resource_type, parameters)
        counts = yield from reader.store.tally(search, Context(reader.access))
        if len(_REMEMBERED) >= _MOST_REMEMBERED:
            _REMEMBERED.clear()
        _REMEMBERED[key] = time.monotonic() + source.seconds, counts
    inside = overview.places.codes_in(asked.area, asked.on) if asked.area else None
    return [
        Fact(counts={"records": count}, commune=commune)
        for commune, count in counts.items()
        if commune and (inside is None or commune in inside)
    ]


# ---- figures of the warehouse -------------------------------------------------------------------


def _told(source: Indicators, by: str, asked: Asked, figures: Figures) -> Iterator[Fact]:
    place, bounds = asked.area or None, asked.bounds
    chosen = asked.values.get(source.choice) or source.total

    def told(indicator: str, period: str = "") -> Tally:
        return figures.figure(indicator, place, period or asked.period, bounds)

    if by == "place":
        for each in figures.by_place(chosen, place, asked.period, bounds):
            counts = {} if each.withheld else {"count": each.numerator or 0}
            yield Fact({"place": each.place}, counts, commune=each.place, withheld=each.withheld)
    elif by == "week":
        until = figures.data_time()
        for week in weeks(asked.period, source.weeks):
            if until is None or week <= formats.local(until).date():
                name = _week(week)
                tally = told(chosen, name)
                counts = {} if tally.numerator is None else {"count": tally.numerator}
                yield Fact({"week": name}, counts, day=week, withheld=tally.withheld)
    else:
        whole, parts = told(source.total), {key: told(key) for key in source.parts}
        yield from _parts(by, source, whole, parts)


def _parts(by: str, source: Indicators, whole: Tally, parts: Mapping[str, Tally]) -> Iterator[Fact]:
    """A fact a part and one of what is left, or one of all; what can be reckoned of what is
    withheld is withheld."""
    hidden = whole.withheld or any(each.withheld for each in parts.values())
    total = {} if whole.withheld else {"total": whole.numerator or Decimal(0)}
    counts = {k: each.numerator or Decimal(0) for k, each in parts.items() if not each.withheld}
    if by != source.by:
        count = {"count": total["total"]} if total else {}
        yield Fact(counts={**count, **total, **counts}, withheld=whole.withheld)
        return
    for key, each in parts.items():
        count = {"count": counts[key]} if key in counts else {}
        yield Fact({by: key}, {**count, **total}, withheld=each.withheld)
    rest = {} if hidden else {"count": total["total"] - sum(counts.values())}
    yield Fact({by: "other"}, {**rest, **total}, withheld=hidden)


def weeks(period: str, count: int) -> list[date]:
    """The Mondays of the last ISO weeks up to the end of "2026", "2026-Q1" or "2026-03"."""
    year, _, rest = period.partition("-")
    months = {"": 12, **{f"Q{each}": each * 3 for each in range(1, 5)}}
    last = months[rest] if rest in months else int(rest)
    end = date(int(year) + last // 12, last % 12 + 1, 1) - timedelta(days=1)
    monday = end - timedelta(days=end.weekday())
    return [monday - timedelta(weeks=back) for back in reversed(range(count))]


def _week(monday: date) -> str:
    year, week, _ = monday.isocalendar()
    return f"{year}-W{week:02d}"
