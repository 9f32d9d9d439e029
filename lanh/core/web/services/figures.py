"""What the pages need of figures and places; see `services`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Literal, Protocol, TypeAlias

from lanh.core.access import Access
from lanh.core.text import Words

Boundaries: TypeAlias = Literal["34", "63"]


@dataclass(frozen=True, slots=True)
class IndicatorName:
    """An indicator as the pages show it. `better` says which direction is good news, `part_of`
    which indicator it is a part of, by cause or age."""

    key: str
    title: Words
    unit: Words
    description: Words
    better: Literal["up", "down", "neither"] = "neither"
    decimals: int = 0
    part_of: str = ""


@dataclass(frozen=True, slots=True)
class Figure:
    """A value with its base of comparison; None where nothing was reported, and where the figure
    is `withheld` since a small count could be known by it."""

    indicator: str
    value: Decimal | None
    previous: Decimal | None = None
    numerator: Decimal | None = None
    denominator: Decimal | None = None
    withheld: bool = False


@dataclass(frozen=True, slots=True)
class PlaceFigure:
    """One place's figure."""

    place: str
    name: str
    value: Decimal | None
    numerator: Decimal | None = None
    denominator: Decimal | None = None
    withheld: bool = False


@dataclass(frozen=True, slots=True)
class SeriesPoint:
    """A period ("2026-03") and its value."""

    period: str
    value: Decimal | None
    withheld: bool = False


@dataclass(frozen=True, slots=True)
class RecordBehind:
    """A record that a figure counts. `person` only where this access may open that person."""

    type: str
    id: str
    date: str
    facility_name: str
    place_name: str
    summary: str
    patient: str | None = None


@dataclass(frozen=True, slots=True)
class RecordsBehind:
    """A page of them; `total` equals the figure that this access may see behind. Of a figure that
    is `withheld` none are listed."""

    records: Sequence[RecordBehind]
    total: int
    next_cursor: str | None = None
    withheld: bool = False


class Figures(Protocol):
    """The warehouse. Periods are "2026", "2026-Q1", "2026-03" or "2026-W10"; `place` None is the
    country."""

    @property
    def least(self) -> int:
        """The smallest count above zero that is told where small counts are withheld."""
        ...

    def indicators(self) -> Sequence[IndicatorName]:
        """Those that the pages offer, in their order."""
        ...

    def periods(self) -> Sequence[str]:
        """Periods that hold data, newest first."""
        ...

    def data_time(self) -> datetime | None:
        """Up to when the figures hold the records; None before the first refresh."""
        ...

    def figure(self, indicator: str, place: str | None, period: str, bounds: Boundaries) -> Figure:
        """One figure with that of the period before."""
        ...

    def by_place(
        self, indicator: str, place: str | None, period: str, bounds: Boundaries
    ) -> Sequence[PlaceFigure]:
        """The figures of the places directly below: provinces of the country, or communes."""
        ...

    def series(
        self, indicator: str, place: str | None, period: str, bounds: Boundaries
    ) -> Sequence[SeriesPoint]:
        """The months up to the end of `period`, oldest first, at most 24."""
        ...

    def records_behind(
        self,
        indicator: str,
        place: str | None,
        period: str,
        bounds: Boundaries,
        access: Access,
        limit: int,
        cursor: str | None,
    ) -> RecordsBehind:
        """The records that the figure counts, limited to what the access may see."""
        ...


@dataclass(frozen=True, slots=True)
class PlaceShape:
    """A province's outline: polygons of rings of (longitude, latitude); outer ring first."""

    code: str
    name: str
    polygons: Sequence[Sequence[Sequence[tuple[float, float]]]]


@dataclass(frozen=True, slots=True)
class Archipelago:
    """Islands drawn as dots in an inset, with the province they belong to."""

    name: str
    province: str
    points: Sequence[tuple[float, float]]


@dataclass(frozen=True, slots=True)
class PlacePoint:
    """A commune's centre; `polygons` where official borders were imported."""

    code: str
    name: str
    longitude: float
    latitude: float
    polygons: Sequence[Sequence[Sequence[tuple[float, float]]]] = ()


class Places(Protocol):
    """Names and shapes of places under a set of boundaries.

    Shapes are drawn once for each `Places`: new borders come as a new object.
    """

    def __hash__(self) -> int:
        """Places are told apart by identity."""
        ...

    def name(self, code: str, bounds: Boundaries) -> str | None:
        """A province's or commune's name; None where there is no such place."""
        ...

    def parent(self, code: str, bounds: Boundaries) -> str | None:
        """A commune's province; None for a province."""
        ...

    def provinces(self, bounds: Boundaries) -> Sequence[PlaceShape]:
        """Every province's outline."""
        ...

    def archipelagos(self, bounds: Boundaries) -> Sequence[Archipelago]:
        """Hoàng Sa and Trường Sa."""
        ...

    def communes(self, province: str, bounds: Boundaries) -> Sequence[PlacePoint]:
        """A province's communes."""
        ...
