"""Codes beside the lists that an installation holds: listed on the day, as approved, at the price.

What no list is loaded for is not judged.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from decimal import Decimal

from lanh.connectors.claims_xml.checking.catalogues import Entry
from lanh.connectors.claims_xml.checking.rule import Check, Episode, Finding, Rule
from lanh.connectors.claims_xml.fields import CERTIFICATES, TABLES, Field
from lanh.connectors.claims_xml.rules import amount
from lanh.core.text import fold

_LOOKED_AT = ("XML1", "XML2", "XML3", "XML4", "XML5", *CERTIFICATES)
_SEX = {"1": "male", "2": "female"}
_NUMBER = re.compile(r"[0-9]+([.][0-9]+)?")


def _entries(episode: Episode, name: str, code: str) -> tuple[Entry, ...] | None:
    if episode.day is None:
        return None
    facility = episode.summary.get("MA_CSKCB", "")
    return episode.catalogues.entries(name, code, episode.day, facility)


def _codes(field: Field, text: str) -> Iterator[str]:
    """The codes of a value; a person's own number in brackets is not a licence."""
    for element in text.split(";"):
        code = re.sub(r"\(.*?\)", "", element).strip() if "(" in element else element.strip()
        if field.codes == "@icd10":
            code = code.rstrip("†*+")
        if code:
            yield code


def not_listed(episode: Episode, rule: Rule) -> Iterator[Finding]:
    """A code stands in its list on the day the episode ended."""
    name = rule.values["list"]
    for table in _LOOKED_AT:
        fields = [field for field in TABLES[table].fields if field.codes == f"@{name}"]
        if not fields:
            continue
        for number, values in episode.table(table):
            for field in fields:
                for code in _codes(field, values.get(field.name, "")):
                    if _entries(episode, name, code) == ():
                        yield Finding(table, number, field.name, {"value": code[:50], "list": name})
                        break


def _main(episode: Episode) -> tuple[str, tuple[Entry, ...]]:
    code = episode.summary.get("MA_BENH_CHINH", "").rstrip("†*+")
    return code, (_entries(episode, "icd10", code) or ()) if code else ()


def not_as_main(episode: Episode, _: Rule) -> Iterator[Finding]:
    """A code that may not be the main diagnosis (annex of Decision 4469, Circular 06/2026)."""
    code, entries = _main(episode)
    if any(entry.properties.get("notMain") == "true" for entry in entries):
        yield Finding("XML1", 1, "MA_BENH_CHINH", {"value": code})


def other_sex(episode: Episode, _: Rule) -> Iterator[Finding]:
    """A diagnosis of one sex only."""
    sex = _SEX.get(episode.summary.get("GIOI_TINH", ""))
    if sex is None:
        return
    for name in ("MA_BENH_CHINH", "MA_BENH_KT"):
        for code in _codes(TABLES["XML1"].field(name), episode.summary.get(name, "")):
            for entry in _entries(episode, "icd10", code) or ():
                only = entry.properties.get("sex", "")
                if only and only != sex:
                    yield Finding("XML1", 1, name, {"value": code})
                    break


def _approved(episode: Episode, rule: Rule) -> Iterator[tuple[int, str, tuple[Entry, ...]]]:
    table, name = rule.values["table"], rule.values["list"]
    for number, values in episode.table(table):
        code = values.get(rule.values["code"], "")
        entries = (_entries(episode, name, code) or ()) if code else ()
        known = tuple(e for e in entries if e.properties.get(rule.values["property"]))
        if known:
            yield number, code, known


def not_as_approved(episode: Episode, rule: Rule) -> Iterator[Finding]:
    """A field says what one of the approved rows of the code says."""
    table, field, column = rule.values["table"], rule.values["field"], rule.values["property"]
    for number, code, entries in _approved(episode, rule):
        given = episode.rows[table][number - 1].values.get(field, "")
        approved = [entry.properties[column] for entry in entries]
        if given and _same(given) not in {_same(each) for each in approved}:
            told = {"value": given[:60], "code": code[:50], "approved": "; ".join(approved)[:120]}
            yield Finding(table, number, field, told)


def _same(text: str) -> str:
    return re.sub(r"\s+", "", fold(text))


def over_price(episode: Episode, rule: Rule) -> Iterator[Finding]:
    """A price is at most the highest approved one of the code."""
    table, field, column = rule.values["table"], rule.values["field"], rule.values["property"]
    for number, code, entries in _approved(episode, rule):
        given = amount(episode.rows[table][number - 1], field)
        prices = [Decimal(p) for e in entries if _NUMBER.fullmatch(p := e.properties[column])]
        if given is not None and prices and given > max(prices):
            told = {"value": format(given, "f"), "code": code[:50],
                    "approved": format(max(prices), "f")}  # fmt: skip
            yield Finding(table, number, field, told)


CHECKS: Mapping[str, Check] = {
    "not_listed": not_listed,
    "not_as_main": not_as_main,
    "other_sex": other_sex,
    "not_as_approved": not_as_approved,
    "over_price": over_price,
}
