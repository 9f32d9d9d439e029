"""The SQL of rows: one text a type, made once."""

from __future__ import annotations

from functools import lru_cache

from lanh.core.store.layout import Layout

# The columns of a row as it is written, with their types; those of the layout follow.
WRITTEN: tuple[tuple[str, str], ...] = (
    ("id", "text"),
    ("bucket", "smallint"),
    ("version", "integer"),
    ("updated", "timestamptz"),
    ("dictionary", "smallint"),
    ("deleted", "boolean"),
    ("moved", "boolean"),
    ("code", "bigint"),
    ("date_lo", "timestamptz"),
    ("date_hi", "timestamptz"),
    ("patient", "text"),
    ("custodian", "text"),
    ("commune", "text"),
    ("sensitivity", "text"),
    ("tokens", "bigint[]"),
    ("strings", "text"),
    ("body", "bytea"),
)

# What a reader gets of a row: see reading.stored().
READ = (
    "t.id, t.version, t.updated, t.deleted, t.patient, t.custodian, t.commune, t.sensitivity,"
    " t.dictionary, t.body"
)


def columns(layout: Layout) -> tuple[tuple[str, str], ...]:
    """Names and types of every column that a write of this type fills."""
    extra: list[tuple[str, str]] = []
    for each in layout.ranges:
        kind = "timestamptz" if each.kind == "date" else "numeric"
        extra += [(f"{each.column}_lo", kind), (f"{each.column}_hi", kind)]
    if layout.has_residence:
        extra += [("residence", "text"), ("sort_name", "text")]
    return (*WRITTEN, *extra)


def _unnest(layout: Layout) -> tuple[str, str, str]:
    """The column list, the select list and the FROM item that turns arrays into rows.

    An array of arrays cannot be unnested into rows of arrays, so tokens come as array literals.
    """
    written = columns(layout)
    names = ", ".join(name for name, _ in written)
    selected = ", ".join("n.tokens::bigint[]" if n == "tokens" else f"n.{n}" for n, _ in written)
    arguments = ", ".join(
        f"${place}::{'text' if kind == 'bigint[]' else kind}[]"
        for place, (_, kind) in enumerate(written, start=1)
    )
    return names, selected, f"unnest({arguments}) AS n ({names})"


@lru_cache(maxsize=512)
def insert(layout: Layout) -> str:
    """Insert rows; the arguments are one array a column."""
    names, selected, rows = _unnest(layout)
    return f"INSERT INTO {layout.table} ({names}) SELECT {selected} FROM {rows}"  # noqa: S608


@lru_cache(maxsize=512)
def replace(layout: Layout) -> str:
    """Move the rows as they stand to history and put the new versions in their place.

    custodian and commune stay those of the first version.
    """
    _, _, rows = _unnest(layout)
    keyed = ("id", "bucket", "custodian", "commune")
    changes = ", ".join(
        f"{name} = {'n.tokens::bigint[]' if name == 'tokens' else f'n.{name}'}"
        for name, _ in columns(layout)
        if name not in keyed
    )
    return f"""
WITH n AS MATERIALIZED (SELECT * FROM {rows}),
old AS (
    INSERT INTO store.history (updated, version, type, bucket, dictionary, deleted, id, patient,
                               custodian, commune, sensitivity, body)
    SELECT t.updated, t.version, {layout.number}, t.bucket, t.dictionary, t.deleted, t.id,
           t.patient, t.custodian, t.commune, t.sensitivity, t.body
    FROM n JOIN {layout.table} t ON t.id = n.id AND t.bucket = n.bucket
)
UPDATE {layout.table} t SET txid = pg_current_xact_id(), {changes}
FROM n WHERE t.id = n.id AND t.bucket = n.bucket
"""  # noqa: S608 - names of our own


@lru_cache(maxsize=512)
def lock(layout: Layout, allowed: str) -> str:
    """Lock current rows by id and bucket, in the order of ids; `allowed` is the predicate."""
    residence = "t.residence" if layout.has_residence else "NULL::text"
    return f"""
SELECT t.id, t.bucket, t.version, t.deleted, t.patient, t.custodian, t.commune,
       coalesce(t.sensitivity, ''), {residence}, t.dictionary, t.body, t.updated, t.moved, {allowed}
FROM unnest($1::text[], $2::smallint[]) AS k (id, bucket)
JOIN {layout.table} t ON t.id = k.id AND t.bucket = k.bucket
ORDER BY t.id FOR UPDATE OF t
"""  # noqa: S608


def forget(layout: Layout) -> str:
    """Remove tombstones of moved rows: the row comes back to where it once stood."""
    return f"""
DELETE FROM {layout.table} t USING unnest($1::text[], $2::smallint[]) AS k (id, bucket)
WHERE t.id = k.id AND t.bucket = k.bucket AND t.moved
"""  # noqa: S608


LOCATE = """
SELECT k.place, l.bucket FROM unnest($1::text[]::uuid[]) WITH ORDINALITY AS k (key, place)
JOIN store.locator l ON l.key = k.key
"""

CLAIM = """
INSERT INTO store.locator (key, bucket, owner)
SELECT * FROM unnest($1::text[]::uuid[], $2::smallint[], $3::text[])
ON CONFLICT (key) DO NOTHING
RETURNING key::text
"""

RELOCATE = """
INSERT INTO store.locator (key, bucket)
SELECT * FROM unnest($1::text[]::uuid[], $2::smallint[])
ON CONFLICT (key) DO UPDATE SET bucket = excluded.bucket
"""

OWNERS = """
SELECT k.place, l.owner FROM unnest($1::text[]::uuid[]) WITH ORDINALITY AS k (key, place)
JOIN store.locator l ON l.key = k.key
"""

ADD_IDENTIFIERS = """
INSERT INTO store.identifier (value, system, type, bucket, id)
SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::smallint[], $4::smallint[], $5::text[])
ON CONFLICT DO NOTHING
"""

DROP_IDENTIFIERS = """
DELETE FROM store.identifier i
USING unnest($1::bigint[], $2::bigint[], $3::smallint[], $4::text[]) AS k (value, system, type, id)
WHERE i.value = k.value AND i.system = k.system AND i.type = k.type AND i.id = k.id
"""

ADD_NAMES = """
INSERT INTO store.name (words, type, bucket, id)
SELECT * FROM unnest($1::text[], $2::smallint[], $3::smallint[], $4::text[])
ON CONFLICT DO NOTHING
"""

DROP_NAMES = """
DELETE FROM store.name n USING unnest($1::text[], $2::smallint[], $3::text[]) AS k (words, type, id)
WHERE n.words = k.words AND n.type = k.type AND n.id = k.id
"""

FEED = """
INSERT INTO store.feed (at, type, entries)
SELECT * FROM unnest($1::timestamptz[], $2::smallint[], $3::text[])
"""

RESIDENCES = """
SELECT p.id, p.residence FROM unnest($1::text[], $2::smallint[]) AS k (id, bucket)
JOIN store.patient p ON p.id = k.id AND p.bucket = k.bucket
"""

ADVISE = """
SELECT pg_advisory_xact_lock(k) FROM unnest($1::bigint[]) AS k
"""
