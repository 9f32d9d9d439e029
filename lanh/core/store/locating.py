"""Finding and locking the rows that a batch writes, whatever bucket they stand in."""

from __future__ import annotations

from collections.abc import Iterable

from lanh.core.access import Interaction
from lanh.core.database import Plan, Row, fetch
from lanh.core.store import statements
from lanh.core.store.errors import Conflict
from lanh.core.store.hashing import locator_key
from lanh.core.store.identity import bucket_in
from lanh.core.store.permission import Arguments, condition
from lanh.core.store.preparation import Current, Item
from lanh.core.store.records import Context
from lanh.core.store.rights import rule

_ROUNDS = 4  # a row can move while we wait for its lock; each round follows it once


def find_current(items: list[Item]) -> Plan[None]:
    """Give each item whose id is not new its current row, locked; claim free ids.

    Takes two or three statements and one for each type, however many items there are.
    """
    unsettled = [(item, bucket_in(item.id or "")) for item in items if not item.fresh]
    for _ in range(_ROUNDS):
        if not unsettled:
            return
        yield from _claim([item for item, where in unsettled if where is None])
        nowhere = [item for item, where in unsettled if where is None and not item.fresh]
        located = yield from locate((item.layout.number, item.id or "") for item in nowhere)
        known: list[tuple[Item, int]] = []
        for item, where in unsettled:
            if item.fresh:
                continue
            if where is None:
                where = located.get((item.layout.number, item.id or ""))
            if where is not None:
                known.append((item, where))
        left = yield from _lock(known)
        # Not where its id says, or moved on: ask the locator; a deleted row's id stays claimed.
        unsettled = [(item, None) for item in left]
    for item, _ in unsettled:
        raise Conflict.because("exists", type=item.layout.type, id=item.id, index=item.place)


def _claim(items: list[Item]) -> Plan[None]:
    claims = {
        locator_key(item.layout.number, item.id or ""): item
        for item in items
        if item.write.interaction != "delete"
    }
    if not claims:
        return
    keys = sorted(claims)  # in one order, so that two writers cannot wait for each other
    rows = yield from fetch(
        statements.CLAIM,
        keys,
        [claims[key].bucket for key in keys],
        [claims[key].context.custodian for key in keys],
    )
    for row in rows:
        claims[row[0]].fresh = True


def locate(keys: Iterable[tuple[int, str]]) -> Plan[dict[tuple[int, str], int]]:
    """The buckets of rows (type number, id) as the locator has them."""
    wanted = list(keys)
    if not wanted:
        return {}
    rows = yield from fetch(statements.LOCATE, [locator_key(*key) for key in wanted])
    return {wanted[row[0] - 1]: row[1] for row in rows}


def _lock(known: list[tuple[Item, int]]) -> Plan[list[Item]]:
    """Lock the rows, type after type and in the order of ids; returns those not found there."""
    groups: dict[tuple[int, int], list[tuple[Item, int]]] = {}
    for item, where in known:
        key = (item.layout.number, id(item.context.access))
        groups.setdefault(key, []).append((item, where))
    left: list[Item] = []
    for _, group in sorted(groups.items(), key=lambda entry: entry[0][0]):
        group.sort(key=lambda entry: entry[0].id or "")
        layout, context = group[0][0].layout, group[0][0].context
        arguments = Arguments([item.id for item, _ in group], [where for _, where in group])
        allowed = _allowed(group[0][0], context, arguments)
        rows = yield from fetch(statements.lock(layout, allowed), *arguments.values)
        found = {row[0]: row for row in rows}
        for item, _ in group:
            row = found.get(item.id)
            if row is None or row[12]:
                left.append(item)
            else:
                item.current = _current(row)
    return left


def _allowed(item: Item, context: Context, arguments: Arguments) -> str:
    kind = item.layout.type
    patients = item.layout.has_residence
    parts = []
    rights: tuple[Interaction, ...] = ("update", "delete")
    for interaction in rights:
        allowed = rule(context.access, interaction, kind)
        parts.append(f"({condition(allowed, arguments, patients=patients)})")
    return ", ".join(parts)


def _current(row: Row) -> Current:
    return Current(
        bucket=row[1],
        version=row[2],
        deleted=row[3],
        patient=row[4],
        custodian=row[5],
        commune=row[6],
        sensitivity=row[7],
        residence=row[8],
        dictionary=row[9],
        body=row[10],
        updated=row[11],
        may_update=row[13],
        may_delete=row[14],
    )
