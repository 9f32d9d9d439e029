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
    by_key: Mapping[str, Indicator] = field(init=False)

    def __post_init__(self) -> None:
        """Index the indicators; refuse two of one key."""
        by_key = {indicator.key: indicator for indicator in self.indicators}
        if len(by_key) != len(self.indicators):
            raise ValueError("two indicators have the same key")
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
        return _digest(*parts, self.activity, self.placements_edition, self.country)


def _digest(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:12]
