"""Searches of several types at once: of the system, of a compartment (R4 3.1.1.2).

Without `_sort` rows come by type and id, so that a page asks few types. Sorted by `_lastUpdated`
or `_id`, which every type has, each type gives its first rows and these are merged.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from typing import Any

from lanh.core import fhir
from lanh.core.database import Plan
from lanh.core.store.errors import Forbidden, Invalid, NotFound
from lanh.core.store.layout import NUMBERS
from lanh.core.store.ordering import cursor_after, id_goes_down, packed, unpacked
from lanh.core.store.own_parameters import OwnParameters
from lanh.core.store.query import LARGEST_COUNT, QueryReader
from lanh.core.store.records import Context, Page, Parameter, Search, Stored
from lanh.core.store.rights import may
from lanh.core.store.searching import Asking, ask, completed, page_of, total_of
from lanh.core.text import Message

Pairs = Sequence[tuple[str, str]]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def check_member(code: str, kind: str) -> None:
    """Raise NotFound where rows of a type belong to no compartment of a type `code`."""
    if fhir.compartment_parameters(code, kind) is None:
        raise NotFound.because("not_in_compartment", kind=kind, type=code)


def types_of(pairs: Pairs, within: tuple[str, str] | None) -> tuple[list[str], Pairs]:
    """The types that a query is about, in order, and its pairs without `_type`, which may be given
    several times. Raises Invalid, NotFound for a type that the compartment has not."""
    values = [value for name, value in pairs if name == "_type"]
    named = {each.strip() for value in values for each in value.split(",")}
    unknown = sorted(named - set(NUMBERS))
    if unknown:
        raise Invalid.because("unknown_type", type=unknown[0][:100])
    kinds = sorted(named or NUMBERS)
    if within is not None:
        code = within[0]
        for kind in named:
            check_member(code, kind)
        kinds = [each for each in kinds if fhir.compartment_parameters(code, each) is not None]
    return kinds, [pair for pair in pairs if pair[0] != "_type"]


def parse(
    pairs: Pairs,
    *,
    lenient: bool,
    base: str,
    own: OwnParameters,
    within: tuple[str, str] | None = None,
) -> tuple[list[Search], list[Message]]:
    """One search a type, all with the same parameters, which every type must have (R4 3.1.1.2).

    A parameter that some type lacks is refused (Invalid) or, where `lenient`, passed over for all.
    """
    kinds, rest = types_of(pairs, within)
    ignored: list[Message] = []
    if lenient:
        rest, ignored = _common(kinds, rest, own)
    found = []
    for kind in kinds:
        reader = QueryReader(kind, lenient=False, base=base, own=own, beside=kinds)
        found.append(replace(reader.read(rest), within=within))
    for name in found[0].sort if found else ():
        if name.removeprefix("-") not in ("_lastUpdated", "_id"):
            raise Invalid.because("several_sort", name=name)
    return found, ignored


def _common(kinds: Sequence[str], pairs: Pairs, own: OwnParameters) -> tuple[Pairs, list[Message]]:
    kept: list[tuple[str, str]] = []
    ignored: list[Message] = []
    for pair in pairs:
        for kind in kinds:
            reader = QueryReader(kind, lenient=True, own=own, beside=kinds)
            reader.read([pair])
            if reader.ignored:
                ignored += reader.ignored
                break
        else:
            kept.append(pair)
    return kept, ignored


def search(searches: Sequence[Search], context: Context, asking: Asking) -> Plan[Page]:
    """A page of the rows of several types that answer, those of types without a right left out.

    Raises Invalid, and Forbidden where nothing of any type may be searched.
    """
    yield from asking.own.refresh()
    allowed = [each for each in searches if may(context.access, "search", each.type)]
    if not allowed:
        named = ", ".join(each.type for each in searches[:5])
        raise Forbidden.because("forbidden", interaction="search", type=named)
    first = allowed[0]
    turn = _Turn(allowed, context, asking)
    if first.summary == "count" or first.count == 0:
        total, bounded = yield from turn.total()
        return Page([], total=total, total_bounded=bounded)
    count = max(1, min(first.count, LARGEST_COUNT))
    entries, cursor = yield from (turn.merged(count) if first.sort else turn.by_type(count))
    return (yield from completed(first, entries, cursor, turn.total(), context, asking))


class _Turn:
    """One page of several searches."""

    def __init__(self, searches: Sequence[Search], context: Context, asking: Asking) -> None:
        self._searches = searches
        self._context = context
        self._asking = asking
        self._listed: dict[Parameter, Parameter] = {}
        first = searches[0]
        told = repr([first.parameters, first.within, first.sort, [each.type for each in searches]])
        self._print = blake2b(told.encode(), digest_size=6).hexdigest()

    def total(self) -> Plan[tuple[int, bool]]:
        """How many rows answer, and whether there are more than could be counted."""
        found, bounded = 0, False
        for each in self._searches:
            asked = yield from ask(each, self._context, self._asking, self._listed)
            total, more = yield from total_of(asked, exact=each.total != "estimate")
            found, bounded = found + total, bounded or more
        return found, bounded

    def by_type(self, count: int) -> Plan[tuple[list[Stored], str | None]]:
        """Rows type by type, and the cursor of the next page."""
        begin, inner = "", None
        if self._searches[0].cursor is not None:
            begin, inner = self._read(2)
            if begin not in NUMBERS:
                raise Invalid.because("bad_cursor")
        found: list[Stored] = []
        for each in self._searches:
            if each.type < begin:
                continue
            placed = replace(each, cursor=inner if each.type == begin else None)
            asked = yield from ask(placed, self._context, self._asking, self._listed)
            # Where the page is full, whether there is more: one row tells.
            rows, after = yield from page_of(asked, max(1, count - len(found)))
            if len(found) == count:
                if rows or after is not None:
                    return found, packed([self._print, each.type, placed.cursor])
                continue
            found += rows
            if after is not None:
                return found, packed([self._print, each.type, after])
        return found, None

    def merged(self, count: int) -> Plan[tuple[list[Stored], str | None]]:
        """Rows in the order of `_sort`, and the cursor of the next page."""
        order = _Order(self._searches[0])
        start: _Place | None = None
        if self._searches[0].cursor is not None:
            start = _Place.of(self._read(3))
        rows: list[Stored] = []
        ends: list[_Place] = []
        for each in self._searches:
            cursor = None if start is None else cursor_after(each, order.values(start), start.id)
            asked = yield from ask(
                replace(each, cursor=cursor), self._context, self._asking, self._listed
            )
            after_type = start is not None and each.type > start.type
            some, after = yield from page_of(asked, count, inclusive=after_type)
            rows += some
            if after is not None:
                ends.append(order.place(after, each.type))
        rows.sort(key=lambda row: order.key(_Place(row.updated, row.id, row.type)))
        if not ends and len(rows) <= count:
            return rows, None
        # Beyond the first type's end there may be rows that were not fetched.
        end = min(ends, key=order.key, default=None)
        if end is not None:
            least = order.key(end)
            rows = [r for r in rows if order.key(_Place(r.updated, r.id, r.type)) <= least]
        page = rows[:count]
        last = _Place(page[-1].updated, page[-1].id, page[-1].type) if page else None
        if end is not None and (last is None or len(page) < count):
            last = end
        return page, None if last is None else packed([self._print, *last.told()])

    def _read(self, count: int) -> list[Any]:
        """What the cursor says. Raises Invalid where it is of another search."""
        told = unpacked(self._searches[0].cursor or "")
        fits = len(told) == count + 1 and told[0] == self._print
        if not fits or not all(isinstance(each, str | None) for each in told[1:]):
            raise Invalid.because("bad_cursor")
        return told[1:]


class _Place:
    """Where a row stands in the order of several types."""

    __slots__ = ("id", "type", "updated")

    def __init__(self, updated: datetime | None, id: str, type: str) -> None:
        self.updated, self.id, self.type = updated, id, type

    @classmethod
    def of(cls, told: Sequence[Any]) -> _Place:
        """The place that a cursor tells. Raises Invalid."""
        moment, name, kind = told
        try:
            updated = None if moment is None else datetime.fromisoformat(moment)
        except ValueError as error:
            raise Invalid.because("bad_cursor") from error
        if not isinstance(name, str) or kind not in NUMBERS or (updated and not updated.tzinfo):
            raise Invalid.because("bad_cursor")
        return cls(updated, name, kind)

    def told(self) -> list[Any]:
        """What a cursor holds of it."""
        return [self.updated and self.updated.isoformat(), self.id, self.type]


class _Order:
    """The order by `_lastUpdated` and `_id`, ties by type."""

    def __init__(self, wanted: Search) -> None:
        names = []
        for name in wanted.sort:
            if name.removeprefix("-") == "_id":
                break
            names.append(name)
        self._downs = [name.startswith("-") for name in names]
        self._id_down = id_goes_down(wanted)

    def values(self, place: _Place) -> list[str | None]:
        """The values of the sort keys as a cursor of one type holds them. Raises Invalid."""
        if self._downs and place.updated is None:
            raise Invalid.because("bad_cursor")
        return [place.updated.isoformat() if place.updated else None] * len(self._downs)

    def place(self, cursor: str, kind: str) -> _Place:
        """The place that a cursor of one type tells."""
        told = unpacked(cursor)
        updated = datetime.fromisoformat(told[1]) if self._downs else None
        return _Place(updated, told[-1], kind)

    def key(self, place: _Place) -> tuple[Any, ...]:
        """What places are compared by."""
        moment = 0
        if self._downs and place.updated is not None:
            moment = (place.updated - _EPOCH) // timedelta(microseconds=1)
        letters = [ord(sign) for sign in place.id]
        name = [-sign for sign in letters] + [1] if self._id_down else [*letters, -1]
        return (*(-moment if down else moment for down in self._downs), name, place.type)
