"""Answers as people read them: options by their words, numbers and dates as the country writes."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from lanh.core.forms.entry import write_plain
from lanh.core.forms.errors import MESSAGES
from lanh.core.forms.model import Item
from lanh.core.forms.tree import Node
from lanh.core.text import Language

_NAMING = frozenset({"choice", "open-choice", "string", "reference", "date"})


def answer_words(item: Item, key: str, value: Any, language: Language) -> str:
    """One answer in a language, a number with the unit that its question asks for."""
    option = item.option(key, value)
    if option is not None:
        return option.words.say(language)
    match key:
        case "valueBoolean":
            return MESSAGES["said-yes" if value else "said-no"].say(language)
        case "valueCoding":
            display, code = value.get("display"), value.get("code")
            return f"{code} {display}" if display and code else str(display or code or "")
        case "valueQuantity":
            return _amount(item, value, language)
        case "valueAttachment":
            return str(value.get("title") or value.get("contentType") or "")
        case "valueReference":
            return str(value.get("display") or value.get("reference") or "")
    kinds = {
        "valueDecimal": "decimal", "valueInteger": "integer", "valueDate": "date",
        "valueDateTime": "dateTime", "valueTime": "time",
    }  # fmt: skip
    said = write_plain(kinds.get(key, "string"), value, language)
    if item.unit is not None and key in ("valueDecimal", "valueInteger"):
        return f"{said} {item.unit.words.say(language)}"
    return said


def row_words(node: Node, language: Language) -> str:
    """What a given row is about: its answers that nobody enters, as a ward and a type of bed."""
    if not node.item.given_rows:
        return ""
    words = [
        answer_words(below.item, answer.key, answer.value, language)
        for below in node.every()
        if below.item.read_only and not below.item.hidden and below.item.type in _NAMING
        for answer in below.answers
        if below.item.calculated is None
    ]
    return ", ".join(words)


def _amount(item: Item, value: Any, language: Language) -> str:
    number = value.get("value")
    shown = write_plain("decimal", number, language) if isinstance(number, int | Decimal) else ""
    units = item.units if item.unit is None else (*item.units, item.unit)
    pair = value.get("system"), value.get("code")
    known = next((u.words.say(language) for u in units if (u.system, u.code) == pair), None)
    unit = known or value.get("unit") or value.get("code") or ""
    return f"{shown} {unit}".strip()
