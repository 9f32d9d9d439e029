"""The search plan."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from lanh.core.access import Interaction, Nothing, Predicate
from lanh.core.database import Plan, Row, fetch
from lanh.core.store import hierarchies, lists, resolving, statements
from lanh.core.store.compiling import Compiler, Shared
from lanh.core.store.including import included
from lanh.core.store.layout import NUMBERS, Layout, layout
from lanh.core.store.matching import Check
from lanh.core.store.ordering import (
    SortKey,
    after_cursor,
    cursor_after,
    id_goes_down,
    order_by,
    sort_keys,
)
from lanh.core.store.own_parameters import OwnParameters
from lanh.core.store.permission import Arguments, condition
from lanh.core.store.query import LARGEST_COUNT
from lanh.core.store.reading import rule_for, stored
from lanh.core.store.records import Context, Page, Parameter, Search, Stored
from lanh.core.store.resolving import Terminology
from lanh.core.store.rights import rule
from lanh.core.store.searchable import Names
from lanh.core.store.vocabulary import Entry

MOST_PARSED = 5_000  # rows looked at for one page or total, where each must be parsed
_MOST_CODES = 12  # of which each has a branch
_STEP = 500  # rows at a time that are


@dataclass(frozen=True)
class Asking:
    """What a search goes by beside its own words: the terminology and the own parameters."""

    terminology: Terminology | None = None
    own: OwnParameters = field(default_factory=OwnParameters)


@dataclass(frozen=True)
class Asked:
    """A search whose value sets, lists and hierarchies are resolved, with the rights of who asks.

    `given` is the search as it came: cursors belong to it, whatever a list holds by now.
    """

    search: Search
    given: Search
    context: Context
    rule: Predicate
    names: Names
    units: Sequence[Entry]

    def shared(self) -> Shared:
        """What the parts of one more statement have in common."""
        return Shared(Arguments(), self.rules, self.names, self.units, self.search.base)

    def rules(self, kind: str) -> Predicate:
        """The predicate of searching a type that a chain leads to."""
        search: Interaction = "search"
        return rule(self.context.access, search, kind) if kind in NUMBERS else Nothing()


def search(wanted: Search, context: Context, asking: Asking | None = None) -> Plan[Page]:
    """Rows that answer every parameter and that `context` may find, a page at a time.

    A page can hold fewer rows than `count` although there are more: `next_cursor` tells. Raises
    Invalid for an unknown parameter or a malformed value, Forbidden where nothing of the type, or
    of the types that a chain leads to, may be searched.
    """
    asking = asking or Asking()
    yield from asking.own.refresh()
    asked = yield from ask(wanted, context, asking)
    if wanted.summary == "count" or wanted.count == 0:
        total, bounded = yield from total_of(asked, exact=wanted.total != "estimate")
        return Page([], total=total, total_bounded=bounded)
    size = max(1, min(wanted.count, LARGEST_COUNT))
    entries, cursor = yield from page_of(asked, size, inclusive=wanted.inclusive)
    counted = total_of(asked, exact=wanted.total != "estimate")
    return (yield from completed(wanted, entries, cursor, counted, context, asking))


def every(wanted: Search, context: Context, asking: Asking | None = None) -> Plan[list[Stored]]:
    """The rows of all pages of a search. Raises as `search`."""
    found: list[Stored] = []
    wanted = replace(wanted, count=LARGEST_COUNT)
    while True:
        page = yield from search(wanted, context, asking)
        found += page.entries
        if page.next_cursor is None:
            return found
        wanted = replace(wanted, cursor=page.next_cursor)


def completed(
    wanted: Search,
    entries: list[Stored],
    cursor: str | None,
    counted: Plan[tuple[int, bool]],
    context: Context,
    asking: Asking,
) -> Plan[Page]:
    """The page of these hits: with what they include, and with their total where it is asked."""
    with_hits: list[Stored] = []
    more = False
    if entries and (wanted.include or wanted.revinclude):
        with_hits, more = yield from included(wanted, entries, context, asking.own)
    if not wanted.total:
        return Page(entries, with_hits, cursor, included_bounded=more)
    total, bounded = yield from counted
    return Page(entries, with_hits, cursor, total, bounded, more)


def ask(
    wanted: Search,
    context: Context,
    asking: Asking,
    listed: dict[Parameter, Parameter] | None = None,
) -> Plan[Asked]:
    """The search as it can be compiled; lists that were read before are in `listed`.

    Raises Invalid, Forbidden.
    """
    allowed = rule_for(context, "search", wanted.type)
    names = Names(asking.own)
    shape = layout(wanted.type)
    parameters = yield from lists.resolve(wanted.parameters, context, listed)
    parameters = yield from hierarchies.resolve(
        wanted.type, parameters, context, names, wanted.base
    )
    parameters = yield from resolving.resolve(
        parameters,
        asking.terminology,
        passed=lambda each: each.then is None and names.kind(shape, each.name) != "token",
    )
    units = yield from resolving.units(parameters, asking.own.listed)
    resolved = replace(wanted, parameters=parameters)
    return Asked(resolved, wanted, context, allowed, names, units)


def page_of(
    asked: Asked, count: int, *, inclusive: bool = False
) -> Plan[tuple[list[Stored], str | None]]:
    """The hits of a page and the cursor of the next one.

    Where rows must be looked at, more are fetched until the page is full or enough were looked at.
    An `inclusive` page begins at its cursor's place, not after it.
    """
    entries: list[Stored] = []
    looked, cursor = 0, asked.search.cursor
    step = count
    while True:
        rows, compiler = yield from _rows(asked, step + 1, cursor, inclusive=inclusive)
        inclusive = False
        for at, row in enumerate(rows[:step]):
            record = stored(asked.search.type, row)
            if all(check(record) for check in compiler.checks):
                entries.append(record)
            last = at + 1 == len(rows)
            if len(entries) == count:
                return entries, None if last else _after(asked, row)
        looked += step
        if len(rows) <= step:
            return entries, None
        cursor = _after(asked, rows[step - 1])
        if compiler.exact or looked >= MOST_PARSED:
            return entries, cursor
        step = _STEP


def _after(asked: Asked, row: Row) -> str:
    return cursor_after(asked.given, list(row[10:]), row[0])


def _rows(
    asked: Asked, limit: int, cursor: str | None, *, inclusive: bool = False
) -> Plan[tuple[list[Row], Compiler]]:
    compiler = _compiled(asked, ordered=True)
    arguments = compiler.scope.arguments
    keys = sort_keys(compiler.scope, asked.search)
    id_down = id_goes_down(asked.search)
    conditions = conditions_of(compiler, asked.rule)
    placed = replace(asked.given, cursor=cursor)
    beyond = after_cursor(placed, keys, arguments, id_down=id_down, inclusive=inclusive)
    if beyond is not None:
        conditions.append(beyond)
    sql = statement_of(compiler, conditions, keys, limit, id_down=id_down)
    rows = yield from fetch(sql, *arguments.values)
    return rows, compiler


def _compiled(asked: Asked, *, ordered: bool = False) -> Compiler:
    """The compiled search; `ordered` where its rows are wanted in order, the first of them."""
    compiler = Compiler(layout(asked.search.type), asked.shared())
    compiler.by_code = ordered and _by_code(compiler.shape, asked.search)
    if asked.search.within is not None:
        compiler.belonging(asked.search.within)
    compiler.compile(asked.search.parameters)
    return compiler


def _by_code(shape: Layout, wanted: Search) -> bool:
    """Whether nothing but few codes is asked for, in the order of names: an index has each code's
    rows in it. With a further filter the codes are better walked together, to the first that fit.
    """
    return (
        shape.walked
        and [each.removeprefix("-") for each in wanted.sort] == ["name"]
        and [each.name for each in wanted.parameters] == [shape.main_code]
        and len(wanted.parameters[0].values) <= _MOST_CODES
    )


def statement_of(
    compiler: Compiler, conditions: list[str], keys: list[SortKey], limit: int, *, id_down: bool
) -> str:
    """The rows in order, the sort keys after them as text.

    Where the conditions branch, each branch gives its first rows by its own index.
    """
    named = "".join(f", {key.expression} AS k{at}" for at, key in enumerate(keys))
    order = order_by(keys, id_down=id_down, row_id=compiler.row_id)
    selects = [
        f"(SELECT {statements.READ}{named} FROM {source} ORDER BY {order} LIMIT {limit:d})"  # noqa: S608
        for source in _sources(compiler, conditions)
    ]
    texts = "".join(f", t.k{at}::text" for at in range(len(keys)))
    outer = order_by([replace(key, expression=f"t.k{at}") for at, key in enumerate(keys)],
                     id_down=id_down)  # fmt: skip
    return (
        f"SELECT {statements.READ}{texts} FROM ({' UNION ALL '.join(selects)}) AS t"  # noqa: S608
        f" ORDER BY {outer} LIMIT {limit:d}"
    )


def _sources(compiler: Compiler, conditions: list[str]) -> list[str]:
    """The rows of each branch.

    The planner walks an index in the order of a list where it expects many hits. What it cannot
    judge, and what is rare (a second code, the rows that a chain leads to), is found first, apart.
    """
    found = []
    walked = compiler.shape.walked and compiler.row_id == "t.id"
    for at, branch in enumerate(compiler.branches or ("true",)):
        source = f"{compiler.source} WHERE {' AND '.join([*conditions, branch])}"
        last = at > 0 and at == len(compiler.branches) - 1
        apart = walked and (last or compiler.narrow)
        found.append(f"(SELECT t.* FROM {source} OFFSET 0) AS t" if apart else source)  # noqa: S608
    return found


def conditions_of(compiler: Compiler, allowed: Predicate) -> list[str]:
    """All that a row must meet to be found: what is asked, that it stands, who may see it."""
    patients = compiler.shape.has_residence
    rights = condition(allowed, compiler.scope.arguments, patients=patients)
    return [*compiler.conditions, "NOT t.deleted", *([] if rights == "true" else [rights])]


def total_of(asked: Asked, *, exact: bool) -> Plan[tuple[int, bool]]:
    """How many rows answer, and whether there are more than could be counted.

    An estimate is a count that stops: the planner's own would tell of rows that are hidden.
    """
    compiler = _compiled(asked)
    if not compiler.exact:
        found, bounded = yield from _count_parsed(asked)
        return found.total(), bounded
    most = asked.search.most_counted
    limit = "" if exact else f" LIMIT {most + 1:d}"
    rows = yield from fetch(
        f"SELECT count(*) FROM (SELECT 1 FROM {_where(compiler, asked)}{limit}) AS found",  # noqa: S608
        *compiler.scope.arguments.values,
    )
    total: int = rows[0][0]
    return (total, False) if exact else (min(total, most), total > most)


def tally(wanted: Search, context: Context, asking: Asking | None = None) -> Plan[dict[str, int]]:
    """How many rows answer a search, by the commune code that stands on them ("" for none).

    Where rows must be parsed to be judged, no more than MOST_PARSED are. Raises as `search`.
    """
    asking = asking or Asking()
    yield from asking.own.refresh()
    asked = yield from ask(wanted, context, asking)
    compiler = _compiled(asked)
    if not compiler.exact:
        found, _ = yield from _count_parsed(asked)
        return dict(found)
    rows = yield from fetch(
        f"SELECT coalesce(t.commune, ''), count(*) FROM {_where(compiler, asked)} GROUP BY 1",  # noqa: S608
        *compiler.scope.arguments.values,
    )
    return {str(code): int(count) for code, count in rows}


def _where(compiler: Compiler, asked: Asked) -> str:
    """Where the rows stand that answer, in no order."""
    conditions = conditions_of(compiler, asked.rule)
    if compiler.branches:
        conditions.append(f"(({') OR ('.join(compiler.branches)}))")
    return f"{compiler.source} WHERE {' AND '.join(conditions)}"


def _count_parsed(asked: Asked) -> Plan[tuple[Counter[str], bool]]:
    unsorted = replace(
        asked,
        search=replace(asked.search, sort=(), cursor=None),
        given=replace(asked.given, sort=(), cursor=None),
    )
    found, looked = Counter[str](), 0
    cursor: str | None = None
    checks: Sequence[Check]
    while looked < MOST_PARSED:
        rows, compiler = yield from _rows(unsorted, _STEP + 1, cursor)
        checks = compiler.checks
        records = (stored(asked.search.type, row) for row in rows[:_STEP])
        found.update(r.commune or "" for r in records if all(check(r) for check in checks))
        if len(rows) <= _STEP:
            return found, False
        looked += _STEP
        cursor = _after(unsorted, rows[_STEP - 1])
    return found, True
