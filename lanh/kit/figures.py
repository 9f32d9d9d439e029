"""What systems count: their views and indicators in one set of definitions; worked figures.

A worked figure is a file of `examples/figures/`: records in, figures out.

records:
  - resource: {resourceType: Encounter, …}
    patient: a1                   the envelope: patient, custodian, commune, sensitivity
    times: 3                      as many records of it, each under an id of its own
figures:
  - {indicator: visits, place: "01", period: 2026-W10, value: 3}
  - {indicator: visits, place: "02", period: 2026-W10, withheld: true}
least: 5                          the smallest count told; 1 where it is not given
boundaries: "34"                  the set of boundaries
"""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import yaml

from lanh.core.warehouse import Definitions
from lanh.core.warehouse.views import ViewDefinition, load_view
from lanh.kit.examples import ExampleFault
from lanh.kit.system import System, SystemFault

_ENVELOPE = frozenset({"patient", "custodian", "commune", "sensitivity"})


def views(module_file: str) -> tuple[ViewDefinition, ...]:
    """The view definitions of the folder `views` beside a system's `system.py`."""
    return tuple(load_view(p) for p in sorted((Path(module_file).parent / "views").glob("*.yaml")))


def counting(base: Definitions, systems: Iterable[System]) -> Definitions:
    """Definitions with what systems declare. Raises SystemFault where a view, a key, or a rule of
    small counts of one cannot stand beside the others."""
    own = list(systems)
    every = [*base.views, *(view for system in own for view in system.views)]
    names = [view.name for view in every]
    for name in names:
        if names.count(name) > 1:
            raise SystemFault(f"two views have the name {name}")
    indicators = (*base.indicators, *(each for system in own for each in system.indicators))
    try:
        return replace(base, views=tuple(every), indicators=indicators)
    except ValueError as error:
        raise SystemFault(str(error)) from error


@dataclass(frozen=True, slots=True)
class Record:
    """A record of a worked figure with what the store would keep beside it."""

    resource: Mapping[str, Any]
    envelope: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Worked:
    """One worked figure's file. Each of `figures` has indicator, place, period, and a value or
    that it is withheld."""

    name: str
    records: Sequence[Record]
    figures: Sequence[Mapping[str, Any]]
    least: int
    boundaries: str


def read_worked(path: Path) -> Worked:
    """The worked figures of a file. Raises ExampleFault."""
    try:
        told = yaml.safe_load(path.read_text(encoding="utf-8"))
        records = [each for row in told["records"] for each in _records(row)]
        figures = [_figure(row) for row in told["figures"]]
        least, boundaries = int(told.get("least", 1)), str(told.get("boundaries", "34"))
    except (yaml.YAMLError, KeyError, TypeError, ValueError) as error:
        raise ExampleFault(str(error)) from error
    return Worked(path.stem, records, figures, least, boundaries)


def worked_figures(folder: Path) -> list[Worked]:
    """The worked figures of a system's folder. Raises ExampleFault."""
    return [read_worked(path) for path in sorted((folder / "examples" / "figures").glob("*.yaml"))]


def _records(row: Mapping[str, Any]) -> list[Record]:
    envelope = {key: str(row[key]) for key in _ENVELOPE & set(row)}
    made = []
    for number in range(int(row.get("times", 1))):
        body = copy.deepcopy(dict(row["resource"]))
        body["id"] = f"{body['id']}-{number}" if number else str(body["id"])
        made.append(Record(body, envelope))
    return made


def _figure(row: Mapping[str, Any]) -> Mapping[str, Any]:
    if not {"indicator", "place", "period"} <= set(row) or ("value" in row) == ("withheld" in row):
        raise ValueError(f"a figure needs indicator, place, period and value or withheld: {row}")
    return row
