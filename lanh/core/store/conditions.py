"""Conditional writes: what a condition finds decides whether anything is written."""

from __future__ import annotations

from collections.abc import Sequence

from lanh.core.database import Plan, execute, fetch
from lanh.core.store import statements
from lanh.core.store.errors import PreconditionFailed
from lanh.core.store.hashing import hash64, system_hash, value_hash
from lanh.core.store.layout import NUMBERS, layout
from lanh.core.store.permission import Arguments, condition
from lanh.core.store.preparation import Item
from lanh.core.store.query import parse_search, split_token, split_values
from lanh.core.store.reading import rule_for
from lanh.core.store.records import Context, Outcome, Search
from lanh.core.store.searching import Asking, search

Pairs = tuple[tuple[str, str], ...]


def lock_conditions(conditions: Sequence[tuple[str, Pairs]]) -> Plan[None]:
    """Let no other transaction decide the same conditions until this one ends.

    Two writers that both find nothing would both create.
    """
    keys = sorted({hash64("condition", kind, repr(sorted(pairs))) for kind, pairs in conditions})
    if keys:
        yield from execute(statements.ADVISE, keys)


def matching(
    kind: str, pairs: Sequence[tuple[str, str]], context: Context, asking: Asking | None = None
) -> Plan[list[Outcome]]:
    """The rows that answer a condition (at most two), for one conditional interaction.

    Raises PreconditionFailed where the condition has no parameter.
    """
    if asking is not None:
        yield from asking.own.refresh()
    wanted = parse_search(kind, pairs, own=asking.own if asking else None)
    if not wanted.parameters:
        raise PreconditionFailed.because("condition_empty", type=kind)
    page = yield from search(Search(kind, wanted.parameters, count=2), context, asking)
    return [
        Outcome("unchanged", row.type, row.id, row.version, row.updated) for row in page.entries
    ]


def find_all(
    conditions: Sequence[tuple[str, Pairs]], context: Context, asking: Asking | None = None
) -> Plan[dict[tuple[str, Pairs], list[Outcome]]]:
    """What each condition finds, under a lock. Those on one identifier are asked in one statement
    for each type, however many there are. Raises Invalid or PreconditionFailed."""
    wanted = list(dict.fromkeys(conditions))
    yield from lock_conditions(wanted)
    found: dict[tuple[str, Pairs], list[Outcome]] = {}
    simple: dict[str, dict[tuple[int, int], Pairs]] = {}
    for kind, pairs in wanted:
        identifier = _one_identifier(pairs)
        if identifier is None or kind not in NUMBERS:
            found[kind, pairs] = yield from matching(kind, pairs, context, asking)
        else:
            simple.setdefault(kind, {})[identifier] = pairs
    for kind, keys in simple.items():
        outcomes = yield from _by_identifiers(kind, list(keys), context)
        found.update(((kind, pairs), outcomes.get(key, [])) for key, pairs in keys.items())
    return found


def _one_identifier(pairs: Pairs) -> tuple[int, int] | None:
    if len(pairs) != 1 or pairs[0][0] != "identifier" or len(split_values(pairs[0][1])) != 1:
        return None
    system, value = split_token(pairs[0][1])
    return (value_hash(value), system_hash(system)) if system and value else None


def _by_identifiers(
    kind: str, keys: list[tuple[int, int]], context: Context
) -> Plan[dict[tuple[int, int], list[Outcome]]]:
    shape = layout(kind)
    arguments = Arguments([key[0] for key in keys], [key[1] for key in keys])
    allowed = condition(rule_for(context, "search", kind), arguments, patients=shape.has_residence)
    rows = yield from fetch(
        "SELECT i.value, i.system, t.id, t.version, t.updated"  # noqa: S608
        f" FROM {statements.rows('bigint', 'bigint')} AS k (value, system)"
        " JOIN store.identifier i ON i.value = k.value AND i.system = k.system"
        f" AND i.type = {shape.number}"
        f" JOIN {shape.table} t ON t.id = i.id AND t.bucket = i.bucket"
        f" WHERE NOT t.deleted AND {allowed}",
        *arguments.values,
    )
    found: dict[tuple[int, int], list[Outcome]] = {}
    for value, system, name, version, updated in rows:
        outcome = Outcome("unchanged", kind, name, version, updated)
        found.setdefault((value, system), []).append(outcome)
    return found


def resolve_conditions(
    items: list[Item], outcomes: dict[int, Outcome], asking: Asking | None = None
) -> Plan[dict[int, int]]:
    """Settle creates with `if_none_exist`: those that find a row get it as their outcome.

    Returns, for creates under a condition that an earlier one of the batch has, the place of that
    one.
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
    by_access: dict[int, list[tuple[str, Pairs]]] = {}
    for key, item in first.items():
        by_access.setdefault(id(item.context.access), []).append(key)
    for keys in by_access.values():
        found = yield from find_all(keys, first[keys[0]].context, asking)
        for key in keys:
            item = first[key]
            if len(found[key]) > 1:
                raise PreconditionFailed.because("several_match", type=key[0], index=item.place)
            if found[key]:
                outcomes[item.place] = found[key][0]
    return joined
