"""Judging answers on the server: by the form, by its rules, by what was found out of codes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from lanh.core import fhir
from lanh.core.fhir import PathEnvironment, PathError
from lanh.core.fhir.validation.questionnaires import Values, response_faults
from lanh.core.forms.errors import MESSAGES
from lanh.core.forms.expressions import Evaluator, json_of
from lanh.core.forms.model import CHOICES, Constraint, Item, same
from lanh.core.forms.problems import Problem, Summary, problem, summary
from lanh.core.forms.sdc import Json
from lanh.core.forms.submission import Known
from lanh.core.forms.tree import Node, Places, Tree
from lanh.core.text import Message

# What a page asks of every question that it shows is judged here, whatever group it stands in.
_OWN = frozenset({"answers-required", "answers-group"})


def judge(
    tree: Tree,
    *,
    known: Known | None = None,
    read: Sequence[Problem] = (),
    contexts: Mapping[str, Any] | None = None,
    environment: PathEnvironment | None = None,
    complete: bool = True,
) -> Summary:
    """Settles a tree and tells what is wrong with its answers, in the order of the form.

    `read` holds what could not be read of the fields. What is required may be missing where the
    answers are not `complete`, as in a draft.
    """
    settled = tree.settle(contexts, environment)
    places: Places = {}
    response = tree.response(places)
    response["status"] = "completed" if complete else "in-progress"
    judgement = _Judgement(tree, response, places, known or Known())
    found = [*read, *judgement.by_form()]
    unread = {each.name for each in read}
    if complete:
        found += [p for p in judgement.missing(tree.nodes) if p.name not in unread]
    found += judgement.rules(contexts, environment)
    if not settled:
        found.append(problem("invariant", "unsettled", "", None))
    if not found:
        found = [Problem("", (), i.code, i.message) for i in fhir.validate(response)]
    order = {node.name: number for number, node in enumerate(tree.every())}
    found.sort(key=lambda p: order.get(p.name, order.get(p.name.rpartition(":")[0], 1_000_000)))
    return summary(found)


class _Judgement:
    def __init__(self, tree: Tree, response: Json, places: Places, known: Known) -> None:
        self._tree = tree
        self._response = response
        self._places = places
        self._known = known

    def by_form(self) -> Iterator[Problem]:
        """What the rules of R4 say of a response to a form."""
        source = self._tree.form.source
        for fault in response_faults(self._response, source, Values(self._member)):
            if fault.key in _OWN:
                continue
            node, name = self._at(list(reversed(fault.path)))
            item = node.item if node is not None else None
            key = f"told-{fault.key}" if f"told-{fault.key}" in MESSAGES else "told-structure"
            message = MESSAGES.message(key, **fault.parameters)
            yield Problem(name, item.path if item else (), fault.code, message, item)

    def _member(self, value_set: str, system: str | None, code: str) -> bool | None:
        token = f"{system or ''}|{code}"
        if (value_set, token) not in self._known.codes:
            return None
        return self._known.codes[value_set, token] is not None

    def _at(self, path: list[str | int]) -> tuple[Node | None, str]:
        value: Any = self._response
        found: tuple[Node | None, str] = (None, "")
        for step in path:
            try:
                value = value[step]
            except (KeyError, IndexError, TypeError):
                break
            found = self._places.get(id(value), found)
        return found

    def missing(self, nodes: list[Node]) -> Iterator[Problem]:
        """Questions that are shown, required and not answered; groups too seldom or too often."""
        groups: dict[str, list[Node]] = {}
        for node in nodes:
            item = node.item
            if not node.enabled:
                continue
            if item.is_group and item.repeats:
                groups.setdefault(item.link_id, []).append(node)
            elif item.answers and len(node.answers) < item.least and not node.answers:
                yield problem("required", "told-required", node.name, item)
            if not (item.is_group and item.repeats) or any(n.answers for n in node.every()):
                yield from self.missing(node.nodes)
            for answer in node.answers:
                yield from self.missing(answer.nodes)
        yield from self._occurrences(nodes, groups)

    def _occurrences(self, nodes: list[Node], groups: dict[str, list[Node]]) -> Iterator[Problem]:
        for item, prefix in self._level_items(nodes):
            if not (item.is_group and item.repeats):
                continue
            held = [n for n in groups.get(item.link_id, []) if any(x.answers for x in n.every())]
            name = held[0].name if held else prefix + item.link_id
            if len(held) < item.least:
                yield problem("required", "told-groups-least", name, item, limit=item.least,
                              count=len(held))  # fmt: skip
            if item.most is not None and len(held) > item.most:
                yield problem("structure", "told-groups-most", name, item, limit=item.most,
                              count=len(held))  # fmt: skip

    def _level_items(self, nodes: list[Node]) -> Iterator[tuple[Item, str]]:
        """The items of the level that nodes stand on, also those without a node."""
        if nodes is self._tree.nodes:
            items, prefix = self._tree.form.items, "q/"
        elif nodes:
            first = nodes[0]
            above = self._tree.form.item(first.item.path[-2]) if len(first.item.path) > 1 else None
            items = above.items if above is not None else self._tree.form.items
            prefix = first.name.rpartition("/")[0] + "/"
        else:
            return
        for item in items:
            yield item, prefix

    def rules(
        self, contexts: Mapping[str, Any] | None, environment: PathEnvironment | None
    ) -> Iterator[Problem]:
        """Constraints, computed options, and what could not be computed."""
        form = self._tree.form
        evaluator = Evaluator(form.source, self._tree.live, environment)
        given = self._tree.variables(evaluator, contexts)
        for constraint in form.constraints:
            if not _kept(evaluator, constraint, None, given, None):
                yield Problem("", (), "invariant", _said(constraint), None, constraint.severity)
        for node, variables in self._tree.scopes(evaluator, given):
            item = node.item
            if node.problem is not None:
                yield problem("processing", "told-calculation", node.name, item)
            answered = any(n.answers for n in node.every())
            for constraint in item.constraints:
                if answered and not _kept(evaluator, constraint, node.json, variables, item):
                    yield Problem(node.name, item.path, "invariant", _said(constraint), item,
                                  constraint.severity)  # fmt: skip
            if item.answer_expression is not None and item.type in CHOICES:
                yield from _computed(evaluator, node, variables)


def _computed(
    evaluator: Evaluator, node: Node, variables: Mapping[str, list[Any]]
) -> Iterator[Problem]:
    """Answers that are not among those that answerExpression finds."""
    expression = node.item.answer_expression
    if expression is None:
        return
    try:
        found = evaluator.items(expression.text, node.json, variables, node.item)
    except PathError:
        found = []
    allowed = [json_of(each) for each in found]
    for answer in node.answers:
        free = node.item.type == "open-choice" and answer.key == "valueString"
        if not free and not any(same(answer.value, each) for each in allowed):
            yield problem("code-invalid", "told-answer-option", answer.name, node.item, value="")


def _kept(
    evaluator: Evaluator,
    constraint: Constraint,
    around: Any,
    variables: Mapping[str, list[Any]],
    item: Item | None,
) -> bool:
    try:
        found = evaluator.items(constraint.expression, around, variables, item)
    except PathError:
        return False
    return not found or [json_of(each) for each in found] == [True]


def _said(constraint: Constraint) -> Message:
    return Message(constraint.words)
