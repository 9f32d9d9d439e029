"""The code lists that come with the product: one FHIR CodeSystem a file, in `lists/`."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from lanh.core import terminology
from lanh.core.access import system_access
from lanh.core.database import SyncDatabase
from lanh.core.store import Context, Outcome, Store, Write
from lanh.core.terminology import CodeSystem, Concept, Loaded

_FOLDER = Path(__file__).with_name("lists")
_DERIVED = Path(__file__).with_name("derived")
# The C reader is ten times faster; PyYAML has it in every wheel, the pure one is its twin.
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def names() -> list[str]:
    """The bundled lists by file name: icd10, drugs, services, laboratory, vaccines, ..."""
    return sorted(path.stem for path in _FOLDER.glob("*.yaml"))


@cache
def resource(name: str) -> dict[str, Any]:
    """A bundled list as the FHIR CodeSystem that it is, for publishing.

    Raises:
        KeyError: where there is no list of that name.
    """
    path = _FOLDER / f"{name}.yaml"
    if not path.is_file():
        raise KeyError(name)
    loaded: dict[str, Any] = yaml.load(path.read_text(encoding="utf-8"), Loader=_LOADER)  # noqa: S506
    loaded.setdefault("id", name.replace("_", "-"))
    return loaded


@cache
def code_system(name: str) -> CodeSystem:
    """A bundled list, read strictly. Raises terminology.CodeSystemError, KeyError."""
    return terminology.parse(resource(name))


@cache
def _index(name: str) -> dict[str, Concept]:
    return {concept.code: concept for concept in code_system(name).concepts}


def concept(name: str, code: str) -> Concept:
    """One concept of a bundled list. Raises KeyError."""
    return _index(name)[code]


def concepts(name: str) -> Iterator[Concept]:
    """The concepts of a bundled list in the order of its file."""
    yield from code_system(name).concepts


def published() -> Iterator[bytes]:
    """Every bundled list as FHIR JSON, one CodeSystem each."""
    for name in names():
        yield json.dumps(resource(name), ensure_ascii=False, default=str).encode()


def derived() -> list[dict[str, Any]]:
    """The value sets, maps and search parameters over the lists, as FHIR resources."""
    return [
        yaml.load(path.read_text(encoding="utf-8"), Loader=_LOADER)  # noqa: S506
        for path in sorted(_DERIVED.glob("*.yaml"))
    ]


def publish(database: SyncDatabase, store: Store) -> list[Outcome]:
    """Write `derived` into the record store; what stands there already is left as it is."""
    context = Context(system_access("codes"))
    writes = [Write("update", body["resourceType"], body["id"], body) for body in derived()]
    return database.transact(store.write(writes, context))


def load_all(database: SyncDatabase, on: date | None = None) -> list[Loaded]:
    """Bring every bundled list into the database, each in a transaction of its own.

    Run at each start: an unchanged list costs one statement. `on` is the day from which a changed
    wording holds, today by default.
    """
    day = on or date.today()  # noqa: DTZ011 - a calendar day of the installation, not an instant
    return [database.transact(terminology.load(code_system(name), day)) for name in names()]
