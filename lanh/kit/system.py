"""A ministry system, declared: its table of contents, and nothing about how the engines work."""

from __future__ import annotations

import importlib
import pkgutil
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

from lanh.core.text import Catalogue, Words


class SystemFault(ValueError):
    """A system's folder does not hold what the kit expects; the text says what is missing."""


@dataclass(frozen=True, slots=True)
class Page:
    """An entry of a system's menu: where it is and which roles it is shown to."""

    path: str
    title: Words
    roles: frozenset[str]


@dataclass(frozen=True, slots=True)
class System:
    """One folder of `lanh/systems`: the mission rows it serves, its users, its pages.

    `rows` are ids of the mission table (A1 … J7). `tests` are the files, from the project's root,
    that show each row at work.
    """

    key: str
    title: Words
    summary: Words
    rows: tuple[str, ...]
    pages: tuple[Page, ...]
    tests: tuple[str, ...]


def catalogue(module_file: str) -> Catalogue:
    """The `messages.yaml` beside a system's `system.py`."""
    return Catalogue.load(Path(module_file).with_name("messages.yaml"))


def installed(package: ModuleType) -> list[System]:
    """The systems of a package, a folder each, alphabetical.

    Each folder has a `README.md` and a `system.py` whose `SYSTEM` bears the folder's name. Raises
    SystemFault where one does not.
    """
    found: list[System] = []
    for entry in sorted(pkgutil.iter_modules(package.__path__), key=lambda entry: entry.name):
        folder = Path(package.__path__[0]) / entry.name
        if not entry.ispkg:
            raise SystemFault(f"{folder}.py: a system is a folder")
        for name in ("README.md", "system.py", "messages.yaml"):
            if not (folder / name).is_file():
                raise SystemFault(f"{folder} has no {name}")
        module = importlib.import_module(f"{package.__name__}.{entry.name}.system")
        system = getattr(module, "SYSTEM", None)
        if not isinstance(system, System) or system.key != entry.name:
            raise SystemFault(f"{folder}/system.py: SYSTEM must be a System with key {entry.name}")
        found.append(system)
    return found
