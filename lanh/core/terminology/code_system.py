"""A code system as FHIR writes it, read strictly into typed concepts with validity dates."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal, TypeAlias, cast

from lanh.core.text import Catalogue, Message, Words, nfc

MESSAGES = Catalogue.load(Path(__file__).with_name("messages.yaml"))

Content: TypeAlias = Literal["complete", "fragment"]
Value: TypeAlias = str | int | bool | Decimal

_SYSTEM_KEYS = {
    "resourceType", "id", "url", "version", "name", "title", "_title", "status", "date",
    "language", "publisher", "description", "caseSensitive", "content", "property", "concept",
    "copyright", "valueSet", "hierarchyMeaning",
}  # fmt: skip
_REQUIRED = ("url", "version", "name", "title", "status", "date", "language", "content", "concept")
_CONCEPT_KEYS = {"code", "display", "designation", "property"}
_KINDS: dict[str, tuple[str, type | tuple[type, ...]]] = {
    "code": ("valueCode", str),
    "string": ("valueString", str),
    "integer": ("valueInteger", int),
    "boolean": ("valueBoolean", bool),
    "decimal": ("valueDecimal", (int, float, Decimal)),
    "dateTime": ("valueDateTime", (str, date)),
}
VALID_FROM, VALID_TO = "validFrom", "validTo"
_PARENT = "http://hl7.org/fhir/concept-properties#parent"
TRANSLATION = "http://hl7.org/fhir/StructureDefinition/translation"


class CodeSystemError(ValueError):
    """A code system that cannot be loaded; `problem` says what and where in both languages."""

    def __init__(self, problem: Message) -> None:
        super().__init__(problem.en)
        self.problem = problem


@dataclass(frozen=True, slots=True)
class Concept:
    """A code, what it is called, the days on which it holds, and its properties.

    `valid_from` None means the date of the code system; `valid_to` is the first day on which the
    concept no longer holds, None while it does.
    """

    code: str
    display: Words
    valid_from: date | None = None
    valid_to: date | None = None
    properties: Mapping[str, Value] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class CodeSystem:
    """A named list of concepts. A `fragment` never closes or replaces a `complete` list.

    `source` names the decision or circular that it stands in, `value_set` the url that means all
    of its codes, `parent_property` the property that names the code above, `kinds` the FHIR types
    of the properties.
    """

    url: str
    name: str
    version: str
    title: Words
    valid_from: date
    content: Content
    concepts: Sequence[Concept]
    source: str = ""
    value_set: str | None = None
    parent_property: str | None = None
    kinds: Mapping[str, str] = field(default_factory=dict)

    def __getitem__(self, code: str) -> Concept:
        for concept in self.concepts:
            if concept.code == code:
                return concept
        raise KeyError(code)

    def digest(self) -> str:
        """A SHA-256 over everything that loading would write."""
        rows = [
            [c.code, c.display.vi, c.display.en, str(c.valid_from), str(c.valid_to),
             sorted((name, str(value)) for name, value in c.properties.items())]
            for c in self.concepts
        ]  # fmt: skip
        head = [
            self.url, self.name, self.version, self.title.vi, self.title.en, self.content,
            self.source, self.value_set, self.parent_property, sorted(self.kinds.items()),
        ]  # fmt: skip
        text = json.dumps([head, str(self.valid_from), rows], ensure_ascii=False)
        return hashlib.sha256(text.encode()).hexdigest()


def _refuse(key: str, /, **parameters: object) -> CodeSystemError:
    return CodeSystemError(MESSAGES.message(key, **parameters))


def parse(resource: Mapping[str, Any]) -> CodeSystem:
    """The code system of a FHIR R4 CodeSystem whose display is Vietnamese and designation English.

    Strict: unknown keys, undeclared properties, values of another type, a missing language and a
    repeated code are errors, since a list that loads wrongly is read wrongly for years.

    Raises:
        CodeSystemError: naming the system, the code and the fault.
    """
    name = str(resource.get("name", resource.get("url", "?")))
    if resource.get("resourceType") != "CodeSystem":
        raise _refuse("not-code-system", name=name)
    for key in resource.keys() - _SYSTEM_KEYS:
        raise _refuse("unknown-key", name=name, place="CodeSystem", key=key)
    for key in _REQUIRED:
        if not resource.get(key):
            raise _refuse("missing-key", name=name, place="CodeSystem", key=key)
    if resource["content"] not in ("complete", "fragment") or resource["language"] != "vi":
        raise _refuse("unknown-key", name=name, place="CodeSystem", key="content, language")
    kinds = {item["code"]: item["type"] for item in resource.get("property", ())}
    concepts: dict[str, Concept] = {}
    for item in resource["concept"]:
        concept = _concept(name, item, kinds)
        if concept.code in concepts:
            raise _refuse("repeated-code", name=name, code=concept.code)
        concepts[concept.code] = concept
    return CodeSystem(
        url=resource["url"],
        name=resource["name"],
        version=str(resource["version"]),
        title=Words(vi=nfc(resource["title"]), en=_english_title(resource, name)),
        valid_from=_day(name, "CodeSystem.date", resource["date"]),
        content=resource["content"],
        concepts=tuple(concepts.values()),
        source=nfc(resource.get("description", "")),
        value_set=resource.get("valueSet"),
        parent_property=next(
            (p["code"] for p in resource.get("property", ()) if p.get("uri") == _PARENT), None
        ),
        kinds={code: kind for code, kind in kinds.items() if code not in (VALID_FROM, VALID_TO)},
    )


def _english_title(resource: Mapping[str, Any], name: str) -> str:
    for extension in resource.get("_title", {}).get("extension", ()):
        if extension.get("url") == TRANSLATION:
            parts = {part.get("url"): part for part in extension.get("extension", ())}
            if parts.get("lang", {}).get("valueCode") == "en":
                return nfc(parts["content"]["valueString"])
    raise _refuse("missing-language", name=name, code="title")


def _concept(name: str, item: Mapping[str, Any], kinds: Mapping[str, str]) -> Concept:
    code = item.get("code")
    if not isinstance(code, str) or not code or code != code.strip():
        raise _refuse("missing-key", name=name, place=repr(item)[:60], key="code")
    for key in item.keys() - _CONCEPT_KEYS:
        raise _refuse("unknown-key", name=name, place=code, key=key)
    english = [d.get("value") for d in item.get("designation", ()) if d.get("language") == "en"]
    if not item.get("display") or not english or not english[0]:
        raise _refuse("missing-language", name=name, code=code)
    properties = dict(_property(name, code, p, kinds) for p in item.get("property", ()))
    valid_from, valid_to = properties.pop(VALID_FROM, None), properties.pop(VALID_TO, None)
    return Concept(
        code=code,
        display=Words(vi=nfc(item["display"]), en=nfc(english[0])),
        valid_from=None if valid_from is None else _day(name, code, valid_from),
        valid_to=None if valid_to is None else _day(name, code, valid_to),
        properties=properties,
    )


def _property(
    name: str, code: str, item: Mapping[str, Any], kinds: Mapping[str, str]
) -> tuple[str, Value]:
    kind = kinds.get(item.get("code", ""))
    if kind is None or kind not in _KINDS:
        raise _refuse("unknown-key", name=name, place=code, key=str(item.get("code")))
    key, expected = _KINDS[kind]
    value = item.get(key)
    wrong = isinstance(value, bool) and kind != "boolean"
    if set(item) != {"code", key} or not isinstance(value, expected) or wrong:
        raise _refuse("wrong-value", name=name, code=code, property=item["code"], kind=kind)
    if kind == "decimal":
        return item["code"], Decimal(str(value))
    return item["code"], str(value) if kind == "dateTime" else cast(Value, value)


def _day(name: str, place: str, value: object) -> date:
    if isinstance(value, date):
        return value
    try:
        return date.fromisoformat(str(value))
    except ValueError as error:
        raise _refuse("wrong-date", name=name, place=place, value=str(value)) from error
