"""The state of a list as it stands in an address: filters, order, page. Whatever is written there
is read without failing; what cannot be used is told at its field."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal, TypeAlias, get_args
from urllib.parse import urlencode

from lanh.core.forms import EntryFault, read_date
from lanh.core.lists.definition import Column, Filter, ListDefinition
from lanh.core.lists.errors import MESSAGES
from lanh.core.text import Message, nfc

Pairs: TypeAlias = Sequence[tuple[str, str]]

# Where a page begins or ends: after or from a place downwards, before or up to it upwards.
Way: TypeAlias = Literal["after", "from", "before", "upto"]

UNTIL = ".until"
"""What is added to the name of a date's filter for its second field."""

LONGEST = 200
RESERVED = frozenset({"view", "sort", "page", "columns", "file", "s"})
_WAYS = frozenset(get_args(Way))
_CONTROL = re.compile(r"[\x00-\x1f\x7f\u2028\u2029\ud800-\udfff\ufffe\uffff]")


@dataclass(frozen=True, slots=True)
class State:
    """What somebody wants to see. `values` are texts by the name of their field, `sort` the name of
    a column, with a minus downwards; `columns` those chosen just now; `faults` are told at fields,
    `notes` above the list."""

    values: Mapping[str, str] = field(default_factory=dict)
    sort: str = ""
    way: Way = "after"
    cursor: str = ""
    columns: tuple[str, ...] = ()
    faults: Mapping[str, Message] = field(default_factory=dict)
    notes: tuple[Message, ...] = ()

    def pairs(self) -> list[tuple[str, str]]:
        """The state without its page, as it was read."""
        found = [(name, text) for name, text in self.values.items() if text]
        return [*found, ("sort", self.sort)] if self.sort else found

    def query(self, **changes: str | None) -> str:
        """The state without its page as a query string; None takes a field away."""
        kept = [(name, text) for name, text in self.pairs() if name not in changes]
        return urlencode([*kept, *((name, text) for name, text in changes.items() if text)])

    def noting(self, key: str, /, **parameters: str) -> State:
        """The state with one more note."""
        return replace(self, notes=(*self.notes, MESSAGES.message(key, **parameters)))


def fields_of(definition: ListDefinition) -> dict[str, Filter]:
    """The filter of each field; a date has two."""
    found = {}
    for each in definition.filters:
        found[each.name] = each
        if each.kind == "date":
            found[each.name + UNTIL] = each
    return found


def sortable(definition: ListDefinition) -> dict[str, Column]:
    """The columns that a list can be sorted by."""
    return {each.name: each for each in definition.columns if each.sort is not None}


def read_state(
    definition: ListDefinition,
    pairs: Pairs,
    own_views: Mapping[str, Mapping[str, str]] | None = None,
) -> State:
    """The state that pairs of a query string say.

    `view` names a view of the list, or one of `own_views`, whose values hold where no pair says
    otherwise; an empty pair takes a value away.
    """
    fields = fields_of(definition)
    given: dict[str, str] = {}
    state = State()
    for name, text in pairs:
        shown = _CONTROL.sub(" ", name)[:40]
        if name == "columns":
            state = _chosen(definition, state, text)
        elif name not in fields and name not in RESERVED:
            state = state.noting("unknown-field", name=shown)
        elif name in given and given[name] != text:
            state = state.noting("twice", name=shown)
        else:
            given.setdefault(name, text)
    view = given.pop("view", "")
    if view:
        held = _view(definition, view, own_views or {})
        if held is None:
            state = state.noting("unknown-view", name=_CONTROL.sub(" ", view)[:40])
        given = {**(held or {}), **given}
    state = _ordered(definition, state, given.pop("sort", ""))
    way, _, cursor = given.pop("page", "").partition("-")
    if cursor and way in _WAYS:
        state = replace(state, way=way, cursor=cursor)  # type: ignore[arg-type]
    elif way:
        state = state.noting("bad-page")
    return _filled(fields, state, given)


def _chosen(definition: ListDefinition, state: State, name: str) -> State:
    if name in {each.name for each in definition.columns}:
        return replace(state, columns=(*state.columns, name))
    return state.noting("columns-unknown", name=_CONTROL.sub(" ", name)[:40]) if name else state


def _view(
    definition: ListDefinition, name: str, own: Mapping[str, Mapping[str, str]]
) -> Mapping[str, str] | None:
    for each in definition.views:
        if each.name == name:
            return each.filters
    return own.get(name)


def _ordered(definition: ListDefinition, state: State, sort: str) -> State:
    if not sort or sort.removeprefix("-") in sortable(definition):
        return replace(state, sort=sort)
    return state.noting("unknown-sort", name=_CONTROL.sub(" ", sort)[:40])


def _filled(fields: Mapping[str, Filter], state: State, given: Mapping[str, str]) -> State:
    values: dict[str, str] = {}
    faults: dict[str, Message] = {}
    for name, each in fields.items():
        text = nfc(given.get(name, "")).strip()
        if not text:
            continue
        values[name] = text
        fault = _fault(each, text)
        if fault is not None:
            values[name] = _CONTROL.sub(" ", text)[:LONGEST]
            faults[each.name] = fault
    for name, each in fields.items():
        first, last = values.get(name), values.get(name + UNTIL)
        if each.kind == "date" and first and last and each.name not in faults:
            lowest, highest = read_date(first), read_date(last)
            size = min(len(lowest), len(highest))
            if lowest[:size] > highest[:size]:
                faults[name] = MESSAGES.message("dates-crossed")
    return replace(state, values=values, faults=faults)


def _fault(each: Filter, text: str) -> Message | None:
    if len(text) > LONGEST:
        return MESSAGES.message("too-long", limit=LONGEST)
    if _CONTROL.search(text):
        return MESSAGES.message("bad-signs")
    if each.kind == "choice" and text not in {code for code, _ in each.choices}:
        return MESSAGES.message("bad-choice", text=text[:40])
    if each.kind == "date":
        try:
            read_date(text)
        except EntryFault:
            return MESSAGES.message("bad-date", text=text[:40])
    return None
