"""Which figures of a state are withheld: the rule of `disclosure` over the lake's own counts.

A figure is told where its place and every one above it may be told. Communes are told under the
boundaries that were in force only: under others, one may differ from one that is told by a single
small place.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from lanh.core.warehouse.disclosure import Cell, Table, withheld
from lanh.core.warehouse.indicators import Indicator
from lanh.core.warehouse.nesting import Node
from lanh.core.warehouse.period import Period
from lanh.core.warehouse.predicates import among
from lanh.core.warehouse.queries import Question
from lanh.core.warehouse.reader import State

_WHOLE = "*"  # the kind of a share's denominator


def is_withheld(state: State, question: Question) -> bool:
    """Whether a figure is not told. Of the whole country none is, but of single days."""
    if not _is_guarded(state, question):
        return False
    if _is_narrowed(question):
        return True
    area, nesting = question.area, state.nesting
    if area.province is None:
        return False
    if area.commune is None:
        node: Node | None = nesting.province(question.boundaries, area.province)
    else:
        node = _commune(state, question, area.commune)
    return node is None or _is_hidden(state, question, node)


def withheld_below(state: State, question: Question) -> frozenset[str]:
    """The codes of the places directly below an area whose figures are not told: those that count
    nothing too, where others hide among them. Code "" is what lies in no known place."""
    if not _is_guarded(state, question) or question.area.commune is not None:
        return frozenset()
    level = "commune" if question.area.province else "province"
    hidden = {""}
    for (boundaries, kind, code), province in state.areas.items():
        inside = boundaries == question.boundaries and kind == level
        if not inside or question.area.province not in (None, province):
            continue
        if level == "province":
            node: Node | None = state.nesting.province(boundaries, code)
        else:
            node = _commune(state, question, code)
        if _is_narrowed(question) or node is None or _is_hidden(state, question, node):
            hidden.add(code)
    return frozenset(hidden)


def _is_guarded(state: State, question: Question) -> bool:
    return question.indicator.small_counts == "withheld" and state.definitions.least > 1


def _is_narrowed(question: Question) -> bool:
    """Whether less or other than the indicator's own cells is asked for: no such figure is told,
    since it could be taken off one that is."""
    if question.within is not None or question.dimension != question.indicator.place:
        return True
    return question.period.granularity == "day"


def _commune(state: State, question: Question, code: str) -> Node | None:
    if question.indicator.measure == "distinct":
        return None  # of different keys the counts of provinces are kept only
    return state.nesting.commune(question.boundaries, code, question.period)


def _is_hidden(state: State, question: Question, node: Node) -> bool:
    key = question.indicator.key
    root = state.definitions.by_key[question.indicator.part_of or key]
    stretches = _stretches(question.period)
    at: Node | None = node
    while at is not None:
        for year, period in stretches:
            if (at.code, period, key) in _cells(state, root, at, year):
                return True
        at = state.nesting.above(at)
    return False


def _stretches(period: Period) -> list[tuple[int, str]]:
    """A period as the tables name it, with its year: a week by the parts that months cut it in."""
    if period.granularity != "week":
        return [(period.start.year, str(period))]
    days = [period.start + timedelta(days=each) for each in range(7)]
    return sorted({(day.year, _stretch(day)) for day in days})


def _stretch(day: date) -> str:
    return f"{day:%Y-%m} {Period.containing(day, 'week')}"


def _cells(state: State, root: Indicator, node: Node, year: int) -> frozenset[Cell]:
    """What is withheld of the places beside a place, of an indicator and its parts, in a year."""
    key = ("withheld", root.key, node.depth, node.above, year)
    if key not in state.answers:
        state.answers[key] = _reckoned(state, root, node, year)
    found: frozenset[Cell] = state.answers[key]
    return found


def _reckoned(state: State, root: Indicator, node: Node, year: int) -> frozenset[Cell]:
    places, periods = state.nesting.siblings(node), _calendar(year)
    groups: dict[str, list[Indicator]] = {}
    for each in state.definitions.indicators:
        if each.part_of == root.key:
            groups.setdefault(each.breakdown, []).append(each)

    def table(indicators: list[Indicator], column: str, kind: str | None = None) -> Table:
        counts: dict[Cell, int] = {}
        for key, place, day, count in _counts(state, indicators, column, node, year):
            cell = (place, _stretch(day), kind or key)
            counts[cell] = counts.get(cell, 0) + int(count)
        return Table(places, [kind or each.key for each in indicators], periods, counts)

    if root.measure == "share":
        total, parts = table([root], "denominator", _WHOLE), [table([root], "numerator")]
    else:
        total, parts = table([root], "numerator"), []
    parts += [table(indicators, "numerator") for indicators in groups.values()]
    return withheld(total, parts, state.definitions.least)


def _calendar(year: int) -> dict[str, str]:
    """From each period of a year to the one it is part of; weeks are cut where a month ends."""
    found: dict[str, str] = {}
    day = date(year, 1, 1)
    while day.year == year:
        month = Period.containing(day, "month")
        quarter = Period.containing(day, "quarter")
        found[_stretch(day)] = str(month)
        found[str(month)] = str(quarter)
        found[str(quarter)] = str(year)
        day += timedelta(days=1)
    return found


def _counts(
    state: State, indicators: list[Indicator], column: str, node: Node, year: int
) -> list[tuple[Any, ...]]:
    """(indicator, place, day, count) of a place and those beside it, in a year."""
    nesting, places = state.nesting, state.nesting.siblings(node)
    dimension = indicators[0].place
    keys = [each.key for each in indicators]
    wanted, given = among("indicator", keys)
    days = (date(year, 1, 1), date(year + 1, 1, 1))
    if indicators[0].measure == "distinct":
        area, codes = among("area", places)
        return state.rows(
            "SELECT indicator, area, start, value FROM distincts WHERE dimension = ?"  # noqa: S608
            f" AND boundaries = ? AND granularity = 'day' AND start >= ? AND start < ?"
            f" AND {wanted} AND {area}",
            [dimension, nesting.sets[node.depth], *days, *given, *codes],
        )
    if node.depth < len(nesting.sets):
        column_of, spans = "province", {nesting.sets[node.depth]: days}
    else:
        column_of = "commune"
        spans = {
            each: (max(since, days[0]), min(until, days[1]))
            for each, (since, until) in nesting.in_force.items()
        }
    area, codes = among(column_of, places)
    rows: list[tuple[Any, ...]] = []
    for boundaries, (since, until) in spans.items():
        rows += state.rows(
            f"SELECT indicator, {column_of}, day, sum({column}) FROM placed"  # noqa: S608
            " WHERE dimension = ? AND boundaries = ? AND day >= ? AND day < ?"
            f" AND {wanted} AND {area} GROUP BY ALL",
            [dimension, boundaries, since, until, *given, *codes],
        )
    return rows
