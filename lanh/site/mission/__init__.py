"""The table of the mission: row -> system -> test, generated from what systems declare."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml

import lanh.systems
from lanh.kit import System, installed

ROOT = Path(__file__).parents[3]
PAGE = ROOT / "docs" / "mission" / "README.md"
_FOLDER = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Served:
    """Who serves a row, and the tests that show it at work (from the project's root)."""

    by: str
    path: str
    tests: tuple[str, ...]


class MissionFault(ValueError):
    """A row is declared that does not exist, or a test that is not there."""


def groups() -> Mapping[str, tuple[str, Mapping[str, str]]]:
    """Group letter -> (its title, row id -> function), in the mission's order."""
    loaded = yaml.safe_load((_FOLDER / "rows.yaml").read_text(encoding="utf-8"))
    return {key: (group["title"], group["rows"]) for key, group in loaded.items()}


def served(systems: Sequence[System] | None = None) -> dict[str, list[Served]]:
    """Row id -> who serves it: the installed systems, and engines (`engines.yaml`).

    Raises MissionFault where a row or a test does not exist.
    """
    known = {row for _, rows in groups().values() for row in rows}
    found: dict[str, list[Served]] = {}
    for system in installed(lanh.systems) if systems is None else systems:
        for row in system.rows:
            path = f"lanh/systems/{system.key}"
            found.setdefault(row, []).append(Served(system.title.en, path, system.tests))
    engines = yaml.safe_load((_FOLDER / "engines.yaml").read_text(encoding="utf-8"))
    for row, entries in engines.items():
        for entry in entries:
            one = Served(entry["engine"], entry["path"], tuple(entry["tests"]))
            found.setdefault(row, []).append(one)
    _check(found, known)
    return found


def _check(found: Mapping[str, Sequence[Served]], known: set[str]) -> None:
    for row, entries in found.items():
        if row not in known:
            raise MissionFault(f"{row} is no row of the mission")
        for entry in entries:
            for path in (entry.path, *entry.tests):
                if not (ROOT / path).exists():
                    raise MissionFault(f"{row}, {entry.by}: {path} does not exist")


def page() -> str:
    """The page as Markdown."""
    found = served()
    total = sum(len(rows) for _, rows in groups().values())
    lines = [
        "# The mission, row by row",
        "",
        "Written by `make docs` from what the systems declare; do not edit.",
        "A row is begun when a system or an engine serves it and a test shows it at work.",
        f"Begun: {len(found)} of {total}.",
    ]
    for letter, (title, rows) in groups().items():
        lines += ["", f"## {letter}. {title}", "", "| row | function | served by | shown by |"]
        lines.append("|---|---|---|---|")
        for row, function in rows.items():
            lines.append(_line(row, function, found.get(row, ())))
    return "\n".join(lines) + "\n"


def _line(row: str, function: str, entries: Sequence[Served]) -> str:
    by = ", ".join(f"[{entry.by}](../../{entry.path})" for entry in entries)
    tests = list(dict.fromkeys(test for entry in entries for test in entry.tests))
    shown = ", ".join(f"[{test}](../../{test})" for test in tests)
    return f"| {row} | {function} | {by} | {shown} |"
