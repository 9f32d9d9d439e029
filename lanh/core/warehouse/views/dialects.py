"""Printing expressions as DuckDB SQL and as Spark SQL."""

from __future__ import annotations

import json
from typing import Any, ClassVar

from lanh.core.warehouse.views.expressions import (
    Array,
    Call,
    Case,
    Cast,
    Constant,
    Keep,
    Kind,
    Map,
    Member,
    Name,
    Operation,
    Parse,
    Shape,
    Sql,
    Struct,
)


class Dialect:
    """Prints expressions; what the two engines write alike is here."""

    name: ClassVar[str]
    quote: ClassVar[str]
    kinds: ClassVar[dict[str, str]]
    lenient_cast: ClassVar[str] = "TRY_CAST"
    functions: ClassVar[dict[str, str]]
    repeat_depth: ClassVar[int]  # how deep `repeat` follows before it refuses the resource

    def quoted(self, name: str) -> str:
        """A column name in quotes."""
        return f"{self.quote}{name.replace(self.quote, self.quote * 2)}{self.quote}"

    def text(self, value: str) -> str:
        """A string literal."""
        raise NotImplementedError

    def print(self, sql: Sql) -> str:
        """The text of an expression."""
        match sql:
            case Name(name, counts):
                return self.position(name) if counts else name
            case Member(source, name):
                return f"({self.print(source)}).{self.quoted(name)}"
            case Constant(value):
                return self._constant(value)
            case Operation(operator, left, right):
                return f"({self.print(left)} {operator.upper()} {self.print(right)})"
            case Cast(source, kind, lenient):
                function = self.lenient_cast if lenient else "CAST"
                return f"{function}({self.print(source)} AS {self.kinds.get(kind, kind)})"
            case Case(branches, otherwise):
                whens = " ".join(
                    f"WHEN {self.print(when)} THEN {self.print(then)}" for when, then in branches
                )
                return f"CASE {whens} ELSE {self.print(otherwise)} END"
            case Call(name, arguments):
                return self.functions[name].format(*map(self.print, arguments))
            case _:
                return self.print_collection(sql)

    def position(self, name: str) -> str:
        """A lambda's index variable as a number that counts from 0."""
        return name

    def print_collection(self, sql: Sql) -> str:
        """Lists, structs and JSON, in which the engines differ."""
        raise NotImplementedError

    def explode(self, rows: str) -> str:
        """A select item `item` that gives a row for each element of the list `rows`."""
        raise NotImplementedError

    def _constant(self, value: str | int | bool | None) -> str:
        if value is None:
            return "NULL"
        if isinstance(value, bool):
            return "TRUE" if value else "FALSE"
        return str(value) if isinstance(value, int) else self.text(value)


class DuckDB(Dialect):
    """DuckDB 1.5: lists, lambdas, and json_transform to typed structs."""

    name = "duckdb"
    quote = '"'
    repeat_depth = 10
    kinds: ClassVar[dict[str, str]] = {
        "text": "VARCHAR", "json": "JSON", "boolean": "BOOLEAN", "integer": "BIGINT",
        "decimal": "DECIMAL(38,12)", "operand": "DECIMAL(28,8)", "date": "DATE",
        "timestamp": "TIMESTAMP WITH TIME ZONE", "double": "DOUBLE",
    }  # fmt: skip
    functions: ClassVar[dict[str, str]] = {
        "is_null": "({0} IS NULL)",
        "not": "(NOT {0})",
        "size": "coalesce(len({0}), 0)",
        "at": "list_extract({0}, {1} + 1)",
        "last": "list_extract({0}, -1)",
        "tail": "({0})[2:]",
        "take": "({0})[1:{1}]",
        "skip": "({0})[{1} + 1:]",
        "flatten": "flatten({0})",
        "concat": "list_concat({0}, {1})",
        "distinct": "list_distinct({0})",
        "coalesce": "coalesce({0}, {1})",
        "join": "coalesce(array_to_string({0}, {1}), '')",
        "contains": "contains({0}, {1})",
        "starts": "starts_with({0}, {1})",
        "ends": "ends_with({0}, {1})",
        "matches": "regexp_matches({0}, {1})",
        "extract": "nullif(regexp_extract({0}, {1}, {2}), '')",
        "replace": "replace({0}, {1}, {2})",
        "length": "length({0})",
        "substring": "substr({0}, {1} + 1, {2})",
        "rest": "substr({0}, {1} + 1)",
        "upper": "upper({0})",
        "lower": "lower({0})",
        "trim": "trim({0})",
        "abs": "abs({0})",
        "floor": "floor({0})",
        "round": "round({0}, {1})",
        "power10": "power(10.0, {0})",
        "least": "least({0}, {1})",
        "month_end": "strftime(last_day(CAST({0} AS DATE)), '%Y-%m-%d')",
        "local_date": (
            "CAST(make_timestamp(epoch_us(TRY_CAST({0} AS TIMESTAMP WITH TIME ZONE)))"
            " + to_minutes({1}) AS DATE)"
        ),
        "moment": "make_timestamp(epoch_us(TRY_CAST({0} AS TIMESTAMP WITH TIME ZONE)))",
        "raise": "error({0})",
    }

    def text(self, value: str) -> str:
        """A string literal: quotes doubled."""
        return "'" + value.replace("'", "''") + "'"

    def position(self, name: str) -> str:
        """DuckDB counts list elements from 1."""
        return f"({name} - 1)"

    def print_collection(self, sql: Sql) -> str:
        """Lists, structs and JSON."""
        match sql:
            case Map(source, variable, body, index):
                names = variable if index is None else f"{variable}, {index}"
                return f"list_transform({self.print(source)}, lambda {names}: {self.print(body)})"
            case Keep(source, variable, body):
                return (
                    f"list_filter({self.print(source)}, lambda {variable}:"
                    f" coalesce({self.print(body)}, FALSE))"
                )
            case Array(elements):
                return "[" + ", ".join(map(self.print, elements)) + "]"
            case Struct(fields):
                inner = ", ".join(f"{self.quoted(n)}: {self.print(v)}" for n, v in fields)
                return "{" + inner + "}"
            case Parse(source, shape):
                schema = json.dumps(self._schema(shape), separators=(",", ":"))
                return f"json_transform({self.print(source)}, {self.text(schema)})"
            case _:
                raise TypeError(sql)

    def explode(self, rows: str) -> str:
        """A select item that gives a row for each element."""
        return f"unnest({rows}) AS item"

    def _schema(self, shape: Shape | Kind) -> Any:
        if isinstance(shape, str):
            return self.kinds[shape]
        if not shape.members:
            return "JSON"
        return {
            name: [self._schema(inner)] if many else self._schema(inner)
            for name, (inner, many) in shape.members.items()
        }


class Spark(Dialect):
    """Spark SQL 4.0: higher-order functions, and from_json to typed structs."""

    name = "spark"
    quote = "`"
    repeat_depth = 6  # the analyzer gives up on deeper nests of lambdas
    kinds: ClassVar[dict[str, str]] = {
        "text": "STRING", "json": "STRING", "boolean": "BOOLEAN", "integer": "BIGINT",
        "decimal": "DECIMAL(38,12)", "operand": "DECIMAL(28,8)", "date": "DATE",
        "timestamp": "TIMESTAMP", "double": "DOUBLE", "VARCHAR": "STRING",
    }  # fmt: skip
    functions: ClassVar[dict[str, str]] = {
        **DuckDB.functions,
        "size": "coalesce(size({0}), 0)",
        "at": "get({0}, CAST({1} AS INT))",
        "last": "element_at({0}, -1)",
        "tail": "slice({0}, 2, size({0}))",
        "take": "slice({0}, 1, CAST({1} AS INT))",
        "skip": "slice({0}, CAST({1} AS INT) + 1, size({0}))",
        # Spark's own make the whole NULL where one list is; DuckDB's pass such a list over.
        "flatten": "flatten(filter({0}, part_ -> part_ IS NOT NULL))",
        "concat": "concat(coalesce({0}, array()), coalesce({1}, array()))",
        "distinct": "array_distinct({0})",
        "join": "coalesce(array_join({0}, {1}), '')",
        "starts": "startswith({0}, {1})",
        "ends": "endswith({0}, {1})",
        "matches": "({0} RLIKE {1})",
        "substring": "substr({0}, CAST({1} AS INT) + 1, CAST({2} AS INT))",
        "rest": "substr({0}, CAST({1} AS INT) + 1)",
        "round": "round({0}, CAST({1} AS INT))",
        "power10": "power(10.0, {0})",
        "month_end": "CAST(last_day(CAST({0} AS DATE)) AS STRING)",
        "local_date": (
            "CAST(to_utc_timestamp(CAST(unix_micros(TRY_CAST({0} AS TIMESTAMP)) / 1000000 AS"
            " TIMESTAMP), current_timezone()) + make_dt_interval(0, 0, {1}) AS DATE)"
        ),
        "moment": "TRY_CAST({0} AS TIMESTAMP)",
        "raise": "raise_error({0})",
    }

    def text(self, value: str) -> str:
        """A string literal: backslash escapes."""
        return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"

    def print_collection(self, sql: Sql) -> str:
        """Lists, structs and JSON."""
        match sql:
            case Map(source, variable, body, index):
                names = variable if index is None else f"({variable}, {index})"
                return f"transform({self.print(source)}, {names} -> {self.print(body)})"
            case Keep(source, variable, body):
                return (
                    f"filter({self.print(source)}, {variable} ->"
                    f" coalesce({self.print(body)}, FALSE))"
                )
            case Array(elements):
                return "array(" + ", ".join(map(self.print, elements)) + ")"
            case Struct(fields):
                inner = ", ".join(f"{self.text(n)}, {self.print(v)}" for n, v in fields)
                return f"named_struct({inner})"
            case Parse(source, shape):
                return f"from_json({self.print(source)}, {self.text(self._schema(shape))})"
            case _:
                raise TypeError(sql)

    def explode(self, rows: str) -> str:
        """A select item that gives a row for each element."""
        return f"explode({rows}) AS item"

    def _schema(self, shape: Shape | Kind) -> str:
        if isinstance(shape, str):
            return self.kinds[shape]
        if not shape.members:
            return "STRING"
        fields = []
        for name, (inner, many) in shape.members.items():
            kind = self._schema(inner)
            fields.append(f"`{name}`: " + (f"ARRAY<{kind}>" if many else kind))
        return f"STRUCT<{', '.join(fields)}>"


DIALECTS: dict[str, Dialect] = {dialect.name: dialect for dialect in (DuckDB(), Spark())}
