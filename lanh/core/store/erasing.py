"""Erasure by order: bodies, old versions and search values go; tombstones and the audit stay.

It takes three steps, each a transaction of its own, and each may be run again after a kill:

1. `forbid` notes the Patients. From its commit on, no write about them succeeds.
2. `forbidden_for_all` tells when every write that began before that has ended.
3. `erase` deletes what stands (feed, audit and hooks as for any delete) and empties the versions.

A row that was erased has dictionary -1: it is read as deleted and never written again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from lanh.core.database import Plan, Row, execute, fetch, fetch_one
from lanh.core.store import statements
from lanh.core.store.bodies import unpacked
from lanh.core.store.hashing import locator_key
from lanh.core.store.identity import bucket_of
from lanh.core.store.layout import NUMBERS, TYPES, Layout, layout
from lanh.core.store.records import Context, Write, files_named, source_of
from lanh.core.store.writing import ERASED, Ports, write_each

Key = tuple[str, str]

_FORBID = f"""
INSERT INTO store.erased (key) SELECT key FROM {statements.rows("uuid")} AS k (key)
ON CONFLICT DO NOTHING
"""  # noqa: S608 - constants only

_OLDER = f"""
SELECT count(*) FROM store.erased e JOIN {statements.rows("uuid")} AS k (key) ON k.key = e.key
WHERE e.xid >= pg_snapshot_xmin(pg_current_snapshot())
"""  # noqa: S608 - constants only

# Old versions stand in the bucket of the patient of their time.
_PAST = f"""
SELECT h.type, h.id, h.version, h.dictionary, h.body, h.updated, h.patient
FROM {statements.rows("text", "smallint")} AS k (patient, bucket)
JOIN store.history h ON h.bucket = k.bucket AND h.patient = k.patient
WHERE h.dictionary <> {ERASED}
"""  # noqa: S608 - constants only

_VERSIONS = f"""
SELECT h.type, h.id, h.version, h.dictionary, h.body, h.updated, h.patient
FROM {statements.rows("smallint", "text")} AS k (type, id)
JOIN store.history h ON h.type = k.type AND h.id = k.id WHERE h.dictionary <> {ERASED}
"""  # noqa: S608 - constants only

_EMPTY = f"""
UPDATE store.history h SET body = NULL, dictionary = {ERASED}, deleted = true
FROM {statements.rows("smallint", "text", "integer")} AS k (type, id, version)
WHERE h.type = k.type AND h.id = k.id AND h.version = k.version
"""  # noqa: S608 - constants only


@dataclass(frozen=True, slots=True)
class Erased:
    """What one erasure reached: records by (type, id), bodies, and what bodies told: their
    meta.source, and ids of the Binary resources that they name, which this erasure leaves."""

    records: tuple[Key, ...]
    bodies: int
    sources: frozenset[str]
    files: frozenset[str]


def _keys(patients: Sequence[str]) -> list[str]:
    return sorted(locator_key(NUMBERS["Patient"], each) for each in patients)


def forbid(patients: Sequence[str]) -> Plan[None]:
    """Refuse from now on every write about these Patients (their logical ids)."""
    yield from execute(_FORBID, _keys(patients))


def forbidden_for_all(patients: Sequence[str]) -> Plan[bool]:
    """Whether no write can be under way any more that began before they were forbidden."""
    row = yield from fetch_one(_OLDER, _keys(patients))
    return row is not None and row[0] == 0


def erase(
    ports: Ports,
    patients: Sequence[str],
    context: Context,
    *,
    also: Sequence[Key] = (),
    past: Sequence[Key] = (),
) -> Plan[Erased]:
    """Delete and empty every record about these Patients, and the records `also`, all versions.

    Of the records `past`, the old versions are emptied and the current one stays. The rows stay
    as tombstones with their version numbers and times. Of a record that was put under another
    Patient since, only the versions from before are emptied. Runs within the current transaction;
    once more changes nothing.
    """
    names = sorted(set(patients))
    standing = yield from fetch(_standing(), names)
    rows = [(TYPES[row[0]], *row[1:]) for row in standing]
    for kind, name in also:
        found = yield from fetch(_by_id(layout(kind)), [name])
        rows += [(kind, *row[1:]) for row in found]
    keys = sorted({(row[0], row[1]) for row in rows})
    writes = [Write("delete", kind, name) for kind, name in keys]
    if writes:
        yield from write_each(ports, [(write, context) for write in writes])
    old = yield from fetch(_PAST, names, [bucket_of(each) for each in names])
    whole = [key for key in keys if key[0] == "Patient" or key in set(also)] + list(past)
    old += yield from fetch(_VERSIONS, [NUMBERS[k] for k, _ in whole], [n for _, n in whole])
    versions = sorted({(row[0], row[1], row[2]) for row in old})
    yield from execute(_EMPTY, *([row[at] for row in versions] for at in range(3)))
    for kind in sorted({kind for kind, _ in keys}):
        yield from execute(_mark(layout(kind)), [name for each, name in keys if each == kind])
    full = [_body(row) for row in old if row[4] is not None]
    sources = frozenset(filter(None, map(source_of, full)))
    return Erased(tuple(keys), len(full), sources, frozenset().union(*map(files_named, full)))


def _standing() -> str:
    """Rows about Patients in every type's table: type, id; what is erased already is left out.

    A tombstone that a row left behind when its subject was put right tells of nothing.
    """
    selects = []
    for kind in NUMBERS:
        shape = layout(kind)
        if kind == "Patient":
            selects.append(_by_id(shape))
        elif not shape.own_key:
            selects.append(
                f"SELECT {shape.number} AS type, t.id FROM {shape.table} t"  # noqa: S608
                " WHERE hashtextextended(t.patient, 0) IN"
                " (SELECT hashtextextended(p, 0) FROM unnest($1::text[]) AS p)"
                f" AND t.patient = ANY($1::text[]) AND NOT t.moved AND t.dictionary <> {ERASED}"
            )
    return " UNION ".join(selects)


def _by_id(shape: Layout) -> str:
    return (
        f"SELECT {shape.number} AS type, t.id FROM {shape.table} t"  # noqa: S608 - names of our own
        f" WHERE t.id = ANY($1::text[]) AND t.dictionary <> {ERASED}"
    )


def _mark(shape: Layout) -> str:
    """Tombstones under the number of the erased, those left behind in another bucket too."""
    blank = "".join(f", {name} = NULL" for name in shape.columns)
    return (
        f"UPDATE {shape.table} t SET dictionary = {ERASED}, body = NULL, strings = NULL,"  # noqa: S608
        f" tokens = '{{}}', code = NULL, date_lo = NULL, date_hi = NULL{blank}"
        " WHERE t.id = ANY($1::text[]) AND t.deleted"
    )


def _body(row: Row) -> bytes:
    number, name, version, dictionary, frame, updated, patient = row
    return unpacked(frame, dictionary, TYPES[number], name, version, updated, patient)
