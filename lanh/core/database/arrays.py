"""Lists as psycopg sends them: binary arrays, of the type that the statement casts them to.

psycopg's own way for a list of texts is one text with quotes and escapes, bytes in hexadecimal; it
costs ten times as much to write, and the server as much again to read. And it tells the server the
type of the values that happen to be there, by which one statement becomes many prepared ones.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any

import psycopg
from psycopg.postgres import types
from psycopg.pq import Format

_CAST = re.compile(r"\$(\d+)::([a-z0-9]+)\[\]")
# The values that are sent so, by type; jsonb and uuid reach the server as texts.
_VALUES: dict[str, type] = {
    "bigint": int, "boolean": bool, "bytea": bytes, "date": date, "integer": int,
    "numeric": Decimal, "smallint": int, "text": str, "timestamptz": datetime,
}  # fmt: skip


class _Array(list[Any]):
    """A list that is sent as an array of one type; its subclasses tell which."""


_ARRAYS: dict[str, type[_Array]] = {kind: type(kind, (_Array,), {}) for kind in _VALUES}


def send_arrays(connection: psycopg.Connection[Any]) -> None:
    """Have a connection send what `typed` gives."""
    for kind, array in _ARRAYS.items():
        oid = types[kind].array_oid
        dumper = connection.adapters.get_dumper_by_oid(oid, Format.BINARY)
        connection.adapters.register_dumper(array, dumper)


def typed(sql: str, arguments: Sequence[Any]) -> Sequence[Any]:
    """The arguments of a statement, its lists with the types to which it casts them.

    Lists that hold anything else than values of that type and None stay as they are.
    """
    arrays = _arrays(sql)
    if not arrays:
        return arguments
    found = list(arguments)
    for at, array, allowed in arrays:
        given = found[at] if at < len(found) else None
        if type(given) is list and allowed.issuperset(map(type, given)):
            found[at] = array(given)
    return found


@lru_cache(maxsize=4_096)
def _arrays(sql: str) -> tuple[tuple[int, type[_Array], frozenset[type]], ...]:
    """Which arguments are cast to arrays, and of what values; one that is cast in several ways goes
    by the first."""
    casts: dict[int, str] = {}
    for number, kind in _CAST.findall(sql):
        casts.setdefault(int(number) - 1, kind)
    return tuple(
        (at, _ARRAYS[kind], frozenset({_VALUES[kind], type(None)}))
        for at, kind in casts.items()
        if kind in _ARRAYS
    )
