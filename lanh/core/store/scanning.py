"""Whole types in the order of their ids, as they stood at a moment: for exports.

A reader asks for a run of rows after an id, as often as it likes and from whichever process: each
row is met once whatever is written meanwhile, since ids never change, and a row that was changed
after the moment is given as its version of then. Bodies are the bytes as kept; nothing is parsed.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from lanh.core.access import Predicate
from lanh.core.database import Plan, Row, fetch
from lanh.core.store.bodies import unpacked
from lanh.core.store.layout import Layout, layout
from lanh.core.store.permission import Arguments, condition
from lanh.core.store.reading import rule_for
from lanh.core.store.records import Context

_COLUMNS = "{0}.id, {0}.version, {0}.updated, {0}.deleted, {0}.patient, {0}.dictionary, {0}.body"


class Scanned(NamedTuple):
    """A row of a scan: `body` is the JSON, b"" where the row was deleted at the moment."""

    id: str
    deleted: bool
    patient: str | None
    body: bytes


def scan(
    kind: str,
    context: Context,
    *,
    at: datetime,
    after: str = "",
    limit: int = 5000,
    since: datetime | None = None,
    patients: Sequence[str] | None = None,
    any_patient: bool = False,
) -> Plan[tuple[list[Scanned], str | None]]:
    """Rows of a type after an id, as they stood `at` a moment, and where to go on (None: the end).

    `since` leaves out what was last changed before it or then, and adds what was deleted since.
    `patients` limits to the compartments of source Patients, `any_patient` to rows about one.
    A page may hold fewer rows than `limit` although there are more. The access predicate must
    hold for the row as it is and for the version given. Raises Forbidden.
    """
    shape = layout(kind)
    allowed = rule_for(context, "read", kind)
    arguments = Arguments()
    wanted = _wanted(shape, arguments, "t", since, patients, any_patient)
    moment = arguments.add(at, "timestamptz")
    rows = yield from fetch(
        f"SELECT {_COLUMNS.format('t')}, t.updated > {moment} FROM {shape.table} t"  # noqa: S608
        f" WHERE t.id > {arguments.add(after, 'text')} AND NOT t.moved"
        f" AND (t.updated > {moment} OR {wanted})"
        f" AND {condition(allowed, arguments, patients=shape.has_residence)}"
        f" ORDER BY t.id LIMIT {limit:d}",
        *arguments.values,
    )
    changed = [row[0] for row in rows if row[7]]
    before: dict[str, Row] = {}
    if changed:
        before = yield from _then(shape, allowed, changed, at, since, patients, any_patient)
    found = []
    for row in rows:
        version = before.get(row[0]) if row[7] else row
        if version is not None:
            found.append(_scanned(shape, version))
    return found, rows[-1][0] if len(rows) == limit else None


def _scanned(shape: Layout, row: Row) -> Scanned:
    name, version, updated, deleted, patient, dictionary, frame = row[:7]
    body = b""
    if not deleted:
        body = unpacked(frame, dictionary, shape.type, name, version, updated, patient)
    return Scanned(name, bool(deleted), name if shape.has_residence else patient, body)


def _wanted(
    shape: Layout,
    arguments: Arguments,
    alias: str,
    since: datetime | None,
    patients: Sequence[str] | None,
    any_patient: bool,
) -> str:
    parts = [
        f"NOT {alias}.deleted"
        if since is None
        else f"{alias}.updated > {arguments.add(since, 'timestamptz')}"
    ]
    person = "id" if shape.has_residence else "patient"
    if patients is not None:
        parts.append(f"{alias}.{person} = ANY ({arguments.add(list(patients), 'text[]')})")
    elif any_patient:
        parts.append(f"{alias}.{person} IS NOT NULL")
    return f"({' AND '.join(parts)})"


def _then(
    shape: Layout,
    allowed: Predicate,
    ids: list[str],
    at: datetime,
    since: datetime | None,
    patients: Sequence[str] | None,
    any_patient: bool,
) -> Plan[dict[str, Row]]:
    """The versions of then of rows that were changed since."""
    arguments = Arguments(ids, at)
    wanted = _wanted(shape, arguments, "h", since, patients, any_patient)
    where = condition(allowed, arguments, patients=shape.has_residence, alias="h")
    rows = yield from fetch(
        f"SELECT {_COLUMNS.format('h')} FROM unnest($1::text[]) AS k (id) CROSS JOIN LATERAL"  # noqa: S608
        f" (SELECT * FROM store.history h WHERE h.id = k.id AND h.type = {shape.number}"
        " AND h.updated <= $2::timestamptz ORDER BY h.version DESC LIMIT 1) AS h"
        f" WHERE {wanted} AND {where}",
        *arguments.values,
    )
    return {row[0]: row for row in rows}
