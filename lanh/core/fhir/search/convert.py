"""Turning FHIR values into search values, by parameter kind and type (R4 3.1.1.4)."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any, TypeAlias

from lanh.core.fhir.references import parse_reference
from lanh.core.fhir.search.ranges import EARLIEST, LATEST, countable, date_range

# Appends what a raw JSON value gives to a list; values of the wrong JSON type give nothing.
Convert: TypeAlias = Callable[[Any, list[Any]], None]

_LOWEST = Decimal("-Infinity")
_HIGHEST = Decimal("Infinity")


def _text(value: Any, out: list[Any]) -> None:
    if type(value) is str:
        out.append(value)


def _text_token(value: Any, out: list[Any]) -> None:
    if type(value) is str:
        out.append((None, value))


def _boolean(value: Any, out: list[Any]) -> None:
    if type(value) is bool:
        out.append((None, "true" if value else "false"))


def _coding(value: Any, out: list[Any]) -> None:
    if type(value) is dict:
        code, system = value.get("code"), value.get("system")
        if code is not None or system is not None:
            out.append((system, code or ""))


def _concept(value: Any, out: list[Any]) -> None:
    if type(value) is dict:
        codings = value.get("coding")
        if type(codings) is list:
            for coding in codings:
                if type(coding) is dict:
                    code, system = coding.get("code"), coding.get("system")
                    if code is not None or system is not None:
                        out.append((system, code or ""))


def _identifier(value: Any, out: list[Any]) -> None:
    if type(value) is dict and type(value.get("value")) is str:
        out.append((value.get("system"), value["value"]))


def _contact(value: Any, out: list[Any]) -> None:
    if type(value) is dict and type(value.get("value")) is str:
        out.append((None, value["value"]))


def _reference(value: Any, out: list[Any]) -> None:
    if type(value) is dict:
        text = value.get("reference")
        if type(text) is str and text and text[0] != "#":
            out.append(parse_reference(text) or text)


def _canonical(value: Any, out: list[Any]) -> None:
    if type(value) is str:
        out.append(value)
        bare = value.partition("#")[0].partition("|")[0]
        if bare and bare != value:
            out.append(bare)


def _attachment(value: Any, out: list[Any]) -> None:
    if type(value) is dict and type(value.get("url")) is str:
        out.append(parse_reference(value["url"]) or value["url"])


def _inline(value: Any, out: list[Any]) -> None:
    if type(value) is dict and type(value.get("id")) is str and "resourceType" in value:
        out.append((value["resourceType"], value["id"]))


def _parts(*names: str) -> Convert:
    def convert(value: Any, out: list[Any]) -> None:
        if type(value) is dict:
            for name in names:
                part = value.get(name)
                if part is None:
                    continue
                if type(part) is str:
                    out.append(part)
                elif type(part) is list:
                    out.extend(item for item in part if type(item) is str)

    return convert


def _moment(value: Any, out: list[Any]) -> None:
    if type(value) is str:
        found = date_range(value)
        if found is not None:
            out.append(found)


def _period(value: Any, out: list[Any]) -> None:
    if type(value) is dict:
        start, end = value.get("start"), value.get("end")
        first = date_range(start) if type(start) is str else None
        last = date_range(end) if type(end) is str else None
        if first is not None or last is not None:
            out.append((first[0] if first else EARLIEST, last[1] if last else LATEST))


def _timing(value: Any, out: list[Any]) -> None:
    """The outer limits only (R4 3.1.1.4.7): all events, and the bounds where they are a Period."""
    if type(value) is not dict:
        return
    found: list[Any] = []
    for event in value.get("event") or ():
        _moment(event, found)
    repeat = value.get("repeat")
    if type(repeat) is dict:
        _period(repeat.get("boundsPeriod"), found)
    if found:
        out.append((min(low for low, _ in found), max(high for _, high in found)))


def _decimal(value: Any) -> Decimal | None:
    if type(value) is not Decimal:
        if type(value) is not int:
            return None
        value = Decimal(value)
    return value if countable(value) else None


def _number(value: Any, out: list[Any]) -> None:
    number = _decimal(value)
    if number is not None:
        out.append((number, number))


def _unit(value: dict[str, Any]) -> tuple[str | None, str | None, str | None]:
    return value.get("system"), value.get("code"), value.get("unit")


def _quantity(value: Any, out: list[Any]) -> None:
    if type(value) is not dict:
        return
    number = _decimal(value.get("value"))
    if number is None:
        return
    low = high = number
    comparator = value.get("comparator")
    if comparator is not None:
        if comparator in ("<", "<="):
            low = _LOWEST
        elif comparator in (">", ">="):
            high = _HIGHEST
    out.append((low, high, *_unit(value)))


def _money(value: Any, out: list[Any]) -> None:
    if type(value) is dict:
        number = _decimal(value.get("value"))
        if number is not None:
            out.append((number, number, "urn:iso:std:iso:4217", value.get("currency"), None))


def _ends(
    value: Any,
) -> tuple[Decimal, Decimal, tuple[str | None, str | None, str | None]] | None:
    low, high = value.get("low"), value.get("high")
    first = _decimal(low.get("value")) if type(low) is dict else None
    last = _decimal(high.get("value")) if type(high) is dict else None
    if first is None and last is None:
        return None
    unit = _unit(low) if type(low) is dict else _unit(high)
    return (
        _LOWEST if first is None else first,
        _HIGHEST if last is None else last,
        unit,
    )


def _range(value: Any, out: list[Any]) -> None:
    found = _ends(value) if type(value) is dict else None
    if found is not None:
        out.append((found[0], found[1], *found[2]))


def _number_range(value: Any, out: list[Any]) -> None:
    found = _ends(value) if type(value) is dict else None
    if found is not None:
        out.append((found[0], found[1]))


def _sampled(value: Any, out: list[Any]) -> None:
    """The span of the sampled numbers, with factor and origin applied."""
    if type(value) is not dict or type(value.get("origin")) is not dict:
        return
    origin = _decimal(value["origin"].get("value")) or Decimal(0)
    factor = _decimal(value.get("factor")) or Decimal(1)
    numbers = []
    for word in str(value.get("data", "")).split():
        if word not in ("E", "U", "L"):
            try:
                numbers.append(Decimal(word) * factor + origin)
            except ArithmeticError:
                return
    if numbers and all(map(countable, numbers)):
        out.append((min(numbers), max(numbers), *_unit(value["origin"])))


_NAME = _parts("text", "family", "given", "prefix", "suffix")
_ADDRESS = _parts("text", "line", "city", "district", "state", "country", "postalCode")

CONVERTERS: dict[tuple[str, str], Convert] = {
    **{("token", name): _text_token for name in ("code", "id", "string", "uri")},
    ("token", "boolean"): _boolean,
    ("token", "Coding"): _coding,
    ("token", "CodeableConcept"): _concept,
    ("token", "Identifier"): _identifier,
    ("token", "ContactPoint"): _contact,
    ("reference", "Reference"): _reference,
    ("reference", "canonical"): _canonical,
    ("reference", "uri"): _canonical,
    ("reference", "Attachment"): _attachment,
    ("reference", "Resource"): _inline,
    ("string", "string"): _text,
    ("string", "markdown"): _text,
    ("string", "HumanName"): _NAME,
    ("string", "Address"): _ADDRESS,
    **{("date", name): _moment for name in ("date", "dateTime", "instant")},
    ("date", "Period"): _period,
    ("date", "Timing"): _timing,
    ("number", "decimal"): _number,
    ("number", "integer"): _number,
    ("number", "Range"): _number_range,
    **{("quantity", name): _quantity for name in ("Age", "Duration", "Quantity")},
    ("quantity", "Money"): _money,
    ("quantity", "Range"): _range,
    ("quantity", "SampledData"): _sampled,
    **{("uri", name): _canonical for name in ("canonical",)},
    **{("uri", name): _text for name in ("uri", "url")},
}
"""What each kind of parameter makes of each type; absent pairs (a date of an Age) give nothing."""


def _display(value: Any, out: list[Any]) -> None:
    if type(value) is dict and type(value.get("display")) is str:
        out.append((value["display"], True))


def _concept_text(value: Any, out: list[Any]) -> None:
    if type(value) is dict:
        if type(value.get("text")) is str:
            out.append((value["text"], False))
        codings = value.get("coding")
        if type(codings) is list:
            for coding in codings:
                _display(coding, out)


def _type_text(value: Any, out: list[Any]) -> None:
    if type(value) is dict:
        _concept_text(value.get("type"), out)


def _typed(value: Any, out: list[Any]) -> None:
    if type(value) is not dict or type(value.get("value")) is not str:
        return
    kinds: list[Any] = []
    _concept(value.get("type"), kinds)
    out.extend((system, code, value["value"]) for system, code in kinds if code)


TEXTS: dict[str, Convert] = {
    "Coding": _display,
    "CodeableConcept": _concept_text,
    "Identifier": _type_text,
}
"""What people read of the values of a token parameter, by type."""

TYPED: dict[str, Convert] = {"Identifier": _typed}
"""Identifiers with their types."""

IDENTIFIER_OF_REFERENCE = "identifier"


def reference_identifier(value: Any, out: list[Any]) -> None:
    """The identifier inside a Reference, for the modifier `:identifier`."""
    if type(value) is dict:
        _identifier(value.get("identifier"), out)


__all__ = [
    "CONVERTERS",
    "IDENTIFIER_OF_REFERENCE",
    "TEXTS",
    "TYPED",
    "Convert",
    "reference_identifier",
]
