"""The search plan."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from lanh.core import fhir
from lanh.core.access import Predicate
from lanh.core.database import Plan, Row, fetch
from lanh.core.store import statements
from lanh.core.store.compiling import Compiler
from lanh.core.store.layout import layout
from lanh.core.store.matching import Check
from lanh.core.store.ordering import (
    SortKey,
    after_cursor,
    cursor_after,
    id_goes_down,
    order_by,
    sort_keys,
)
from lanh.core.store.permission import Arguments, condition
from lanh.core.store.query import LARGEST_COUNT
from lanh.core.store.reading import read_many, rule_for, stored
from lanh.core.store.records import Context, Page, Search, Stored

MOST_COUNTED = 10_000  # a total beyond this is given as "at least"
_MOST_PARSED = 2_000  # likewise where each row must be looked at


def search(wanted: Search, context: Context) -> Plan[Page]:
    """Rows that answer every parameter and that `context` may find, a page at a time.

    A page can hold fewer rows than `count` although there are more: `next_cursor` tells. Raises
    Invalid for an unknown parameter or a malformed value, Forbidden where nothing of the type may
    be searched.
    """
    rule = rule_for(context, "search", wanted.type)
    if wanted.summary == "count":
        total, bounded = yield from _count(wanted, rule)
        return Page([], total=total, total_bounded=bounded)
    count = max(0, min(wanted.count, LARGEST_COUNT))
    rows, checks = yield from _rows(wanted, rule, count + 1, cursor=True)
    entries = [stored(wanted.type, row) for row in rows[:count]]
    entries = [row for row in entries if all(check(row) for check in checks)]
    next_cursor = None
    if len(rows) > count > 0:
        next_cursor = cursor_after(wanted, list(rows[count - 1][10:]), rows[count - 1][0])
    included: list[Stored] = []
    if wanted.include and entries:
        included = yield from _include(wanted, entries, context)
    if not wanted.total:
        return Page(entries, included, next_cursor)
    total, bounded = yield from _count(wanted, rule)
    return Page(entries, included, next_cursor, total, bounded)


def _rows(
    wanted: Search, rule: Predicate, limit: int, *, cursor: bool
) -> Plan[tuple[list[Row], list[Check]]]:
    shape = layout(wanted.type)
    arguments = Arguments()
    compiler = Compiler(shape, arguments)
    compiler.compile(wanted.parameters)
    keys = sort_keys(shape, wanted)
    id_down = id_goes_down(wanted)
    conditions = _conditions(compiler, rule)
    beyond = after_cursor(wanted, keys, arguments, id_down=id_down) if cursor else None
    if beyond is not None:
        conditions.append(beyond)
    sql = _statement(compiler, conditions, keys, limit, id_down=id_down)
    rows = yield from fetch(sql, *arguments.values)
    return rows, compiler.checks


def _statement(
    compiler: Compiler, conditions: list[str], keys: list[SortKey], limit: int, *, id_down: bool
) -> str:
    """The rows in order, the sort keys after them as text.

    Where the conditions branch, each branch gives its first rows by its own index.
    """
    named = "".join(f", {key.expression} AS k{at}" for at, key in enumerate(keys))
    order = order_by(keys, id_down=id_down)
    selects = [
        f"(SELECT {statements.READ}{named} FROM {compiler.source}"  # noqa: S608
        f" WHERE {' AND '.join([*conditions, *branch])} ORDER BY {order} LIMIT {limit:d})"
        for branch in ([each] for each in compiler.branches or ("true",))
    ]
    texts = "".join(f", t.k{at}::text" for at in range(len(keys)))
    outer = order_by([replace(key, expression=f"t.k{at}") for at, key in enumerate(keys)],
                     id_down=id_down)  # fmt: skip
    return (
        f"SELECT {statements.READ}{texts} FROM ({' UNION ALL '.join(selects)}) AS t"  # noqa: S608
        f" ORDER BY {outer} LIMIT {limit:d}"
    )


def _conditions(compiler: Compiler, rule: Predicate) -> list[str]:
    patients = compiler.shape.has_residence
    allowed = condition(rule, compiler.arguments, patients=patients)
    return [*compiler.conditions, "NOT t.deleted", *([] if allowed == "true" else [allowed])]


def _count(wanted: Search, rule: Predicate) -> Plan[tuple[int, bool]]:
    """How many rows answer, and whether there are more than could be counted."""
    shape = layout(wanted.type)
    compiler = Compiler(shape, Arguments())
    compiler.compile(wanted.parameters)
    if not compiler.exact:
        rows, checks = yield from _rows(wanted, rule, _MOST_PARSED + 1, cursor=False)
        records = (stored(wanted.type, row) for row in rows[:_MOST_PARSED])
        found = sum(all(check(row) for check in checks) for row in records)
        return found, len(rows) > _MOST_PARSED
    conditions = _conditions(compiler, rule)
    if compiler.branches:
        conditions.append(f"(({') OR ('.join(compiler.branches)}))")
    rows = yield from fetch(
        f"SELECT count(*) FROM (SELECT 1 FROM {compiler.source} WHERE {' AND '.join(conditions)}"  # noqa: S608
        f" LIMIT {MOST_COUNTED + 1}) AS found",
        *compiler.arguments.values,
    )
    total: int = rows[0][0]
    return min(total, MOST_COUNTED), total > MOST_COUNTED


def _include(wanted: Search, entries: Sequence[Stored], context: Context) -> Plan[list[Stored]]:
    """The rows that the hits refer to by the parameters of `include`, those that may be read."""
    keys: dict[tuple[str, str], None] = {}
    for row in entries:
        references = fhir.extract(row.resource()).references
        for _, parameter, target in wanted.include:
            for found in references.get(parameter, ()):
                if isinstance(found, tuple) and target in (None, found[0]):
                    keys[found] = None
    for row in entries:
        keys.pop((row.type, row.id), None)
    rows = yield from read_many(list(keys), context)
    return [row for row in rows if not row.deleted]
