"""ViewDefinition to one SQL query over a table of resources as JSON text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from lanh.core.warehouse.views.definition import Column, Select, ViewDefinition
from lanh.core.warehouse.views.dialects import DIALECTS, Dialect
from lanh.core.warehouse.views.expressions import (
    Array,
    Call,
    Case,
    Cast,
    Constant,
    Map,
    Member,
    Name,
    Operation,
    Parse,
    Shape,
    Sql,
    Struct,
    all_of,
    flatten,
    size,
)
from lanh.core.warehouse.views.paths import compile_path, compile_value
from lanh.core.warehouse.views.values import (
    NUMBERS,
    Choice,
    Scope,
    Value,
    ViewError,
    as_list,
    leaf_kind,
    single,
    truth,
)

_ROOT = "resource_"


@dataclass(frozen=True, slots=True)
class CompiledView:
    """A view for one engine: the query, and the names of its columns in order."""

    sql: str
    columns: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Rows:
    """What a node yields: columns that are one value, and lists of rows to be crossed."""

    scalars: list[tuple[str, Sql]]
    lists: list[tuple[Sql, list[str]]]


def compile_view(
    view: ViewDefinition,
    dialect: str = "duckdb",
    *,
    table: str = "resources",
    text: str = "resource",
    keep: Sequence[str] = (),
    zone_minutes: int = 0,
) -> CompiledView:
    """The SQL that computes a view. Raises ViewError.

    `table` has a column `text` with each resource as JSON, in which numbers with a fraction may
    stand as strings so that no engine rounds them (`exact_text`). Columns of `table` named in
    `keep` come first in the result. `zone_minutes` is the zone, in minutes east of UTC, whose
    calendar gives the date where a column of a dateTime has the SQL type DATE.
    """
    return _Compiler(view, DIALECTS[dialect], zone_minutes).compile(table, text, tuple(keep))


class _Compiler:
    def __init__(self, view: ViewDefinition, dialect: Dialect, zone: int) -> None:
        self.view = view
        self.dialect = dialect
        self.zone = zone
        self.shape = Shape()
        root = Value(Name(_ROOT), view.resource, False, self.shape)
        constants = {name: _constant(*given) for name, given in view.constants.items()}
        self.scope = Scope(root, root, Constant(0), constants)

    def compile(self, table: str, text: str, keep: tuple[str, ...]) -> CompiledView:
        rows = self._node(self.view.select, self.scope)
        condition = self._condition()
        names = self.view.select.names()
        quoted = self.dialect.quoted
        kept = [quoted(name) for name in keep]
        print_ = self.dialect.print
        if not rows.lists:
            columns = [f"{print_(sql)} AS {quoted(name)}" for name, sql in rows.scalars]
            chosen = ", ".join(kept + columns)
            body = f"SELECT {chosen} FROM source_ WHERE {print_(condition)}"  # noqa: S608
        else:
            exploded = [*kept, self.dialect.explode(print_(self._listed(rows, names)))]
            chosen = ", ".join(exploded)
            inner = f"SELECT {chosen} FROM source_ WHERE {print_(condition)}"  # noqa: S608
            columns = [f"item.{quoted(name)} AS {quoted(name)}" for name in names]
            body = f"SELECT {', '.join(kept + columns)} FROM ({inner})"  # noqa: S608
        # Printed last: only now are all paths known, and with them what must be read of the JSON.
        parsed = print_(Parse(Name(text), self.shape))
        columns = [*kept, f"{text} AS text_", f"{parsed} AS {_ROOT}"]
        source = f"SELECT {', '.join(columns)} FROM {table}"  # noqa: S608
        return CompiledView(f"WITH source_ AS ({source}) {body}", (*keep, *names))

    def _condition(self) -> Sql:
        conditions = []
        for path in self.view.where:
            value = compile_path(path, self.scope)
            if isinstance(value, Choice) or value.type != "boolean":
                raise ViewError(f"where {path!r} must be true or false")
            conditions.append(truth(value))
        return all_of(conditions)

    def _node(self, select: Select, scope: Scope) -> _Rows:
        """The rows of a node for each item of its iteration, or for the focus."""
        if select.iteration is None:
            return self._body(select, scope)
        names = select.names()
        if select.iteration == "repeat":
            items, inner = self._repeated(select, scope)
        else:
            found = compile_value(select.paths[0], scope)
            items, inner = as_list(found), Value(Constant(None), found.type, False, found.shape)
            if select.iteration == "forEachOrNull":
                some = Operation(">", size(items), Constant(0))
                items = Case(((some, items),), Array((Constant(None),)))
        variable, index = scope.variable(), scope.variable()
        focus = Value(Name(variable), inner.type, False, inner.shape)
        body = self._body(select, scope.at(focus, Name(index, counts=True)))
        if body.lists:
            rows = flatten(Map(items, variable, self._listed(body, names), index))
        else:
            rows = Map(items, variable, Struct(tuple(body.scalars)), index)
        return _Rows([], [(rows, names)])

    def _body(self, select: Select, scope: Scope) -> _Rows:
        rows = _Rows([], [])
        for column in select.columns:
            rows.scalars.append((column.name, self._column(column, scope)))
        for inner in select.selects:
            found = self._node(inner, scope)
            rows.scalars.extend(found.scalars)
            rows.lists.extend(found.lists)
        if select.unions:
            rows.lists.append((self._union(select, scope), select.unions[0].names()))
        return rows

    def _union(self, select: Select, scope: Scope) -> Sql:
        branches = [
            self._listed(self._node(branch, scope), branch.names()) for branch in select.unions
        ]
        joined = branches[0]
        for branch in branches[1:]:
            joined = Call("concat", (joined, branch))
        return joined

    def _listed(self, rows: _Rows, names: list[str]) -> Sql:
        """The rows as one list of structs whose fields stand in the order of `names`."""
        fields: dict[str, Sql] = dict(rows.scalars)
        variables = [self.scope.variable() for _ in rows.lists]
        for variable, (_, columns) in zip(variables, rows.lists, strict=True):
            fields |= {name: Member(Name(variable), name) for name in columns}
        row: Sql = Struct(tuple((name, fields[name]) for name in names))
        if not rows.lists:
            return Array((row,))
        for depth, (variable, (source, _)) in enumerate(
            reversed(list(zip(variables, rows.lists, strict=True)))
        ):
            row = Map(source, variable, row)
            if depth:
                row = flatten(row)
        return row

    def _repeated(self, select: Select, scope: Scope) -> tuple[Sql, Value]:
        """Every node that the paths reach, level by level below one another, in document order."""
        if scope.focus is not scope.root:
            raise ViewError("repeat is supported at the root of the resource only")
        found = self._children(select.paths, self.view.resource, Name("text_"), scope)
        if found is None:
            raise ViewError(f"repeat: no path of {', '.join(select.paths)} is an element")
        nodes, kind = found
        texts = self._descend(select.paths, kind, nodes, scope, self.dialect.repeat_depth)
        shape = Shape()
        variable = scope.variable()
        parsed = Map(texts, variable, Parse(Name(variable), shape))
        return parsed, Value(Constant(None), kind, False, shape)

    def _children(
        self, paths: tuple[str, ...], kind: str, text: Sql, scope: Scope
    ) -> tuple[Sql, str] | None:
        """The elements that the paths reach from a JSON text, as JSON texts, and their type."""
        shape = Shape()
        variable = scope.variable()
        focus = Value(Name(variable), kind, False, shape)
        lists: list[Sql] = []
        inner = None
        for path in paths:
            try:
                value = compile_value(path, scope.at(focus))
            except ViewError:
                # `answer.item` exists on the items only, `item` perhaps on the resource only.
                continue
            if inner is not None and value.type != inner:
                raise ViewError("the paths of repeat must reach elements of one type")
            inner = value.type
            lists.append(as_list(value))
        if inner is None:
            return None
        joined = lists[0]
        for each in lists[1:]:
            joined = Call("concat", (joined, each))
        return flatten(Map(Array((Parse(text, shape),)), variable, joined)), inner

    def _descend(
        self, paths: tuple[str, ...], kind: str, nodes: Sql, scope: Scope, depth: int
    ) -> Sql:
        variable = scope.variable()
        node = Name(variable)
        found = self._children(paths, kind, node, scope)
        if found is None:
            return nodes
        if found[1] != kind:
            raise ViewError("the paths of repeat must reach elements of one type")
        children = found[0]
        if depth == 0:
            deep = Call("raise", (Constant("repeat goes deeper than the compiler follows"),))
            some = Operation(">", size(children), Constant(0))
            return Map(nodes, variable, Case(((some, deep),), node))
        below = self._descend(paths, kind, children, scope, depth - 1)
        return flatten(Map(nodes, variable, Call("concat", (Array((node,)), below))))

    def _column(self, column: Column, scope: Scope) -> Sql:
        value = compile_value(column.path, scope)
        if leaf_kind(value.type) is None:
            raise ViewError(f"column {column.name}: {value.type} is not a single value")
        if column.collection:
            return Call("coalesce", (as_list(value), Array(())))
        one = single(value)
        return self._as_sql_type(one, column)

    def _as_sql_type(self, value: Value, column: Column) -> Sql:
        wanted = (column.sql_type or "").upper()
        stated = column.type or value.type
        if not wanted:
            if stated == "decimal" or value.type == "decimal":
                return Cast(value.sql, "decimal", lenient=True)
            return Cast(value.sql, "integer", True) if stated in NUMBERS else value.sql
        if wanted == "DATE":
            return self._date(value.sql)
        if wanted.startswith("TIMESTAMP"):
            return Call("moment", (value.sql,))
        return Cast(value.sql, wanted, lenient=True)

    def _date(self, source: Sql) -> Sql:
        """A date or dateTime as a calendar date: unknown month or day count as the first."""
        length = Call("length", (source,))
        padded = Case(
            (
                (Operation("=", length, Constant(4)), Operation("||", source, Constant("-01-01"))),
                (Operation("=", length, Constant(7)), Operation("||", source, Constant("-01"))),
            ),
            source,
        )
        local = Call("local_date", (source, Constant(self.zone)))
        longer = Operation(">", length, Constant(10))
        return Case(((longer, local),), Cast(padded, "date", lenient=True))


def _constant(kind: str, value: Any) -> Value:
    known = leaf_kind(kind)
    if known is None:
        raise ViewError(f"a constant of type {kind} is not supported")
    if known in ("boolean", "integer"):
        return Value(Constant(value), kind)
    return Value(Constant(str(value)), kind)
