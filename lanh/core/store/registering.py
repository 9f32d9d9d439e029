"""What a written SearchParameter comes to: definitions by which rows will be indexed.

Only one whose status is active counts. One that cannot be used is kept with the reason, for the
resource itself is right: it may be meant for another server.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from lanh.core import fhir
from lanh.core.database import Plan, execute, fetch
from lanh.core.store.errors import MESSAGES
from lanh.core.store.layout import NUMBERS, TYPES, layout
from lanh.core.store.own_parameters import OwnParameter, OwnParameters
from lanh.core.store.records import Resource
from lanh.core.text import Message

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,63}", re.ASCII)
_ABSTRACT = frozenset({"Resource", "DomainResource"})
LONGEST_EXPRESSION = 2_000  # signs

_STANDING = """
SELECT number, type, name, url, kind, expression, targets, state FROM store.search_parameter
WHERE resource = $1 FOR UPDATE
"""
_DEFINE = """
INSERT INTO store.search_parameter
    (type, name, resource, url, kind, expression, targets, state, reason)
VALUES ($1, $2, $3, $4, $5, $6, $7::text[], $8, $9)
"""


@dataclass(frozen=True)
class _Definition:
    type: int
    name: str
    url: str
    kind: str
    expression: str
    targets: tuple[str, ...]


def register(own: OwnParameters, written: Iterable[tuple[str, Resource | None]]) -> Plan[None]:
    """Bring the definitions to what SearchParameters (id, resource or None for deleted) say now.

    Within the transaction of the write. A definition that answers already stays until the new one
    does, or until its resource is deleted or no longer active.
    """
    for identifier, resource in written:
        yield from _bring(identifier, _definitions(resource))
        own.read_at = float("-inf")


def _definitions(resource: Resource | None) -> list[_Definition]:
    if resource is None or resource.get("status") != "active":
        return []
    types: dict[str, None] = {}
    for base in resource.get("base") or ():
        if base in _ABSTRACT:
            types.update(dict.fromkeys(each for each in NUMBERS if _derives(each, base)))
        elif base in NUMBERS:
            types[base] = None
    return [
        _Definition(
            NUMBERS[each],
            str(resource.get("code", "")),
            str(resource.get("url", "")),
            str(resource.get("type", "")),
            str(resource.get("expression", "")),
            tuple(resource.get("target") or ()),
        )
        for each in types
    ]


def _derives(kind: str, base: str) -> bool:
    return base == "Resource" or any(each.name == "_text" for each in fhir.search_parameters(kind))


def _bring(identifier: str, wanted: list[_Definition]) -> Plan[None]:
    rows = yield from fetch(_STANDING, identifier)
    standing = {
        _Definition(row[1], row[2], row[3], row[4], row[5], tuple(row[6])): row for row in rows
    }
    kept = {each: row for each, row in standing.items() if each in wanted}
    types = {each.type for each in wanted}
    # What answers goes on until a new definition of its type does.
    dropped = [
        row[0]
        for each, row in standing.items()
        if each not in kept and (row[7] != "active" or each.type not in types)
    ]
    if dropped:
        yield from execute(
            "DELETE FROM store.search_parameter WHERE number = ANY($1::integer[])", dropped
        )
    for each in wanted:
        if each not in kept:
            reason = unusable(each.type, each.name, each.kind, each.expression)
            yield from execute(
                _DEFINE, each.type, each.name, identifier, each.url, each.kind, each.expression,
                list(each.targets), "unusable" if reason else "waiting", reason,
            )  # fmt: skip


def why_unusable(own: OwnParameter) -> Message:
    """The reason why a definition cannot be used."""
    return MESSAGES.message(
        own.reason or "own_expression",
        type=own.type,
        name=own.name,
        kind=own.kind,
        expression=own.expression[:200],
    )


def unusable(number: int, name: str, kind: str, expression: str) -> str | None:
    """Why a definition cannot be used: a key of the messages, None where it can."""
    if _NAME.fullmatch(name) is None or name in layout(TYPES[number]).kinds:
        return "own_name"
    if kind not in fhir.OWN_KINDS:
        return "own_kind"
    if not expression or len(expression) > LONGEST_EXPRESSION:
        return "own_expression"
    try:
        fhir.OwnExpression.of(name, kind, expression)
    except (fhir.PathError, fhir.PathSyntaxError):
        return "own_expression"
    return None
