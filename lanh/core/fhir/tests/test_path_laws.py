"""FHIRPath by its laws: reading back, order, equality and arithmetic of amounts and dates."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lanh.core.fhir.path import Quantity, Temporal, compile_path, parse
from lanh.core.fhir.path.boundaries import boundary, precision
from lanh.core.fhir.path.comparison import compare, equal_items, equivalent_items, identity
from lanh.core.fhir.path.quantities import SECONDS, converted, product, total
from lanh.core.fhir.path.syntax import (
    Binary,
    Call,
    Empty,
    Expression,
    External,
    Index,
    Literal,
    Member,
    QuantityLiteral,
    Special,
    TypeTest,
    Unary,
)
from lanh.core.fhir.path.temporal import parse_temporal, shift


def _quoted(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def _value(value: Any) -> str:
    if type(value) is bool:
        return str(value).lower()
    if type(value) is str:
        return _quoted(value)
    if type(value) is Temporal:
        mark = "T" if value.kind == "dateTime" and len(value.fields) < 4 else ""
        return f"@{'T' if value.kind == 'time' else ''}{value}{mark}"
    return format(value, "f") if type(value) is Decimal else str(value)


def _call(source: Expression | None, name: str, arguments: tuple[Expression, ...]) -> str:
    return _step(source) + name + "(" + ", ".join(map(_written, arguments)) + ")"


def _step(source: Expression | None) -> str:
    return f"({_written(source)})." if source is not None else ""


def _written(node: Expression) -> str:
    match node:
        case Literal(value):
            return _value(value)
        case QuantityLiteral(value, unit):
            return f"{value:f} " + (unit if unit.isalpha() and len(unit) > 3 else _quoted(unit))
        case Empty():
            return "{}"
        case Member(source, name):
            return f"{_step(source)}`{name}`"
        case Call(source, name, arguments):
            return _call(source, name, arguments)
        case Special(name):
            return name
        case External(name):
            return f"%`{name}`"
        case Index(source, index):
            return f"({_written(source)})[{_written(index)}]"
        case Unary(operator, operand):
            return f"{operator}({_written(operand)})"
        case TypeTest(operator, operand, name):
            return f"({_written(operand)}) {operator} {name}"
        case Binary(operator, left, right):
            return f"({_written(left)}) {operator} ({_written(right)})"


_DATES = st.dates().map(lambda d: parse_temporal(d.isoformat()))
_MOMENTS = st.datetimes().map(lambda d: parse_temporal(d.isoformat(timespec="milliseconds") + "Z"))
_TIMES = st.times().map(lambda t: parse_temporal("T" + t.isoformat(timespec="milliseconds")))
_PARTIAL = st.sampled_from(["2020", "2020-02", "2020-02-29", "2020T", "2020-02-29T10:30+07:00"])
_TEMPORAL = _DATES | _MOMENTS | _TIMES | _PARTIAL.map(parse_temporal)
_NUMBERS = st.decimals(0, 10**9, places=3)
_NAMES = st.sampled_from(["name", "given", "is", "contains", "a b", "Patient"])
_LEAVES: st.SearchStrategy[Expression] = st.one_of(
    st.builds(Literal, st.booleans() | st.text(max_size=5) | st.integers(0, 99) | _NUMBERS),
    st.builds(Literal, _TEMPORAL),
    st.builds(QuantityLiteral, _NUMBERS, st.sampled_from(["mg", "day", "year", "m/s"])),
    st.just(Empty()),
    st.builds(Member, st.none(), _NAMES),
    st.builds(Special, st.sampled_from(["$this", "$index", "$total"])),
    st.builds(External, st.sampled_from(["resource", "ext-a b"])),
)


_OPERATORS = [
    "+", "-", "*", "/", "div", "mod", "&", "|", "<", ">", "<=", ">=", "=", "!=", "~", "!~", "in",
    "contains", "and", "or", "xor", "implies",
]  # fmt: skip


def _larger(inner: st.SearchStrategy[Expression]) -> st.SearchStrategy[Expression]:
    operators = st.sampled_from(_OPERATORS)
    return st.one_of(
        st.builds(Member, inner, _NAMES),
        st.builds(Call, inner, st.sampled_from(["where", "f"]), st.lists(inner).map(tuple)),
        st.builds(Index, inner, inner),
        st.builds(Unary, st.sampled_from("+-"), inner),
        st.builds(Binary, operators, inner, inner),
        st.builds(TypeTest, st.sampled_from(["is", "as"]), inner, st.just("FHIR.Patient")),
    )


@given(st.recursive(_LEAVES, _larger, max_leaves=12))
def test_what_is_written_out_is_read_back(tree: Expression) -> None:
    assert parse(_written(tree)) == tree


_UNITS = ["mg", "g", "kg", "cm", "m", "[in_i]", "d", "wk", "a", "mo", "Cel", "[degF]", "1", "%"]
_AMOUNTS = st.builds(
    Quantity,
    st.decimals(-(10**6), 10**6, places=4),
    st.sampled_from([*_UNITS, *SECONDS, "days", "years", "no unit"]),
)
_VALUES = _AMOUNTS | _TEMPORAL | st.integers() | _NUMBERS | st.text() | st.booleans()


@given(_VALUES)
def test_a_value_equals_itself(value: Any) -> None:
    assert equal_items(value, value) is True
    assert equivalent_items(value, value)
    assert identity(value) == identity(value)


@given(_VALUES, _VALUES)
def test_equality_is_symmetric_and_implies_equivalence(one: Any, two: Any) -> None:
    found = equal_items(one, two)
    assert equal_items(two, one) is found
    assert equivalent_items(one, two) == equivalent_items(two, one)
    if found and type(one) is type(two) and getattr(one, "kind", 0) == getattr(two, "kind", 0):
        assert equivalent_items(one, two)


@given(_AMOUNTS, _AMOUNTS)
def test_amounts_are_ordered_one_way(one: Quantity, two: Quantity) -> None:
    order, back = compare(one, two), compare(two, one)
    assert (order is None) == (back is None)
    if order is not None and back is not None:
        assert order == -back
        assert equal_items(one, two) is (order == 0)


@given(_AMOUNTS, st.sampled_from(["kg", "m", "d", "day", "Cel", "s"]))
def test_conversion_goes_there_and_back(amount: Quantity, unit: str) -> None:
    there = converted(amount, unit)
    back = converted(there, amount.unit) if there is not None else None
    # Calendar years and months count differently in the two systems.
    if back is not None and amount.unit.rstrip("s") not in ("year", "month", "a", "mo"):
        assert abs(back.value - amount.value) < Decimal("1e-20")


@given(_AMOUNTS, _AMOUNTS)
def test_sums_and_products_commute(one: Quantity, two: Quantity) -> None:
    left, right = total(one, two, 1), total(two, one, 1)
    assert (left is None) == (right is None)
    if left is not None and right is not None:
        assert equal_items(left, right) is True
    left, right = product(one, two, 1), product(two, one, 1)
    assert (left is None) == (right is None)
    if left is not None and right is not None:
        assert equal_items(left, right) is True


@given(_MOMENTS | _DATES, st.integers(-50_000, 50_000))
def test_days_added_are_taken_away_again(moment: Temporal, days: int) -> None:
    try:
        there = shift(moment, days, "day")
    except ValueError:
        return
    assert shift(there, -days, "day") == moment
    assert (there.compare(moment) or 0) == (days > 0) - (days < 0)


@given(_TIMES, st.integers(-10_000, 10_000))
def test_times_go_round(moment: Temporal, hours: int) -> None:
    assert shift(moment, hours, "hour") == shift(moment, hours % 24, "hour")


@given(_MOMENTS, _MOMENTS, _MOMENTS)
def test_moments_are_in_one_order(one: Temporal, two: Temporal, three: Temporal) -> None:
    first, second, third = sorted((one, two, three), key=lambda t: t.fields)
    assert first.compare(third) in (-1, 0)
    assert first.compare(second) in (-1, 0)


@given(_TEMPORAL | st.decimals(-(10**6), 10**6, places=5) | _AMOUNTS, st.integers(0, 17))
def test_a_value_lies_within_its_boundaries(value: Any, digits: int) -> None:
    for asked in (None, digits):
        low, high = boundary(value, asked, high=False), boundary(value, asked, high=True)
        assert (low is None) == (high is None)
        if low is not None:
            assert compare(low, high) in (-1, 0, None)
    assert precision(value) >= 0


@pytest.mark.parametrize(
    ("expression", "expected"),
    [("2.1 'cm' ~ 21 'mm'", [True]), ("21 'mm' ~ 2 'cm'", [True]), ("4 'g' ~ 4040 'mg'", [True]),
     ("23 'Cel' = 73.4 '[degF]'", [True]), ("1 'cm' = 1 's'", []), ("1 year = 1 'a'", []),
     ("1 year ~ 1 'a'", [True]), ("1 year = 12 months", [True]), ("1 year = 12 'mo'", []),
     ("1 hour = 3600 's'", [True]), ("1 year > 1 'a'", []), ("6 months > 1 year", [False]),
     ("1 year.toQuantity('a') = 1 'a'", [True]), ("182.5 days.toQuantity('a') = 0.5 'a'", [True]),
     ("(12 'cm' * 3 'cm').toString()", ["36 'cm2'"]),
     ("(120 'm' / 60 's').toString()", ["2 'm/s'"]),
     ("(60 / 1 's').toString()", ["60 '/s'"]), ("12 days * 45 'm'", []), ("2 * 3 days = 6 days",
     [True]), ("(3 'm' + 3 'cm').toString()", ["303 'cm'"]), ("1 'kg' + 1 'cm'", []),
     ("(2 minutes + 60 seconds).toString()", ["180 second"]), ("(1 'wk' + 2 days).toString()",
     ["9 day"]), ("1 year + 12 months", []), ("1 'Cel' + 1 'Cel'", []),
     ("1 'Cel' + 1 'K'", []), ("52 'cm'.toQuantity('m').toString()", ["0.52 'm'"]),
     ("1 year.comparable(1 'a')", [False]), ("2 '1'.comparable(3)", [True]),
     ("(1 'm' | 100 'cm').count()", [1]), ("@2014 + 24 months = @2016", [True]),
     ("@2026-02 - 1 day = @2026-02", [True]), ("@2016 + 365 days = @2017", [True]),
     ("@2026-02 + 5 weeks = @2026-03", [True]), ("@T23:30:00 + 1 hour = @T00:30:00", [True]),
     ("@2024-02-29 + 1 year = @2025-02-28", [True]), ("1.2.highBoundary(0)", [Decimal(2)]),
     ("@2014-01-01T08.highBoundary(17).toString()", ["2014-01-01T08:59:59.999-12:00"]),
     ("1 'a' > 1 day", []), ("1 'B' * 2", []), ("2.315 's'.round(2) = 2.32 's'", [True]),
     ("1.1 'kg'.ceiling() = 2 'kg'", [True]), ("(-1.56 's').truncate() = -1 's'", [True]),
     ("'a  b' ~ 'a b'", [False]), ("'a b' ~ 'A\\tB'", [True]), ("(2 years).value", [Decimal(2)]),
     ("'\\uD83E\\uDDB6'", ["🦶"]), ("@2018-02-02T22-04:00 = @2018-02-03T06+04:00", [True]),
     ("'Ab'.matches('aB', 'i')", [True]), ("1.005.round(2)", [Decimal("1.01")]),
     ("(3|1|2).sort($this desc)", [3, 2, 1]), ("now() = now()", [True]), ("2147483647 + 1", [])],
)  # fmt: skip
def test_examples_of_the_specification(expression: str, expected: list[Any]) -> None:
    assert compile_path(expression)({"resourceType": "Patient"}) == expected
