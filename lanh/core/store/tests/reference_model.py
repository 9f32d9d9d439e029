"""A small model of the store in plain Python, the judge of the property tests.

It keeps every version and answers each search by looking at all rows, with nothing of the store's
code. Its world is narrow on purpose: Patients, Encounters and Observations of two facilities, with
few different values, so that random searches often find something.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, TypeAlias

Resource: TypeAlias = dict[str, Any]
Key: TypeAlias = tuple[str, str]

# Grams a cubic metre, pascals: what a unit is worth, and of what.
UNITS = {"mg/dL": (10, "mass"), "g/L": (1000, "mass"), "kPa": (1000, "pressure")}
# [lo, hi) of each date as text in UTC+7.
DATES = {
    "2024": ("2024-01-01T00", "2025-01-01T00"),
    "2024-02": ("2024-02-01T00", "2024-03-01T00"),
    "2024-02-29": ("2024-02-29T00", "2024-03-01T00"),
    "2024-02-29T10:00:00+07:00": ("2024-02-29T10:00:00", "2024-02-29T10:00:01"),
    "2025-01-01": ("2025-01-01T00", "2025-01-02T00"),
}


@dataclass
class World:
    """Every version of every row, and the facility that first wrote it."""

    versions: dict[Key, list[Resource | None]] = field(default_factory=dict)
    custodians: dict[Key, str] = field(default_factory=dict)

    def put(self, kind: str, name: str, body: Resource, custodian: str) -> str:
        """The status of a create or update."""
        known = self.versions.setdefault((kind, name), [])
        self.custodians.setdefault((kind, name), custodian)
        if known and known[-1] == body:
            return "unchanged"
        known.append(body)
        return "updated" if len(known) > 1 and known[-2] is not None else "created"

    def delete(self, kind: str, name: str) -> str | None:
        """The status of a delete, None where there is nothing to delete."""
        known = self.versions.get((kind, name))
        if not known:
            return None
        if known[-1] is None:
            return "unchanged"
        known.append(None)
        return "deleted"

    def rows(self, kind: str, seen: frozenset[str]) -> dict[str, Resource]:
        """The current rows of a type that somebody of these facilities sees."""
        return {
            name: found[-1]
            for (type_, name), found in self.versions.items()
            if type_ == kind and found[-1] is not None and self.custodians[type_, name] in seen
        }


Answers: TypeAlias = Callable[[Resource, str, World, frozenset[str]], bool]


def plain(text: str) -> str:
    """Lower case without marks."""
    stripped = unicodedata.normalize("NFD", text.replace("đ", "d").replace("Đ", "D"))
    return "".join(c for c in stripped if not unicodedata.combining(c)).lower()


def name_begins(parts: tuple[str, ...], text: str) -> Answers:
    """A part of the name begins with the text."""
    wanted = plain(text)

    def answers(row: Resource, *_: Any) -> bool:
        texts = [t for n in row.get("name", ()) for p in parts for t in _listed(n.get(p))]
        return any(f" {plain(t)}".find(f" {wanted}") >= 0 for t in texts)

    return answers


def name_exact(part: str, text: str) -> Answers:
    """A part of the name is the text to the letter."""
    return lambda row, *_: any(text in _listed(n.get(part)) for n in row.get("name", ()))


def _listed(value: Any) -> list[str]:
    return value if isinstance(value, list) else [value] if value else []


def codings(row: Resource, path: str) -> list[tuple[str, str]]:
    """(system or "", code) of the concepts at a path; a plain code has no system."""
    found: list[tuple[str, str]] = []
    for value in _walk([row], path.split(".")):
        if isinstance(value, str):
            found.append(("", value))
        elif "coding" in value:
            found += [(c.get("system", ""), c["code"]) for c in value["coding"]]
        elif "value" in value:
            found.append((value.get("system", ""), value["value"]))
    return found


def _walk(items: list[Any], names: list[str]) -> list[Any]:
    for name in names:
        inner = [item[name] for item in items if isinstance(item, dict) and name in item]
        items = [
            each for value in inner for each in (value if isinstance(value, list) else [value])
        ]
    return items


def token(path: str, wanted: str, *, negative: bool = False) -> Answers:
    """A coding is the one wanted: code, system|code, |code or system|."""
    system, bar, code = wanted.rpartition("|")

    def answers(row: Resource, *_: Any) -> bool:
        found = any(
            (not code or code == has) and (not bar or system == of)
            for of, has in codings(row, path)
        )
        return found != negative

    return answers


def missing(path: str, value: bool) -> Answers:
    """There is nothing at the path, or there is."""
    return lambda row, *_: (not _walk([row], path.split("."))) == value


def date(paths: tuple[str, ...], prefix: str, wanted: str) -> Answers:
    """A date or period at one of the paths answers the prefix."""
    a, b = DATES[wanted]

    def holds(low: str, high: str) -> bool:
        return {
            "eq": a <= low and high <= b, "ne": not (a <= low and high <= b),
            "lt": low < a, "gt": high > b, "le": low < b, "ge": high > a,
            "sa": low >= b, "eb": high <= a,
        }[prefix]  # fmt: skip

    def answers(row: Resource, *_: Any) -> bool:
        return any(holds(*_span(each)) for path in paths for each in _walk([row], [path]))

    return answers


def _span(value: Any) -> tuple[str, str]:
    if isinstance(value, str):
        return DATES[value]
    low = DATES[value["start"]][0] if "start" in value else "0000"
    return low, DATES[value["end"]][1] if "end" in value else "9999"


def number_holds(prefix: str, text: str, value: Fraction, factor: Fraction) -> bool:
    """Whether a value answers a number searched for, whose unit is worth `factor`."""
    number = Fraction(text)
    half = Fraction(1, 2) / 10 ** len(text.partition(".")[2])
    low, high, exact = (number - half) * factor, (number + half) * factor, number * factor
    slack = abs(number) * factor / 10
    truths: dict[str, bool] = {
        "eq": low <= value < high, "ne": not low <= value < high, "gt": value > exact,
        "lt": value < exact, "ge": value >= exact, "le": value <= exact, "sa": value > exact,
        "eb": value < exact, "ap": exact - slack <= value <= exact + slack,
    }  # fmt: skip
    return truths[prefix]


def quantity_holds(quantity: Resource, prefix: str, text: str, unit: str | None) -> bool:
    """Whether a Quantity answers; amounts in units of one kind compare."""
    value, of = Fraction(str(quantity["value"])), quantity["code"]
    if unit is None:
        return number_holds(prefix, text, value, Fraction(1))
    if UNITS[of][1] != UNITS[unit][1]:
        return False
    return number_holds(prefix, text, value * UNITS[of][0], Fraction(UNITS[unit][0]))


def quantity(path: str, prefix: str, text: str, unit: str | None) -> Answers:
    """A Quantity at the path answers."""
    return lambda row, *_: any(
        quantity_holds(each, prefix, text, unit) for each in _walk([row], path.split("."))
    )


def composite(context: str, code: str, prefix: str, text: str, unit: str | None) -> Answers:
    """In one element the code and the quantity both answer."""
    both = (token("code", code), quantity("valueQuantity", prefix, text, unit))

    def answers(row: Resource, name: str, world: World, seen: frozenset[str]) -> bool:
        elements = [row] if not context else _walk([row], [context])
        return any(all(each(e, name, world, seen) for each in both) for e in elements)

    return answers


def references(row: Resource, path: str) -> list[str]:
    """The texts of the references at a path."""
    return [each["reference"] for each in _walk([row], path.split("."))]


def refers(path: str, target: str) -> Answers:
    """A reference at the path is the one wanted."""
    return lambda row, *_: target in references(row, path)


def chain(path: str, kind: str, then: Answers) -> Answers:
    """A reference at the path leads to a row that is seen and answers."""

    def answers(row: Resource, _: str, world: World, seen: frozenset[str]) -> bool:
        others = world.rows(kind, seen)
        return any(
            f"{kind}/{name}" in references(row, path) and then(other, name, world, seen)
            for name, other in others.items()
        )

    return answers


def has(own: str, kind: str, path: str, then: Answers) -> Answers:
    """A row that is seen and answers refers to this one."""

    def answers(_: Resource, name: str, world: World, seen: frozenset[str]) -> bool:
        return any(
            f"{own}/{name}" in references(other, path) and then(other, key, world, seen)
            for key, other in world.rows(kind, seen).items()
        )

    return answers


def both(*parts: Answers) -> Answers:
    """Every part answers."""
    return lambda *given: all(part(*given) for part in parts)


def either(*parts: Answers) -> Answers:
    """One part answers."""
    return lambda *given: any(part(*given) for part in parts)
