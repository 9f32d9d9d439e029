"""Conditions of the field tables, such as "MA_DINH_CHI_THAI=1" or "!MA_THUOC & !MA_VAT_TU".

Terms joined by "&" must all hold: NAME (has a value), !NAME (has none), NAME=a|b (is one of;
leading zeros do not count).
"""

from __future__ import annotations

from collections.abc import Mapping


def holds(condition: str, values: Mapping[str, str]) -> bool:
    """Whether a condition holds of a row's values. An empty condition never does."""
    terms = [term.strip() for term in condition.split("&") if term.strip()]
    return bool(terms) and all(_term(term, values) for term in terms)


def _term(term: str, values: Mapping[str, str]) -> bool:
    if term.startswith("!"):
        return not values.get(term[1:].strip())
    name, sign, wanted = term.partition("=")
    given = values.get(name.strip(), "")
    if not sign:
        return bool(given)
    return plain(given) in {plain(each) for each in wanted.split("|")}


def plain(code: str) -> str:
    """A code without leading zeros: "03" and "3" are the same care type."""
    code = code.strip()
    return code.lstrip("0") or ("0" if code else "")
