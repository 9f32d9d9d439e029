"""Small code systems and value sets for the tests, and a way to run plans without a database."""

from __future__ import annotations

from datetime import date
from typing import Any, TypeVar

from lanh.core import terminology
from lanh.core.database import Plan
from lanh.core.terminology import Scope, Terminology

T = TypeVar("T")
Json = dict[str, Any]
DAY = date(2026, 11, 22)
CARE = "urn:test:care"


def held_nowhere(plan: Plan[T]) -> T:
    """Run a plan as if the database were empty."""
    try:
        next(plan)
        while True:
            plan.send([])
    except StopIteration as stop:
        found: T = stop.value
        return found


def code_system(url: str, concepts: list[Json], **more: Any) -> Json:
    """A complete CodeSystem in Vietnamese."""
    return {
        "resourceType": "CodeSystem", "url": url, "version": "1.0.0", "name": "Test",
        "status": "active", "content": "complete", "language": "vi", "caseSensitive": True,
        "concept": concepts, **more,
    }  # fmt: skip


def value_set(url: str, *include: Json, exclude: list[Json] | None = None, **more: Any) -> Json:
    """A ValueSet of some includes."""
    compose: Json = {"include": list(include)}
    if exclude:
        compose["exclude"] = exclude
    return {"resourceType": "ValueSet", "url": url, "status": "active", "compose": compose, **more}


def rule(property: str, op: str, value: str) -> Json:
    """A filter."""
    return {"property": property, "op": op, "value": value}


def english(text: str) -> list[Json]:
    """A designation in English."""
    return [{"language": "en", "value": text}]


CARES = code_system(
    CARE,
    [
        {
            "code": "in", "display": "Nội trú", "designation": english("Inpatient"),
            "property": [{"code": "notSelectable", "valueBoolean": True}],
            "concept": [
                {"code": "in-day", "display": "Điều trị ban ngày",
                 "designation": english("Day care"),
                 "property": [{"code": "beds", "valueInteger": 1}]},
                {"code": "in-icu", "display": "Hồi sức tích cực",
                 "designation": english("Intensive care"),
                 "property": [{"code": "beds", "valueInteger": 2}],
                 "concept": [{"code": "in-icu-new", "display": "Hồi sức sơ sinh",
                              "designation": english("Neonatal intensive care")}]},
            ],
        },
        {"code": "out", "display": "Ngoại trú", "designation": english("Outpatient"),
         "property": [{"code": "beds", "valueInteger": 0}]},
        {"code": "old", "display": "Đường cũ", "designation": english("Old way"),
         "property": [{"code": "status", "valueCode": "retired"},
                      {"code": "parent", "valueCode": "out"}]},
    ],
    property=[
        {"code": "beds", "type": "integer"}, {"code": "status", "type": "code"},
        {"code": "parent", "type": "code"}, {"code": "notSelectable", "type": "boolean"},
    ],
)  # fmt: skip
EVERY_CARE = ["in", "in-day", "in-icu", "in-icu-new", "out", "old"]


def scope(*inline: Json, day: date = DAY) -> Scope:
    """A scope that holds the given resources and packaged R4."""
    found = Terminology(lambda: DAY).scope(day)
    found.inline = inline
    return found


def codes(found: Json, *inline: Json, **wanted: Any) -> list[str]:
    """The codes of an expansion."""
    asked = terminology.Wanted(**wanted)
    made = held_nowhere(terminology.expand(found, scope(*inline), asked))
    return [row["code"] for row in made["expansion"].get("contains", ())]


def holds(found: Json, code: str, *inline: Json, system: str = CARE) -> bool:
    """Whether $validate-code finds a code in a value set."""
    coded = [terminology.Coded(code, system)]
    verdict = terminology.in_value_set(found, coded, scope(*inline), terminology.Manner())
    return held_nowhere(verdict).result
