"""lowBoundary() and highBoundary(): the least and the greatest value that a precision allows."""

from __future__ import annotations

from lanh.core.warehouse.views.expressions import (
    NULL,
    Call,
    Case,
    Cast,
    Constant,
    Operation,
    Sql,
)
from lanh.core.warehouse.views.values import NUMBERS, Value, ViewError, single

_YEAR, _MONTH, _DAY = 4, 7, 10


def boundary(value: Value, high: bool) -> Value:
    """A boundary of one value (FHIRPath, lowBoundary and highBoundary without precision)."""
    source = single(value).sql
    if value.type in NUMBERS:
        return Value(_number(source, high), "decimal")
    if value.type == "date":
        return Value(_date(source, high), "date")
    if value.type in ("dateTime", "instant"):
        return Value(_moment(source, high), value.type)
    if value.type == "time":
        return Value(_filled(source, high), "time")
    raise ViewError(f"{value.type} has no boundaries")


def _number(source: Sql, high: bool) -> Sql:
    text = Cast(source, "text")
    digits = Call("length", (Call("extract", (text, Constant(r"\.([0-9]+)"), Constant(1))),))
    power = Call("power10", (Operation("-", Constant(0), Call("coalesce", (digits, Constant(0)))),))
    half = Cast(Operation("*", Cast(Constant("0.5"), "double"), power), "decimal")
    return Operation("+" if high else "-", Cast(text, "decimal"), half)


def _length_is(source: Sql, length: int) -> Sql:
    return Operation("=", Call("length", (source,)), Constant(length))


def _joined(source: Sql, rest: str) -> Sql:
    return Operation("||", source, Constant(rest))


def _date(source: Sql, high: bool) -> Sql:
    month = _joined(source, "-01")
    return Case(
        (
            (_length_is(source, _YEAR), _joined(source, "-12-31" if high else "-01-01")),
            (_length_is(source, _MONTH), Call("month_end", (month,)) if high else month),
        ),
        source,
    )


def _filled(time: Sql, high: bool) -> Sql:
    """A time with what it lacks filled up to milliseconds."""
    pattern = "23:59:59.999" if high else "00:00:00.000"
    rest = Call("rest", (Constant(pattern), Call("length", (time,))))
    return Operation("||", time, rest)


def _moment(source: Sql, high: bool) -> Sql:
    day = Call("substring", (source, Constant(0), Constant(_DAY)))
    zone = "-12:00" if high else "+14:00"
    whole_day = _joined(_date(source, high), f"T{'23:59:59.999' if high else '00:00:00.000'}{zone}")
    time = Call("extract", (source, Constant(r"T([0-9:.]+)"), Constant(1)))
    offset = Call("extract", (source, Constant(r"(Z|[+-][0-9]{2}:[0-9]{2})$"), Constant(1)))
    exact = Operation(
        "||",
        Operation("||", _joined(day, "T"), _filled(time, high)),
        Call("coalesce", (offset, Constant(zone))),
    )
    missing = Call("is_null", (source,))
    short = Operation("<=", Call("length", (source,)), Constant(_DAY))
    return Case(((missing, NULL), (short, whole_day)), exact)
