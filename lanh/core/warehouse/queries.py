"""The queries behind figures: rollups where they can answer, the facts where they cannot."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from lanh.core.warehouse.indicators import Dimension, Indicator
from lanh.core.warehouse.period import Period
from lanh.core.warehouse.predicates import among
from lanh.core.warehouse.reader import State
from lanh.core.warehouse.rollup import COUNTED_BY, facts

_COLUMNS: dict[Dimension, str] = {"custodian": "commune", "residence": "residence"}
_ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Area:
    """The whole country, a province, or a commune with its province."""

    province: str | None = None
    commune: str | None = None

    def condition(self) -> tuple[str, list[Any]]:
        """SQL over the columns province and commune, and its parameters."""
        if self.commune is not None:
            return "province = ? AND commune = ?", [self.province, self.commune]
        if self.province is not None:
            return "province = ?", [self.province]
        return "TRUE", []

    @property
    def path(self) -> str:
        """The area as the rollups of distinct counts name it."""
        if self.commune is not None:
            return f"{self.province}/{self.commune}"
        return self.province or ""

    @property
    def below(self) -> str | None:
        """The column that tells the places directly below apart; None below a commune."""
        if self.commune is not None:
            return None
        return "commune" if self.province is not None else "province"


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked: an indicator for an area and a period, under a set of boundaries."""

    indicator: Indicator
    area: Area
    period: Period
    boundaries: str
    within: frozenset[str] | None
    dimension: Dimension

    @property
    def is_distinct(self) -> bool:
        """Whether the figure counts different keys."""
        return self.indicator.measure == "distinct"

    @property
    def is_rolled_up(self) -> bool:
        """Whether the rollups of distinct counts hold the answer."""
        counted = self.indicator.cumulative or self.period.granularity in COUNTED_BY
        return self.within is None and counted

    def days(self) -> tuple[str, list[Any]]:
        """SQL over the column day, and its parameters."""
        if self.indicator.cumulative:
            return "day < ?", [self.period.end]
        return "day >= ? AND day < ?", [self.period.start, self.period.end]


def placed_facts(question: Question) -> tuple[str, list[Any]]:
    """The facts that a question is about, with province and commune, as SQL and parameters."""
    column = _COLUMNS[question.dimension]
    days, arguments = question.days()
    area, more = question.area.condition()
    sql = (
        "SELECT * FROM (SELECT f.* RENAME (commune AS custodian_commune),"  # noqa: S608
        " coalesce(p.province, '?') AS province, coalesce(p.commune, '?') AS commune"
        f" FROM (SELECT * FROM ({facts(question.indicator)}) WHERE {days}) f"
        f" LEFT JOIN main.placement p ON p.code = f.{column} AND p.boundaries = ?"
        " AND f.day >= p.valid_from AND f.day < p.valid_to)"
        f" WHERE {area}"
    )
    arguments = [*arguments, question.boundaries, *more]
    if question.within is not None:
        code = "custodian_commune" if column == "commune" else column
        inside, codes = among(code, question.within)
        sql += f" AND {inside}"
        arguments += codes
    return sql, arguments


def total(state: State, question: Question) -> tuple[Decimal, Decimal, int]:
    """Numerator, denominator and number of records of a figure."""
    if question.is_distinct:
        if not question.is_rolled_up:
            sql, arguments = placed_facts(question)
            rows = state.fact_rows(f"SELECT count(DISTINCT key) FROM ({sql})", arguments)  # noqa: S608
            return Decimal(rows[0][0]), _ZERO, rows[0][0]
        found = _distinct(state, question, "area = ?", [question.area.path])
        count = sum(number for _, number in found)
        return Decimal(count), _ZERO, count
    sql, arguments = _cells(question)
    row = state.rows(
        f"SELECT sum(numerator), sum(denominator), sum(records) FROM ({sql})",  # noqa: S608
        arguments,
    )[0]
    return row[0] or _ZERO, row[1] or _ZERO, int(row[2] or 0)


def by_area(state: State, question: Question) -> list[tuple[str, Decimal, Decimal, int]]:
    """(code, numerator, denominator, records) of the places below, in the order of their codes."""
    below = question.area.below
    if below is None:
        return []
    if question.is_distinct:
        found = _distinct_below(state, question, below)
    else:
        sql, arguments = _cells(question)
        found = state.rows(
            f"SELECT {below}, sum(numerator), sum(denominator), sum(records) FROM ({sql})"  # noqa: S608
            f" GROUP BY {below} HAVING sum(records) <> 0 OR sum(denominator) <> 0",
            arguments,
        )
    named = [
        ("" if code == "?" else code, numerator or _ZERO, denominator or _ZERO, int(records or 0))
        for code, numerator, denominator, records in found
    ]
    return sorted(named)


def _cells(question: Question) -> tuple[str, list[Any]]:
    days, day_arguments = question.days()
    area, area_arguments = question.area.condition()
    sql = (
        "SELECT * FROM placed WHERE indicator = ? AND dimension = ? AND boundaries = ?"  # noqa: S608
        f" AND {area} AND {days}"
    )
    arguments: list[Any] = [question.indicator.key, question.dimension, question.boundaries]
    arguments += area_arguments + day_arguments
    if question.within is not None:
        inside, codes = among("code", question.within)
        sql += f" AND {inside}"
        arguments += codes
    return sql, arguments


def _distinct(
    state: State, question: Question, area: str, arguments: list[Any]
) -> list[tuple[Any, ...]]:
    """(area path, count) from the rollups of distinct counts."""
    given = [question.indicator.key, question.dimension, question.boundaries, *arguments]
    if question.indicator.cumulative:
        return state.rows(
            "SELECT area, CAST(sum(value) AS BIGINT) FROM firsts WHERE indicator = ?"  # noqa: S608
            f" AND dimension = ? AND boundaries = ? AND {area} AND day < ? GROUP BY area",
            [*given, question.period.end],
        )
    return state.rows(
        "SELECT area, value FROM distincts WHERE indicator = ? AND dimension = ?"  # noqa: S608
        f" AND boundaries = ? AND {area} AND granularity = ? AND start = ?",
        [*given, question.period.granularity, question.period.start],
    )


def _distinct_below(state: State, question: Question, below: str) -> list[tuple[Any, ...]]:
    if not question.is_rolled_up:
        sql, arguments = placed_facts(question)
        return state.fact_rows(
            f"SELECT {below}, count(DISTINCT key), 0, count(DISTINCT key) FROM ({sql})"  # noqa: S608
            f" GROUP BY {below}",
            arguments,
        )
    path = question.area.path
    area = "starts_with(area, ?)" if path else "area <> ? AND NOT contains(area, '/')"
    found = _distinct(state, question, area, [f"{path}/" if path else ""])
    return [(code.rpartition("/")[2], Decimal(n), _ZERO, n) for code, n in found]
