"""The table of units: prefixes, and the definition of each atom, resolved when first asked for."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from pathlib import Path

_FILE = Path(__file__).with_name("units.csv")

_POWERS = {
    **{"Y": 24, "Z": 21, "E": 18, "P": 15, "T": 12, "G": 9, "M": 6, "k": 3, "h": 2, "da": 1},
    **{"d": -1, "c": -2, "m": -3, "u": -6, "n": -9, "p": -12, "f": -15, "a": -18, "z": -21},
    "y": -24,
}
PREFIXES: dict[str, Fraction] = {
    **{code: Fraction(10) ** power for code, power in _POWERS.items()},
    **{"Ki": Fraction(2**10), "Mi": Fraction(2**20), "Gi": Fraction(2**30), "Ti": Fraction(2**40)},
}
"""Prefix -> factor (UCUM §27 to §31)."""

OFFSETS: dict[str, Fraction] = {
    "Cel": Fraction("273.15"),
    "[degF]": Fraction("459.67") * 5 / 9,
    "[degRe]": Fraction("273.15"),
}
"""Kelvin at the zero of each temperature scale."""


@dataclass(frozen=True, slots=True)
class Atom:
    """One unit of the table. `kind` is

    base         a base unit
    ratio        `value` times the expression `unit`
    arbitrary    a procedure-defined unit: commensurable with nothing but itself (UCUM §24)
    temperature  a ratio with a zero of its own
    scale        a logarithmic or other special unit, kept on its own scale
    """

    code: str
    kind: str
    metric: bool
    value: Fraction
    unit: str
    name: str


@lru_cache(maxsize=1)
def atoms() -> dict[str, Atom]:
    """The units by their case sensitive code."""
    with _FILE.open(encoding="utf-8", newline="") as file:
        return {
            row["code"]: Atom(
                row["code"],
                row["kind"],
                row["metric"] == "yes",
                Fraction(Decimal(row["value"])),
                row["unit"],
                row["name"],
            )
            for row in csv.DictReader(file)
        }


def find(symbol: str) -> tuple[Fraction, Atom] | None:
    """The prefix factor and the atom that a symbol such as `mmol` stands for, or None."""
    table = atoms()
    atom = table.get(symbol)
    if atom is not None:
        return Fraction(1), atom
    for size in (2, 1):
        factor = PREFIXES.get(symbol[:size])
        atom = table.get(symbol[size:])
        if factor is not None and atom is not None and atom.metric:
            return factor, atom
    return None
