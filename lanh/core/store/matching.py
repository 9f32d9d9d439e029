"""Whether a row that SQL let through really answers a parameter: by its body.

Hashes can collide and a pair of columns can span several values, so what SQL says is "perhaps".
Most often a look for the text in the body decides; the rest is decided by the values themselves.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from decimal import Decimal
from typing import TypeAlias

from lanh.core import fhir
from lanh.core.store.query import split_token, unescape
from lanh.core.store.records import Parameter, Stored
from lanh.core.store.values import (
    Wanted,
    date_holds,
    number_holds,
    wanted_date,
    wanted_number,
    wanted_quantity,
)
from lanh.core.text import nfc

Check: TypeAlias = Callable[[Stored], bool]
ValueCheck: TypeAlias = Callable[[fhir.SearchValues], bool]


def text_check(texts: Sequence[str]) -> Check:
    """Rows whose body holds one of the texts: tells every chance collision of hashes."""
    needles = [fhir.dumps(text)[1:-1] for text in texts]

    def check(row: Stored) -> bool:
        return any(needle in row.body for needle in needles)

    return check


def value_check(checks: Sequence[ValueCheck]) -> Check:
    """Rows whose extracted values pass every check; the body is parsed once."""

    def check(row: Stored) -> bool:
        values = fhir.extract(row.resource())
        return all(each(values) for each in checks)

    return check


def date_check(parameter: Parameter) -> ValueCheck:
    """A value of a date parameter answers one of the alternatives."""
    wanted = [wanted_date(parameter.name, value) for value in parameter.values]

    def check(values: fhir.SearchValues) -> bool:
        found = values.dates.get(parameter.name, ())
        return any(_any_date(each, found) for each in wanted)

    return check


def _any_date(wanted: Wanted[datetime], found: Sequence[tuple[datetime, datetime]]) -> bool:
    return any(date_holds(wanted, low, high) for low, high in found)


def number_check(parameter: Parameter) -> ValueCheck:
    """A value of a number parameter answers one of the alternatives."""
    wanted = [wanted_number(parameter.name, value) for value in parameter.values]

    def check(values: fhir.SearchValues) -> bool:
        found = values.numbers.get(parameter.name, ())
        return any(number_holds(each, low, high) for each in wanted for low, high in found)

    return check


def quantity_check(parameter: Parameter, names: Sequence[str]) -> ValueCheck:
    """A value of a quantity parameter, or of those it combines, answers one of the alternatives."""
    wanted = [wanted_quantity(parameter.name, value) for value in parameter.values]

    def check(values: fhir.SearchValues) -> bool:
        found = [value for name in names for value in values.quantities.get(name, ())]
        return any(
            number_holds(each, low, high) and _unit_fits(each, system, code)
            for each in wanted
            for low, high, system, code in found
        )

    return check


def _unit_fits(wanted: Wanted[Decimal], system: str | None, code: str | None) -> bool:
    if wanted.system is not None and wanted.system != system:
        return False
    return wanted.code is None or wanted.code == code


def exact_string_check(parameter: Parameter) -> ValueCheck:
    """A text is one of the alternatives to the letter, case and marks."""
    wanted = {nfc(unescape(value)) for value in parameter.values}

    def check(values: fhir.SearchValues) -> bool:
        return any(nfc(text) in wanted for text in values.strings.get(parameter.name, ()))

    return check


def token_check(parameter: Parameter, names: Sequence[str]) -> ValueCheck:
    """A token is one of the alternatives, `|code` meaning one without a system."""
    wanted = [split_token(value) for value in parameter.values]

    def check(values: fhir.SearchValues) -> bool:
        found = [token for name in names for token in values.tokens.get(name, ())]
        return any(
            code == found_code and (system is None or system == (found_system or ""))
            for system, code in wanted
            for found_system, found_code in found
        )

    return check
