"""The SQL of rows: one text a type, made once.

Arrays reach unnest through a scalar subselect: the planner then does not look at their length, so
it finds the plan for any length (probe by probe) no worse than one for this length, and plans a
prepared statement once instead of at every use.
"""

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
    ("present", "integer"),
    ("parts", "jsonb"),
)

_CASTS = {"uuid": "text[]::uuid[]", "bigint[]": "text[]", "jsonb": "text[]::jsonb[]"}

# What a reader gets of a row: see reading.stored().
READ = (
    "t.id, t.version, t.updated, t.deleted, t.patient, t.custodian, t.commune, t.sensitivity,"
    " t.dictionary, t.body"
)


def rows(*kinds: str) -> str:
    """The FROM item that turns the first arguments, an array of each kind, into rows.

    A uuid comes as text.
    """
    casts = (f"${at}::{_CASTS.get(kind, f'{kind}[]')}" for at, kind in enumerate(kinds, start=1))
    return f"unnest({', '.join(f'(SELECT {cast})' for cast in casts)})"


def columns(layout: Layout) -> tuple[tuple[str, str], ...]:
    """Names and types of every column that a write of this type fills."""
    extra: list[tuple[str, str]] = []
    for each in layout.ranges:
        kind = "timestamptz" if each.kind == "date" else "numeric"
        extra += [(f"{each.column}_lo", kind), (f"{each.column}_hi", kind)]
    if layout.has_position:
        extra += [("latitude", "numeric"), ("longitude", "numeric")]
    if layout.has_residence:
        extra.append(("residence", "text"))
    if layout.has_sort_name:
        extra.append(("sort_name", "text"))
    return (*WRITTEN, *extra)


def _unnest(layout: Layout) -> tuple[str, str, str]:
    """The column list, the select list and the FROM item that turns arrays into rows.

    An array of arrays cannot be unnested into rows of arrays, so tokens come as array literals.
    """
    written = columns(layout)
    names = ", ".join(name for name, _ in written)
    selected = ", ".join("n.tokens::bigint[]" if n == "tokens" else f"n.{n}" for n, _ in written)
    return names, selected, f"{rows(*(kind for _, kind in written))} AS n ({names})"


@lru_cache(maxsize=512)
def insert(layout: Layout) -> str:
    """Insert rows; the arguments are one array a column."""
    names, selected, source = _unnest(layout)
    return f"INSERT INTO {layout.table} ({names}) SELECT {selected} FROM {source}"  # noqa: S608


@lru_cache(maxsize=512)
def replace(layout: Layout) -> str:
    """Move the rows as they stand to history and put the new versions in their place.

    custodian and commune stay those of the first version.
    """
    _, _, source = _unnest(layout)
    keyed = ("id", "bucket", "custodian", "commune")
    changes = ", ".join(
        f"{name} = {'n.tokens::bigint[]' if name == 'tokens' else f'n.{name}'}"
        for name, _ in columns(layout)
        if name not in keyed
    )
    return f"""
WITH n AS MATERIALIZED (SELECT * FROM {source}),
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
    """Lock current rows by id and bucket, in the order of the arrays; `allowed` is the predicate.

    Each id is one probe of one partition, and writers that sort their ids never wait in a circle.
    """
    residence = "t.residence" if layout.has_residence else "NULL::text"
    return f"""
SELECT r.* FROM {rows("text", "smallint")} AS k (id, bucket) CROSS JOIN LATERAL (
    SELECT t.id, t.bucket, t.version, t.deleted, t.patient, t.custodian, t.commune,
           coalesce(t.sensitivity, ''), {residence}, t.dictionary, t.body, t.updated, t.moved,
           {allowed}
    FROM {layout.table} t WHERE t.id = k.id AND t.bucket = k.bucket LIMIT 1 FOR UPDATE
) AS r
"""  # noqa: S608


def forget(layout: Layout) -> str:
    """Remove tombstones of moved rows: the row comes back to where it once stood."""
    return f"""
DELETE FROM {layout.table} t USING {rows("text", "smallint")} AS k (id, bucket)
WHERE t.id = k.id AND t.bucket = k.bucket AND t.moved
"""  # noqa: S608


LOCATE = f"""
SELECT k.place, l.bucket FROM {rows("uuid")} WITH ORDINALITY AS k (key, place)
JOIN store.locator l ON l.key = k.key
"""  # noqa: S608 - constants only

CLAIM = f"""
INSERT INTO store.locator (key, bucket, owner)
SELECT * FROM {rows("uuid", "smallint", "text")}
ON CONFLICT (key) DO NOTHING
RETURNING key::text
"""  # noqa: S608 - constants only

RELOCATE = f"""
INSERT INTO store.locator (key, bucket)
SELECT * FROM {rows("uuid", "smallint")}
ON CONFLICT (key) DO UPDATE SET bucket = excluded.bucket
"""  # noqa: S608 - constants only

OWNERS = f"""
SELECT k.place, l.owner FROM {rows("uuid")} WITH ORDINALITY AS k (key, place)
JOIN store.locator l ON l.key = k.key
"""  # noqa: S608 - constants only

ADD_IDENTIFIERS = f"""
INSERT INTO store.identifier (value, system, type, bucket, id)
SELECT * FROM {rows("bigint", "bigint", "smallint", "smallint", "text")}
ON CONFLICT DO NOTHING
"""  # noqa: S608 - constants only

DROP_IDENTIFIERS = f"""
DELETE FROM store.identifier i
USING {rows("bigint", "bigint", "smallint", "text")} AS k (value, system, type, id)
WHERE i.value = k.value AND i.system = k.system AND i.type = k.type AND i.id = k.id
"""  # noqa: S608 - constants only

ADD_NAMES = f"""
INSERT INTO store.name (words, type, bucket, id)
SELECT * FROM {rows("text", "smallint", "smallint", "text")}
ON CONFLICT DO NOTHING
"""  # noqa: S608 - constants only

DROP_NAMES = f"""
DELETE FROM store.name n USING {rows("text", "smallint", "text")} AS k (words, type, id)
WHERE n.words = k.words AND n.type = k.type AND n.id = k.id
"""  # noqa: S608 - constants only

# The change feed is appended to; the answer is which of the Patients concerned were erased.
FEED = f"""
WITH told AS (
    INSERT INTO store.feed (at, type, entries)
    SELECT * FROM {rows("timestamptz", "smallint", "bytea")}
)
SELECT e.key::text FROM store.erased e WHERE e.key = ANY((SELECT $4::text[]::uuid[])::uuid[])
"""  # noqa: S608 - constants only

RESIDENCES = f"""
SELECT p.id, p.residence FROM {rows("text", "smallint")} AS k (id, bucket)
JOIN store.patient p ON p.id = k.id AND p.bucket = k.bucket
"""  # noqa: S608 - constants only

ADVISE = f"""
SELECT pg_advisory_xact_lock(k) FROM {rows("bigint")} AS k
"""  # noqa: S608 - constants only
