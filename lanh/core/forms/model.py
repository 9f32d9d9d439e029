"""The typed model of a form: what a page shows, asks, computes and writes, item by item."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from lanh.core.forms.sdc import Json
from lanh.core.text import Language, Words

ItemType: TypeAlias = Literal[
    "group", "display", "boolean", "decimal", "integer", "date", "dateTime", "time", "string",
    "text", "url", "choice", "open-choice", "attachment", "reference", "quantity",
]  # fmt: skip

ANSWER_KEYS: dict[str, str] = {
    "boolean": "valueBoolean", "decimal": "valueDecimal", "integer": "valueInteger",
    "date": "valueDate", "dateTime": "valueDateTime", "time": "valueTime",
    "string": "valueString", "text": "valueString", "url": "valueUri", "choice": "valueCoding",
    "open-choice": "valueCoding", "attachment": "valueAttachment", "reference": "valueReference",
    "quantity": "valueQuantity",
}  # fmt: skip
"""The answer's key in a QuestionnaireResponse by item type; choices may use others too."""

CHOICES = frozenset({"choice", "open-choice"})


@dataclass(frozen=True, slots=True)
class Option:
    """One permitted answer: `token` is its text in a form field, `key` its value[x] in JSON."""

    token: str
    key: str
    value: Any
    words: Words
    exclusive: bool = False
    initial: bool = False
    prefix: str | None = None


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit of a quantity; `token` is its text in a form field."""

    token: str
    system: str | None
    code: str | None
    words: Words

    def quantity(self, value: Any) -> Json:
        """A Quantity of this unit."""
        made = {"value": value, "unit": self.words.vi, "system": self.system, "code": self.code}
        return {name: each for name, each in made.items() if each is not None}


@dataclass(frozen=True, slots=True)
class Expression:
    """A FHIRPath expression, with the name of the variable that it gives, if any."""

    text: str
    name: str | None = None


@dataclass(frozen=True, slots=True)
class Constraint:
    """A rule over several answers (questionnaire-constraint): broken where not true."""

    key: str
    severity: str
    expression: str
    words: Words


@dataclass(frozen=True, slots=True)
class Bounds:
    """Limits of an answer: values by their order, texts by signs, files by bytes and type."""

    minimum: Any = None
    maximum: Any = None
    least_signs: int | None = None
    most_signs: int | None = None
    decimals: int | None = None
    regex: str | None = None
    media_types: tuple[str, ...] = ()
    most_bytes: int | None = None


@dataclass(frozen=True, slots=True)
class Assigned:
    """A value that extraction sets: fixed, or by an expression (definitionExtractValue)."""

    definition: str
    key: str | None = None
    value: Any = None
    expression: str | None = None


@dataclass(frozen=True, slots=True)
class Extract:
    """A resource that begins at an item (definitionExtract, itemExtractionContext)."""

    definition: str
    profile: bool
    type: str
    parts: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Extraction:
    """What an item does when a response becomes resources."""

    definition: str | None = None
    extracts: tuple[Extract, ...] = ()
    assigned: tuple[Assigned, ...] = ()
    allocated: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Item:
    """One item of a form. `source` is its JSON, `path` the linkIds that lead to it, itself last.

    The rows of a group with `given_rows` are those that it is opened with, none more or less.
    """

    link_id: str
    type: ItemType
    source: Json
    path: tuple[str, ...]
    words: Words | None = None
    other: Words | None = None
    help: Words | None = None
    prefix: str | None = None
    entry_format: Words | None = None
    short: Words | None = None
    control: str | None = None
    orientation: str | None = None
    required: bool = False
    repeats: bool = False
    read_only: bool = False
    hidden: bool = False
    given_rows: bool = False
    least: int = 0
    most: int | None = None
    bounds: Bounds = field(default_factory=Bounds)
    options: tuple[Option, ...] = ()
    value_set: str | None = None
    value_set_filter: str | None = None
    units: tuple[Unit, ...] = ()
    unit: Unit | None = None
    unit_value_set: str | None = None
    targets: tuple[str, ...] = ()
    initial: tuple[tuple[str, Any], ...] = ()
    variables: tuple[Expression, ...] = ()
    conditional: bool = False
    enabling: Expression | None = None
    calculated: Expression | None = None
    initial_expression: Expression | None = None
    answer_expression: Expression | None = None
    population: Expression | None = None
    constraints: tuple[Constraint, ...] = ()
    extraction: Extraction = field(default_factory=Extraction)
    items: tuple[Item, ...] = ()

    @property
    def is_group(self) -> bool:
        """Whether the item groups others."""
        return self.type == "group"

    @property
    def answers(self) -> bool:
        """Whether the item takes answers."""
        return self.type not in ("group", "display")

    @property
    def offers(self) -> bool:
        """Whether an answer is one of those on offer: choices, and what else has options."""
        return self.type in CHOICES or bool(self.options)

    @property
    def kept(self) -> bool:
        """Whether browsers have no say in the answer: it is hidden, read-only or computed."""
        return self.hidden or self.read_only

    def option(self, key: str, value: Any) -> Option | None:
        """The option of an answer."""
        for option in self.options:
            if option.key == key and same(option.value, value):
                return option
        return None

    def label(self, language: Language) -> str:
        """How a reader knows the item: its text, or its linkId where it has none."""
        found = self.words or self.short
        return found.say(language) if found is not None else self.link_id


@dataclass(frozen=True, slots=True)
class LaunchContext:
    """A resource that a form is opened with: its variable and permitted types."""

    name: str
    types: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Form:
    """A loaded form. `source` is the Questionnaire as published."""

    url: str
    version: str | None
    title: Words
    source: Json
    items: tuple[Item, ...]
    contexts: tuple[LaunchContext, ...] = ()
    variables: tuple[Expression, ...] = ()
    constraints: tuple[Constraint, ...] = ()
    extraction: Extraction = field(default_factory=Extraction)

    @property
    def canonical(self) -> str:
        """The address with version, as a response names it."""
        return f"{self.url}|{self.version}" if self.version else self.url

    def every(self) -> Iterator[Item]:
        """All items, outer before inner, in the order of the form."""
        return below(self.items)

    def item(self, link_id: str) -> Item | None:
        """The item of a linkId."""
        return next((item for item in self.every() if item.link_id == link_id), None)

    def publish(self) -> Json:
        """The Questionnaire as FHIR JSON: nothing of it is the form's own any more."""
        made: Json = _copied(self.source)
        return made


def below(items: tuple[Item, ...]) -> Iterator[Item]:
    """The items of a level and all below them."""
    for item in items:
        yield item
        yield from below(item.items)


def _copied(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _copied(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_copied(each) for each in value]
    return value


def copied(value: Any) -> Any:
    """A JSON value that shares nothing with the first."""
    return _copied(value)


def same(one: Any, other: Any) -> bool:
    """Whether two answers are the same option: codings by system and code."""
    if isinstance(one, dict) and isinstance(other, dict):
        if "reference" in one or "reference" in other:
            return bool(one.get("reference") == other.get("reference"))
        return (one.get("system"), one.get("code")) == (other.get("system"), other.get("code"))
    return type(one) is type(other) and bool(one == other)
