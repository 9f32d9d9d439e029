"""References into a hierarchy: `:below` and `:above` (R4 3.1.1.4.14).

`location:below=42` stands for Location/42 and whatever is part of it, however deep. A row that the
asker may not find by a search of its own type is no link of a hierarchy, as it is none of a chain.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from lanh.core import fhir
from lanh.core.access import Nothing
from lanh.core.database import Plan, fetch
from lanh.core.store.errors import Forbidden, Invalid
from lanh.core.store.hashing import reference_hash
from lanh.core.store.layout import Layout, layout
from lanh.core.store.permission import Arguments, condition
from lanh.core.store.query import bad_value, unescape
from lanh.core.store.reading import fetch_rows
from lanh.core.store.records import Context, Parameter
from lanh.core.store.rights import rule
from lanh.core.store.searchable import PARENTS, Names, check_chain, hierarchies_of

MOST = 5_000  # rows that a value may stand for
_WAYS = frozenset({"below", "above"})


@dataclass(frozen=True)
class _Asking:
    context: Context
    names: Names
    base: str


def resolve(
    kind: str,
    parameters: Sequence[Parameter],
    context: Context,
    names: Names,
    base: str = "",
) -> Plan[tuple[Parameter, ...]]:
    """The parameters of a search on a type with each hierarchy turned into the rows it stands for.

    Raises Invalid where a value names no row of a hierarchy or stands for too many, Forbidden
    where nothing of the hierarchy's types may be searched.
    """
    asking = _Asking(context, names, base)
    found = []
    for parameter in parameters:
        if _asks(parameter):
            parameter = yield from _resolved([layout(kind)], parameter, asking)
        found.append(parameter)
    return tuple(found)


def _asks(parameter: Parameter | None) -> bool:
    while parameter is not None and parameter.then is not None:
        parameter = parameter.then
    return parameter is not None and parameter.modifier in _WAYS


def _resolved(shapes: Sequence[Layout], parameter: Parameter, asking: _Asking) -> Plan[Parameter]:
    if parameter.then is not None:
        inner = list(_reached(shapes, parameter, asking.names))
        then = yield from _resolved(inner, parameter.then, asking)
        return replace(parameter, then=then)
    kinds: dict[str, None] = {}
    for shape in shapes:
        kinds.update(dict.fromkeys(hierarchies_of(shape, parameter.name, asking.names)))
    if not kinds:  # one of codes or uris
        return parameter
    allowed = [kind for kind in kinds if not isinstance(_rule(asking, kind), Nothing)]
    if not allowed:
        raise Forbidden.because("forbidden", interaction="search", type=next(iter(kinds)))
    values: dict[str, None] = {}
    for value in parameter.values:
        for kind, name in _named(parameter, value, list(kinds), asking.base):
            values[f"{kind}/{name}"] = None
            if kind in allowed:
                way = _below if parameter.modifier == "below" else _above
                names = yield from way(layout(kind), name, asking)
                values.update(dict.fromkeys(f"{kind}/{each}" for each in names))
    if len(values) > MOST:
        raise Invalid.because("hierarchy_large", name=parameter.name, most=MOST)
    return replace(parameter, values=tuple(values), modifier=None)


def _reached(shapes: Sequence[Layout], parameter: Parameter, names: Names) -> Iterable[Layout]:
    """The types at the other end of a chain's link."""
    if parameter.name == "_has":
        yield layout((parameter.modifier or "").partition(":")[0])
        return
    found: dict[str, None] = {}
    for shape in shapes:
        try:
            targets = check_chain(shape, parameter.name, parameter.modifier, names)
        except Invalid:
            continue
        found.update(dict.fromkeys(targets))
    yield from map(layout, found)


def _named(
    parameter: Parameter, value: str, kinds: Sequence[str], base: str
) -> list[tuple[str, str]]:
    """The rows that a value names. Raises Invalid where they are of no hierarchy."""
    text = unescape(value)
    if base:
        text = text.removeprefix(f"{base}/")
    parsed = fhir.parse_reference(text)
    if parsed is not None and parsed[0] in kinds:
        return [parsed]
    if not text or "/" in text or ":" in text:
        raise bad_value(f"{parameter.name}:{parameter.modifier}", value, f"[{'|'.join(kinds)}/]id")
    return [(kind, text) for kind in kinds]


def _rule(asking: _Asking, kind: str) -> object:
    return rule(asking.context.access, "search", kind)


def _below(shape: Layout, name: str, asking: _Asking) -> Plan[set[str]]:
    """The ids of what is part of a row, level by level."""
    found: set[str] = set()
    level = [name]
    while level and len(found) <= MOST:
        prefixes = ["", f"{asking.base}/"] if asking.base else [""]
        hashes = [
            reference_hash(PARENTS[shape.type], f"{prefix}{shape.type}/{each}")
            for each in level
            for prefix in prefixes
        ]
        arguments = Arguments(hashes, MOST + 1)
        allowed = condition(
            rule(asking.context.access, "search", shape.type),
            arguments,
            patients=shape.has_residence,
        )
        rows = yield from fetch(
            f"SELECT t.id FROM {shape.table} t WHERE t.tokens && $1::bigint[]"  # noqa: S608
            f" AND NOT t.deleted AND {allowed} LIMIT $2::integer",
            *arguments.values,
        )
        level = [row[0] for row in rows if row[0] not in found and row[0] != name]
        found.update(level)
    return found


def _above(shape: Layout, name: str, asking: _Asking) -> Plan[set[str]]:
    """The ids of what a row is part of."""
    found: set[str] = set()
    level = [name]
    allowed = rule(asking.context.access, "search", shape.type)
    while level and len(found) <= MOST:
        rows = yield from fetch_rows(shape, allowed, level)
        level = []
        for row in rows.values():
            if row.deleted:
                continue
            for target in fhir.extract(row.resource()).references.get(PARENTS[shape.type], ()):
                own = _own(target, asking.base)
                if own is not None and own[0] == shape.type and own[1] not in {*found, name}:
                    found.add(own[1])
                    level.append(own[1])
    return found


def _own(reference: tuple[str, str] | str, base: str) -> tuple[str, str] | None:
    if isinstance(reference, str):
        inside = bool(base) and reference.startswith(f"{base}/")
        return fhir.parse_reference(reference.removeprefix(f"{base}/")) if inside else None
    return reference
