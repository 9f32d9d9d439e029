"""From a list's state to what the store is asked, and from the store's refusal to a field."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from lanh.core.database import Plan
from lanh.core.forms import read_date
from lanh.core.lists.definition import Filter, ListDefinition
from lanh.core.lists.errors import MESSAGES
from lanh.core.lists.state import UNTIL, State, sortable
from lanh.core.store import Invalid, Search, Store, layout, mirrored
from lanh.core.text import Message

_SPECIAL = re.compile(r"([\\,|$])")
_PEOPLE = frozenset({"Person", "Practitioner", "PractitionerRole", "RelatedPerson"})


class Faulty(Exception):
    """A state that cannot be searched for: the state with the fault told at its field."""

    def __init__(self, state: State) -> None:
        super().__init__("the state has faults")
        self.state = state


class Asked(NamedTuple):
    """A search in the order of the list; `turned` asks for the rows before a place instead."""

    search: Search
    turned: bool = False


def about_people(definition: ListDefinition) -> bool:
    """Whether records of the list's type concern people."""
    if definition.resource_type is None:
        return True
    shape = layout(definition.resource_type)
    return definition.resource_type in _PEOPLE or shape.type == "Patient" or not shape.own_key


def order_of(definition: ListDefinition, state: State) -> tuple[str, ...]:
    """The store's sort of a state; the id always ends it."""
    if not state.sort:
        return tuple(definition.order.split(","))
    column = sortable(definition)[state.sort.removeprefix("-")]
    return (f"{'-' if state.sort.startswith('-') else ''}{column.sort}",)


def searched(store: Store, definition: ListDefinition, state: State, *, count: int) -> Plan[Search]:
    """The search of a state, without its page. Raises Faulty."""
    kind = definition.resource_type or ""
    pairs = [*definition.fixed, *(("_include", each) for each in definition.include)]
    for each in definition.filters:
        found = yield from _values(each, state.values)
        if found is None:
            fault = MESSAGES.message("bad-place", text=state.values[each.name][:40])
            raise Faulty(_at(state, each, fault))
        for value in found:
            try:
                store.parse_known(kind, [(each.search, value)])
            except Invalid as error:
                raise Faulty(refused(state, each, error)) from error
            pairs.append((each.search, value))
    search, _ = yield from store.parse(kind, pairs)
    return replace(search, sort=order_of(definition, state), count=count)


def paged(search: Search, state: State) -> Asked:
    """The search with its page. Raises Invalid where the page is none of this search."""
    if not state.cursor:
        return Asked(search)
    match state.way:
        case "after":
            return Asked(replace(search, cursor=state.cursor))
        case "upto":
            return Asked(mirrored(replace(search, cursor=state.cursor)), turned=True)
        case "before":
            return Asked(replace(mirrored(search), cursor=state.cursor), turned=True)
    # `from`: the place was told in the opposite order.
    back = replace(mirrored(search), cursor=state.cursor)
    return Asked(mirrored(back))


def neighbours(state: State, cursor: str | None) -> tuple[str | None, str | None]:
    """The pages before and after the one that a state asked for; `cursor` is where the store said
    that it goes on. Each is a value of `page`."""
    on = f"after-{cursor}" if cursor else None
    if not state.cursor:
        return None, on
    match state.way:
        case "after":
            return f"upto-{state.cursor}", on
        case "from":
            return f"before-{state.cursor}", on
        case "upto":
            return (f"before-{cursor}" if cursor else None), f"after-{state.cursor}"
    return (f"before-{cursor}" if cursor else None), f"from-{state.cursor}"


def _values(each: Filter, values: Mapping[str, str]) -> Plan[Sequence[str] | None]:
    """The values of the search parameter, all of which must hold; None where a place is none."""
    text, last = values.get(each.name, ""), values.get(each.name + UNTIL, "")
    if each.kind == "date":
        found = [f"ge{read_date(text)}"] if text else []
        return [*found, f"le{read_date(last)}"] if last else found
    if not text:
        return []
    if each.kind == "choice":
        return [text]
    if each.kind == "place" and each.expand is not None:
        codes = yield from each.expand(text)
        return [",".join(_SPECIAL.sub(r"\\\1", code) for code in codes)] if codes else None
    return [_SPECIAL.sub(r"\\\1", text)]


def refused(state: State, each: Filter, error: Invalid) -> State:
    """The state with the store's refusal told at a field."""
    reason = error.issues[0].message if error.issues else Message(MESSAGES["bad-choice"])
    return _at(state, each, reason)


def refused_somewhere(definition: ListDefinition, state: State, error: Invalid) -> State:
    """The state with the store's refusal told at the field that set the parameter."""
    reason = error.issues[0].message
    named = str(reason.parameters.get("name", ""))
    filled = [each for each in definition.filters if state.values.get(each.name)]
    for each in filled:
        parts = re.split(r"[.:]", each.search)
        if named and named in (each.search, parts[0], parts[-1]):
            return _at(state, each, reason)
    if len(filled) == 1:
        return _at(state, filled[0], reason)
    return replace(state, notes=(*state.notes, reason), faults={**state.faults, "": reason})


def _at(state: State, each: Filter, fault: Message) -> State:
    return replace(state, faults={**state.faults, each.name: fault})
