"""Filling a form before a person sees it: initial values, expressions, and records read back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeAlias

from lanh.core.fhir import PathEnvironment, PathError
from lanh.core.fhir.path import Node as PathNode
from lanh.core.forms.elements import Place, Step, cast, place_of, takes, uncast
from lanh.core.forms.expressions import Evaluator, answers_of
from lanh.core.forms.extraction import Frame, Frames, nearest, types_of
from lanh.core.forms.model import ANSWER_KEYS, Extract, Form, Item
from lanh.core.forms.sdc import Json
from lanh.core.forms.tree import PREFIX, Answer, Node, Tree, answer_name, segment

Variables: TypeAlias = "dict[str, list[Any]]"


def open_form(
    form: Form,
    contexts: Mapping[str, Any] | None = None,
    *,
    head: Json | None = None,
    environment: PathEnvironment | None = None,
) -> Tree:
    """A new response to a form: initial values, then initialExpression and the repetitions of
    itemPopulationContext in the order of the form, then what is calculated (SDC 4.0, expression
    -based population). `contexts` are the resources the form is opened with, by variable; `head`
    is what the response has besides items. What an expression cannot answer stays open.
    """
    tree = Tree(form, {"status": "in-progress", **(head or {})})
    evaluator = Evaluator(form.source, tree.live, environment)
    variables = tree.variables(evaluator, contexts)
    tree.nodes = _Opening(evaluator).level(form.items, PREFIX, variables)
    tree.live["item"] = [node.json for node in tree.nodes]
    tree.settle(contexts, environment)
    return tree


def begin_asked(
    tree: Tree,
    prior: Json,
    contexts: Mapping[str, Any] | None = None,
    *,
    added: str = "",
    environment: PathEnvironment | None = None,
) -> None:
    """Gives initial values to what a settled tree asks and `prior`, the response of the page
    before, did not: questions whose condition has come to hold, and the row named `added`."""
    every = list(tree.form.every())
    starts = [i for i in every if i.initial or i.initial_expression is not None]
    conditional = {i.link_id for i in every if i.conditional}
    late = [i for i in starts if conditional.intersection(i.path)]
    if not late and not (added and starts):
        return
    evaluator = Evaluator(tree.form.source, tree.live, environment)
    opening = _Opening(evaluator)
    unasked: set[str] = set()
    if late:  # what stands under no condition was asked before
        before = Tree(tree.form, prior)
        before.settle(contexts, environment)
        unasked = {node.name for node in before.every() if not node.enabled}
    given = tree.variables(evaluator, contexts)
    for node, variables in list(tree.scopes(evaluator, given)):
        if added and node.name == added and node.item.is_group:
            named = node.item.population
            own = {**variables, **({str(named.name): []} if named is not None else {})}
            node.nodes = opening.level(node.item.items, node.name + "/", own)
            node.refresh()
        elif node.name in unasked and node.item in starts and not node.answers:
            opening.begin(node, variables)


class _Opening:
    def __init__(self, evaluator: Evaluator) -> None:
        self._evaluator = evaluator

    def level(self, items: tuple[Item, ...], prefix: str, variables: Variables) -> list[Node]:
        made: list[Node] = []
        for item in items:
            if item.is_group:
                made += self._groups(item, prefix, variables)
            elif item.answers:
                made.append(self._question(item, prefix, variables))
        return made

    def _groups(self, item: Item, prefix: str, variables: Variables) -> Iterator[Node]:
        bound: list[dict[str, list[Any]]] = [{}] * (max(1, item.least) if item.repeats else 1)
        if item.population is not None:
            name = str(item.population.name)
            found = self._found(item.population.text, None, variables, item)
            each = found if item.repeats else found[:1]
            bound = [{name: [one]} for one in each] or [{name: []}]
        for number, own in enumerate(bound):
            name = prefix + segment(item.link_id) + (f":{number}" if item.repeats else "")
            node = Node(item, name)
            node.bound = own
            inner = {**variables, **own}
            for variable in item.variables:
                inner[str(variable.name)] = self._found(variable.text, node, inner, item)
            node.nodes = self.level(item.items, name + "/", inner)
            node.refresh()
            yield node

    def _question(self, item: Item, prefix: str, variables: Variables) -> Node:
        node = Node(item, prefix + segment(item.link_id))
        self.begin(node, variables)
        return node

    def begin(self, node: Node, variables: Variables) -> None:
        """The initial answers of a question."""
        item = node.item
        values = list(item.initial)
        if item.initial_expression is not None:
            found = self._found(item.initial_expression.text, node, variables, item)
            try:
                values = list(answers_of(item, found))
            except PathError as error:
                node.problem = str(error)
        most = item.most if item.repeats else 1
        node.give(values[:most] if most is not None else values)
        for answer in node.answers:
            answer.nodes = self.level(item.items, answer.name + "/", variables)
            if answer.nodes:
                answer.json["item"] = [below.json for below in answer.nodes]
        node.refresh()

    def _found(
        self, expression: str, node: Node | None, variables: Variables, item: Item
    ) -> list[Any]:
        try:
            return self._evaluator.items(
                expression, node.json if node is not None else None, variables, item
            )
        except PathError:
            return []


def read_back(form: Form, resources: Sequence[Json], *, head: Json | None = None) -> Tree:
    """The response whose extraction gives these resources, as far as definitions tell.

    Each item takes, in the order of the form, the first element that its definition leads to,
    that has the fixed values stated with it, and that no item before it has taken. Resources are
    told apart by type and by the fixed values stated where they begin.
    """
    tree = Tree(form, {"status": "in-progress", **(head or {})})
    reading = _ReadingBack(form, resources)
    frames = reading.begin(form.extraction.extracts, (), ())[:1]
    tree.nodes = reading.level(form.items, frames[0] if frames else (), PREFIX)
    tree.live["item"] = [node.json for node in tree.nodes]
    return tree


class _ReadingBack:
    def __init__(self, form: Form, resources: Sequence[Json]) -> None:
        self._resources = resources
        self._types = types_of(form)
        self._taken: set[int] = set()

    def level(self, items: tuple[Item, ...], frames: Frames, prefix: str) -> list[Node]:
        made: list[Node] = []
        for item in items:
            if item.is_group:
                made += self._groups(item, frames, prefix)
            elif item.answers:
                made.append(self._question(item, frames, prefix))
        return made

    def begin(
        self, extracts: tuple[Extract, ...], frames: Frames, item: tuple[Item, ...]
    ) -> list[Frames]:
        """The open elements for each resource that an item's extraction may have made."""
        if not extracts:
            return [frames]
        found: list[Frames] = []
        first = extracts[0]
        for resource in self._resources:
            if resource.get("resourceType") != first.type or id(resource) in self._taken:
                continue
            inner = (*frames, Frame(first.definition, (), resource))
            if all(self._fits(each, inner) for each in item):
                found.append(inner)
        for other in extracts[1:]:
            more = [r for r in self._resources if r.get("resourceType") == other.type]
            found = [
                (*each, Frame(other.definition, (), resource))
                for each, resource in zip(found, more, strict=False)
            ]
        return found

    def _take(self, frames: Frames, besides: Frames) -> None:
        known = {id(frame.holder) for frame in besides}
        self._taken |= {id(f.holder) for f in frames if id(f.holder) not in known}

    def _groups(self, item: Item, frames: Frames, prefix: str) -> list[Node]:
        several = self.begin(item.extraction.extracts, frames, (item,))
        definition = item.extraction.definition
        if definition is not None:
            place = place_of(definition, self._types)
            several = [each for f in several for each in self._elements(f, place, item)]
        several = several if item.repeats else several[:1] or [()]
        if item.repeats and definition is None and not item.extraction.extracts:
            several = []
        made = []
        for number, inner in enumerate(several):
            self._take(inner, frames)
            name = prefix + segment(item.link_id) + (f":{number}" if item.repeats else "")
            node = Node(item, name)
            node.nodes = self.level(item.items, inner, name + "/")
            node.refresh()
            made.append(node)
        return made

    def _elements(self, frames: Frames, place: Place, item: Item) -> list[Frames]:
        """The objects that a place leads to, each with the elements on the way."""
        frame = nearest(frames, place)
        if frame is None:
            return []
        found = []
        for inner in _ways(frames, frame, place, len(place.steps)):
            lists = [f for f in inner[len(frames) :] if _listed(place, f)]
            if not any(id(f.holder) in self._taken for f in lists) and self._fits(item, inner):
                found.append(inner)
        return found

    def _fits(self, item: Item, frames: Frames) -> bool:
        """Whether the fixed values of an item stand in the elements that are open."""
        for each in item.extraction.assigned:
            if each.key is None:
                continue
            place = place_of(each.definition, self._types)
            frame, wanted = nearest(frames, place), takes(place, each.key)
            if frame is None or wanted is None:
                continue
            value = cast(each.key, each.value, wanted)
            held = [v for w in _ways((), frame, place, len(place.steps) - 1)
                    for v in _at(w[-1].holder if w else frame.holder, place.steps[-1])]  # fmt: skip
            if not any(_holds(v, value) for v in held):
                return False
        return True

    def _question(self, item: Item, frames: Frames, prefix: str) -> Node:
        node = Node(item, prefix + segment(item.link_id))
        several = self.begin(item.extraction.extracts, frames, (item,))
        definition = item.extraction.definition
        if definition is None or not several:
            return node
        place = place_of(definition, self._types)
        for opened in several:
            for answer in self._answers(item, place, opened, node):
                node.answers.append(answer)
            if node.answers and not item.repeats:
                break
        if item.extraction.extracts and node.answers:
            self._take(several[0], frames)
        node.refresh()
        return node

    def _answers(self, item: Item, place: Place, frames: Frames, node: Node) -> Iterator[Answer]:
        frame = nearest(frames, place)
        if frame is None:
            return
        count = len(node.answers)
        for inner in _ways(frames, frame, place, len(place.steps) - 1):
            holder = inner[-1].holder if len(inner) > len(frames) else frame.holder
            lists = [f for f in inner[len(frames) :] if _listed(place, f)]
            if any(id(f.holder) in self._taken for f in lists):
                continue
            if lists and not self._fits(item, inner):
                continue
            values = [v for v in (self._uncast(item, place, raw) for raw in
                                  _at(holder, place.steps[-1])) if v is not None]  # fmt: skip
            if not values:
                continue
            self._taken |= {id(f.holder) for f in lists}
            for key, value, raw in values:
                answer = Answer(key, value, answer_name(node, count), [])
                below = (*inner, Frame(place.canonical, place.names, raw)) if isinstance(
                    raw, dict) else inner  # fmt: skip
                if item.items:
                    answer.nodes = self.level(item.items, below, answer.name + "/")
                    answer.json["item"] = [n.json for n in answer.nodes]
                count += 1
                yield answer
                if not item.repeats:
                    return
            if place.steps[-1].many:
                return

    def _uncast(self, item: Item, place: Place, raw: Any) -> tuple[str, Any, Any] | None:
        """An element's value as an answer of an item, or None where it is none."""
        for key in dict.fromkeys([*(o.key for o in item.options), ANSWER_KEYS[item.type]]):
            wanted = takes(place, key)
            if wanted is None:
                continue
            value = uncast(key, raw, wanted)
            if value is None or not _offered(item, value):
                continue
            kind = place.steps[-1].type if len(place.steps[-1].kinds) == 1 else wanted
            node = PathNode(value, kind) if not isinstance(value, dict) else value
            try:
                found = list(answers_of(item, [node]))
            except PathError:
                continue
            if found:
                return found[0][0], found[0][1], raw
        return None


def _offered(item: Item, value: Any) -> bool:
    """Whether a question could have been answered so: several questions may share one element, as
    kinds of one type by their code systems."""
    if item.type != "choice" or not item.options or not isinstance(value, dict):
        return True
    if "code" not in value:
        return True
    codings = [option.value for option in item.options if isinstance(option.value, dict)]
    return any(
        each.get("code") == value["code"] and each.get("system") == value.get("system")
        for each in codings
    )


def _listed(place: Place, frame: Frame) -> bool:
    return bool(frame.names) and place.steps[len(frame.names) - 1].many


def _ways(frames: Frames, start: Frame, place: Place, depth: int) -> list[Frames]:
    """All ways from an open element towards a place, as deep as asked."""
    ways: list[Frames] = [frames]
    holders = [start.holder]
    for number in range(len(start.names), depth):
        step = place.steps[number]
        names = place.names[: number + 1]
        next_ways: list[Frames] = []
        next_holders: list[Json] = []
        for way, holder in zip(ways, holders, strict=True):
            for each in _at(holder, step):
                if isinstance(each, dict):
                    next_ways.append((*way, Frame(place.canonical, names, each)))
                    next_holders.append(each)
        ways, holders = next_ways, next_holders
    return ways


def _at(holder: Json, step: Step) -> list[Any]:
    """What an object has at a step, under any of its types."""
    found: list[Any] = []
    for _, name in step.kinds:
        value = holder.get(name)
        found += value if isinstance(value, list) else [] if value is None else [value]
    return found


def _holds(value: Any, wanted: Any) -> bool:
    """Whether a value has everything that a fixed one states."""
    if isinstance(wanted, dict):
        return isinstance(value, dict) and all(_holds(value.get(k), v) for k, v in wanted.items())
    if isinstance(wanted, list):
        return isinstance(value, list) and all(any(_holds(v, w) for v in value) for w in wanted)
    return bool(value == wanted)
