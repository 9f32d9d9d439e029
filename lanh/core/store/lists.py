"""`_list`: only what a List names (R4 3.1.1.5.3)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from lanh.core import fhir
from lanh.core.database import Plan
from lanh.core.store.errors import Forbidden
from lanh.core.store.query import bad_value, unescape
from lanh.core.store.reading import read_many
from lanh.core.store.records import Context, Parameter, Stored
from lanh.core.store.rights import may

NAME = "_list"


def resolve(
    parameters: Sequence[Parameter],
    context: Context,
    known: dict[Parameter, Parameter] | None = None,
) -> Plan[tuple[Parameter, ...]]:
    """The parameters with the values of `_list` turned into the rows ("Type/id") that they name.

    A List that is not there, or that the asker may not read, names nothing. Items marked as
    deleted are left out. Raises Forbidden where no List may be read, Invalid for R4's functional
    lists (`$current-problems`), of which there are none here. `known` keeps what was read.
    """
    found = []
    known = {} if known is None else known
    for parameter in parameters:
        if parameter.name == NAME:
            if parameter not in known:
                known[parameter] = yield from _named(parameter, context)
            parameter = known[parameter]
        found.append(parameter)
    return tuple(found)


def _named(parameter: Parameter, context: Context) -> Plan[Parameter]:
    ids = [unescape(value).removeprefix("List/") for value in parameter.values]
    if not ids or any(not each or each.startswith("$") or "/" in each for each in ids):
        raise bad_value(NAME, ",".join(parameter.values), "id of a List")
    if not may(context.access, "read", "List"):
        raise Forbidden.because("forbidden", interaction="read", type="List")
    rows = yield from read_many([("List", each) for each in ids], context)
    named: dict[str, None] = {}
    for row in rows:
        named.update(dict.fromkeys(_items(row)))
    return replace(parameter, values=tuple(named))


def _items(row: Stored) -> list[str]:
    if row.deleted:
        return []
    found = []
    for entry in row.resource().get("entry") or ():
        reference = (entry.get("item") or {}).get("reference")
        target = fhir.parse_reference(reference) if isinstance(reference, str) else None
        if target is not None and entry.get("deleted") is not True:
            found.append(f"{target[0]}/{target[1]}")
    return found
