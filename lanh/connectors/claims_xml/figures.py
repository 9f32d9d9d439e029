"""The money of a claim: exact figures, the formulas of the decision, and the sums of XML1.

Formulas: Decision 130/QĐ-BYT annex as changed by 4750 and 3176 (XML2 fields 20 to 30, XML3 fields
19 to 30). Everything is Decimal; rounding is half up to two places. Where the decision leaves two
readings, both pass: the hospital amount of a service with or without TYLE_TT_DV, supplies counted
by code or by cost group, and the fund's total as a sum or as T_TONGCHI_BH less T_BNCCT.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from lanh.connectors.claims_xml.envelope import Row
from lanh.connectors.claims_xml.fields import MONEY
from lanh.connectors.claims_xml.rules import amount, issue
from lanh.core.fhir import Issue

TOTALS = ("T_THUOC", "T_VTYT", "T_TONGCHI_BV", "T_TONGCHI_BH", "T_BNTT", "T_BNCCT", "T_BHTT",
          "T_NGUONKHAC", "T_BHTT_GDV")  # fmt: skip
_SOURCES = ("T_NGUONKHAC_NSNN", "T_NGUONKHAC_VTNN", "T_NGUONKHAC_VTTN", "T_NGUONKHAC_CL")
_SHARED = ("THANH_TIEN_BV", "THANH_TIEN_BH", *_SOURCES, "T_NGUONKHAC", "MUC_HUONG", "T_BNTT",
           "T_BNCCT", "T_BHTT")  # fmt: skip
LINE_FIGURES: dict[str, tuple[str, ...]] = {
    "XML2": ("SO_LUONG", "DON_GIA", "TYLE_TT_BH", *_SHARED),
    "XML3": ("SO_LUONG", "DON_GIA_BV", "DON_GIA_BH", "TYLE_TT_DV", "TYLE_TT_BH", "T_TRANTT",
             *_SHARED),
}  # fmt: skip
RATIOS = frozenset({"SO_LUONG", "TYLE_TT_BH", "TYLE_TT_DV", "MUC_HUONG"})
_SUPPLY_GROUPS = {"10", "11"}
_ZERO = Decimal(0)
_HUNDRED = Decimal(100)
_CENT = Decimal(1).scaleb(-int(MONEY["places"]))
_ROUNDING = str(MONEY["rounding"])


@dataclass(frozen=True, slots=True)
class Line:
    """One cost line: table, serial number, what was charged, and its figures as sent."""

    table: str
    serial: str
    code: str
    figures: Mapping[str, Decimal]


@dataclass(frozen=True, slots=True)
class Figures:
    """The figures of one claim. Two are equal where every figure is, digit for digit in value."""

    case: str
    totals: Mapping[str, Decimal]
    lines: tuple[Line, ...]

    def sums(self) -> dict[str, Decimal]:
        """What the totals of XML1 must be, computed from the lines."""
        return sums(self.lines)


def line_of(table: str, row: Row) -> Line:
    """The line of an XML2 or XML3 row; a figure left empty is absent."""
    names = ("MA_THUOC",) if table == "XML2" else ("MA_DICH_VU", "MA_VAT_TU")
    code = "/".join(row.values.get(name, "") for name in names).strip("/")
    found = {name: value for name in LINE_FIGURES[table]
             if (value := amount(row, name)) is not None}  # fmt: skip
    return Line(table, row.values.get("STT", ""), code, found)


def figures_of_rows(episode: Row, rows: Mapping[str, Sequence[Row]]) -> Figures:
    """The figures of a package's rows."""
    totals = {name: value for name in TOTALS if (value := amount(episode, name)) is not None}
    lines = tuple(line_of(table, row) for table in LINE_FIGURES for row in rows.get(table, ()))
    return Figures(episode.values.get("MA_LK", ""), totals, lines)


def money(value: Decimal) -> Decimal:
    """Rounded as `tables/rules.yaml` says: to two places, half up."""
    return value.quantize(_CENT, _ROUNDING)


def sums(lines: Sequence[Line]) -> dict[str, Decimal]:
    """T_THUOC, T_TONGCHI_BV, T_TONGCHI_BH, T_BNTT, T_BNCCT, T_BHTT, T_NGUONKHAC of the lines."""

    def total(name: str, table: str | None = None) -> Decimal:
        found = (line.figures.get(name, _ZERO) for line in lines if table in (None, line.table))
        return sum(found, _ZERO)

    return {
        "T_THUOC": total("THANH_TIEN_BV", "XML2"),
        "T_TONGCHI_BV": total("THANH_TIEN_BV"),
        "T_TONGCHI_BH": total("THANH_TIEN_BH"),
        "T_BNTT": total("T_BNTT"),
        "T_BNCCT": total("T_BNCCT"),
        "T_BHTT": total("T_BHTT"),
        "T_NGUONKHAC": total("T_NGUONKHAC"),
    }


def check_totals(episode: Row, rows: Mapping[str, Sequence[Row]]) -> list[Issue]:
    """Each total of XML1 against the sums of XML2 and XML3."""
    claim = figures_of_rows(episode, rows)
    found = []
    for name, expected in sums(claim.lines).items():
        given = claim.totals.get(name)
        others = {expected}
        if name == "T_BHTT":
            others.add(claim.totals.get("T_TONGCHI_BH", _ZERO) - claim.totals.get("T_BNCCT", _ZERO))
        if given is not None and given not in others:
            found.append(
                issue("error", "invariant", "XML1", 1, name, "total-differs",
                      given=plain(given), expected=plain(expected))
            )  # fmt: skip
    supplies = claim.totals.get("T_VTYT")
    by_code, by_group = _supplies(rows.get("XML3", ()))
    if supplies is not None and supplies not in (by_code, by_group):
        found.append(
            issue("error", "invariant", "XML1", 1, "T_VTYT", "total-differs",
                  given=plain(supplies), expected=plain(by_group))
        )  # fmt: skip
    return found


def _supplies(rows: Sequence[Row]) -> tuple[Decimal, Decimal]:
    def total(chosen: list[Row]) -> Decimal:
        return sum((amount(row, "THANH_TIEN_BV") or _ZERO for row in chosen), _ZERO)

    return (
        total([row for row in rows if row.values.get("MA_VAT_TU")]),
        total([row for row in rows if row.values.get("MA_NHOM") in _SUPPLY_GROUPS]),
    )


def check_line(table: str, row: Row, number: int) -> list[Issue]:
    """The formulas of one line. Only what the given figures allow to be computed is checked."""
    line = line_of(table, row).figures
    found: list[Issue] = []

    def expect(name: str, *allowed: Decimal) -> None:
        given = line.get(name)
        if given is not None and given not in {money(value) for value in allowed}:
            found.append(
                issue("error", "invariant", table, number, name, "formula",
                      given=plain(given), expected=plain(money(allowed[0])))
            )  # fmt: skip

    other = line.get("T_NGUONKHAC", _ZERO)
    quantity, paid = line.get("SO_LUONG", _ZERO), line.get("TYLE_TT_BH", _ZERO) / _HUNDRED
    if table == "XML2":
        full = quantity * line.get("DON_GIA", _ZERO)
        expect("THANH_TIEN_BV", full)
        expect("THANH_TIEN_BH", full * paid, (full - other) * paid)
    else:
        shared = line.get("TYLE_TT_DV", _HUNDRED) / _HUNDRED
        full = quantity * line.get("DON_GIA_BV", _ZERO)
        expect("THANH_TIEN_BV", full * shared, full)
        insured = quantity * line.get("DON_GIA_BH", _ZERO) * shared
        expect("THANH_TIEN_BH", insured * paid, (insured - other) * paid)
    if any(name in line for name in _SOURCES):
        expect("T_NGUONKHAC", sum((line.get(name, _ZERO) for name in _SOURCES), _ZERO))
    _check_shares(line, expect)
    return found


def _check_shares(line: Mapping[str, Decimal], expect: Callable[..., None]) -> None:
    """Fund, co-payment and self-payment; other sources come off in the order self, co, fund."""
    whole, insured = line.get("THANH_TIEN_BV", _ZERO), line.get("THANH_TIEN_BH", _ZERO)
    other = line.get("T_NGUONKHAC", _ZERO)
    rate = line.get("MUC_HUONG")
    if rate is None or "T_TRANTT" in line:
        if other == 0:
            expect("T_BNTT", whole - insured)
            expect("T_BNCCT", insured - line.get("T_BHTT", _ZERO))
        return
    own = whole - insured
    fund = money(insured * rate / _HUNDRED)
    shared = insured - fund
    left_own = max(own - other, _ZERO)
    left_shared = max(shared - max(other - own, _ZERO), _ZERO)
    left_fund = fund - max(other - own - shared, _ZERO)
    # The other readings: money given to the facility comes off the whole before the shares are
    # taken (field 26 b), and a programme may pay just the co-payment (26 c, antiretrovirals).
    expect("T_BNTT", left_own, max(whole - other - insured, _ZERO), own)
    expect("T_BNCCT", left_shared, shared)
    expect("T_BHTT", left_fund, fund)


def plain(value: Decimal) -> str:
    """A figure for people: no exponent."""
    return format(value, "f")
