"""What overviews ask of others: who reads, the places of the country, figures of indicators."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Literal, Protocol, TypeAlias

from lanh.core.access import Access
from lanh.core.store import Store
from lanh.core.text import Language
from lanh.core.ui import Ground as DrawnCountry

Spot: TypeAlias = tuple[float, float]
"""Latitude and longitude in degrees."""

Bounds: TypeAlias = Literal["34", "63"]


class Tally(Protocol):
    """A figure: a count (`numerator` the same), or a share in per cent of two counts. All are
    None where nothing was reported, and where the figure is `withheld`."""

    @property
    def value(self) -> Decimal | None:
        """The count, or the share in per cent."""
        ...

    @property
    def numerator(self) -> Decimal | None:
        """What was counted."""
        ...

    @property
    def withheld(self) -> bool:
        """Whether the figure is not told, since it is small or a small one could be reckoned."""
        ...


class PlaceTally(Tally, Protocol):
    """The figure of one place."""

    @property
    def place(self) -> str:
        """The place's code."""
        ...


class Figures(Protocol):
    """Figures of the indicators that systems declare, for pages of their own: sums, no records.

    Periods are "2026", "2026-Q1", "2026-03" or "2026-W10"; `place` is a province or commune, None
    the country; `bounds` the set of provinces.
    """

    @property
    def least(self) -> int:
        """The smallest count above zero that is told of a place."""
        ...

    def periods(self) -> Sequence[str]:
        """Years, quarters and months that hold data, newest first."""
        ...

    def data_time(self) -> datetime | None:
        """Up to when the figures hold the records; None before they were first made."""
        ...

    def figure(self, indicator: str, place: str | None, period: str, bounds: Bounds) -> Tally:
        """One figure."""
        ...

    def by_place(
        self, indicator: str, place: str | None, period: str, bounds: Bounds
    ) -> Sequence[PlaceTally]:
        """The figures of the places directly below, those with a record."""
        ...


class Reader(Protocol):
    """Who looks at an overview: what they may do, when, in which language, for which place."""

    @property
    def access(self) -> Access:
        """What they may read."""
        ...

    @property
    def language(self) -> Language:
        """The language of the screen."""
        ...

    @property
    def at(self) -> datetime:
        """Now, aware."""
        ...

    @property
    def facility(self) -> str | None:
        """The code of the facility that they act for."""
        ...

    @property
    def place(self) -> str | None:
        """The code of the province or commune that they act for."""
        ...

    @property
    def store(self) -> Store:
        """The installation's records."""
        ...

    @property
    def figures(self) -> Figures | None:
        """The installation's figures."""
        ...


@dataclass(frozen=True, slots=True)
class Place:
    """A province or a commune: its code, its name, its centre where it is known. `province` is the
    code of the province that it lies in, `full` its name with that of the province."""

    code: str
    name: str
    spot: Spot | None
    province: str
    full: str


class Places(Protocol):
    """The places of the country as its borders run on a day."""

    def provinces(self, on: date) -> Sequence[Place]:
        """The provinces, in the order of their names."""
        ...

    def communes(self, province: str, on: date) -> Sequence[Place]:
        """The communes of a province, in the order of their names."""
        ...

    def place(self, code: str, on: date) -> Place | None:
        """The province or commune that a code meant on a day, or None."""
        ...

    def codes_in(self, area: str, on: date) -> frozenset[str]:
        """Every commune code that stands for land of an area, whenever it was written."""
        ...

    def standing(self, commune: str, written: date, on: date) -> tuple[str, str] | None:
        """(province, commune) by the borders of a day `on` of the commune that a record of another
        day bears; None where there is none."""
        ...

    def meant(self, text: str, on: date) -> Sequence[Place]:
        """The communes that a text may mean: "Ba Dinh", "Ba Đình, Hà Nội"."""
        ...

    def outline(self, province: str, on: date) -> Sequence[Sequence[Sequence[Spot]]]:
        """A province's outline as polygons of rings of (longitude, latitude); empty for none."""
        ...

    def country(self, on: date) -> DrawnCountry:
        """The outlines of all provinces, with the archipelagos."""
        ...

    def local_day(self, moment: datetime) -> date:
        """The day of a moment where the places are."""
        ...

    def boundaries(self, bounds: Bounds) -> date:
        """A day on which a set of boundaries was in force."""
        ...
