"""Code systems that are not listed: a grammar says which codes are right, or another list does.

UCUM units, language tags (BCP 47) and media types (BCP 13) cannot be expanded, only judged. The
country codes of ISO 3166-1 stand in a value set of R4, the currencies of ISO 4217 in its tables.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal
from functools import cache

from lanh.core.fhir.definitions import definitions
from lanh.core.fhir.ucum import SYSTEM as UCUM
from lanh.core.fhir.ucum import UnitError, canonical_quantity, parse_unit
from lanh.core.terminology.packaged import packaged
from lanh.core.terminology.table import CodeTable, Identity, Node, Property

_LANGUAGE = re.compile(
    r"(?:[a-z]{2,3}(?:-[a-z]{3}){0,3}|[a-z]{4,8})(?:-[a-z]{4})?(?:-(?:[a-z]{2}|\d{3}))?"
    r"(?:-(?:[a-z0-9]{5,8}|\d[a-z0-9]{3}))*(?:-[a-wyz0-9](?:-[a-z0-9]{2,8})+)*"
    r"(?:-x(?:-[a-z0-9]{1,8})+)?|x(?:-[a-z0-9]{1,8})+",
    re.IGNORECASE,
)
_WORD = r"[A-Za-z0-9!#$&^_.+\-]{1,127}"
_MEDIA = re.compile(rf"{_WORD}/{_WORD}(?:\s*;\s*{_WORD}=(?:{_WORD}|\"[^\"\\]{{0,200}}\"))*")
_LONGEST = 256
_COUNTRIES = "urn:iso:std:iso:3166"
_CURRENCIES = "urn:iso:std:iso:4217"


class Grammar(CodeTable):
    """A code system whose codes are made by rules; it has no list to expand."""

    listed = False

    def __init__(
        self, url: str, name: str, make: Callable[[str], Node | None], *properties: str
    ) -> None:
        super().__init__(_identity(url, name, "complete"), (), properties)
        self._make = make

    def get(self, code: str) -> Node | None:
        """The concept of a code that the grammar allows."""
        return self._make(code) if len(code) <= _LONGEST else None


def _identity(url: str, name: str, content: str) -> Identity:
    return Identity(url, None, name, name, content, f"grammar {url}")


def _unit(code: str) -> Node | None:
    try:
        parse_unit(code)
    except UnitError:
        return None
    amount = canonical_quantity(Decimal(1), code)
    canonical = () if amount is None else (Property("canonical", "String", amount[1]),)
    return Node(code, code, properties=canonical)


def _language(code: str) -> Node | None:
    return Node(code, None) if _LANGUAGE.fullmatch(code) else None


def _media(code: str) -> Node | None:
    return Node(code, None) if _MEDIA.fullmatch(code) else None


@cache
def grammar(url: str) -> CodeTable | None:
    """The table of a code system that no resource lists, or None."""
    match url:
        case "http://unitsofmeasure.org":
            return Grammar(UCUM, "UCUM", _unit, "canonical")
        case "urn:ietf:bcp:47":
            return Grammar(url, "BCP 47", _language)
        case "urn:ietf:bcp:13":
            return Grammar(url, "BCP 13", _media)
        case "urn:iso:std:iso:3166":
            found = packaged("ValueSet", "http://hl7.org/fhir/ValueSet/iso3166-1-2")
            include = found["compose"]["include"][0] if found else {"concept": ()}
            nodes = [Node(item["code"], item.get("display")) for item in include["concept"]]
            return CodeTable(_identity(_COUNTRIES, "ISO 3166-1", "fragment"), nodes)
        case "urn:iso:std:iso:4217":
            listed = definitions().value_set("http://hl7.org/fhir/ValueSet/currencies") or {}
            nodes = [Node(code, code) for code in sorted(listed.get(_CURRENCIES, ()))]
            return CodeTable(_identity(_CURRENCIES, "ISO 4217", "complete"), nodes)
    return None
