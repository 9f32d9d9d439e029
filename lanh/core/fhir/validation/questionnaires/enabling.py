"""Whether a question is asked at all: enableWhen (R4 Questionnaire.item.enableWhen)."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, TypeAlias

from lanh.core.fhir.path.temporal import parse_temporal
from lanh.core.fhir.ucum import canonical_quantity
from lanh.core.fhir.validation.questionnaires.item import Json, answers_of, every, rows, value_of

Level: TypeAlias = tuple[frozenset[Any], list[Json]]
"""The linkIds that a form has at a level and below, and the items of the response there."""

_ORDERED = {">": (1,), "<": (-1,), ">=": (0, 1), "<=": (-1, 0)}


def enabled(question: Json, around: tuple[Level, ...]) -> bool:
    """Whether an item's conditions are met by the answers given.

    `around` holds each level from the outside in. The nearest one at which the form has the
    question asked about decides, as R4 says of repeated groups, answered there or not.
    """
    conditions = rows(question, "enableWhen")
    if not conditions:
        return True
    met = (_met(condition, around) for condition in conditions)
    return all(met) if question.get("enableBehavior") == "all" else any(met)


def _met(condition: Json, around: tuple[Level, ...]) -> bool:
    given = _answers(condition.get("question"), around)
    wanted = next((v for k, v in condition.items() if k.startswith("answer")), None)
    operator = condition.get("operator")
    if operator == "exists":
        return bool(given) is (wanted is True)
    if operator == "=":
        return any(equal(value, wanted) for value in given)
    if operator == "!=":
        return not any(equal(value, wanted) for value in given)
    allowed = _ORDERED.get(str(operator), ())
    return any(order(value, wanted) in allowed for value in given)


def _answers(link: Any, around: tuple[Level, ...]) -> list[Any]:
    for known, level in reversed(around):
        if link in known:
            found = [item for item in every(level) if item.get("linkId") == link]
            values = (value_of(answer) for item in found for answer in answers_of(item))
            return [value[1] for value in values if value is not None]
    return []


def equal(value: Any, wanted: Any) -> bool:
    """Whether an answer is the one meant: codings by system and code, references by their text."""
    if type(value) is dict and type(wanted) is dict:
        if "reference" in wanted:
            return bool(value.get("reference") == wanted["reference"])
        if "value" in wanted:
            return order(value, wanted) == 0
        same = value.get("code") == wanted.get("code")
        return same and ("system" not in wanted or value.get("system") == wanted["system"])
    if type(value) is bool or type(wanted) is bool:
        return value is wanted
    return bool(value == wanted) or order(value, wanted) == 0


def order(value: Any, limit: Any) -> int | None:
    """-1, 0 or 1 of an answer against another value; None where they have no order."""
    if type(value) is dict and type(limit) is dict:
        return _quantities(value, limit)
    if type(value) is str and type(limit) is str:
        try:
            return parse_temporal(value).compare(parse_temporal(limit))
        except ValueError:
            return None
    if isinstance(value, int | Decimal) and isinstance(limit, int | Decimal):
        if bool in (type(value), type(limit)):
            return None
        return (value > limit) - (value < limit)
    return None


def _quantities(one: Json, other: Json) -> int | None:
    units = one.get("code"), other.get("code")
    if None in units or one.get("system") != other.get("system"):
        return None
    values = one.get("value"), other.get("value")
    if units[0] == units[1]:
        return None if dict in map(type, values) else order(*values)
    if not all(isinstance(v, int | Decimal) for v in values):
        return None
    made = [canonical_quantity(Decimal(str(v)), str(u)) for v, u in zip(values, units, strict=True)]
    if made[0] is None or made[1] is None or made[0][1] != made[1][1]:
        return None
    return (made[0][0] > made[1][0]) - (made[0][0] < made[1][0])
