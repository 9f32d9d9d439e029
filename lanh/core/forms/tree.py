"""A response beside its form: every item at its place, whether it is asked, and what it computes.

The tree holds the response's JSON alive: what is not asked has no answers in it, so conditions and
expressions see the response as it would be sent.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, TypeAlias
from urllib.parse import quote

from lanh.core.fhir import PathEnvironment, PathError
from lanh.core.fhir.path import root_node
from lanh.core.fhir.validation.questionnaires import Level, enabled
from lanh.core.forms.expressions import Evaluator, answers_of, json_of
from lanh.core.forms.model import Form, Item, below
from lanh.core.forms.sdc import Json, rows, value_of

PREFIX = "q/"
"""How the names of a form's fields begin."""

_ROUNDS = 40

Places: TypeAlias = "dict[int, tuple[Node, str]]"
"""By the identity of an object of a response: its node and the name of its field."""


def segment(link_id: str) -> str:
    """A linkId as a part of a field's name."""
    return quote(link_id, safe="")


def picked(item: Item) -> bool:
    """Whether an item's answers are several picks in one field, not a row of fields."""
    return item.repeats and item.offers and not item.items


def indexed(item: Item) -> bool:
    """Whether an item's repetitions are numbered in the names of fields."""
    return item.repeats and not picked(item)


def field_name(form: Form, item: Item) -> str:
    """The name of a question's field, the first where there are several."""
    parts = []
    for link in item.path:
        each = form.item(link)
        several = each is not None and (each.repeats if each.is_group else indexed(each))
        parts.append(segment(link) + (":0" if several else ""))
    return PREFIX + "/".join(parts)


class Answer:
    """One answer: its key (`valueString`), value, and the items below it."""

    __slots__ = ("json", "key", "name", "nodes", "value")

    def __init__(self, key: str, value: Any, name: str, nodes: list[Node]) -> None:
        self.key = key
        self.value = value
        self.name = name
        self.nodes = nodes
        self.json: Json = {key: value}
        if nodes:
            self.json["item"] = [node.json for node in nodes]


class Node:
    """An item at one place: a group's repetition, or a question with its answers."""

    __slots__ = (
        "answers",
        "bound",
        "computed",
        "enabled",
        "item",
        "json",
        "name",
        "nodes",
        "problem",
    )

    def __init__(self, item: Item, name: str) -> None:
        self.item = item
        self.name = name
        self.nodes: list[Node] = []
        self.answers: list[Answer] = []
        self.enabled = True
        self.computed = False
        self.bound: dict[str, list[Any]] = {}
        self.problem: str | None = None
        self.json: Json = {"linkId": item.link_id}

    def refresh(self) -> None:
        """The JSON as it follows from the answers and whether the item is asked."""
        if self.item.answers:
            self.json["answer"] = [a.json for a in self.answers] if self.enabled else []
        else:
            self.json["item"] = [node.json for node in self.nodes]

    def give(self, values: list[tuple[str, Any]]) -> bool:
        """Take these answers in place of those there; whether that changes anything."""
        if [(a.key, a.value) for a in self.answers] == values:
            return False
        self.answers = [
            Answer(key, value, answer_name(self, number), starting(self.item, self, number))
            for number, (key, value) in enumerate(values)
        ]
        self.refresh()
        return True

    def every(self) -> Iterator[Node]:
        """This node and all below it."""
        yield self
        for node in self.nodes:
            yield from node.every()
        for answer in self.answers:
            for node in answer.nodes:
                yield from node.every()


def answer_name(node: Node, number: int) -> str:
    """The name of the field of one answer."""
    return f"{node.name}:{number}" if indexed(node.item) else node.name


def starting(item: Item, node: Node, number: int) -> list[Node]:
    """The nodes below a fresh answer."""
    return level(item.items, {}, answer_name(node, number) + "/")


class Tree:
    """A response as its form sees it. `head` is what the response has besides items."""

    def __init__(self, form: Form, response: Json) -> None:
        self.form = form
        self.head = {key: value for key, value in response.items() if key != "item"}
        self.head["resourceType"] = "QuestionnaireResponse"
        self.head["questionnaire"] = form.canonical
        self.nodes = level(form.items, response, PREFIX)
        self.known: dict[int, frozenset[Any]] = {}
        self.live: Json = {**self.head, "item": [node.json for node in self.nodes]}

    def settle(
        self,
        contexts: Mapping[str, Any] | None = None,
        environment: PathEnvironment | None = None,
        *,
        compute: bool = True,
    ) -> bool:
        """Decide what is asked and compute what is calculated until neither changes.

        `contexts` are launch contexts: resources by variable. What an expression cannot answer is
        noted at its node. False where the calculations never come to rest.
        """
        evaluator = Evaluator(self.form.source, self.live, environment)
        for _ in range(_ROUNDS):
            variables = self.variables(evaluator, contexts)
            walk = _Walk(evaluator, compute, self.known)
            if not walk.level(self.form.items, self.nodes, True, (), variables):
                return True
        return False

    def variables(
        self, evaluator: Evaluator, contexts: Mapping[str, Any] | None
    ) -> dict[str, list[Any]]:
        """The launch contexts and the variables of the form itself, by name."""
        found = {c.name: _nodes((contexts or {}).get(c.name)) for c in self.form.contexts}
        for each in self.form.variables:
            found[str(each.name)] = _found(evaluator, each.text, found)
        return found

    def scopes(
        self, evaluator: Evaluator, variables: dict[str, list[Any]]
    ) -> Iterator[tuple[Node, dict[str, list[Any]]]]:
        """The nodes that are asked, each with the variables that its expressions see."""
        return _scopes(_Walk(evaluator, False, self.known), self.nodes, variables)

    def every(self) -> Iterator[Node]:
        """All nodes, outer before inner."""
        for node in self.nodes:
            yield from node.every()

    def response(self, places: Places | None = None) -> Json:
        """The QuestionnaireResponse: what is asked and answered, in the order of the form.

        `places` is filled with the node and field name of each object of items and answers.
        """
        made = dict(self.head)
        items = written(self.nodes, places)
        return {**made, "item": items} if items else made


def _found(evaluator: Evaluator, expression: str, variables: dict[str, list[Any]]) -> list[Any]:
    try:
        return evaluator.items(expression, None, variables)
    except PathError:
        return []


def _nodes(given: Any) -> list[Any]:
    several = given if isinstance(given, list) else [] if given is None else [given]
    return [root_node(each) if isinstance(each, dict) else each for each in several]


def level(items: tuple[Item, ...], holder: Json, prefix: str) -> list[Node]:
    """The nodes of the items of one level, with what a response has there."""
    held: dict[str, list[Json]] = {}
    for row in rows(holder, "item"):
        held.setdefault(str(row.get("linkId")), []).append(row)
    nodes: list[Node] = []
    for item in items:
        given = held.get(item.link_id, [])
        if item.is_group:
            several = given if item.repeats else given[:1]
            # What the form asks for at the least has its place from the start.
            several = several + [{}] * (max(item.least, not item.repeats) - len(several))
            for number, row in enumerate(several):
                nodes.append(group_node(item, prefix, number, row))
        elif item.answers or item.conditional:
            nodes.append(_question(item, prefix, given[0] if given else {}))
    return nodes


def group_node(item: Item, prefix: str, number: int, row: Json) -> Node:
    """A repetition of a group with what a response has in it."""
    name = prefix + segment(item.link_id) + (f":{number}" if item.repeats else "")
    node = Node(item, name)
    node.nodes = level(item.items, row, name + "/")
    node.refresh()
    return node


def _question(item: Item, prefix: str, row: Json) -> Node:
    node = Node(item, prefix + segment(item.link_id))
    for number, answer in enumerate(rows(row, "answer")):
        found = value_of(answer)
        if found is None:
            continue
        name = answer_name(node, number)
        below = level(item.items, answer, name + "/")
        node.answers.append(Answer(*found, name, below))
    node.refresh()
    return node


def written(nodes: list[Node], places: Places | None = None) -> list[Json]:
    """The items of a response for the nodes that are asked and hold something."""
    made: list[Json] = []
    for node in nodes:
        if not node.enabled:
            continue
        row: Json = {"linkId": node.item.link_id}
        if node.item.is_group:
            inner = written(node.nodes, places)
            if not inner:
                continue
            made.append(row | {"item": inner})
        elif node.answers:
            made.append(row | {"answer": _answers(node, places)})
        else:
            continue
        if places is not None:
            places[id(made[-1])] = (node, node.name)
    return made


def _answers(node: Node, places: Places | None) -> list[Json]:
    made = []
    for answer in node.answers:
        row: Json = {answer.key: answer.value}
        inner = written(answer.nodes, places)
        if inner:
            row["item"] = inner
        if places is not None:
            places[id(row)] = (node, answer.name)
        made.append(row)
    return made


def _scopes(
    walk: _Walk, nodes: list[Node], variables: dict[str, list[Any]]
) -> Iterator[tuple[Node, dict[str, list[Any]]]]:
    for node in nodes:
        if node.enabled:
            own = walk.own(node, variables)
            yield node, own
            yield from _scopes(walk, node.nodes, own)
            for answer in node.answers:
                yield from _scopes(walk, answer.nodes, own)


class _Walk:
    """One round over the tree."""

    def __init__(
        self, evaluator: Evaluator, compute: bool, known: dict[int, frozenset[Any]]
    ) -> None:
        self._evaluator = evaluator
        self._compute = compute
        self._known = known
        self._changed = False

    def level(
        self,
        items: tuple[Item, ...],
        nodes: list[Node],
        asked: bool,
        around: tuple[Level, ...],
        variables: dict[str, list[Any]],
    ) -> bool:
        """One round over a level; whether anything has changed."""
        inside = (*around, (self._links(items), [node.json for node in nodes]))
        for node in nodes:
            own = self.own(node, variables)
            on = asked and self._asked(node, inside, own)
            if on != node.enabled:
                node.enabled = on
                node.refresh()
                self._changed = True
            if on and node.item.calculated is not None and self._compute:
                self._calculate(node, own)
            self.level(node.item.items, node.nodes, on, inside, own)
            for answer in node.answers:
                self.level(node.item.items, answer.nodes, on, inside, own)
        return self._changed

    def _links(self, items: tuple[Item, ...]) -> frozenset[Any]:
        found = self._known.get(id(items))
        if found is None:
            found = self._known[id(items)] = frozenset(each.link_id for each in below(items))
        return found

    def _asked(self, node: Node, inside: tuple[Level, ...], own: dict[str, list[Any]]) -> bool:
        """Whether its conditions hold, or its expression is true (enableWhenExpression)."""
        item = node.item
        if item.enabling is None:
            return not item.conditional or enabled(item.source, inside)
        try:
            found = self._evaluator.items(item.enabling.text, node.json, own, item)
        except PathError as error:
            node.problem = str(error)
            return False
        return [json_of(each) for each in found] == [True]

    def own(self, node: Node, variables: dict[str, list[Any]]) -> dict[str, list[Any]]:
        """The variables that are seen at a node."""
        if not node.item.variables and not node.bound:
            return variables
        own = {**variables, **node.bound}
        for each in node.item.variables:
            try:
                own[str(each.name)] = self._evaluator.items(each.text, node.json, own, node.item)
            except PathError as error:
                own[str(each.name)] = []
                node.problem = str(error)
        return own

    def _calculate(self, node: Node, variables: dict[str, list[Any]]) -> None:
        item = node.item
        if item.calculated is None or (node.answers and not item.kept and not node.computed):
            return
        node.problem, node.computed = None, True
        try:
            found = self._evaluator.items(item.calculated.text, node.json, variables, item)
            values = list(answers_of(item, found))
        except PathError as error:
            values, node.problem = [], str(error)
        if not item.repeats and len(values) > 1:
            values, node.problem = [], f"{len(values)}"
        if node.give(values):
            self._changed = True
