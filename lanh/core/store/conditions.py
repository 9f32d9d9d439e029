"""Conditional writes: what a condition finds decides whether anything is written."""

from __future__ import annotations

from collections.abc import Sequence

from lanh.core import access
from lanh.core.database import Plan, execute, fetch
from lanh.core.store import statements
from lanh.core.store.errors import PreconditionFailed
from lanh.core.store.hashing import hash64, system_hash, value_hash
from lanh.core.store.permission import Arguments, condition
from lanh.core.store.preparation import Item
from lanh.core.store.query import parse_search, split_token
from lanh.core.store.records import Context, Outcome, Search
from lanh.core.store.searching import search

Pairs = tuple[tuple[str, str], ...]


def lock_conditions(conditions: Sequence[tuple[str, Pairs]]) -> Plan[None]:
    """Let no other transaction decide the same conditions until this one ends.

    Two writers that both find nothing would both create.
    """
    keys = sorted({hash64("condition", kind, repr(sorted(pairs))) for kind, pairs in conditions})
    if keys:
        yield from execute(statements.ADVISE, keys)


def matching(kind: str, pairs: Sequence[tuple[str, str]], context: Context) -> Plan[list[Outcome]]:
    """The rows that answer a condition (at most two), for one conditional interaction.

    Raises PreconditionFailed where the condition has no parameter.
    """
    wanted = parse_search(kind, pairs)
    if not wanted.parameters:
        raise PreconditionFailed.because("condition_empty", type=kind)
    page = yield from search(Search(kind, wanted.parameters, count=2), context)
    return [
        Outcome("unchanged", row.type, row.id, row.version, row.updated) for row in page.entries
    ]


def resolve_conditions(items: list[Item], outcomes: dict[int, Outcome]) -> Plan[dict[int, int]]:
    """Settle creates with `if_none_exist`: those that find a row get it as their outcome.

    Returns, for creates under a condition that an earlier one of the batch has, the place of that
    one. Conditions on one identifier are asked in one statement for each type.
    """
    first: dict[tuple[str, Pairs], Item] = {}
    joined: dict[int, int] = {}
    for item in items:
        if item.write.if_none_exist is None or item.write.interaction != "create":
            continue
        key = (item.layout.type, tuple((name, value) for name, value in item.write.if_none_exist))
        other = first.setdefault(key, item)
        if other is not item:
            joined[item.place] = other.place
    yield from lock_conditions(list(first))
    simple: dict[tuple[str, int], list[tuple[Item, tuple[str, str]]]] = {}
    for (kind, pairs), item in first.items():
        identifier = _one_identifier(pairs)
        if identifier is not None:
            group = simple.setdefault((kind, id(item.context.access)), [])
            group.append((item, identifier))
            continue
        found = yield from matching(kind, pairs, item.context)
        _settle(item, found, outcomes)
    for group in simple.values():
        yield from _by_identifiers(group, outcomes)
    return joined


def _one_identifier(pairs: Pairs) -> tuple[str, str] | None:
    if len(pairs) != 1 or pairs[0][0] != "identifier" or "," in pairs[0][1]:
        return None
    system, value = split_token(pairs[0][1])
    return (system, value) if system and value else None


def _settle(item: Item, found: list[Outcome], outcomes: dict[int, Outcome]) -> None:
    if len(found) > 1:
        raise PreconditionFailed.because("several_match", type=item.layout.type, index=item.place)
    if found:
        outcomes[item.place] = found[0]


def _by_identifiers(
    group: list[tuple[Item, tuple[str, str]]], outcomes: dict[int, Outcome]
) -> Plan[None]:
    shape, context = group[0][0].layout, group[0][0].context
    keys = {(value_hash(value), system_hash(system)): item for item, (system, value) in group}
    arguments = Arguments([key[0] for key in keys], [key[1] for key in keys])
    rule = access.predicate(context.access, "search", shape.type)
    allowed = condition(rule, arguments, patients=shape.has_residence)
    rows = yield from fetch(
        "SELECT i.value, i.system, t.id, t.version, t.updated"  # noqa: S608
        " FROM unnest($1::bigint[], $2::bigint[]) AS k (value, system)"
        " JOIN store.identifier i ON i.value = k.value AND i.system = k.system"
        f" AND i.type = {shape.number}"
        f" JOIN {shape.table} t ON t.id = i.id AND t.bucket = i.bucket"
        f" WHERE NOT t.deleted AND {allowed}",
        *arguments.values,
    )
    found: dict[int, list[Outcome]] = {}
    for value, system, name, version, updated in rows:
        item = keys[value, system]
        outcome = Outcome("unchanged", shape.type, name, version, updated)
        found.setdefault(item.place, []).append(outcome)
    for item in keys.values():
        _settle(item, found.get(item.place, []), outcomes)
