"""Administrative units with their validity, and what became of each in the reform of 2025."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal, TypeAlias

Level: TypeAlias = Literal["province", "district", "commune"]
BoundarySet: TypeAlias = Literal["63", "34"]

COUNTRY = "VN"
# 63 provinces since Ha Tay joined Ha Noi (Resolution 15/2008/QH12).
SET_63_FROM = date(2008, 8, 1)
# 34 provinces and two levels of local government (Resolution 202/2025/QH15).
SET_34_FROM = date(2025, 7, 1)


def boundary_set(on: date) -> BoundarySet:
    """The set of boundaries in force on a date; dates before 2008 are shown under the 63."""
    return "34" if on >= SET_34_FROM else "63"


@dataclass(frozen=True, slots=True)
class Unit:
    """A province, a legacy district or a commune, valid from a date up to (not including) one.

    `code` is the code of the General Statistics Office as text: 2 digits for a province, 3 for a
    district, 5 for a commune (3 for the five island districts that had no communes). `latitude`
    and `longitude` are degrees of a centre, `area` is in square kilometres where it is known.
    """

    code: str
    level: Level
    kind: str
    name: str
    short_name: str
    province: str
    district: str | None
    latitude: float | None
    longitude: float | None
    area: float | None
    valid_from: date
    valid_to: date | None

    def valid_on(self, on: date) -> bool:
        """Whether the unit existed on a date."""
        return self.valid_from <= on and (self.valid_to is None or on < self.valid_to)

    @property
    def boundaries(self) -> BoundarySet:
        """The boundary set that the unit belongs to."""
        return boundary_set(self.valid_from)


@dataclass(frozen=True, slots=True)
class Succession:
    """An old unit whose land went, wholly or in part, to a new one.

    `main` marks the one successor that stands for an old unit that was divided.
    """

    level: Level
    old: str
    new: str
    main: bool
