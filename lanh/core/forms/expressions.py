"""FHIRPath in forms: what an expression may name, and evaluating it on a response."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Any

from lanh.core.fhir import PathEnvironment, PathError, PathSyntaxError, compile_path
from lanh.core.fhir.path import Node, Quantity, Temporal, parse, syntax
from lanh.core.forms.model import ANSWER_KEYS, Item

STANDARD = frozenset({"resource", "rootResource", "context", "questionnaire", "qitem"})
_CONSTANTS = frozenset({"sct", "loinc", "ucum"})
_UCUM = "http://unitsofmeasure.org"


def names_in(expression: str) -> set[str]:
    """The variables that an expression names. Raises PathSyntaxError."""
    found: set[str] = set()
    waiting = [parse(expression)]
    while waiting:
        node = waiting.pop()
        if isinstance(node, syntax.External):
            found.add(node.name)
        waiting += syntax.parts(node)
    return found


def links_in(expression: str) -> set[str]:
    """The linkIds that an expression compares with: `linkId = 'x'`."""
    found: set[str] = set()
    waiting = [parse(expression)]
    while waiting:
        node = waiting.pop()
        if isinstance(node, syntax.Binary) and node.operator in ("=", "~"):
            sides = (node.left, node.right)
            if any(isinstance(s, syntax.Member) and s.name == "linkId" for s in sides):
                literals = (s.value for s in sides if isinstance(s, syntax.Literal))
                found |= {value for value in literals if isinstance(value, str)}
        waiting += syntax.parts(node)
    return found


def fault_of(expression: str, known: Iterable[str]) -> str | None:
    """Why an expression cannot be used, or None: its syntax, functions and variables."""
    try:
        compile_path(expression)
        unknown = names_in(expression) - STANDARD - _CONSTANTS - set(known)
    except (PathError, PathSyntaxError) as error:
        return str(error)
    unknown = {name for name in unknown if not name.startswith(("vs-", "ext-"))}
    return f"%{min(unknown)}" if unknown else None


class Evaluator:
    """Expressions on one response; the ports of `environment` answer for the world outside."""

    def __init__(
        self, questionnaire: Any, root: Any, environment: PathEnvironment | None = None
    ) -> None:
        self._root = Node(root, "QuestionnaireResponse")
        self._questionnaire = Node(questionnaire, "Questionnaire")
        self._environment = environment or PathEnvironment()

    def items(
        self,
        expression: str,
        around: Any,
        variables: Mapping[str, list[Any]],
        item: Item | None = None,
    ) -> list[Any]:
        """What an expression finds from an item of the response (None: the response itself).

        Raises PathError.
        """
        node = self._root if around is None else Node(around, "QuestionnaireResponse.item")
        given = {**variables, "questionnaire": [self._questionnaire]}
        if item is not None:
            given["qitem"] = [Node(item.source, "Questionnaire.item")]
        return compile_path(expression).nodes(
            node, root=self._root, variables=given, environment=self._environment
        )


def json_of(found: Any) -> Any:
    """An item of a FHIRPath result as JSON."""
    if isinstance(found, Node):
        return found.value
    if isinstance(found, Temporal):
        return str(found)
    if isinstance(found, Quantity):
        return {"value": found.value, "unit": found.unit, "system": _UCUM, "code": found.unit}
    return found


def answers_of(item: Item, found: Iterable[Any]) -> Iterator[tuple[str, Any]]:
    """The results of an expression as answers of an item: (key, value) each.

    Raises PathError where one is of another type than the item's. Nothing that the expression
    does not find is made up: an empty result is no answer.
    """
    for each in found:
        value = json_of(each)
        if value is None:
            continue
        kind = each.type if isinstance(each, Node) else ""
        made = _answer(item, value, kind)
        if made is None:
            raise PathError(f"{item.link_id} ({item.type}): {type(value).__name__} {kind}")
        yield made


def _answer(item: Item, value: Any, kind: str) -> tuple[str, Any] | None:
    key = ANSWER_KEYS[item.type]
    if item.offers:
        return _choice(item, value)
    if item.type == "quantity" and isinstance(value, int | Decimal) and item.unit is not None:
        return key, item.unit.quantity(value)
    return (key, _plain(item.type, value)) if _fits(item.type, value, kind) else None


def _choice(item: Item, value: Any) -> tuple[str, Any] | None:
    codings = value.get("coding") if isinstance(value, dict) else None
    coding = codings[0] if codings else value
    code = coding.get("code") if isinstance(coding, dict) else coding
    for option in item.options:
        chosen = option.value
        if chosen == coding or (isinstance(chosen, dict) and chosen.get("code") == code):
            return option.key, chosen
    if isinstance(coding, dict):
        return "valueCoding", coding
    return ("valueString", value) if item.type == "open-choice" else None


def _fits(kind: str, value: Any, node: str) -> bool:
    if kind == "boolean":
        return isinstance(value, bool)
    if kind == "integer":
        whole = isinstance(value, int) or (isinstance(value, Decimal) and value == int(value))
        return whole and not isinstance(value, bool)
    if kind == "decimal":
        return isinstance(value, int | Decimal) and not isinstance(value, bool)
    if kind in ("quantity", "attachment", "reference"):
        return isinstance(value, dict)
    return isinstance(value, str)


def _plain(kind: str, value: Any) -> Any:
    if kind == "integer":
        return int(value)
    if kind == "date" and isinstance(value, str):
        return value.partition("T")[0]
    return value
