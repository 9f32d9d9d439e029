"""Worked examples of a system: what somebody types into a form, a file each in `examples/`.

form: daily                     the form's key
role: commune-nurse             who fills it in
fields:                         names of fields as the page has them, without q/
  day: 09/03/2026
  shelf:0/temperature: "4,5"    as people write in Vietnam
about: facility                 the example (by file name) whose record it is about, or a record
reason: …                       where a correction or a warning asks for one
faults: [shelf:0/temperature]   the fields that are refused; nothing is written then
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

_KEYS = frozenset({"form", "role", "fields", "about", "reason", "faults", "facility", "language"})


class ExampleFault(ValueError):
    """An example that cannot be read; the text says what is wrong."""


@dataclass(frozen=True, slots=True)
class Example:
    """One example. `fields` are named as pages name them."""

    name: str
    form: str
    fields: Mapping[str, list[str]]
    role: str | None = None
    about: str | None = None
    reason: str = ""
    faults: tuple[str, ...] = ()
    facility: str | None = None
    source: Mapping[str, Any] = field(default_factory=dict)


def read_example(path: Path) -> Example:
    """The example of a file. Raises ExampleFault."""
    try:
        told = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.BaseLoader)  # noqa: S506
    except yaml.YAMLError as error:
        raise ExampleFault(str(error)) from error
    if not isinstance(told, dict) or not isinstance(told.get("form"), str):
        raise ExampleFault("form")
    if not isinstance(told.get("fields"), dict):
        raise ExampleFault("fields")
    strange = sorted(set(told) - _KEYS)
    if strange:
        raise ExampleFault(", ".join(strange))
    fields = {
        f"q/{name}": [str(each) for each in (held if isinstance(held, list) else [held])]
        for name, held in told["fields"].items()
    }
    faults = tuple(f"q/{name}" if name != "reason" else name for name in told.get("faults", ()))
    return Example(
        path.stem, told["form"], fields, told.get("role"), told.get("about"),
        told.get("reason", ""), faults, told.get("facility"), told,
    )  # fmt: skip


def examples_of(folder: Path) -> list[Example]:
    """The examples of a system's folder, in the order of their names. Raises ExampleFault."""
    return [read_example(path) for path in sorted((folder / "examples").glob("*.yaml"))]
