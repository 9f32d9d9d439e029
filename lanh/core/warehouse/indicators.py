"""What the warehouse computes: views, indicators over them, and where codes lie."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Literal, TypeAlias

from lanh.core.text import Words
from lanh.core.warehouse.period import Granularity
from lanh.core.warehouse.views import ViewDefinition

Measure: TypeAlias = Literal["count", "sum", "share", "distinct"]
Dimension: TypeAlias = Literal["custodian", "residence"]

# The columns that an indicator's SQL yields for each fact, in any order.
FACT_COLUMNS = (
    "type", "id", "patient", "day", "custodian", "commune", "residence", "sensitivity",
    "numerator", "denominator", "key",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Indicator:
    """A figure defined once: by the records it counts.

    `sql` selects the facts: one row a record, with the columns of FACT_COLUMNS. It reads the
    views by their names. `day` is the local date by which the record belongs to a period.
    - count: the number of facts (`numerator` 1);
    - sum: the sum of `numerator`;
    - share: the sum of `numerator` (0 or 1) out of the sum of `denominator` (1), in per cent;
    - distinct: the number of different `key`s among the facts; each is represented by its first.
    A `cumulative` indicator counts everything up to the end of the period, the others what lies
    within it. A fact of a count, sum or share may depend on the rows of one patient only. `place`
    says by which commune facts are placed unless the reader chooses: that of the custodian at the
    time of the event, or the patient's residence. `sensitivity` names the kind of sensitive data
    that the figure itself reveals, "" for none.

    Where `small_counts` are "withheld", no figure of a place is told that is small or by which a
    small one could be reckoned (`disclosure`); such an indicator is not cumulative. `part_of` is
    the key of the indicator of which this one counts a part, among those of one `breakdown` each
    record in one part at most: parts and their total are judged together. `shortest` is the
    shortest period that the indicator is for. `owner` answers for the definition.
    """

    key: str
    title: Words
    unit: Words
    description: Words
    sql: str
    measure: Measure = "count"
    cumulative: bool = False
    place: Dimension = "custodian"
    direction: Literal["up", "down", "neither"] = "neither"
    decimals: int = 0
    sensitivity: str = ""
    small_counts: Literal["told", "withheld"] = "told"
    part_of: str = ""
    breakdown: str = ""
    shortest: Granularity = "day"
    owner: Words | None = None


@dataclass(frozen=True, slots=True)
class Placement:
    """Where a commune code, written on a day from `valid_from` up to `valid_to`, lies.

    `boundaries` names the set of boundaries under which it lies in `province` and `commune`.
    """

    code: str
    valid_from: date
    valid_to: date
    boundaries: str
    province: str
    commune: str


@dataclass(frozen=True)
class Definitions:
    """Everything a lake is built by.

    `residence_view` names the view of Patients with a column `residence` (commune code), and
    `link_view` the view of Persons with a row and a column `linked` for each linked Patient.
    `activity` is SQL that selects custodian, commune and day of everything sent: by it figures
    say how complete they are. `country` is the area code of the whole.

    For indicators that withhold small counts: `least` is the smallest count that is not small,
    `nesting` the sets of boundaries, coarsest first, where the provinces of each lie within those
    of the one before, and `in_force` the days (first, day after the last) of each.
    """

    views: tuple[ViewDefinition, ...]
    indicators: tuple[Indicator, ...]
    activity: str
    placements: Callable[[], Iterable[Placement]]
    placements_edition: str
    residence_view: str = "patient"
    link_view: str = "person_link"
    country: str = "VN"
    zone_minutes: int = 0
    least: int = 5
    nesting: tuple[str, ...] = ()
    in_force: Mapping[str, tuple[date, date]] = field(default_factory=dict)
    by_key: Mapping[str, Indicator] = field(init=False)

    def __post_init__(self) -> None:
        """Index the indicators; refuse two of one key, and parts that cannot be judged."""
        by_key = {indicator.key: indicator for indicator in self.indicators}
        if len(by_key) != len(self.indicators):
            raise ValueError("two indicators have the same key")
        for each in self.indicators:
            if each.small_counts == "withheld":
                _refuse(each, by_key.get(each.part_of or each.key), self.nesting)
        object.__setattr__(self, "by_key", by_key)

    def view_digest(self, view: ViewDefinition) -> str:
        """A mark that changes with what a view says."""
        text = json.dumps(view.source, sort_keys=True, ensure_ascii=False)
        return _digest(text, str(self.zone_minutes))

    @cached_property
    def digest(self) -> str:
        """A mark that changes with anything that changes a figure."""
        parts = [self.view_digest(view) for view in self.views]
        for indicator in self.indicators:
            parts += [indicator.key, indicator.sql, indicator.measure, str(indicator.cumulative)]
            parts.append(indicator.small_counts)
        return _digest(*parts, self.activity, self.placements_edition, self.country)


def _refuse(indicator: Indicator, whole: Indicator | None, nesting: tuple[str, ...]) -> None:
    """Raise ValueError where small counts of an indicator cannot be withheld."""
    if whole is None or whole.part_of or whole.small_counts != "withheld":
        raise ValueError(f"{indicator.key} is part of {indicator.part_of}, which is no whole")
    if whole is not indicator and (whole.measure != "count" or whole.place != indicator.place):
        raise ValueError(f"{indicator.key} and {whole.key} do not count the same")
    if indicator.cumulative or indicator.measure == "sum" or not nesting:
        raise ValueError(f"{indicator.key} cannot withhold small counts")
    if indicator.measure == "distinct" and indicator.part_of:
        raise ValueError(f"{indicator.key} counts different keys, so it is part of nothing")


def _digest(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:12]
