"""Searches of one form: compiled once, and those that wait together run as one statement.

A form is a type, its parameters with the kind of value each has, the order and the size of a page.
Searches of one form under one predicate differ in arguments alone: their values become rows, and
each row gets its own page by LATERAL. Only searches with a narrow way into the table are taken (a
patient, an identifier, a name), so that none holds the others up for long.
"""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from lanh.core.access import Nothing, Predicate
from lanh.core.database import Plan, Row, fetch
from lanh.core.store import statements
from lanh.core.store.compiling.compiler import Compiler, born_on_a_day, in_order
from lanh.core.store.compiling.forms import NARROW, Form, form_of
from lanh.core.store.compiling.scope import Shared
from lanh.core.store.layout import NUMBERS, layout
from lanh.core.store.ordering import cursor_after, id_goes_down, sort_keys
from lanh.core.store.permission import Arguments
from lanh.core.store.query import LARGEST_COUNT
from lanh.core.store.reading import stored
from lanh.core.store.records import Context, Page, Search, Stored
from lanh.core.store.rights import rule
from lanh.core.store.searchable import Names
from lanh.core.store.searching import Asking, conditions_of, statement_of

_KEPT = 1_000  # texts
_PLACEHOLDER = re.compile(r"\$(\d+)::([a-z]+(?:\[\])?)")
# An array cannot be unnested into rows of arrays, so it comes as the text of one.
_AS_TEXT = frozenset({"bigint[]"})

Kind = tuple[Any, ...]


class Repeated(NamedTuple):
    """One search whose form is known: `kind` tells the form, `values` what is asked by it."""

    kind: Kind
    search: Search
    context: Context
    rule: Predicate
    forms: tuple[Form, ...]

    @property
    def size(self) -> int:
        """The size of a page."""
        return min(self.search.count, LARGEST_COUNT)


@dataclass(frozen=True, slots=True)
class Text:
    """The statement of a form under a predicate: for one search, and for many at once.

    `fixed` are the arguments that do not differ, after the `varying` first ones.
    """

    one: str
    many: str
    columns: tuple[bool, ...]  # whether a column comes as the text of an array
    fixed: tuple[Any, ...]


class Texts:
    """The statements of forms, those used last; None for a form that must be compiled each time."""

    def __init__(self) -> None:
        self._texts: OrderedDict[tuple[Kind, Predicate], Text | None] = OrderedDict()

    def of(self, wanted: Repeated, asking: Asking) -> Text | None:
        """The statement of a search's form. Raises Invalid or Forbidden."""
        key = (wanted.kind, wanted.rule)
        if key in self._texts:
            self._texts.move_to_end(key)
            return self._texts[key]
        text = self._texts[key] = _compiled(wanted, asking)
        while len(self._texts) > _KEPT:
            self._texts.popitem(last=False)
        return text


def repeated(search: Search, context: Context, asking: Asking) -> Repeated | None:
    """A search by its form; None where it has none. Raises Invalid for a malformed value."""
    bare = search.include or search.revinclude or search.total or search.summary or search.cursor
    if (
        bare
        or search.within
        or search.count < 1
        or not search.parameters
        or search.type not in NUMBERS
    ):
        return None
    shape = layout(search.type)
    if asking.own.listed and asking.own.answered(search.type):
        return None
    ordered = in_order(shape, search.parameters)
    on_a_day = born_on_a_day(shape, ordered)
    few = on_a_day or ordered[0].name in shape.patient_parameters
    forms = []
    for parameter in ordered:
        form = form_of(shape, parameter, search.base, few=few)
        if form is None:
            return None
        few = few or form.key in NARROW
        forms.append(form)
    if not few:
        return None
    allowed = rule(context.access, "search", search.type)
    if isinstance(allowed, Nothing):
        return None  # the plain way tells why
    named = tuple((each.name, form.key) for each, form in zip(ordered, forms, strict=True))
    kind = (search.type, search.sort, search.count, search.base, on_a_day, *named)
    return Repeated(kind, search, context, allowed, tuple(forms))


def _compiled(wanted: Repeated, asking: Asking) -> Text | None:
    """The statement by the compiler; None where a form does not tell what the compiler adds."""
    search = wanted.search
    shape = layout(search.type)
    shared = Shared(Arguments(), lambda _: Nothing(), Names(asking.own), (), search.base)
    compiler = Compiler(shape, shared)
    arguments = shared.arguments
    for parameter, form in zip(compiler.begin(search.parameters), wanted.forms, strict=True):
        begun = len(arguments.values)
        compiler.add(parameter)
        if tuple(arguments.values[begun:]) != form.values:
            return None
    varying = len(arguments.values)
    keys = sort_keys(compiler.scope, search)
    conditions = conditions_of(compiler, wanted.rule)
    if not compiler.exact:
        return None
    down = id_goes_down(search)
    one = statement_of(compiler, conditions, keys, wanted.size + 1, id_down=down)
    return _text(one, varying, arguments.values[varying:])


def _text(one: str, varying: int, fixed: Sequence[Any]) -> Text | None:
    kinds: dict[int, str] = {int(at): kind for at, kind in _PLACEHOLDER.findall(one)}
    if set(kinds) != set(range(1, varying + len(fixed) + 1)):
        return None
    columns = [kinds[at] for at in range(1, varying + 1)]
    if any(kind.endswith("[]") and kind not in _AS_TEXT for kind in columns):
        return None

    def placed(match: re.Match[str]) -> str:
        at, kind = int(match[1]), match[2]
        if at > varying:  # after the columns, of which the first tells the place
            return f"${at + 1}::{kind}"
        return f"asked.v{at}::{kind}"

    source = statements.rows("smallint", *("text" if k in _AS_TEXT else k for k in columns))
    names = ", ".join(["place", *(f"v{at}" for at in range(1, varying + 1))])
    many = (
        f"SELECT asked.place, found.* FROM {source} AS asked ({names})"  # noqa: S608
        f" CROSS JOIN LATERAL ({_PLACEHOLDER.sub(placed, one)}) AS found"
    )
    return Text(one, many, tuple(kind in _AS_TEXT for kind in columns), tuple(fixed))


def search_each(
    texts: Texts, wanted: Sequence[Repeated], asking: Asking
) -> Plan[list[Page | None]]:
    """The first page of each search; one statement for each form and predicate.

    None stands for a search that must take the plain way.
    """
    yield from asking.own.refresh()
    pages: list[Page | None] = [None] * len(wanted)
    groups: dict[int, tuple[Text, list[int]]] = {}
    for place, each in enumerate(wanted):
        text = texts.of(each, asking)
        if text is not None:
            groups.setdefault(id(text), (text, []))[1].append(place)
    for text, places in groups.values():
        found = yield from _rows(text, [wanted[place] for place in places])
        for place, rows in zip(places, found, strict=True):
            pages[place] = _page(wanted[place], rows)
    return pages


def _rows(text: Text, group: Sequence[Repeated]) -> Plan[list[list[Row]]]:
    values = [[v for form in each.forms for v in form.values] for each in group]
    if len(group) == 1:
        rows = yield from fetch(text.one, *values[0], *text.fixed)
        return [rows]
    columns = [
        [_array(value) for value in column] if as_text else list(column)
        for column, as_text in zip(zip(*values, strict=True), text.columns, strict=True)
    ]
    rows = yield from fetch(text.many, list(range(len(group))), *columns, *text.fixed)
    found: list[list[Row]] = [[] for _ in group]
    for row in rows:
        found[row[0]].append(row[1:])
    return found


def _array(values: Sequence[int]) -> str:
    return "{" + ",".join(map(str, values)) + "}"


def _page(wanted: Repeated, rows: Sequence[Row]) -> Page:
    """As searching.py makes a page where SQL decides alone but for chance collisions."""
    search, count = wanted.search, wanted.size
    checks = [form.check for form in wanted.forms if form.check is not None]
    entries: list[Stored] = [stored(search.type, row) for row in rows[:count]]
    for check in checks:
        entries = [record for record in entries if check(record)]
    if len(rows) <= count:
        return Page(entries)
    last = rows[count - 1]
    return Page(entries, next_cursor=cursor_after(search, list(last[10:]), last[0]))
