"""The order of hits, and cursors that go on from the last hit of a page."""

from __future__ import annotations

import base64
import binascii
import json
import re
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import blake2b
from typing import Any

from lanh.core.store.compiling import Scope
from lanh.core.store.compiling.strings import escaped
from lanh.core.store.errors import Invalid
from lanh.core.store.indexing import FIELD, UNLISTED_URIS, VALUE
from lanh.core.store.layout import COMBINED
from lanh.core.store.permission import Arguments
from lanh.core.store.query import UNKEEPABLE
from lanh.core.store.records import Search

_NUMERIC = re.compile(r"-?\d{1,1000}(?:\.\d{1,1000})?|-?Infinity|NaN", re.ASCII)


@dataclass(frozen=True, slots=True)
class SortKey:
    """One expression to sort by. Rows without a value come last going down, first going up."""

    expression: str
    kind: str
    down: bool


def sort_keys(scope: Scope, search: Search) -> list[SortKey]:
    """The keys of a search's `_sort`; the id, which ends every order, is not among them.

    Of several values of a row the lowest counts, of a text the longest of the parameter. Raises
    Invalid for what has no order: references but to the patient, identifiers, composites.
    """
    keys = []
    for name in search.sort:
        bare = name.removeprefix("-")
        down = name.startswith("-")
        if bare == "_id":
            break
        keys.append(SortKey(*_expression(scope, bare), down))
    return keys


def _expression(scope: Scope, name: str) -> tuple[str, str]:
    shape = scope.shape
    if name == "_lastUpdated":
        return "t.updated", "timestamptz"
    own = scope.own(name)
    if own is not None:
        return _own_expression(scope, own.key, own.kind, name)
    if shape.has_sort_name and name in ("name", "family", "phonetic") and name in shape.kinds:
        return "t.sort_name", "text"
    if name == "date" and shape.main_dates and shape.range_of("date") is None:
        return "t.date_lo", "timestamptz"
    found = shape.range_of(COMBINED.get((shape.type, name), (name,))[0])
    if found is not None:
        return f"t.{found.column}_lo", "timestamptz" if found.kind == "date" else "numeric"
    if name in shape.patient_parameters:
        return "t.patient", "text"
    kind = shape.kinds.get(name)
    if kind == "string":
        return _text(scope, "name" if name == "phonetic" else name)
    if name in shape.listed or (kind == "uri" and name not in UNLISTED_URIS):
        fields = list(COMBINED.get((shape.type, name), (name,)))
        field = scope.arguments.add(fields, "text[]")
        return (
            "((SELECT min(v.value) FROM store.vocabulary v WHERE v.hash = ANY(t.tokens)"  # noqa: S608
            f' AND v.field = ANY({field})) COLLATE "C")',
            "text",
        )
    raise Invalid.because("bad_sort", type=shape.type, name=name)


def _own_expression(scope: Scope, key: str, kind: str, name: str) -> tuple[str, str]:
    if kind == "string":
        return _text(scope, key)
    if kind not in ("date", "number", "quantity"):
        raise Invalid.because("bad_sort", type=scope.shape.type, name=name)
    type_ = "timestamptz" if kind == "date" else "numeric"
    held = scope.arguments.add(key, "text")
    return (
        f"(SELECT min((s.e ->> 0)::{type_}) FROM jsonb_array_elements(t.parts -> {held}) AS s (e))",  # noqa: S608
        type_,
    )


def _text(scope: Scope, key: str) -> tuple[str, str]:
    pattern = scope.arguments.add(f"{escaped(f'{FIELD}{key}{VALUE}')}([^{FIELD}]*)", "text")
    return f'(substring(t.strings from {pattern}) COLLATE "C")', "text"


def order_by(keys: list[SortKey], *, id_down: bool, row_id: str = "t.id") -> str:
    """The ORDER BY list; `row_id` is the expression of the row's id."""
    parts = [
        f"{key.expression} {'DESC NULLS LAST' if key.down else 'ASC NULLS FIRST'}" for key in keys
    ]
    return ", ".join([*parts, f"{row_id} {'DESC' if id_down else 'ASC'}"])


def id_goes_down(search: Search) -> bool:
    """Whether ids are sorted downwards: where asked for, or where the last key is."""
    return bool(search.sort) and search.sort[-1].startswith("-")


def _fingerprint(search: Search) -> str:
    told = repr((search.type, search.within, search.parameters, search.sort))
    return blake2b(told.encode(), digest_size=6).hexdigest()


def cursor_after(search: Search, values: list[Any], last_id: str) -> str:
    """The cursor of the place after a row; `values` are its sort keys as text."""
    return packed([_fingerprint(search), *values, last_id])


def mirrored(search: Search) -> Search:
    """The same rows in the opposite order, from the other side of the same place.

    What comes after a cursor in one is what comes before it in the other, without the place itself:
    that is on the other side (`inclusive`). Raises Invalid where the cursor is not the search's.
    """
    sort = search.sort or ("_id",)
    opposite = tuple(each[1:] if each.startswith("-") else f"-{each}" for each in sort)
    turned = replace(search, sort=opposite, cursor=None, inclusive=not search.inclusive)
    if search.cursor is None:
        return replace(turned, inclusive=False)
    told = unpacked(search.cursor)
    if not told or told[0] != _fingerprint(search):
        raise Invalid.because("bad_cursor")
    return replace(turned, cursor=packed([_fingerprint(turned), *told[1:]]))


def packed(told: list[Any]) -> str:
    """A cursor that says these values."""
    text = json.dumps(told, separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode("ascii").rstrip("=")


def unpacked(cursor: str) -> list[Any]:
    """What a cursor says. Raises Invalid where it is none."""
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        told = json.loads(base64.urlsafe_b64decode(padded.encode("ascii")))
    except (binascii.Error, UnicodeError, ValueError, RecursionError) as error:
        raise Invalid.because("bad_cursor") from error
    if not isinstance(told, list) or not all(map(_tellable, told)):
        raise Invalid.because("bad_cursor")
    return told


def _tellable(value: Any) -> bool:
    """Whether a value can stand in a cursor: a text that the database can hold, or none."""
    if not isinstance(value, str):
        return value is None
    return not UNKEEPABLE.search(value)


def _fits(kind: str, value: str | None) -> bool:
    """Whether a cursor's value can be compared as one of a sort key's type."""
    if value is None or kind == "text":
        return True
    if kind == "numeric":
        return _NUMERIC.fullmatch(value) is not None
    if value in ("infinity", "-infinity"):
        return True
    try:
        datetime.fromisoformat(value.removesuffix(" BC"))
    except ValueError:
        return False
    return True


def after_cursor(
    search: Search,
    keys: list[SortKey],
    arguments: Arguments,
    *,
    id_down: bool,
    inclusive: bool = False,
) -> str | None:
    """The condition of rows after the search's cursor, or, `inclusive`, at it.

    Raises Invalid where the cursor does not belong to the search.
    """
    if search.cursor is None:
        return None
    told = unpacked(search.cursor)
    fits = len(told) == len(keys) + 2 and told[0] == _fingerprint(search)
    values, last = told[1:-1], told[-1]
    if not fits or last is None:
        raise Invalid.because("bad_cursor")
    if not all(_fits(key.kind, value) for key, value in zip(keys, values, strict=True)):
        raise Invalid.because("bad_cursor")
    alternatives = []
    same: list[str] = []
    for key, value in zip(keys, values, strict=True):
        further, equal = _beyond(key, value, arguments)
        if further is not None:
            alternatives.append(" AND ".join([*same, further]))
        same.append(equal)
    sign = ("<" if id_down else ">") + ("=" if inclusive else "")
    alternatives.append(" AND ".join([*same, f"t.id {sign} {arguments.add(last, 'text')}"]))
    return "(" + " OR ".join(f"({part})" for part in alternatives) + ")"


def _beyond(key: SortKey, value: str | None, arguments: Arguments) -> tuple[str | None, str]:
    if value is None:
        return (None if key.down else f"{key.expression} IS NOT NULL"), f"{key.expression} IS NULL"
    held = f"({arguments.add(value, 'text')})::{key.kind}"
    if key.down:
        further = f"({key.expression} < {held} OR {key.expression} IS NULL)"
    else:
        further = f"{key.expression} > {held}"
    return further, f"{key.expression} = {held}"
