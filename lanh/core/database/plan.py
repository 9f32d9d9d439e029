"""Statement plans: database work written once, run by an asynchronous or a synchronous runner.

A plan is a generator. It yields a `Statement` (or a `Copy`) and is sent back the rows, as tuples
in the order of the select list. Plans compose with ``yield from``, so records, audit, feed, task
and receipt are written by their own engines and still commit together in one transaction.

Statements use PostgreSQL's own ``$1`` placeholders. Both drivers bind on the server, so every
parameter whose type the server cannot infer from its place is cast in the text: ``$1::bigint[]``.
JSON goes in as text (``$1::jsonb``) and comes back as text.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias, TypeVar

T = TypeVar("T")

Row: TypeAlias = Sequence[Any]


@dataclass(frozen=True, slots=True)
class Statement:
    """One SQL statement and its positional arguments."""

    sql: str
    args: tuple[Any, ...] = ()


@dataclass(frozen=True, slots=True)
class Copy:
    """A binary COPY of `rows` into `schema.table`; yields back an empty list of rows."""

    schema: str
    table: str
    columns: tuple[str, ...]
    rows: Sequence[Sequence[Any]]
    types: tuple[str, ...]


Plan: TypeAlias = Generator["Statement | Copy", "list[Row]", T]


def fetch(sql: str, *args: Any) -> Plan[list[Row]]:
    """Run one statement and return its rows."""
    rows = yield Statement(sql, args)
    return rows


def fetch_one(sql: str, *args: Any) -> Plan[Row | None]:
    """Run one statement and return its first row, or None where there is none."""
    rows = yield Statement(sql, args)
    return rows[0] if rows else None


def execute(sql: str, *args: Any) -> Plan[None]:
    """Run one statement for its effect."""
    yield Statement(sql, args)
