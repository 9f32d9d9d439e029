"""The search values of one resource."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, TypeAlias

Token: TypeAlias = tuple[str | None, str]
ReferenceValue: TypeAlias = tuple[str, str] | str
DateRange: TypeAlias = tuple[datetime, datetime]
NumberRange: TypeAlias = tuple[Decimal, Decimal]
QuantityRange: TypeAlias = tuple[Decimal, Decimal, str | None, str | None, str | None]
TypedIdentifier: TypeAlias = tuple[str | None, str, str]
# The values of one component in one instance of a composite, as its kind gives them.
Component: TypeAlias = list[Any]


@dataclass(slots=True)
class SearchValues:
    """Values by parameter name; a parameter without values is absent. Lists may be shared between
    parameters, so they must not be changed.

    tokens       (system or None, code); `name:identifier` holds the identifiers of references
    references   (type, id) of a relative reference, else the text: an absolute URL, a urn or a
                 canonical (with its version, and again without)
    strings      texts as written, every part of names and addresses (folding is the store's)
    dates        [lo, hi) as aware datetimes, by the precision written; open ends are EARLIEST and
                 LATEST
    numbers      (lo, hi), inclusive and equal for a plain number: the precision that R4 implies
                 belongs to the value searched for (`number_range`), not to the value stored
    quantities   (lo, hi, system, code, unit): as numbers; a Range, SampledData or comparator
                 gives unequal ends
    uris         texts as written
    texts        what people read of a token, and whether it is the display of a code: displays,
                 texts of concepts and of identifiers' types (the modifier `:text`)
    typed        (system and code of the type, value) of identifiers, for `:of-type`
    positions    (latitude, longitude) in degrees: `near` of a Location
    composites   by composite parameter: its instances where there are several, each with the
                 values of its components in order. One instance alone is told by the components'
                 own parameters
    """

    tokens: dict[str, list[Token]] = field(default_factory=dict)
    references: dict[str, list[ReferenceValue]] = field(default_factory=dict)
    strings: dict[str, list[str]] = field(default_factory=dict)
    dates: dict[str, list[DateRange]] = field(default_factory=dict)
    numbers: dict[str, list[NumberRange]] = field(default_factory=dict)
    quantities: dict[str, list[QuantityRange]] = field(default_factory=dict)
    uris: dict[str, list[str]] = field(default_factory=dict)
    texts: dict[str, list[tuple[str, bool]]] = field(default_factory=dict)
    typed: dict[str, list[TypedIdentifier]] = field(default_factory=dict)
    positions: list[tuple[Decimal, Decimal]] = field(default_factory=list)
    composites: dict[str, list[list[Component]]] = field(default_factory=dict)

    def names(self) -> set[str]:
        """The parameters that have a value."""
        return {
            name
            for table in (
                self.tokens, self.references, self.strings, self.dates, self.numbers,
                self.quantities, self.uris,
            )
            for name in table
        }  # fmt: skip


# Where the values of a parameter of each kind stand.
FIELDS = {
    "token": "tokens",
    "reference": "references",
    "string": "strings",
    "date": "dates",
    "number": "numbers",
    "quantity": "quantities",
    "uri": "uris",
}
