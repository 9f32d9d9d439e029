"""A code system in memory: concepts in order, their hierarchy, their words in each language."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Any, NamedTuple

from lanh.core.text import fold

CONCEPT_PROPERTIES = "http://hl7.org/fhir/concept-properties#"
_INACTIVE = frozenset({"inactive", "retired", "withdrawn", "entered-in-error"})


class Property(NamedTuple):
    """A property of a concept; `kind` is FHIR's suffix ("Code", "Coding", "Boolean", ...)."""

    code: str
    kind: str
    value: Any
    meaning: str = ""  # the standard property that a declaration says it is

    def means(self, *names: str) -> bool:
        """Whether it is one of these standard properties (R4 concept-properties)."""
        return (self.meaning or self.code) in names

    @property
    def text(self) -> str:
        """The value as a filter compares it."""
        if self.kind == "Boolean":
            return "true" if self.value else "false"
        if self.kind == "Coding":
            return str(self.value.get("code", ""))
        return str(self.value)


class Designation(NamedTuple):
    """Another name of a concept: its language, its use as a Coding."""

    value: str
    language: str | None = None
    use: Mapping[str, Any] | None = None


@dataclass(slots=True)
class Node:
    """A concept of a table. `parents` are codes, whether or not the table holds them."""

    code: str
    display: str | None
    parents: tuple[str, ...] = ()
    designations: tuple[Designation, ...] = ()
    properties: tuple[Property, ...] = ()
    definition: str | None = None
    valid_from: date | None = None
    valid_to: date | None = None

    inactive: bool = field(init=False, default=False)
    """Whether it is no longer to be used (R4 concept property `inactive`, `status`)."""
    abstract: bool = field(init=False, default=False)
    """Whether it groups others and is not to be selected."""

    def __post_init__(self) -> None:
        for given in self.properties:
            if given.means("inactive"):
                self.inactive = self.inactive or given.text == "true"
            elif given.means("status"):
                self.inactive = self.inactive or given.text in _INACTIVE
            elif given.means("notSelectable", "abstract"):
                self.abstract = self.abstract or given.text == "true"

    def of(self, name: str) -> list[str]:
        """The values of a property as text; `code`, `display`, `definition`, `parent` included."""
        match name:
            case "code" | "concept":
                return [self.code]
            case "display":
                return [self.display] if self.display else []
            case "definition":
                return [self.definition] if self.definition else []
            case "parent" | "subsumedBy":
                return list(self.parents)
        return [p.text for p in self.properties if p.code == name]


@dataclass(frozen=True, slots=True)
class Identity:
    """What a code system says of itself. `stamp` changes whenever its content does."""

    url: str
    version: str | None
    name: str
    title: str | None
    content: str
    stamp: str
    status: str = "active"
    language: str | None = None
    case_sensitive: bool = True
    experimental: bool = False
    value_set: str | None = None
    source: str | None = None


class CodeTable:
    """The concepts of one code system, at one version or on one day.

    `listed` is False where the codes are made by a grammar, so that there is no list of them.
    """

    listed = True

    def __init__(
        self, identity: Identity, nodes: Sequence[Node], properties: Iterable[str] = ()
    ) -> None:
        self.identity = identity
        self.nodes: dict[str, Node] = {}
        for node in nodes:
            self.nodes.setdefault(node.code, node)
        self.properties = frozenset(properties)

    @property
    def url(self) -> str:
        """The canonical url of the code system."""
        return self.identity.url

    @property
    def complete(self) -> bool:
        """Whether a code that is not here does not exist."""
        return self.identity.content == "complete"

    @cached_property
    def _plain(self) -> dict[str, str]:
        return {code.casefold(): code for code in reversed(self.nodes)}

    @cached_property
    def children(self) -> dict[str, list[str]]:
        """Direct children by parent, in the order of the table."""
        found: dict[str, list[str]] = {}
        for node in self.nodes.values():
            for parent in node.parents:
                found.setdefault(parent, []).append(node.code)
        return found

    @cached_property
    def folded(self) -> dict[str, str]:
        """Code, display and other names of each concept as `folded_names` joins them."""
        return {
            node.code: folded_names(node.code, node.display, *(d.value for d in node.designations))
            for node in self.nodes.values()
        }

    def get(self, code: str) -> Node | None:
        """The concept of a code, whatever its case where the system says that case has no sense."""
        found = self.nodes.get(code)
        if found is None and not self.identity.case_sensitive:
            other = self._plain.get(code.casefold())
            return None if other is None else self.nodes[other]
        return found

    def anchor(self, code: str) -> str | None:
        """A code that stands in the hierarchy, if only as a parent that a fragment leaves out."""
        node = self.get(code)
        if node is not None:
            return node.code
        return code if code in self.children else None

    def descendants(self, code: str) -> set[str]:
        """Every code below `code`, itself left out. A circle in the hierarchy ends the walk."""
        reached = self._walk(code, lambda each: self.children.get(each, ()))
        reached.discard(code)
        return reached

    def ancestors(self, code: str) -> set[str]:
        """Every code above `code`, itself left out."""
        nodes = self.nodes
        reached = self._walk(code, lambda each: nodes[each].parents if each in nodes else ())
        reached.discard(code)
        return reached

    def _walk(self, start: str, step: Any) -> set[str]:
        reached, waiting = {start}, [start]
        while waiting:
            for other in step(waiting.pop()):
                if other not in reached:
                    reached.add(other)
                    waiting.append(other)
        return reached


NAME = "\x1f"  # stands before and after each text of `folded_names`


def folded_names(*names: str | None) -> str:
    """Texts without marks, each between separators, for search by text."""
    return NAME + NAME.join(fold(name) for name in names if name) + NAME


def display_in(
    node: Node, wanted: Sequence[str], language: str | None, fallback: str | None = None
) -> str | None:
    """The name of a concept in the first wanted language that it has, else its own display."""
    for tag in wanted:
        if language and matches_language(language, tag):
            return node.display or fallback
        for designation in node.designations:
            if designation.language and matches_language(designation.language, tag):
                return designation.value
    return node.display or fallback


def matches_language(tag: str, wanted: str) -> bool:
    """Whether a language tag is the wanted one or a kind of it ("vi-VN" for "vi", and back)."""
    one, other = tag.lower(), wanted.lower()
    return one == other or one.startswith(other + "-") or other.startswith(one + "-")
