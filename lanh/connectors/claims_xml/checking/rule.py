"""A rule, what it may look at, and what it finds."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from functools import cache, cached_property
from typing import Any, Literal, TypeAlias, cast

from lanh.connectors.claims_xml.checking.catalogues import Catalogues, NoCatalogues
from lanh.connectors.claims_xml.conditions import plain
from lanh.connectors.claims_xml.envelope import Row
from lanh.connectors.claims_xml.fields import RULES
from lanh.connectors.claims_xml.rules import amount, parse_day, parse_moment
from lanh.connectors.claims_xml.words import WORDS
from lanh.core.fhir import Severity
from lanh.core.text import Words

Effect: TypeAlias = Literal["row", "claim", "package"]


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule: its code, the key of its words, its severity and its days, both included."""

    code: str
    message: str
    severity: Severity
    effect: Effect
    check: str = ""
    since: date | None = None
    until: date | None = None
    values: Mapping[str, Any] = field(default_factory=dict)

    @property
    def words(self) -> Words:
        """What is said where the rule is broken, with its parameters open."""
        return WORDS[self.message]

    def holds_on(self, day: date) -> bool:
        """Whether the rule is in force on a day."""
        return (self.since is None or self.since <= day) and (
            self.until is None or day <= self.until
        )


@cache
def published_rules() -> tuple[Rule, ...]:
    """Every rule, those of single fields and formulas included, in the order of the file."""
    return tuple(
        Rule(
            code=told["code"],
            message=told["message"],
            severity=cast(Severity, told["severity"]),
            effect=cast(Effect, told["effect"]),
            check=told.get("check", ""),
            since=told.get("since"),
            until=told.get("until"),
            values=told.get("values", {}),
        )
        for told in RULES
    )


@dataclass(frozen=True, slots=True)
class Finding:
    """Where a rule is broken. `row` counts from 1; `field` is the tag to be changed."""

    table: str
    row: int
    field: str
    parameters: Mapping[str, Any] = dataclasses.field(default_factory=dict)


@dataclass
class Episode:
    """A package as the rules see it: rows in the names of today, by table. They do not change."""

    rows: Mapping[str, Sequence[Row]]
    catalogues: Catalogues = field(default_factory=NoCatalogues)

    @property
    def summary(self) -> dict[str, str]:
        """The values of XML1."""
        return self.rows["XML1"][0].values

    def table(self, name: str) -> Iterator[tuple[int, dict[str, str]]]:
        """(number, values) of the rows of a table."""
        for number, row in enumerate(self.rows.get(name, ()), start=1):
            yield number, row.values

    def lines(self, groups: Sequence[str]) -> Iterator[tuple[int, dict[str, str]]]:
        """The rows of XML3 of some cost groups that are no supplies."""
        for number, values in self.table("XML3"):
            if plain(values.get("MA_NHOM", "")) in groups and not values.get("MA_VAT_TU"):
                yield number, values

    def given(self, lines: Iterable[tuple[int, Mapping[str, str]]]) -> Decimal:
        """The quantities of lines of XML3, added up."""
        rows = self.rows.get("XML3", ())
        return sum((amount(rows[at - 1], "SO_LUONG") or Decimal(0) for at, _ in lines), Decimal(0))

    @property
    def care(self) -> str:
        """MA_LOAI_KCB with two digits."""
        return self.summary.get("MA_LOAI_KCB", "").zfill(2)

    @cached_property
    def arrived(self) -> datetime | None:
        """NGAY_VAO."""
        return parse_moment(self.summary.get("NGAY_VAO", ""))

    @cached_property
    def left(self) -> datetime | None:
        """NGAY_RA."""
        return parse_moment(self.summary.get("NGAY_RA", ""))

    @property
    def days(self) -> int:
        """The calendar days that the episode touched, at least one; 0 where they are not told."""
        if self.arrived is None or self.left is None:
            return 0
        return max((self.left.date() - self.arrived.date()).days + 1, 1)

    @cached_property
    def day(self) -> date | None:
        """The day by which rules and code lists are chosen: the end of the episode."""
        return self.left.date() if self.left else None


Check: TypeAlias = Callable[[Episode, Rule], Iterator[Finding]]


def is_whole(values: Mapping[str, str]) -> bool:
    """Whether a line of XML3 is paid whole: TYLE_TT_DV is 100, which it is where it is not told."""
    return plain(values.get("TYLE_TT_DV", "100").partition(".")[0]) == "100"


def instant(text: str) -> datetime | None:
    """A day or a moment; a day begins at midnight."""
    day = parse_day(text)
    return datetime(day.year, day.month, day.day) if day else parse_moment(text)  # noqa: DTZ001
