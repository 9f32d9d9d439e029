"""UCUM: every unit of the table, the grammar, and the laws of conversion."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lanh.core import fhir
from lanh.core.fhir.ucum import UnitError, convert, parse_unit
from lanh.core.fhir.ucum.table import PREFIXES, atoms


def test_every_unit_of_the_table_is_resolved() -> None:
    assert len(atoms()) == 312
    for code, atom in atoms().items():
        unit = parse_unit(code)
        assert unit.factor > 0
        assert unit.alone == (atom.kind in ("temperature", "scale"))
        assert parse_unit(unit.canonical).dimension == unit.dimension


@pytest.mark.parametrize(
    ("value", "unit", "wanted", "expected"),
    [("37", "Cel", "[degF]", "98.6"), ("98.6", "[degF]", "Cel", "37"), ("0", "K", "Cel", "-273.15"),
     ("1", "[lb_av]", "[oz_av]", "16"), ("1", "[in_i]", "cm", "2.54"),
     ("180", "mg/dL", "g/L", "1.8"), ("1", "mm[Hg]", "Pa", "133.322"), ("1", "U", "nkat", "16.66666"
     "666666666666666666666666666666667"), ("5", "mmol/L", "umol/mL", "5"), ("10", "dB", "B", "1"),
     ("60", "{beats}/min", "Hz", "1"), ("1", "kcal_th", "kJ", "4.184"), ("7", "d", "wk", "1"),
     ("1", "[IU]/mL", "k[iU]/L", "1"), ("250", "10*3/uL", "10*9/L", "250"), ("1", "[drp]", "mL",
     "0.05"), ("2", "mg/(kg.d)", "mg/kg/d", "2"), ("50", "%", "1", "0.5"), ("1", "m2.kg-1", "m2/kg",
     "1"), ("6", "[ft_i]", "m", "1.8288"), ("3", "/100{cells}", "%", "3"),
     ("80", "[degRe]", "Cel", "100"), ("1", "KiBy", "By", "1024"), ("1", "L", "l", "1"),
     ("1", "10^3", "10*3", "1"), ("1", "a", "d", "365.25"), ("1", "mo_j", "d", "30.4375"),
     ("1", "Gy", "RAD", "100")],
)  # fmt: skip
def test_conversions(value: str, unit: str, wanted: str, expected: str) -> None:
    assert convert(Decimal(value), unit, wanted) == Decimal(expected)


@pytest.mark.parametrize(
    ("one", "two"),
    [("g", "m"), ("[iU]", "1"), ("[iU]", "[arb'U]"), ("[pH]", "mol/L"), ("g/L", "mol/L"),
     ("Np", "B"), ("rad", "1"), ("[iU]/L", "[CFU]/L")],
)  # fmt: skip
def test_what_is_not_commensurable_has_no_conversion(one: str, two: str) -> None:
    assert convert(Decimal(1), one, two) is None


@pytest.mark.parametrize(
    "text",
    ["", " ", "mg dL", "mgg", "mMg", "kmin", "mg/", "/", "//m", ".m", "m..s", "(m", "m)", "m()",
     "m**2", "m^2", "0", "{a", "{a}}", "Cel/min", "Cel2", "[pH]/L", "/Cel", "µg", "mmHg", "[mm",
     "m9999999", "m201", "m-201", "(" * 20 + "m" + ")" * 20, "m." * 150 + "m", "10*9999", "m{á}",
     "m100.m100.m100", "year", "9" * 30],
)  # fmt: skip
def test_what_is_no_unit_is_refused(text: str) -> None:
    with pytest.raises(UnitError):
        parse_unit(text)
    assert fhir.canonical_quantity(Decimal(1), text) is None


def test_canonical_quantities_compare_across_units() -> None:
    assert fhir.canonical_quantity(Decimal("1"), "mg/dL") == (Decimal(10), "g.m-3")
    assert fhir.canonical_quantity(Decimal("7.4"), "[pH]") == (Decimal("7.4"), "[pH]")
    assert fhir.canonical_quantity(Decimal("38.5"), "Cel") == (Decimal("311.65"), "K")
    assert fhir.canonical_quantity(Decimal("2"), "{tablet}") == (Decimal(2), "1")
    assert fhir.canonical_quantity(Decimal("NaN"), "g") is None
    assert fhir.canonical_quantity(Decimal("1e999999"), "g") is None


_UNITS = st.sampled_from(sorted(code for code, atom in atoms().items() if atom.kind == "ratio"))
_NUMBERS = st.decimals(-(10**9), 10**9, allow_nan=False, allow_infinity=False, places=6)


@given(_NUMBERS, st.sampled_from(sorted(atoms())))
def test_a_larger_amount_has_a_larger_canonical_number(value: Decimal, unit: str) -> None:
    low, high = fhir.canonical_quantity(value, unit), fhir.canonical_quantity(value + 1, unit)
    assert low is not None
    assert high is not None
    assert low[0] < high[0]
    assert low[1] == high[1]


@given(_UNITS, _UNITS, st.integers(-3, 3))
def test_products_follow_the_algebra(one: str, two: str, power: int) -> None:
    left, right = parse_unit(one), parse_unit(two)
    product, quotient = parse_unit(f"{one}.{two}"), parse_unit(f"{one}/{two}")
    assert product.factor == left.factor * right.factor
    assert quotient.times(right) == left
    assert parse_unit(f"({product.canonical})/({right.canonical})").dimension == left.dimension
    if one not in ("10*", "10^"):
        assert parse_unit(f"{one}{power}").factor == left.factor**power


@given(
    st.sampled_from(sorted(PREFIXES)), st.sampled_from(["g", "m", "L", "mol", "[iU]", "Pa", "B"])
)
def test_prefixes_scale(prefix: str, unit: str) -> None:
    if prefix + unit not in atoms():
        assert parse_unit(prefix + unit).factor == PREFIXES[prefix] * parse_unit(unit).factor


@given(st.text(alphabet="mgkLscd10*^[]{}()/.+-%'iUHg ", max_size=40))
def test_any_text_is_a_unit_or_refused(text: str) -> None:
    try:
        unit = parse_unit(text)
    except UnitError:
        return
    assert isinstance(unit.factor, Fraction)
