"""ViewDefinition (SQL on FHIR v2): read from YAML or JSON and checked."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from lanh.core.fhir.definitions import definitions
from lanh.core.warehouse.views.values import ViewError

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
_STRUCTURE = frozenset({"column", "select", "unionAll", "forEach", "forEachOrNull", "repeat"})
_SQL_TYPE = "ansi/type"


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its path, its FHIR type where stated, and the SQL type where one is asked for."""

    name: str
    path: str
    type: str | None = None
    collection: bool = False
    sql_type: str | None = None


@dataclass(frozen=True, slots=True)
class Select:
    """One node of the select tree; `iteration` is forEach, forEachOrNull, repeat or None."""

    columns: tuple[Column, ...] = ()
    selects: tuple[Select, ...] = ()
    unions: tuple[Select, ...] = ()
    iteration: str | None = None
    paths: tuple[str, ...] = ()

    def names(self) -> list[str]:
        """The columns of the rows that this node yields, in order."""
        found = [column.name for column in self.columns]
        for inner in self.selects:
            found += inner.names()
        return found + (self.unions[0].names() if self.unions else [])

    def all_columns(self) -> Iterator[Column]:
        """Every column below, those of the first branch of each union."""
        yield from self.columns
        for inner in self.selects:
            yield from inner.all_columns()
        if self.unions:
            yield from self.unions[0].all_columns()

    @property
    def repeats_rows(self) -> bool:
        """Whether one resource may give other than one row."""
        return bool(
            self.iteration or self.unions or any(inner.repeats_rows for inner in self.selects)
        )


@dataclass(frozen=True, slots=True)
class ViewDefinition:
    """A checked ViewDefinition. `constants` are (FHIR type, value) by name."""

    name: str
    resource: str
    select: Select
    where: tuple[str, ...]
    constants: Mapping[str, tuple[str, Any]]
    source: Mapping[str, Any]


def load_view(path: Path) -> ViewDefinition:
    """Read a ViewDefinition from a YAML file with FHIR's keys. Raises ViewError."""
    try:
        return read_view(yaml.safe_load(path.read_text(encoding="utf-8")))
    except (ViewError, yaml.YAMLError) as error:
        raise ViewError(f"{path}: {error}") from error


def read_view(given: Any) -> ViewDefinition:
    """Check a ViewDefinition given as FHIR JSON. Raises ViewError."""
    if not isinstance(given, Mapping):
        raise ViewError("a ViewDefinition is an object")
    resource = given.get("resource")
    if resource not in definitions().resource_types:
        raise ViewError(f"resource must be a FHIR R4 resource type, not {resource!r}")
    selects = _list(given, "select")
    if not selects:
        raise ViewError("a ViewDefinition needs a select")
    select = Select(selects=tuple(_select(each) for each in selects))
    names = select.names()
    if not names:
        raise ViewError("a ViewDefinition needs a column")
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ViewError(f"columns named twice: {', '.join(twice)}")
    where = []
    for each in _list(given, "where"):
        if not isinstance(each, Mapping) or not isinstance(each.get("path"), str):
            raise ViewError("each where needs a path")
        where.append(each["path"])
    name = given.get("name", resource.lower())
    return ViewDefinition(name, resource, select, tuple(where), _constants(given), given)


def _list(given: Mapping[str, Any], key: str) -> list[Any]:
    found = given.get(key) or []
    if not isinstance(found, list):
        raise ViewError(f"{key} must be a list")
    return found


def _constants(given: Mapping[str, Any]) -> dict[str, tuple[str, Any]]:
    found: dict[str, tuple[str, Any]] = {}
    for each in _list(given, "constant"):
        values = [(k, v) for k, v in each.items() if k.startswith("value") and len(k) > 5]
        if not each.get("name") or len(values) != 1:
            raise ViewError("a constant needs a name and one value[x]")
        key, value = values[0]
        found[each["name"]] = (key[5].lower() + key[6:], value)
    return found


def _select(given: Any) -> Select:
    if not isinstance(given, Mapping):
        raise ViewError("select must hold objects")
    unknown = set(given) - _STRUCTURE - {"id", "extension", "modifierExtension"}
    if unknown:
        raise ViewError(f"select does not know {', '.join(sorted(unknown))}")
    iterations = [key for key in ("forEach", "forEachOrNull", "repeat") if key in given]
    if len(iterations) > 1:
        raise ViewError(f"only one of {' and '.join(iterations)} may stand in a select")
    iteration = iterations[0] if iterations else None
    paths: tuple[str, ...] = ()
    if iteration:
        value = given[iteration]
        paths = tuple(value) if iteration == "repeat" and isinstance(value, list) else (value,)
        if not paths or not all(isinstance(path, str) for path in paths):
            raise ViewError(f"{iteration} must be a path")
    unions = tuple(_select(each) for each in _list(given, "unionAll"))
    for branch in unions[1:]:
        if branch.names() != unions[0].names():
            raise ViewError("the branches of unionAll must have the same columns in one order")
    return Select(
        columns=tuple(_column(each) for each in _list(given, "column")),
        selects=tuple(_select(each) for each in _list(given, "select")),
        unions=unions,
        iteration=iteration,
        paths=paths,
    )


def _column(given: Any) -> Column:
    if not isinstance(given, Mapping) or not isinstance(given.get("path"), str):
        raise ViewError("a column needs a name and a path")
    name = given.get("name")
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise ViewError(f"a column's name must be a letter and then letters, digits, _: {name!r}")
    tags = {tag.get("name"): tag.get("value") for tag in _list(given, "tag")}
    return Column(
        name=name,
        path=given["path"],
        type=given.get("type"),
        collection=bool(given.get("collection", False)),
        sql_type=tags.get(_SQL_TYPE),
    )
