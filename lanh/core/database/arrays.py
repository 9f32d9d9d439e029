"""Lists as psycopg sends them: binary arrays, of the type that the statement casts them to.

psycopg's own way for a list of texts is one text with quotes and escapes, bytes in hexadecimal; it
costs ten times as much to write, and the server as much again to read. And it tells the server the
type of the values that happen to be there, by which one statement becomes many prepared ones.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import psycopg
from psycopg.postgres import types
from psycopg.pq import Format

_CAST = re.compile(r"\$(\d+)::([a-z0-9]+)\[\]")
# jsonb and uuid reach the server as texts.
_KINDS = ("bigint", "boolean", "bytea", "date", "integer", "numeric", "smallint", "text",
          "timestamptz")  # fmt: skip


class _Array(list[Any]):
    """A list that is sent as an array of one type; its subclasses tell which."""


_ARRAYS: dict[str, type[_Array]] = {kind: type(kind, (_Array,), {}) for kind in _KINDS}


def send_arrays(connection: psycopg.Connection[Any]) -> None:
    """Have a connection send what `typed` gives."""
    for kind, array in _ARRAYS.items():
        oid = types[kind].array_oid
        dumper = connection.adapters.get_dumper_by_oid(oid, Format.BINARY)
        connection.adapters.register_dumper(array, dumper)


def typed(sql: str, arguments: Sequence[Any]) -> Sequence[Any]:
    """The arguments of a statement, its lists with the types to which it casts them."""
    arrays = _arrays(sql)
    if not arrays:
        return arguments
    found = list(arguments)
    for at, array in arrays:
        given = found[at] if at < len(found) else None
        if type(given) is list and not (given and type(given[0]) is list):
            found[at] = array(given)
    return found


@lru_cache(maxsize=4_096)
def _arrays(sql: str) -> tuple[tuple[int, type[_Array]], ...]:
    """Which arguments are cast to arrays; one that is cast in several ways goes by the first."""
    casts: dict[int, str] = {}
    for number, kind in _CAST.findall(sql):
        casts.setdefault(int(number) - 1, kind)
    return tuple((at, _ARRAYS[kind]) for at, kind in casts.items() if kind in _ARRAYS)
