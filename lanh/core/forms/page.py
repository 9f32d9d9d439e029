"""A form with its answers as a page shows it: everything a renderer needs, in one language.

Pure data: no markup. Names, ids of faults and texts are ready; what is not asked is left out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from lanh.core.fhir import PathEnvironment, PathError
from lanh.core.forms.building import token
from lanh.core.forms.expressions import Evaluator, json_of
from lanh.core.forms.model import Bounds, Item, Option
from lanh.core.forms.problems import Summary
from lanh.core.forms.submission import answer_texts
from lanh.core.forms.tree import PREFIX, Answer, Node, Tree, answer_name, indexed, picked, segment
from lanh.core.forms.wording import answer_words, row_words
from lanh.core.text import Language, Words


@dataclass(frozen=True, slots=True)
class Choice:
    """An option as a page offers it."""

    value: str
    label: str
    chosen: bool
    prefix: str | None = None
    exclusive: bool = False


@dataclass(frozen=True, slots=True)
class Field:
    """One control: `values` are its texts (several where several are picked), `words` the same as
    people read them; `unit_name` and `other_name` name the fields beside it, where there are any;
    `unit` is what the unit's field holds, with its words."""

    name: str
    values: tuple[str, ...]
    words: tuple[str, ...]
    choices: tuple[Choice, ...] = ()
    unit_name: str | None = None
    units: tuple[Choice, ...] = ()
    unit: tuple[str, str] = ("", "")
    other_name: str | None = None
    other: str = ""
    faults: tuple[str, ...] = ()
    below: tuple[Block, ...] = ()


@dataclass(frozen=True, slots=True)
class Block:
    """One item of a page: a group with its repetitions, a question with its fields, or a text.

    `path` are linkIds, `key` the name that fields below begin with. `blank` is the field or the
    repetition that a page adds on demand, under the name `next_name`; None where no more fit.
    `row_name` of a repetition has to be sent so that it is kept while it has no answers.
    """

    item: Item
    key: str
    path: tuple[str, ...]
    kind: str
    label: str | None
    prefix: str | None
    help: str | None
    format: str | None
    control: str | None
    orientation: str | None
    required: bool
    read_only: bool
    bounds: Bounds
    fields: tuple[Field, ...] = ()
    rows: tuple[Row, ...] = ()
    next_name: str | None = None
    search: str | None = None
    faults: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Row:
    """One repetition of a group. `title` is what is known of it where its rows are given."""

    name: str
    row_name: str | None
    removable: bool
    blocks: tuple[Block, ...]
    faults: tuple[str, ...] = ()
    title: str = ""


@dataclass(frozen=True, slots=True)
class Page:
    """A whole form: title, the summary of faults above it, and its blocks."""

    title: str
    language: Language
    heading: str | None
    faults: tuple[tuple[str, str], ...]
    blocks: tuple[Block, ...]


def page_of(
    tree: Tree,
    language: Language,
    *,
    summary: Summary | None = None,
    raw: Mapping[str, tuple[str, ...]] | None = None,
    contexts: Mapping[str, Any] | None = None,
    environment: PathEnvironment | None = None,
) -> Page:
    """The page of a settled tree. `raw` is what could not be read, shown again as it was typed."""
    found = summary or Summary(())
    pages = _Pages(tree, language, found, dict(raw or {}), contexts, environment)
    heading = found.heading(language) if found.problems else None
    blocks = pages.level(tree.form.items, tree.nodes, PREFIX)
    faults = tuple(found.lines(language))
    return Page(tree.form.title.say(language), language, heading, faults, blocks)


class _Pages:
    def __init__(
        self,
        tree: Tree,
        language: Language,
        summary: Summary,
        raw: dict[str, tuple[str, ...]],
        contexts: Mapping[str, Any] | None,
        environment: PathEnvironment | None,
    ) -> None:
        self._language = language
        self._raw = raw
        self._faults: dict[str, list[str]] = {}
        for problem in summary.problems:
            self._faults.setdefault(problem.name, []).append(problem.message.say(language))
        self._evaluator = Evaluator(tree.form.source, tree.live, environment)
        given = tree.variables(self._evaluator, contexts)
        self._variables = {
            id(node): variables
            for node, variables in tree.scopes(self._evaluator, given)
            if node.item.answer_expression is not None
        }

    def level(self, items: tuple[Item, ...], nodes: list[Node], prefix: str) -> tuple[Block, ...]:
        """The blocks of one level; items that are hidden or not asked have none."""
        made = []
        for item in items:
            mine = [node for node in nodes if node.item is item]
            if item.hidden or (mine and not any(node.enabled for node in mine)):
                continue
            key = prefix + segment(item.link_id)
            if item.type == "display":
                made.append(self._block(item, key))
            elif item.is_group:
                made.append(self._group(item, mine, key))
            else:
                made += [self._question(node) for node in mine]
        return tuple(made)

    def _say(self, words: Words | None) -> str | None:
        return words.say(self._language) if words is not None else None

    def _told(self, name: str) -> tuple[str, ...]:
        return tuple(self._faults.get(name, ()))

    def _block(self, item: Item, key: str, **more: Any) -> Block:
        return Block(
            item, key, item.path, item.type, self._say(item.words), item.prefix,
            self._say(item.help), self._say(item.entry_format), item.control, item.orientation,
            item.least > 0, item.read_only, item.bounds, **more,
        )  # fmt: skip

    def _group(self, item: Item, nodes: list[Node], key: str) -> Block:
        changeable = item.repeats and not item.read_only and not item.given_rows
        rows = []
        for node in nodes:
            blocks = self.level(item.items, node.nodes, node.name + "/")
            row_name = f"{node.name}#row" if changeable else None
            removable = row_name is not None and len(nodes) > item.least
            title = row_words(node, self._language)
            rows.append(Row(node.name, row_name, removable, blocks, self._told(node.name), title))
        more = changeable and (item.most is None or len(nodes) < item.most)
        following = f"{key}:{len(nodes)}" if more else None
        told = self._told(key) if item.repeats else ()
        return self._block(item, key, rows=tuple(rows), next_name=following, faults=told)

    def _question(self, node: Node) -> Block:
        item = node.item
        fields = [self._field(node, answer, answer.name) for answer in node.answers]
        if picked(item):
            fields = [self._field(node, None, node.name)]
        elif indexed(item):
            number = len(fields)
            while (name := answer_name(node, number)) in self._raw or number == 0:
                fields.append(self._field(node, None, name))
                number += 1
        elif not fields:
            fields = [self._field(node, None, node.name)]
        room = indexed(item) and not item.kept and (item.most is None or len(fields) < item.most)
        return self._block(
            item,
            node.name,
            fields=tuple(fields),
            next_name=f"{node.name}:{len(fields)}" if room else None,
            search=item.value_set,
            faults=self._told(node.name) if indexed(item) else (),
        )

    def _field(self, node: Node, answer: Answer | None, name: str) -> Field:
        item, language = node.item, self._language
        answers = node.answers if picked(item) else [answer] if answer is not None else []
        texts: dict[str, list[str]] = {"": [], "#unit": [], "#other": []}
        for each in answers:
            for suffix, text in answer_texts(item, each.key, each.value, language):
                texts[suffix].append(text)
        for suffix in texts:
            if name + suffix in self._raw:
                texts[suffix] = list(self._raw[name + suffix])
        words = tuple(answer_words(item, each.key, each.value, language) for each in answers)
        units = tuple(
            Choice(unit.token, unit.words.say(language), unit.token in texts["#unit"])
            for unit in item.units
        )
        below = self.level(item.items, answer.nodes, answer.name + "/") if answer else ()
        amount = item.type == "quantity" and (item.unit is None or bool(item.units))
        token_of_unit = next(iter(texts["#unit"]), "")
        said = next((str(a.value.get("unit") or "") for a in answers if amount), "")
        return Field(
            name,
            tuple(texts[""]),
            words,
            self._choices(node, texts[""]),
            f"{name}#unit" if amount else None,
            units,
            (token_of_unit, said or token_of_unit),
            f"{name}#other" if item.type == "open-choice" else None,
            next(iter(texts["#other"]), ""),
            self._told(name),
            below,
        )

    def _choices(self, node: Node, chosen: list[str]) -> tuple[Choice, ...]:
        options: tuple[Option, ...] = node.item.options
        expression = node.item.answer_expression
        if expression is not None:
            return self._computed(node, expression.text, chosen)
        return tuple(
            Choice(
                option.token, option.words.say(self._language), option.token in chosen,
                option.prefix, option.exclusive,
            )
            for option in options
        )  # fmt: skip

    def _computed(self, node: Node, expression: str, chosen: list[str]) -> tuple[Choice, ...]:
        variables = self._variables.get(id(node), {})
        try:
            found = self._evaluator.items(expression, node.json, variables, node.item)
        except PathError:
            return ()
        made = []
        for each in map(json_of, found):
            text = token("valueCoding", each)
            label = each.get("display") if isinstance(each, dict) else each
            made.append(Choice(text, str(label or text), text in chosen))
        return tuple(made)
