"""The figures behind the demonstration people: pyramid, provinces, names; cited there."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal, TypeAlias

import yaml

from lanh.nation.place import SET_34_FROM, Unit
from lanh.nation.place.source import read_units

Sex: TypeAlias = Literal["male", "female"]

_FOLDER = Path(__file__).with_name("figures")
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
# From Da Nang southwards names take their southern spelling (Huynh, Vo).
_SOUTH_FROM = "48"


@cache
def read(name: str) -> Any:
    """A data file of this package by its name without ending."""
    text = (_FOLDER / f"{name}.yaml").read_text(encoding="utf-8")
    return yaml.load(text, Loader=_LOADER)  # noqa: S506


@cache
def pyramid() -> dict[tuple[Sex, int], int]:
    """People by sex and lower age of the five-year band (the last is 100 and over)."""
    cells: dict[tuple[Sex, int], int] = {}
    for band, (men, women) in read("pyramid").items():
        cells["male", band] = men
        cells["female", band] = women
    return cells


@dataclass(frozen=True, slots=True)
class Province:
    """A province since July 2025: its people in thousands and its groups other than Kinh (%)."""

    code: str
    people: int
    groups: dict[str, float]

    @property
    def southern(self) -> bool:
        """Whether names are spelled in the southern way."""
        return self.code >= _SOUTH_FROM

    @property
    def ethnic_weights(self) -> dict[str, float]:
        """Weights of the ethnic groups, Kinh ("01") being the rest."""
        return {"01": 100 - sum(self.groups.values()), **self.groups}


@cache
def provinces() -> dict[str, Province]:
    """The 34 provinces by code."""
    return {
        code: Province(code, row["people"], row["groups"])
        for code, row in read("provinces").items()
    }


@cache
def communes() -> dict[str, list[Unit]]:
    """The communes in force since 1 July 2025 that have a centre, by province code."""
    found: dict[str, list[Unit]] = {code: [] for code in provinces()}
    for unit in read_units()[0]:
        if unit.level == "commune" and unit.valid_from == SET_34_FROM and unit.latitude is not None:
            found[unit.province].append(unit)
    return found


@cache
def province_units() -> dict[str, Unit]:
    """The provinces in force since 1 July 2025 by code."""
    units = read_units()[0]
    return {u.code: u for u in units if u.level == "province" and u.valid_from == SET_34_FROM}
