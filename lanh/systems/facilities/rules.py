"""What must be true of a facility's entry and of a merger or division. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from lanh.core.desks import Finding
from lanh.core.forms import Answers
from lanh.core.text import Words
from lanh.kit import catalogue

WORDS = catalogue(__file__)

Facts = Mapping[str, Any]


def _finding(key: str, path: str, *, warning: bool = False, **told: object) -> Finding:
    message = WORDS.message(f"facilities.rules.{key}", **told)
    return Finding(key, path, Words(message.vi, message.en), warning)


def facility(response: dict[str, Any], facts: Facts) -> Iterator[Finding]:
    """The findings about an entry. Facts: `taken` (codes that other facilities have now),
    `known` (codes that exist), `today`."""
    place, entity = Answers(response).group("place"), Answers(response).group("entity")
    yield from _codes(entity, facts)
    yield from _licences(entity, place.code("status"), facts["today"])
    yield from _hours(place)
    parent = entity.value("parent")
    if parent and parent not in facts["known"]:
        yield _finding("parent", entity.at("parent"), code=parent)


def _codes(entity: Answers, facts: Facts) -> Iterator[Finding]:
    rows = entity.rows("code")
    present = [row for row in rows if row.value("code-until") is None]
    if len(present) > 1:
        yield _finding("present", present[1].at("code-value"), first=present[0].value("code-value"))
    for row in rows:
        since, until = row.day("code-from"), row.day("code-until")
        if since and until and until < since:
            yield _finding("order", row.at("code-until"))
        code = row.value("code-value")
        if code in facts["taken"]:
            yield _finding("taken", row.at("code-value"), code=code, name=facts["taken"][code])
    times = Counter(row.value("code-value") for row in rows)
    for row in rows:
        if times[row.value("code-value")] > 1 and row.value("code-value"):
            yield _finding("twice", row.at("code-value"), code=row.value("code-value"))
            break
    gln = entity.value("gln")
    if gln and not gs1_holds(gln):
        yield _finding("gln", entity.at("gln"))


def gs1_holds(number: str) -> bool:
    """Whether the last digit of a GS1 number is its check digit (GS1 General Specifications)."""
    digits = [int(sign) for sign in reversed(number)]
    total = sum(digit * (3 if place % 2 else 1) for place, digit in enumerate(digits))
    return total % 10 == 0


def _licences(entity: Answers, status: str | None, today: date) -> Iterator[Finding]:
    rows = entity.rows("licence")
    for row in rows:
        since, until = row.day("licence-from"), row.day("licence-until")
        if since and until and until < since:
            yield _finding("order", row.at("licence-until"))
    held = [r for r in rows if (r.day("licence-until") or date.max) >= today]
    if status == "active" and not held:
        yield _finding("unlicensed", entity.at("licence"), warning=True)


def _hours(place: Answers) -> Iterator[Finding]:
    for row in place.rows("hours"):
        timed = row.value("opens") is not None and row.value("closes") is not None
        if not timed and row.value("all-day") is not True:
            yield _finding("hours", row.at("opens"))


def succession(response: dict[str, Any], facts: Facts) -> Iterator[Finding]:
    """The findings about a merger or division. Facts: `known` (codes that exist), `reach` (those
    that the sender may change), `gone` (old code -> what already followed it), `today`."""
    answers = Answers(response)
    kind, rows = answers.code("kind"), answers.rows("pair")
    olds = [row.value("old") for row in rows]
    news = [row.value("new") for row in rows]
    for row, old, new in zip(rows, olds, news, strict=True):
        if old and old == new:
            yield _finding("itself", row.at("new"))
        for link, code in (("old", old), ("new", new)):
            if code and code not in facts["known"]:
                yield _finding("unknown", row.at(link), code=code)
            elif code and code not in facts["reach"]:
                yield _finding("reach", row.at(link), code=code)
        if old in facts["gone"] and kind != "separated":
            yield _finding("gone", row.at("old"), code=old, by=facts["gone"][old])
    one_new, one_old = kind in ("merged", "joined"), kind in ("divided", "separated")
    if one_new and len(set(news)) > 1:
        yield _finding("one_new", rows[1].at("new"))
    if one_old and len(set(olds)) > 1:
        yield _finding("one_old", rows[1].at("old"))
    if kind == "joined" and len(set(olds)) < 2:
        yield _finding("two_old", answers.at("pair"))
    if kind == "divided" and len(set(news)) < 2:
        yield _finding("two_new", answers.at("pair"))
    since = answers.day("from")
    if since and (facts["today"] - since).days > 366:
        yield _finding("long_ago", answers.at("from"), warning=True)
