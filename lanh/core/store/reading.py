"""Plans that read rows by id and their versions."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from lanh.core.access import Access, Everything, Interaction, Predicate
from lanh.core.database import Plan, Row, fetch
from lanh.core.store import statements
from lanh.core.store.bodies import unpacked
from lanh.core.store.errors import Forbidden
from lanh.core.store.hashing import locator_key
from lanh.core.store.identity import bucket_in, bucket_of
from lanh.core.store.layout import NUMBERS, TYPES, Layout, layout
from lanh.core.store.permission import Arguments, condition
from lanh.core.store.records import Change, Context, Stored
from lanh.core.store.rights import may, rule

Key = tuple[str, str]


def stored(kind: str, row: Row) -> Stored:
    """The record of a row of `statements.READ`."""
    name, version, updated, deleted, patient, custodian, commune, sensitivity = row[:8]
    found = object.__new__(Stored)  # a page has many: filled at once, not field by field
    found.__dict__.update(
        type=kind,
        id=name,
        version=version,
        updated=updated,
        body=unpacked(row[9], row[8], kind, name, version, updated, patient),
        deleted=deleted,
        patient=name if kind == "Patient" else patient,
        custodian=custodian,
        commune=commune,
        sensitivity=sensitivity or "",
    )
    return found


def readable(subject: Access, kind: str, key: str, bucket: str, arguments: Arguments) -> str:
    """The SQL condition that the row of `kind` with the id `key` stands and may be read.

    For engines that join what they keep of a record: `key` and `bucket` (`bucket_of` its id) are
    expressions of their statement, `arguments` those of that statement, which grow.
    """
    shape = layout(kind)
    where = condition(rule(subject, "read", kind), arguments, patients=shape.has_residence)
    # LIMIT keeps the planner from reading the whole table for what is a few probes.
    return (
        f"(SELECT true FROM {shape.table} t WHERE t.id = {key}"  # noqa: S608
        f" AND t.bucket = {bucket} AND NOT t.deleted AND NOT t.moved AND {where} LIMIT 1) IS TRUE"
    )


def rule_for(context: Context, interaction: Interaction, kind: str) -> Predicate:
    """The predicate of an interaction. Raises Forbidden where no grant allows it on any row."""
    if kind not in NUMBERS or not may(context.access, interaction, kind):
        raise Forbidden.because("forbidden", interaction=interaction, type=kind)
    return rule(context.access, interaction, kind)


def _by_id(
    shape: Layout, allowed: Predicate, ids: list[str], buckets: list[int | None]
) -> Plan[list[Row]]:
    """Rows by id in the buckets given; where one is not known, the locator tells it.

    LIMIT keeps the planner from reading whole tables: each id is one probe of one partition.
    """
    keys = [
        None if bucket is not None else locator_key(shape.number, name)
        for name, bucket in zip(ids, buckets, strict=True)
    ]
    arguments = Arguments(ids, buckets)
    source = f"{statements.rows('text', 'smallint')} AS k (id, bucket)"
    if any(key is not None for key in keys):
        arguments.add(keys, "text[]")
        source = statements.rows("text", "smallint", "uuid")
        bucket = "coalesce(k.bucket, (SELECT l.bucket FROM store.locator l WHERE l.key = k.key))"
        source = (
            f"(SELECT k.id, {bucket} AS bucket FROM {source} AS k (id, bucket, key) OFFSET 0) AS k"  # noqa: S608
        )
    where = condition(allowed, arguments, patients=shape.has_residence)
    rows = yield from fetch(
        f"SELECT r.* FROM {source} CROSS JOIN LATERAL"  # noqa: S608
        f" (SELECT {statements.READ}, t.moved FROM {shape.table} t"
        f" WHERE t.id = k.id AND t.bucket = k.bucket AND {where} LIMIT 1) AS r",
        *arguments.values,
    )
    return rows


def fetch_rows(shape: Layout, allowed: Predicate, ids: Iterable[str]) -> Plan[dict[str, Stored]]:
    """Current rows by id, deleted ones as tombstones: one statement, a second for moved rows."""
    wanted = list(dict.fromkeys(ids))
    if shape.own_key:
        rows = yield from _by_id(shape, allowed, wanted, [bucket_of(each) for each in wanted])
        return {row[0]: stored(shape.type, row) for row in rows}
    rows = yield from _by_id(shape, allowed, wanted, [bucket_in(each) for each in wanted])
    found = {row[0]: stored(shape.type, row) for row in rows if not row[-1]}
    elsewhere = [each for each in wanted if each not in found and bucket_in(each) is not None]
    if elsewhere:
        rows = yield from _by_id(shape, allowed, elsewhere, [None] * len(elsewhere))
        found.update((row[0], stored(shape.type, row)) for row in rows if not row[-1])
    return found


def read_many(keys: Sequence[Key], context: Context) -> Plan[list[Stored]]:
    """Rows of several types that `context` may read, in the order asked for; others are left out.

    Deleted rows come as tombstones. A type on which nothing may be read gives no rows.
    """
    by_type: dict[str, list[str]] = {}
    for kind, name in keys:
        by_type.setdefault(kind, []).append(name)
    found: dict[Key, Stored] = {}
    for kind, ids in by_type.items():
        if kind in NUMBERS and may(context.access, "read", kind):
            allowed = rule(context.access, "read", kind)
            rows = yield from fetch_rows(layout(kind), allowed, ids)
            found.update(((kind, name), row) for name, row in rows.items())
    return [found[key] for key in dict.fromkeys(keys) if key in found]


def read(kind: str, name: str, context: Context, version: int | None = None) -> Plan[Stored | None]:
    """One row, or one version of it; None where there is none or it may not be seen.

    Raises Forbidden where nothing of the type may be read.
    """
    allowed = rule_for(context, "read", kind)
    if version is None:
        rows = yield from fetch_rows(layout(kind), allowed, [name])
        return rows.get(name)
    versions = yield from _versions(kind, name, allowed, version, 1)
    return versions[0] if versions else None


def history(kind: str, name: str, context: Context, limit: int = 1000) -> Plan[list[Stored]]:
    """The versions of a row that may be seen, newest first, deletions included."""
    allowed = rule_for(context, "history", kind)
    versions = yield from _versions(kind, name, allowed, None, limit)
    return versions


def _versions(
    kind: str, name: str, allowed: Predicate, version: int | None, limit: int
) -> Plan[list[Stored]]:
    """Versions wherever they stand: an old one stays in the bucket of the patient of its time."""
    shape = layout(kind)
    arguments = Arguments(name, version, limit)
    now = condition(allowed, arguments, patients=shape.has_residence)
    then = condition(allowed, arguments, patients=shape.has_residence, alias="h")
    old = statements.READ.replace("t.", "h.")
    rows = yield from fetch(
        f"SELECT {statements.READ} FROM {shape.table} t"  # noqa: S608
        " WHERE t.id = $1::text AND NOT t.moved AND ($2::integer IS NULL OR t.version = $2)"
        f" AND {now} UNION ALL SELECT {old} FROM store.history h WHERE h.id = $1::text"
        f" AND h.type = {shape.number} AND ($2::integer IS NULL OR h.version = $2) AND {then}"
        " ORDER BY version DESC LIMIT $3::integer",
        *arguments.values,
    )
    return [stored(kind, row) for row in rows]


def owners(keys: Sequence[Key]) -> Plan[dict[Key, str | None]]:
    """Who first wrote each id that a client chose; an id that is free is absent."""
    wanted = [(NUMBERS[kind], name) for kind, name in keys if kind in NUMBERS]
    if not wanted:
        return {}
    rows = yield from fetch(statements.OWNERS, [locator_key(*key) for key in wanted])
    found = ((wanted[row[0] - 1], row[1]) for row in rows)
    return {(TYPES[number], name): owner for (number, name), owner in found}


def bodies(changed: Sequence[Change]) -> Plan[list[Stored]]:
    """The current state of what changed, each row once, for the platform's own derivations.

    No access predicate applies. A row that changed again is given as it is now.
    """
    by_type: dict[str, list[str]] = {}
    for change in changed:
        by_type.setdefault(change.type, []).append(change.id)
    found: list[Stored] = []
    for kind, ids in by_type.items():
        rows = yield from fetch_rows(layout(kind), Everything(), ids)
        found += rows.values()
    return found
