"""One answer against what its question allows: type, options, bounds, forms and units."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any, NamedTuple

from lanh.core.fhir.definitions import definitions
from lanh.core.fhir.path import PathError
from lanh.core.fhir.path.patterns import matches_full
from lanh.core.fhir.references import parse_reference
from lanh.core.fhir.validation.faults import Fault, Faults, shown
from lanh.core.fhir.validation.questionnaires.enabling import equal, order
from lanh.core.fhir.validation.questionnaires.item import Json, extension, rows, value_of

_TYPES = {
    "boolean": "Boolean", "decimal": "Decimal", "integer": "Integer", "date": "Date",
    "dateTime": "DateTime", "time": "Time", "string": "String", "text": "String", "url": "Uri",
    "attachment": "Attachment", "reference": "Reference", "quantity": "Quantity",
}  # fmt: skip
_CHOICES = frozenset({"Coding", "String", "Integer", "Date", "Time", "Reference"})


class Values(NamedTuple):
    """What is asked of terminology: (value set, system or None, code) -> whether it is a member,
    None where that is not known."""

    member: Callable[[str, str | None, str], bool | None]


def answer_faults(question: Json, answer: Json, count: int, values: Values) -> Faults:
    """The faults of one answer of `count`, placed from the answer."""
    given = value_of(answer)
    if given is None:
        return []
    kind, value = given
    asked = question.get("type")
    wanted = _TYPES.get(str(asked))
    if (wanted is not None and kind != wanted) or (wanted is None and kind not in _CHOICES):
        name = wanted or "Coding"
        return [Fault("structure", "answer-type", got=kind, type=name).at("value")]
    found = [*_bounds(question, value), *_forms(question, kind, value)]
    found += _options(question, kind, value, count)
    found += _in_set(question, kind, value, values)
    if kind == "Quantity" and type(value) is dict:
        found += _unit(question, value, values)
    if kind == "Reference" and type(value) is dict:
        found += _target(question, value)
    return [fault.at("value") for fault in found]


def _options(question: Json, kind: str, value: Any, count: int) -> Iterator[Fault]:
    options = [(row, value_of(row)) for row in rows(question, "answerOption")]
    chosen = [(row, o[1]) for row, o in options if o is not None and o[0] == kind]
    hit = next((row for row, option in chosen if equal(value, option)), None)
    if hit is None:
        free = question.get("type") == "open-choice" and kind in ("String", "Coding")
        if options and not free:
            yield Fault("code-invalid", "answer-option", value=shown(_named(value)))
    elif count > 1 and True in extension(hit, "optionExclusive"):
        yield Fault("structure", "answer-exclusive", value=shown(_named(value)))


def _named(value: Any) -> Any:
    return value.get("code", value) if type(value) is dict else value


def _in_set(question: Json, kind: str, value: Any, values: Values) -> Iterator[Fault]:
    url = question.get("answerValueSet")
    if type(url) is str and type(value) is str and question.get("type") in ("string", "text"):
        # Of a text only the code can be asked for: any system of the set will do.
        if values.member(url, None, value) is False:
            yield Fault("code-invalid", "answer-set", value=shown(value), set=shown(url))
        return
    if type(url) is not str or kind != "Coding" or type(value) is not dict:
        return
    code, system = value.get("code"), value.get("system")
    known = values.member(url, system if type(system) is str else "", str(code))
    if known is False and question.get("type") != "open-choice":
        yield Fault("code-invalid", "answer-set", value=shown(code), set=shown(url))


def _bounds(question: Json, value: Any) -> Iterator[Fault]:
    for name, key in (("minValue", "minQuantity"), ("maxValue", "maxQuantity")):
        sign, word = (-1, "answer-lowest") if name == "minValue" else (1, "answer-highest")
        for limit in (*extension(question, name), *extension(question, key)):
            found = order(value, limit)
            if found == sign:
                yield Fault("value", word, limit=shown(_amount(limit)))
            elif found is None and type(value) is dict and type(limit) is dict:
                yield Fault("value", "answer-incomparable", limit=shown(_amount(limit)))


def _amount(limit: Any) -> str:
    if type(limit) is dict:
        return f"{limit.get('value')} {limit.get('code') or limit.get('unit') or ''}".strip()
    return str(limit)


def _forms(question: Json, kind: str, value: Any) -> Iterator[Fault]:
    if type(value) is str:
        limit = question.get("maxLength")
        if type(limit) is int and len(value) > limit:
            yield Fault("too-long", "answer-long", limit=limit)
        for least in extension(question, "minLength"):
            if type(least) is int and len(value) < least:
                yield Fault("value", "answer-short", limit=least)
        for pattern in extension(question, "regex"):
            if not _fits(value, pattern):
                yield Fault("value", "answer-regex", pattern=shown(pattern))
    elif kind == "Decimal" and isinstance(value, Decimal):
        places = max(0, -int(value.as_tuple().exponent))
        for most in extension(question, "maxDecimalPlaces"):
            if type(most) is int and places > most:
                yield Fault("value", "answer-places", limit=most, count=places)
    elif kind == "Attachment" and type(value) is dict:
        yield from _attachment(question, value)


def _fits(text: str, pattern: Any) -> bool:
    try:
        return type(pattern) is not str or matches_full(text, pattern)
    except (PathError, ValueError):
        return True


def _attachment(question: Json, value: Json) -> Iterator[Fault]:
    allowed = extension(question, "mimeType")
    if allowed and value.get("contentType") not in allowed:
        listed = shown(", ".join(map(str, allowed)))
        yield Fault("value", "answer-mime", got=shown(value.get("contentType")), types=listed)
    size = value.get("size")
    if type(size) is not int and type(value.get("data")) is str:
        try:
            size = len(base64.b64decode(value["data"]))
        except ValueError:
            size = None
    for most in extension(question, "maxSize"):
        if isinstance(most, int | Decimal) and type(size) is int and size > most:
            yield Fault("too-long", "answer-size", limit=str(most), count=size)


def _unit(question: Json, value: Json, values: Values) -> Iterator[Fault]:
    units = extension(question, "unitOption")
    if units and not any(equal({k: value.get(k) for k in ("system", "code")}, u) for u in units):
        listed = ", ".join(str(_named(unit)) for unit in units)
        yield Fault("value", "answer-unit", units=shown(listed))
    for url in extension(question, "unitValueSet"):
        code, system = value.get("code"), value.get("system")
        if code is None or values.member(str(url), str(system or ""), str(code)) is False:
            yield Fault("code-invalid", "answer-set", value=shown(code), set=shown(url))


def _target(question: Json, value: Json) -> Iterator[Fault]:
    types = extension(question, "referenceResource")
    text = value.get("reference")
    if type(text) is not str or text[:1] == "#" or text.startswith("urn:"):
        return
    named = parse_reference(text)
    kind = named[0] if named is not None else _last_type(text)
    if kind is not None and kind not in (types or definitions().resource_types):
        listed = shown(", ".join(map(str, types)) or "R4")
        yield Fault("value", "answer-target", got=kind, types=listed)


def _last_type(text: str) -> str | None:
    parts = text.rsplit("/", 2)
    return parts[1] if len(parts) == 3 and "/" in text else None
