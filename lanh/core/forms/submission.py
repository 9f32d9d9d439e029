"""The fields of a submitted page turned into a QuestionnaireResponse, and back.

Field names are made of linkIds and repeat indices: `q/ward:0/beds`, the unit of an amount under
`#unit`, another answer under `#other`, `#row` for a repetition that may be without answers.
What browsers send is bounded before it is looked at; names that the form does not have are
refused; answers that are hidden, read-only or computed are never taken from it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, TypeAlias

from lanh.core.fhir import parse_reference
from lanh.core.fhir.ucum import canonical_quantity
from lanh.core.forms.building import token
from lanh.core.forms.entry import EntryFault, read_number, read_plain, shown, tidy, write_plain
from lanh.core.forms.model import Form, Item
from lanh.core.forms.problems import Problem, problem
from lanh.core.forms.sdc import UCUM, Json
from lanh.core.forms.tree import PREFIX, Node, Tree, indexed, picked, segment, written
from lanh.core.text import Language

Fields: TypeAlias = Mapping[str, Sequence[str]]

MOST_FIELDS = 20_000
MOST_SIGNS = 2_000_000
MOST_REPEATS = 500
_MOST_DEPTH = 24
_INDEX = re.compile(r"0|[1-9]\d{0,3}", re.ASCII)
_RECORD = re.compile(r"[A-Z][A-Za-z]{2,40}/[A-Za-z0-9.-]{1,64}", re.ASCII)
_SUFFIXES = frozenset({"", "unit", "other", "row"})


@dataclass(frozen=True, slots=True)
class Known:
    """What was found out beforehand about things that fields name.

    codes  (value set, token) -> the Coding, or None where the set does not hold the code
    files  the reference of an uploaded Binary -> its Attachment, as it was stored
    names  a reference -> its display, or None where there is nothing of that name to be seen
    """

    codes: Mapping[tuple[str, str], Json | None] = field(default_factory=dict)
    files: Mapping[str, Json] = field(default_factory=dict)
    names: Mapping[str, str | None] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Received:
    """What fields came to: the response as a tree, in which repetitions without answers are kept
    for the page to show, what could not be read, and how that was written."""

    tree: Tree
    problems: tuple[Problem, ...]
    raw: Mapping[str, tuple[str, ...]]

    @property
    def response(self) -> Json:
        """The response as it was sent, before anything is decided or computed."""
        return self.tree.response()


@dataclass(slots=True)
class _Part:
    """The fields at one name and below it."""

    values: dict[str, Sequence[str]] = field(default_factory=dict)
    below: dict[str, _Part] = field(default_factory=dict)


def read_fields(
    form: Form,
    fields: Fields,
    *,
    language: Language = "vi",
    prior: Json | None = None,
    known: Known | None = None,
) -> Received:
    """The response of a page's fields. `prior` is the response that the page was made of: from it
    come the head and every answer in which browsers have no say. Fields of other names than the
    form's own (`q/…`) are none of its business."""
    reading = _Reading(form, language, prior or {}, known or Known())
    size = sum(len(name) + sum(map(len, held)) for name, held in fields.items())
    if len(fields) > MOST_FIELDS or size > MOST_SIGNS:
        reading.tell("too-long", "fields-many", "", None)
        fields = {}
    root = _Part()
    for name, held in fields.items():
        if name.startswith(PREFIX):
            reading.place(root, name, held)
    items = reading.level(form.items, root, PREFIX, PREFIX)
    head = {key: value for key, value in (prior or {}).items() if key != "item"}
    response = {"resourceType": "QuestionnaireResponse", "status": "in-progress", **head}
    response["questionnaire"] = form.canonical
    if items:
        response["item"] = items
    return Received(Tree(form, response), tuple(reading.problems), reading.raw)


class _Reading:
    def __init__(self, form: Form, language: Language, prior: Json, known: Known) -> None:
        self._language = language
        self._known = known
        self.problems: list[Problem] = []
        self.raw: dict[str, tuple[str, ...]] = {}
        self._prior: dict[tuple[str, str], list[Node]] = {}
        for node in Tree(form, prior).every():
            above = node.name.rpartition("/")[0] + "/"
            self._prior.setdefault((above, node.item.link_id), []).append(node)

    def tell(self, code: str, key: str, name: str, item: Item | None, /, **told: Any) -> None:
        self.problems.append(problem(code, key, name, item, **told))

    def place(self, root: _Part, name: str, held: Sequence[str]) -> None:
        way, _, suffix = name[len(PREFIX) :].partition("#")
        segments = way.split("/")
        if suffix not in _SUFFIXES or len(segments) > _MOST_DEPTH:
            self.tell("structure", "field-unknown", "", None, name=shown(name))
            return
        part = root
        for each in segments:
            part = part.below.setdefault(each, _Part())
        part.values[suffix] = held

    def level(self, items: tuple[Item, ...], part: _Part, prefix: str, origin: str) -> list[Json]:
        """The response's items of one level: under `prefix` from now on, `origin` on the page."""
        named: dict[str, dict[int | None, _Part]] = {}
        for name, below in part.below.items():
            base, colon, text = name.partition(":")
            if colon and not _INDEX.fullmatch(text):
                self.tell("structure", "field-unknown", "", None, name=shown(prefix + name))
                continue
            named.setdefault(base, {})[int(text) if colon else None] = below
        made: list[Json] = []
        for item in items:
            if item.type == "display":
                continue
            given = named.pop(segment(item.link_id), {})
            if item.kept:
                made += written(self._prior.get((origin, item.link_id), []))
            elif item.is_group:
                made += self._groups(item, given, prefix, origin)
            else:
                made += self._question(item, given, prefix, origin)
        for name in named:
            self.tell("structure", "field-unknown", "", None, name=shown(prefix + name))
        return made

    def _repeats(
        self, item: Item, given: dict[int | None, _Part], name: str
    ) -> list[tuple[int, _Part]]:
        several = sorted((n, part) for n, part in given.items() if n is not None)
        if None in given:
            self.tell("structure", "field-unknown", "", None, name=shown(name))
        if len(several) > MOST_REPEATS:
            self.tell("too-long", "repeats-many", name, item, limit=MOST_REPEATS)
        return several[:MOST_REPEATS]

    def _groups(
        self, item: Item, given: dict[int | None, _Part], prefix: str, origin: str
    ) -> list[Json]:
        own = segment(item.link_id)
        if not item.repeats:
            part = given.get(None, _Part())
            inner = self.level(item.items, part, f"{prefix}{own}/", f"{origin}{own}/")
            return [{"linkId": item.link_id, "item": inner}] if inner else []
        made: list[Json] = []
        repeats = self._repeats(item, given, prefix + own)
        if item.given_rows:
            repeats = self._given(item, dict(repeats), prefix + own, origin)
        for was, part in repeats:
            names = f"{prefix}{own}:{len(made)}/", f"{origin}{own}:{was}/"
            made.append({"linkId": item.link_id, "item": self.level(item.items, part, *names)})
        return made

    def _given(
        self, item: Item, sent: dict[int, _Part], name: str, origin: str
    ) -> list[tuple[int, _Part]]:
        """The rows that the page was made of, all of them and no other."""
        count = len(self._prior.get((origin, item.link_id), ()))
        if any(number >= count for number in sent):
            self.tell("structure", "rows-given", name, item)
        return [(number, sent.get(number, _Part())) for number in range(count)]

    def _question(
        self, item: Item, given: dict[int | None, _Part], prefix: str, origin: str
    ) -> list[Json]:
        own = segment(item.link_id)
        name, several = prefix + own, indexed(item)
        parts = self._repeats(item, given, name) if several else [(0, given.get(None, _Part()))]
        answers: list[Json] = []
        unread: list[tuple[EntryFault, _Part]] = []
        for was, part in parts:
            mark = (f":{len(answers)}", f":{was}") if several else ("", "")
            try:
                found = self._answers(item, part)
            except EntryFault as error:
                unread.append((error, part))
                continue
            below = f"{name}{mark[0]}/", f"{origin}{own}{mark[1]}/"
            inner = self.level(item.items, part, *below) if item.items else []
            if not item.items and part.below:
                self.tell("structure", "field-unknown", "", None, name=shown(below[0]))
            if inner and not found:
                self.tell("required", "entry-above", name + mark[0], item)
                continue
            rows: list[Json] = [{key: value} for key, value in found]
            if inner:
                rows[0]["item"] = inner
            answers += rows
        for number, (fault, part) in enumerate(unread, len(answers)):
            where = f"{name}:{number}" if several else name
            self.tell("value", fault.key, where, item, **fault.parameters)
            for suffix, held in part.values.items():
                mark_of = f"#{suffix}" if suffix else ""
                self.raw[where + mark_of] = tuple(text[:1000] for text in held)
        return [{"linkId": item.link_id, "answer": answers}] if answers else []

    def _answers(self, item: Item, part: _Part) -> list[tuple[str, Any]]:
        """The answers of one field. Raises EntryFault on what cannot be read."""
        texts = [tidy(t, lines=item.type == "text") for t in part.values.get("", ())]
        other = [tidy(t) for t in part.values.get("other", ())]
        unit = [tidy(t) for t in part.values.get("unit", ())]
        texts = [text for text in texts if text]
        if not picked(item):
            texts = texts[:1]
        if len(texts) > MOST_REPEATS:
            raise EntryFault("repeats-many", limit=MOST_REPEATS)
        found = [self._answer(item, text, unit) for text in dict.fromkeys(texts)]
        if item.type == "open-choice" and other and other[0]:
            found.append(("valueString", other[0]))
        if len(found) > 1 and not item.repeats:
            raise EntryFault("entry-several")
        return found

    def _answer(self, item: Item, text: str, unit: list[str]) -> tuple[str, Any]:
        if item.offers:
            return self._choice(item, text)
        if item.type == "quantity":
            return "valueQuantity", self._quantity(item, text, unit)
        if item.type == "attachment":
            kept = self._known.files.get(text)
            if kept is None:
                raise EntryFault("entry-file")
            return "valueAttachment", kept
        if item.type == "reference":
            return "valueReference", self._reference(text)
        key = {"url": "valueUri", "text": "valueString"}.get(
            item.type, "value" + item.type[0].upper() + item.type[1:]
        )
        return key, read_plain(item.type, text, self._language)

    def _choice(self, item: Item, text: str) -> tuple[str, Any]:
        for option in item.options:
            if option.token == text:
                return option.key, option.value
        if item.value_set is not None:
            coding = self._known.codes.get((item.value_set, text))
            if coding is not None:
                return "valueCoding", coding
        if item.answer_expression is not None and "|" in text:
            system, _, code = text.rpartition("|")
            return "valueCoding", {"system": system, "code": code} if system else {"code": code}
        raise EntryFault("entry-option", text=shown(text))

    def _quantity(self, item: Item, text: str, unit: list[str]) -> Json:
        value = read_number(text, self._language)
        number: Any = value if value.as_tuple().exponent != 0 else int(value)
        chosen = unit[0] if unit else ""
        if not chosen:
            default = item.unit or (item.units[0] if len(item.units) == 1 else None)
            if default is None and (item.units or item.unit_value_set):
                raise EntryFault("entry-unit")
            return default.quantity(number) if default is not None else {"value": number}
        units = item.units if item.unit is None else (*item.units, item.unit)
        for each in units:
            if each.token == chosen:
                return each.quantity(number)
        if free_unit(item):
            return _any_unit(number, chosen)
        coding = self._known.codes.get((item.unit_value_set or "", chosen))
        if coding is None:
            raise EntryFault("entry-unit")
        made: Json = {"value": number, "unit": coding.get("display") or coding.get("code")}
        made["system"], made["code"] = coding.get("system"), coding.get("code")
        return made

    def _reference(self, text: str) -> Json:
        if parse_reference(text) is None:
            raise EntryFault("entry-reference")
        if text in self._known.names and self._known.names[text] is None:
            raise EntryFault("entry-reference")
        name = self._known.names.get(text)
        return {"reference": text, **({"display": name} if name else {})}


def _any_unit(number: Any, text: str) -> Json:
    """An amount in a unit that people wrote: UCUM's where it is one of them."""
    system, mark, code = text.rpartition("|")
    if mark:
        coded = {"system": system, "code": code} if system else {"code": code}
        return {"value": number, "unit": code, **coded}
    if canonical_quantity(Decimal(1), text) is not None:
        return {"value": number, "unit": text, "system": UCUM, "code": text}
    return {"value": number, "unit": text}


def codes_asked(form: Form, fields: Fields) -> set[tuple[str, str]]:
    """The codes that fields name and value sets must be asked about: (value set, token)."""
    sets: dict[str, list[tuple[str, str]]] = {}
    for item in form.every():
        held = sets.setdefault(segment(item.link_id), [])
        if item.value_set is not None:
            held.append(("", item.value_set))
        if item.unit_value_set is not None:
            held.append(("unit", item.unit_value_set))
    asked: set[tuple[str, str]] = set()
    for name, held_texts in fields.items():
        way, _, suffix = name.partition("#")
        last = way.rpartition("/")[2].partition(":")[0]
        for wanted, value_set in sets.get(last, ()):
            if wanted == suffix and len(asked) < MOST_REPEATS * 4:
                asked |= {(value_set, text.strip()) for text in held_texts if "|" in text}
    return asked


def references_asked(form: Form, fields: Fields) -> set[str]:
    """The records (`Type/id`) that fields name and that must be looked for."""
    links = {segment(item.link_id) for item in form.every() if item.type == "reference"}
    asked: set[str] = set()
    for name, texts in fields.items():
        if name.rpartition("/")[2].partition(":")[0] in links:
            asked |= {text for text in map(str.strip, texts) if _RECORD.fullmatch(text)}
    return asked


def _unit_text(item: Item, value: Json) -> str:
    """The unit of an amount as its field has it: where any will do, as people write it."""
    coded = token("valueCoding", value) if value.get("code") or value.get("system") else ""
    if not free_unit(item):
        return coded
    known = value.get("system") == UCUM and value.get("code")
    return str(value["code"]) if known else coded or str(value.get("unit") or "")


def free_unit(item: Item) -> bool:
    """Whether an amount may be told in any unit."""
    return not (item.units or item.unit_value_set or item.unit is not None)


def field_texts(tree: Tree, language: Language = "vi") -> dict[str, list[str]]:
    """The fields that a page made of a tree would send: what `read_fields` reads back."""
    made: dict[str, list[str]] = {}
    _texts(tree.nodes, language, made)
    return made


def _texts(nodes: list[Node], language: Language, made: dict[str, list[str]]) -> None:
    for node in nodes:
        item = node.item
        if item.kept or not node.enabled:
            continue
        if item.is_group and item.repeats:
            made[node.name + "#row"] = ["1"]
        _texts(node.nodes, language, made)
        for answer in node.answers:
            for suffix, text in answer_texts(item, answer.key, answer.value, language):
                made.setdefault(answer.name + suffix, []).append(text)
            _texts(answer.nodes, language, made)


def answer_texts(item: Item, key: str, value: Any, language: Language) -> list[tuple[str, str]]:
    """The texts of an answer's fields, each with the suffix of its name."""
    if item.offers:
        option = item.option(key, value)
        if option is None and key == "valueString":
            return [("#other", str(value))]
        return [("", option.token if option is not None else token(key, value))]
    if item.type == "quantity":
        number = value.get("value")
        texts = [("", write_plain("decimal", number, language))] if number is not None else []
        unit = _unit_text(item, value)
        return [*texts, ("#unit", unit)] if unit else texts
    if item.type == "attachment":
        return [("", str(value.get("url", "")))]
    if item.type == "reference":
        return [("", str(value.get("reference", "")))]
    if isinstance(value, Decimal) and item.type == "integer":
        value = int(value)
    return [("", write_plain(item.type, value, language))]
