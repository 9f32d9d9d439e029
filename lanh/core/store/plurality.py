"""The values that a pair of columns cannot tell: several of one parameter, and those that stand
together in one element. They are kept by parameter, as `parts` of the row.

An entry is a range ([lo, hi], and the unit's hash for a quantity), or for a composite a list with
an entry for each component: [lo, hi, unit] of a range, a list of hashes of a token or reference.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from lanh.core import fhir
from lanh.core.store.hashing import reference_hash, token_hash, unit_hash
from lanh.core.store.layout import COMBINED, Layout


def parts(layout: Layout, values: fhir.SearchValues, own: fhir.SearchValues | None) -> str | None:
    """The row's `parts` as JSON, None where there are none."""
    found: dict[str, list[Any]] = {}
    for table in (values.dates, values.numbers, values.quantities):
        for name, ranges in table.items():
            if len(ranges) > 1 and (layout.type, name) not in COMBINED:
                found[name] = _ranges(name, ranges)
    for name, instances in values.composites.items():
        found[name] = _instances(layout.type, name, instances)
    if own is not None:
        for table in (own.dates, own.numbers, own.quantities):
            found.update((name, _ranges(name, ranges)) for name, ranges in table.items())
    return json.dumps(found, separators=(",", ":")) if found else None


def _ranges(name: str, ranges: Sequence[tuple[Any, ...]]) -> list[Any]:
    entries = []
    for each in ranges:
        entry = [_end(each[0]), _end(each[1])]
        if len(each) > 2:
            entry.append(str(unit_hash(name, *each[2:])))
        entries.append(entry)
    return entries


def _end(value: Any) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)


def _instances(kind: str, name: str, instances: Sequence[Sequence[list[Any]]]) -> list[Any]:
    composite = fhir.search_parameter(kind, name)
    if composite is None:
        raise LookupError(f"{kind} has no parameter {name}")
    components = [part for part, _ in composite.components]
    kinds: Mapping[str, str] = {
        each.name: each.kind for each in fhir.search_parameters(kind) if each.name in components
    }
    return [
        [
            _component(part, kinds[part], values)
            for part, values in zip(components, instance, strict=True)
        ]
        for instance in instances
    ]


def _component(name: str, kind: str, values: list[Any]) -> list[str]:
    if kind in ("date", "number", "quantity"):
        entry: list[str] = _ranges(name, values[:1])[0]
        return entry
    if kind == "reference":
        return [str(reference_hash(name, _text(each))) for each in values]
    hashes: list[str] = []
    for system, code in values:
        hashes.append(str(token_hash(name, system or None, code)))
    return hashes


def _text(reference: tuple[str, str] | str) -> str:
    if isinstance(reference, str):
        return reference.partition("/_history/")[0]
    return f"{reference[0]}/{reference[1]}"
