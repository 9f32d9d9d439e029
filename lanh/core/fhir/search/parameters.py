"""The search parameters that R4 defines for each resource type."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from lanh.core.fhir.definitions import ParameterRow, definitions

# The definition of 4.0.1 names each component's parameter with the other's expression.
_MENDED = {
    "http://hl7.org/fhir/SearchParameter/DocumentReference-relationship": (
        ("relatesto", "target"),
        ("relation", "code"),
    )
}


@dataclass(frozen=True, slots=True)
class SearchParameter:
    """A search parameter of a resource type.

    `kind` is token, reference, string, date, number, quantity, uri, composite or special;
    `targets` the types a reference parameter may point to; `components` the (parameter name,
    expression) pairs of a composite, whose values are not extracted on their own.
    """

    name: str
    kind: str
    expression: str | None
    targets: tuple[str, ...]
    base: tuple[str, ...]
    url: str
    components: tuple[tuple[str, str], ...] = ()


@lru_cache(maxsize=1)
def _by_type() -> dict[str, list[ParameterRow]]:
    found: dict[str, list[ParameterRow]] = {}
    for row in definitions().search_parameters:
        for base in row.base:
            found.setdefault(base, []).append(row)
    return found


@lru_cache(maxsize=1)
def _names() -> dict[str, str]:
    return {row.url: row.name for row in definitions().search_parameters}


@lru_cache(maxsize=256)
def _search_parameters(name: str) -> dict[str, SearchParameter]:
    if name not in definitions().resource_types:
        raise KeyError(name)
    rows = list(_by_type().get("Resource", ()))
    if definitions().structure(name).base == "DomainResource":
        rows += _by_type().get("DomainResource", ())
    rows += _by_type().get(name, ())
    return {
        row.name: SearchParameter(
            name=row.name,
            kind=row.kind,
            expression=row.expression,
            targets=row.targets,
            base=row.base,
            url=row.url,
            components=_MENDED.get(row.url)
            or tuple((_names()[url], part) for url, part in row.components),
        )
        for row in rows
    }


def search_parameters(name: str) -> Sequence[SearchParameter]:
    """The default R4 parameters of a resource type, those of every resource included.

    Raises KeyError where the type is not one of R4.
    """
    return tuple(_search_parameters(name).values())


def search_parameter(name: str, parameter: str) -> SearchParameter | None:
    """The parameter of a name for a resource type, or None."""
    return _search_parameters(name).get(parameter)
