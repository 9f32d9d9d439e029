"""What an export is asked for (FHIR Bulk Data Access IG 2.0, "Query Parameters")."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any, Literal, TypeAlias
from urllib.parse import parse_qsl

from lanh.core.access import Access
from lanh.core.bulk.errors import BulkRefused
from lanh.core.fhir import RESOURCE_TYPES
from lanh.core.store import Search, layout, may, parse_search

Level: TypeAlias = Literal["system", "patient", "group"]
Pairs: TypeAlias = list[tuple[str, str]]
Parse: TypeAlias = Callable[[str, Pairs], Search]

NDJSON = "application/fhir+ndjson"
FORMATS = frozenset({NDJSON, "application/ndjson", "ndjson"})
# Holds receivers' secrets: given only where it is named.
_NAMED_ONLY = frozenset({"Subscription"})
_PATIENT = re.compile(r"(?:.*/)?Patient/([A-Za-z0-9\-.]{1,64})")
_ELEMENT = re.compile(r"(?:([A-Z][A-Za-z]+)\.)?([a-z][A-Za-z]*)")
_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)", re.ASCII)


@dataclass(slots=True)
class ExportOrder:
    """One export: `filters` holds the search queries of a type of which one must hold."""

    level: Level
    types: list[str]
    since: str | None = None
    until: str | None = None
    filters: dict[str, list[str]] = field(default_factory=dict)
    elements: dict[str, list[str]] = field(default_factory=dict)
    patients: list[str] | None = None

    def wanted(self) -> dict[str, Any]:
        """The form in which it is kept; the patients have a column of their own."""
        kept = asdict(self)
        del kept["patients"]
        return kept


def exportable(kind: str, level: Level) -> bool:
    """Whether a type can be part of an export of a level: of people's data, or any.

    A Group names other people beside the one in whose compartment it stands.
    """
    if level == "system" or kind == "Patient":
        return True
    return kind != "Group" and not layout(kind).own_key


def read_order(
    level: Level,
    pairs: Iterable[tuple[str, str]],
    access: Access,
    *,
    lenient: bool = False,
    parse: Parse = parse_search,
) -> ExportOrder:
    """The order of a query's pairs. Raises BulkRefused, store.Invalid for a filter.

    `lenient` passes over parameters that are not known. `parse` reads the search of a filter.
    """
    values: dict[str, list[str]] = {}
    for name, value in pairs:
        values.setdefault(name, []).append(value)
    order = ExportOrder(level, _types(level, values.pop("_type", []), access))
    for value in values.pop("_outputFormat", []):
        if value.replace(" ", "+") not in FORMATS:
            raise BulkRefused(400, "not-supported", "parameter.format", value=value[:100])
    order.since = _instant("_since", values.pop("_since", []))
    order.until = _instant("_until", values.pop("_until", []))
    for text in values.pop("_typeFilter", []):
        for each in _queries(text):
            kind, query = _filter(each, order, parse)
            order.filters.setdefault(kind, []).append(query)
    for text in values.pop("_elements", []):
        _elements(text, order)
    if level != "system" and "patient" in values:
        order.patients = [_patient(value) for value in values.pop("patient")]
    if values and not lenient:
        raise BulkRefused(400, "not-supported", "parameter.unknown", name=min(values)[:100])
    return order


def _types(level: Level, given: Sequence[str], access: Access) -> list[str]:
    named = [each for text in given for each in text.split(",") if each]
    for kind in named:
        if kind not in RESOURCE_TYPES or not exportable(kind, level):
            raise BulkRefused(400, "value", "parameter.type", value=kind[:100])
        if not may(access, "read", kind):
            raise BulkRefused(403, "forbidden", "type.forbidden", type=kind)
    found = sorted(set(named)) or [
        kind
        for kind in sorted(RESOURCE_TYPES - _NAMED_ONLY)
        if exportable(kind, level) and may(access, "read", kind)
    ]
    if not found:
        raise BulkRefused(403, "forbidden", "nothing.readable")
    return found


def instant(text: str) -> datetime:
    """A FHIR instant. Raises ValueError."""
    text = text.replace(" ", "+")  # a plus sign that was not escaped in the URL
    if not _INSTANT.fullmatch(text):
        raise ValueError(text)
    return datetime.fromisoformat(text)


def _instant(name: str, given: Sequence[str]) -> str | None:
    if not given:
        return None
    try:
        if len(given) > 1:
            raise ValueError(name)
        return instant(given[0]).isoformat()
    except ValueError:
        raise BulkRefused(
            400, "value", "parameter.instant", name=name, value=given[-1][:100]
        ) from None


def _queries(text: str) -> list[str]:
    """Several filters may stand in one value, parted by commas before "Type?"."""
    return [each for each in re.split(r",(?=[A-Z][A-Za-z]+\?)", text) if each]


def _filter(text: str, order: ExportOrder, parse: Parse) -> tuple[str, str]:
    kind, mark, query = text.partition("?")
    pairs = parse_qsl(query, keep_blank_values=True)
    if not mark or kind not in order.types or not pairs:
        raise BulkRefused(400, "value", "parameter.filter", value=text[:200])
    wanted = parse(kind, pairs)
    if not wanted.parameters:
        raise BulkRefused(400, "value", "parameter.filter", value=text[:200])
    return kind, query


def _elements(text: str, order: ExportOrder) -> None:
    for each in text.split(","):
        match = _ELEMENT.fullmatch(each.strip())
        if match is None or (match[1] and match[1] not in RESOURCE_TYPES):
            raise BulkRefused(400, "value", "parameter.elements", value=each[:100])
        for kind in [match[1]] if match[1] else order.types:
            order.elements.setdefault(kind, []).append(match[2])


def _patient(text: str) -> str:
    match = _PATIENT.fullmatch(text)
    if match is None:
        raise BulkRefused(400, "value", "parameter.reference", value=text[:100])
    return match[1]
