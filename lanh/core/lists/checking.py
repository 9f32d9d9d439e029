"""What is wrong with a list's definition, found before anybody opens it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterator

from lanh.core.lists.definition import ListDefinition
from lanh.core.lists.errors import message
from lanh.core.lists.state import RESERVED, read_state
from lanh.core.store import Invalid, layout, parse_search
from lanh.core.text import Message

_OF_TASKS = frozenset({"owner", "queue", "due"})
_SORTED = frozenset({"date", "number", "quantity", "string"})


def faults_of(definition: ListDefinition, own: Collection[str] = ()) -> list[Message]:
    """The faults of a definition: no columns, names that stand twice, parameters that the store
    does not have, orders that it cannot give or gives slowly, views with values that no filter
    takes.

    `own` are the names of search parameters that the installation has beside those of R4.
    """
    found = [message("list-fault", what=what) for what in _names(definition)]
    if not definition.columns:
        found.append(message("list-columns"))
    if (definition.resource_type is None) == (not definition.queues):
        return [*found, message("list-of-what")]
    if definition.resource_type is None:
        strange = [f.name for f in definition.filters if f.search not in _OF_TASKS]
        found += [message("list-tasks", name=name) for name in strange]
    else:
        found += _parameters(definition, definition.resource_type, own)
        found += _orders(definition, definition.resource_type)
    for view in definition.views:
        state = read_state(definition, tuple(view.filters.items()))
        for told in (*state.faults.values(), *state.notes):
            found.append(message("list-view", name=view.name, reason=told))
    return found


def _names(definition: ListDefinition) -> Iterator[str]:
    for names in (
        [each.name for each in definition.columns],
        [each.name for each in definition.filters],
        [each.name for each in definition.views],
    ):
        yield from (name for name, count in Counter(names).items() if count > 1)
    yield from (each.name for each in definition.filters if each.name in RESERVED)
    if sum(each.main for each in definition.columns) > 1:
        yield "main"


def _parameters(definition: ListDefinition, kind: str, own: Collection[str]) -> Iterator[Message]:
    pairs = [*definition.fixed, *(("_include", each) for each in definition.include)]
    for each in definition.filters:
        values = [code for code, _ in each.choices] if each.kind == "choice" else []
        sample = {"date": "2026-01-01", "place": "x"}.get(each.kind, "x")
        pairs += [(each.search, value) for value in values or [sample]]
    for name, value in pairs:
        if re.split(r"[.:]", name)[0] in own:
            continue
        try:
            parse_search(kind, [(name, value)])
        except Invalid as error:
            yield message("list-parameter", name=name, reason=error.issues[0].message)


def _orders(definition: ListDefinition, kind: str) -> Iterator[Message]:
    shape = layout(kind)
    wanted = [each.sort for each in definition.columns if each.sort is not None]
    for each in [*wanted, *definition.order.split(",")]:
        name = each.removeprefix("-")
        if name in ("_id", "_lastUpdated") or shape.kinds.get(name) in _SORTED:
            continue
        key = "list-slow" if name in shape.kinds else "list-order"
        yield message(key, name=name)
