"""The official SQL on FHIR v2 test cases: reading them, and comparing rows."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import yaml

from lanh.core.warehouse.views import ViewError, read_view

Run = Callable[[Any, list[dict[str, Any]]], tuple[list[str], list[list[Any]]]]


@dataclass(frozen=True)
class Case:
    """One official test: a view, the resources, and what is expected."""

    name: str
    test: dict[str, Any]
    resources: list[dict[str, Any]]


def cases(folder: Path) -> Iterator[Case]:
    """Every test of the suite."""
    # Fractions come as strings, as `exact_text` would have them: 1.0 must keep its precision.
    decoder = msgspec.json.Decoder(float_hook=str)
    for path in sorted(folder.glob("*.json")):
        raw = path.read_bytes()
        resources = decoder.decode(raw)["resources"]
        for test in json.loads(raw)["tests"]:
            yield Case(f"{path.stem}: {test['title']}", test, resources)


def fault(case: Case, run: Run, errors: tuple[type[Exception], ...]) -> str | None:
    """Why the case fails, or None where it passes."""
    test = case.test
    try:
        view = read_view(test["view"])
        mine = [r for r in case.resources if r["resourceType"] == view.resource]
        columns, rows = run(view, mine)
    except Exception as error:
        if not isinstance(error, (ViewError, *errors)):
            raise
        return None if test.get("expectError") else str(error).splitlines()[0]
    if test.get("expectError"):
        return "an error was expected"
    if "expectColumns" in test and columns != test["expectColumns"]:
        return f"columns {columns}"
    got = Counter(_key(dict(zip(columns, row, strict=True))) for row in rows)
    wanted = Counter(_key(row) for row in test["expect"])
    return None if got == wanted else f"{got} instead of {wanted}"


def _key(row: dict[str, Any]) -> str:
    return json.dumps({name: _plain(value) for name, value in row.items()}, sort_keys=True)


def _plain(value: Any) -> Any:
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if isinstance(value, (Decimal, int, float)) and not isinstance(value, bool):
        return float(value)
    return value


def known_failures(engine: str) -> set[str]:
    """The names of the tests that are known to fail on an engine."""
    return set(known_reasons(engine))


def known_reasons(engine: str) -> dict[str, str]:
    """The tests that are known to fail on an engine, each with the reason."""
    path = Path(__file__).with_name("known_failures.yaml")
    found: dict[str, str] = yaml.safe_load(path.read_text(encoding="utf-8"))[engine]
    return found
