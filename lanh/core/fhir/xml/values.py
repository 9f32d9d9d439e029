"""Primitive values between XML's text and JSON's kinds, numbers to the digit."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

_WHOLE = re.compile(r"[+-]?(?:0|[1-9][0-9]*)")
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
_WHOLE_TYPES = frozenset({"integer", "unsignedInt", "positiveInt"})
# Types whose blanks at the ends XML Schema ignores and of which none can begin with one.
_COLLAPSED = frozenset({"boolean", "date", "dateTime", "decimal", "instant", "time", *_WHOLE_TYPES})
_MAX_DIGITS = 1000


def read_value(type_name: str, text: str) -> Any:
    """The JSON value of a primitive's text.

    A text that is no value of its type stays a text, so that validation names the fault.
    """
    if type_name not in _COLLAPSED:
        return text
    text = text.strip(" \t\r\n")
    if type_name == "boolean":
        return {"true": True, "false": False}.get(text, text)
    if len(text) > _MAX_DIGITS:
        return text
    if type_name in _WHOLE_TYPES:
        return int(text) if _WHOLE.fullmatch(text) else text
    if type_name == "decimal" and _NUMBER.fullmatch(text):
        return int(text) if _WHOLE.fullmatch(text) else Decimal(text)
    return text


def write_value(value: Any) -> str:
    """A primitive's text in XML."""
    if value is True:
        return "true"
    if value is False:
        return "false"
    return str(value)
