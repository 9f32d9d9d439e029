"""Date, number and quantity parameters (R4 3.1.1.4.5, .6, .11): ranges against ranges.

A pair of columns spans a parameter's values. Where a row has several, they are in its `parts`, and
each is looked at by itself; so SQL decides alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal, localcontext
from math import lcm
from typing import Any

from lanh.core import fhir
from lanh.core.fhir import ucum
from lanh.core.store.compiling.scope import Hashes, Scope, any_token
from lanh.core.store.layout import COMBINED
from lanh.core.store.query import bad_value
from lanh.core.store.records import Parameter
from lanh.core.store.values import (
    DATE_SQL,
    HULL_SQL,
    NUMBER_SQL,
    Wanted,
    wanted_date,
    wanted_number,
    wanted_quantity,
)
from lanh.core.store.vocabulary import Entry

_DIGITS = 1_000  # no product of two numbers is rounded


@dataclass(frozen=True)
class Test:
    """One alternative: a range looked for, in the unit of some rows.

    Values of rows are multiplied by `factor` and moved by `offset` before they are compared.
    `units` are the hashes of the units to which this applies; None: whatever the unit.
    """

    wanted: Wanted[Any]
    kind: str
    units: tuple[int, ...] | None = None
    factor: Decimal = Decimal(1)
    offset: Decimal = Decimal(0)


def ranged(scope: Scope, parameter: Parameter) -> str:
    """The condition of a date, number or quantity parameter. Raises Invalid."""
    if parameter.name == "_lastUpdated":
        return _last_updated(scope, parameter)
    if not parameter.values:
        raise bad_value(parameter.name, "", "value")
    found = []
    for name in COMBINED.get((scope.shape.type, parameter.name), (parameter.name,)):
        tests = [test for value in parameter.values for test in tests_of(scope, name, value)]
        found.append(by_name(scope, name, tests))
    return f"({' OR '.join(found)})"


def tests_of(scope: Scope, name: str, value: str) -> list[Test]:
    """What a value of a parameter asks of a range. Raises Invalid."""
    kind = scope.kind(name)
    if kind == "date":
        return [Test(wanted_date(name, value), "date")]
    if kind == "number":
        return [Test(wanted_number(name, value), "number")]
    wanted = wanted_quantity(name, value)
    if wanted.system is None and wanted.code is None:
        return [Test(wanted, "number")]
    return _by_units(scope, name, wanted)


def _by_units(scope: Scope, name: str, wanted: Wanted[Decimal]) -> list[Test]:
    """One test for each way in which units of the rows stand to the one asked for."""
    field = f"{scope.key(name)}:unit"
    tests: dict[_Ratio, list[int]] = {}
    for entry in scope.shared.units:
        if entry.field == field:
            ratio = _ratio(wanted, entry)
            if ratio is not None:
                tests.setdefault(ratio, []).append(entry.hash)
    if not tests:
        return [Test(wanted, "number", units=())]
    return [
        Test(_moved(wanted, ratio), "number", tuple(hashes), ratio.factor, ratio.offset)
        for ratio, hashes in tests.items()
    ]


@dataclass(frozen=True)
class _Ratio:
    """Row x `factor` + `offset` stands against wanted x `asked_factor` + `asked_offset`: whole
    numbers, so that nothing is rounded."""

    factor: Decimal = Decimal(1)
    offset: Decimal = Decimal(0)
    asked_factor: Decimal = Decimal(1)
    asked_offset: Decimal = Decimal(0)


def _ratio(wanted: Wanted[Decimal], entry: Entry) -> _Ratio | None:
    """How a unit's numbers are compared: as they are where the unit is the one asked for, in
    canonical units where UCUM says that both measure the same; None where neither."""
    if wanted.system is None:
        same = wanted.code in (entry.value, entry.label)
    else:
        same = wanted.system == entry.system and wanted.code in (None, entry.value)
    if same:
        return _Ratio()
    if wanted.system != ucum.SYSTEM or entry.system != ucum.SYSTEM or wanted.code is None:
        return None
    try:
        asked, here = fhir.parse_unit(wanted.code), fhir.parse_unit(entry.value)
    except fhir.UnitError:
        return None
    if asked.canonical != here.canonical:
        return None
    told = (here.factor, here.offset, asked.factor, asked.offset)
    whole = lcm(*(each.denominator for each in told))
    return _Ratio(*(Decimal(int(each * whole)) for each in told))


def _moved(wanted: Wanted[Decimal], ratio: _Ratio) -> Wanted[Decimal]:
    factor, offset = ratio.asked_factor, ratio.asked_offset
    with localcontext(prec=_DIGITS):
        return Wanted(
            wanted.prefix,
            wanted.low * factor + offset,
            wanted.high * factor + offset,
            wanted.value * factor + offset,
        )


def by_name(scope: Scope, name: str, tests: Sequence[Test]) -> str:
    """Rows of which a value of the parameter passes one of the tests."""
    own = scope.own(name)
    if own is not None:
        return _among(scope, own.key, tests)
    found = scope.shape.range_of(name)
    if found is None:
        raise bad_value(name, name, "parameter with a column")
    pair = (f"{scope.alias}.{found.column}_lo", f"{scope.alias}.{found.column}_hi")
    one = f"({' OR '.join(_of_pair(scope, name, pair, test) for test in tests)})"
    if name in scope.shape.single:
        return one
    hull = " OR ".join(
        "true" if test.factor != 1 else _filled(scope, HULL_SQL, pair, test) for test in tests
    )
    several = f"{scope.alias}.parts ? {scope.arguments.add(name, 'text')}"
    return f"(({hull}) AND CASE WHEN {several} THEN {_among(scope, name, tests)} ELSE {one} END)"


def _of_pair(scope: Scope, name: str, pair: tuple[str, str], test: Test) -> str:
    template = DATE_SQL if test.kind == "date" else NUMBER_SQL
    condition = _filled(scope, template, pair, test)
    if test.units is None:
        return condition
    few = Scope(scope.shape, scope.alias, scope.shared, few=True)
    return f"({condition} AND {any_token(few, Hashes(list(test.units)))})"


def _among(scope: Scope, name: str, tests: Sequence[Test]) -> str:
    """One of the values in `parts` passes one of the tests."""
    key = scope.arguments.add(name, "text")
    each = scope.shared.alias()
    conditions = " OR ".join(of_entry(scope, each, test) for test in tests)
    return (
        f"EXISTS (SELECT 1 FROM jsonb_array_elements({scope.alias}.parts -> {key})"  # noqa: S608
        f" AS {each} (e) WHERE {conditions})"
    )


def of_entry(scope: Scope, alias: str, test: Test, place: str = "e") -> str:
    """The test of one entry of `parts`: [lo, hi] and for a quantity the hash of its unit."""
    kind = "timestamptz" if test.kind == "date" else "numeric"
    pair = (f"({alias}.{place} ->> 0)::{kind}", f"({alias}.{place} ->> 1)::{kind}")
    condition = _filled(scope, DATE_SQL if test.kind == "date" else NUMBER_SQL, pair, test)
    if test.units is None:
        return condition
    units = scope.arguments.add([str(each) for each in test.units], "text[]")
    return f"({condition} AND {alias}.{place} ->> 2 = ANY({units}))"


def _filled(scope: Scope, templates: dict[str, str], pair: tuple[str, str], test: Test) -> str:
    template, wanted = templates[test.wanted.prefix], test.wanted
    kind = "timestamptz" if test.kind == "date" else "numeric"
    names = {"lo": pair[0], "hi": pair[1]}
    if test.factor != 1 or test.offset != 0:
        factor = scope.arguments.add(test.factor, "numeric")
        offset = scope.arguments.add(test.offset, "numeric")
        names = {end: f"({column} * {factor} + {offset})" for end, column in names.items()}
    for key, value in zip("abv", (wanted.low, wanted.high, wanted.value), strict=True):
        if f"{{{key}}}" in template:
            names[key] = scope.arguments.add(value, kind)
    return (
        f"({template.format(**names)}) IS TRUE" if "NOT" in template else template.format(**names)
    )


def _last_updated(scope: Scope, parameter: Parameter) -> str:
    pair = (
        f"{scope.alias}.updated",
        f"({scope.alias}.updated + interval '1 millisecond')",
    )
    found = []
    for value in parameter.values:
        test = Test(wanted_date("_lastUpdated", value), "date")
        found.append(_filled(scope, DATE_SQL, pair, test))
    if not found:
        raise bad_value("_lastUpdated", "", "date")
    return f"({' OR '.join(found)})"
