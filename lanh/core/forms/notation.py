"""Forms written in YAML with FHIR's keys, read into the JSON of a Questionnaire.

Everything that FHIR's JSON says can be said as it stands there. Three things may be shorter: a text
in both languages (`text: {vi: …, en: …}`, for the translation extension), the extensions that
this engine knows, by name (`extension: {minValue: 0, calculatedExpression: …}`), and definitions of
R4's own resources (`Observation.status`, for their whole address). What is read is plain FHIR;
numbers keep the digits they were written with.
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

import yaml

from lanh.core.forms import sdc
from lanh.core.forms.errors import DefinitionFault, FormInvalid, fault
from lanh.core.forms.sdc import Json
from lanh.core.text import nfc

_LARGEST = 1_000_000
_DEEPEST = 100
_OWN_DEFINITION = re.compile(r"[A-Z][A-Za-z]+(\.[A-Za-z\[\]:]+)*")
_BOUNDS = {
    "integer": "valueInteger", "decimal": "valueDecimal", "date": "valueDate",
    "dateTime": "valueDateTime", "time": "valueTime",
}  # fmt: skip


class _Loader(yaml.SafeLoader):
    """YAML as JSON knows it: true and false alone are booleans, dates are texts, no aliases."""

    depth = 0

    def compose_node(self, parent: Any, index: Any) -> Any:
        self.depth += 1
        if self.depth > _DEEPEST:
            raise yaml.YAMLError("nested too deeply")
        if self.check_event(yaml.AliasEvent):
            event = self.peek_event()  # type: ignore[no-untyped-call]
            raise yaml.MarkedYAMLError(problem="alias", problem_mark=event.start_mark)
        node = super().compose_node(parent, index)
        self.depth -= 1
        return node


def _mapping(loader: _Loader, node: yaml.MappingNode) -> Json:
    found: Json = {}
    for key_node, value_node in node.value:
        key = loader.construct_object(key_node, deep=True)
        if not isinstance(key, str) or key in found:
            raise yaml.MarkedYAMLError(problem=f"key {key}", problem_mark=key_node.start_mark)
        found[key] = loader.construct_object(value_node, deep=True)
    return found


def _text(loader: _Loader, node: yaml.ScalarNode) -> str:
    return nfc(str(node.value))


def _number(loader: _Loader, node: yaml.ScalarNode) -> Decimal:
    return Decimal(node.value)


_TAG = "tag:yaml.org,2002:"
_Loader.yaml_implicit_resolvers = {}
for _name, _form, _first in (
    ("bool", r"true|false", "tf"),
    ("null", r"null|~|", ["n", "~", ""]),
    ("int", r"-?(?:0|[1-9][0-9]*)", "-0123456789"),
    ("float", r"-?(?:0|[1-9][0-9]*)\.[0-9]+(?:[eE][-+]?[0-9]+)?", "-0123456789"),
):
    _Loader.add_implicit_resolver(_TAG + _name, re.compile(f"^(?:{_form})$"), list(_first))
_Loader.add_constructor(_TAG + "map", _mapping)
_Loader.add_constructor(_TAG + "str", _text)
_Loader.add_constructor(_TAG + "float", _number)


def read_notation(text: str, name: str = "form") -> Json:
    """The Questionnaire's JSON of a YAML text. Raises FormInvalid with line and column."""
    if len(text) > _LARGEST:
        raise FormInvalid([fault("too-long", name, "yaml-large", limit=_LARGEST)])
    try:
        loader = _Loader(text)
        found = loader.get_single_data()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        where = f"{name}:{mark.line + 1}:{mark.column + 1}" if mark else name
        raise FormInvalid([fault("structure", where, "yaml", problem=error.problem)]) from None
    except (yaml.YAMLError, RecursionError) as error:
        problem = str(error).split("\n")[0][:120]
        raise FormInvalid([fault("structure", name, "yaml", problem=problem)]) from None
    if not isinstance(found, dict):
        raise FormInvalid([fault("structure", name, "yaml-mapping")])
    faults: list[DefinitionFault] = []
    language = str(found.get("language", "vi"))
    expanded = _Expansion("en" if language == "vi" else "vi", language, faults).of(found, name)
    if faults:
        raise FormInvalid(faults)
    made: Json = expanded
    return made


class _Expansion:
    """The short notations turned into FHIR's own."""

    def __init__(self, other: str, language: str, faults: list[DefinitionFault]) -> None:
        self._other = other
        self._own = language
        self._faults = faults

    def of(self, value: Any, where: str) -> Any:
        if isinstance(value, list):
            return [self.of(each, f"{where}[{n}]") for n, each in enumerate(value)]
        if not isinstance(value, dict):
            return value
        made: Json = {}
        for key, each in value.items():
            here = f"{where}.{key}"
            if key == "definition" and "type" in value:
                made[key] = _address(each)
            elif key == "extension" and isinstance(each, dict):
                made[key] = self._extensions(each, str(value.get("type", "")), here)
            elif isinstance(each, dict) and each.keys() == {"vi", "en"}:
                made |= self._both(key, each, value)
            else:
                made[key] = self.of(each, here)
        return made

    def _both(self, key: str, given: Json, holder: Json) -> Json:
        row = {
            "url": sdc.TRANSLATION,
            "extension": [
                {"url": "lang", "valueCode": self._other},
                {"url": "content", "valueString": given[self._other]},
            ],
        }
        return {key: given[self._own], "_" + key: {"extension": [row]}}

    def _extensions(self, given: Json, kind: str, where: str) -> list[Json]:
        made: list[Json] = []
        for name, value in given.items():
            known = sdc.KNOWN.get(name)
            if known is None:
                self._faults.append(fault("not-found", where, "extension-name", name=name))
                continue
            if known.value == "variable" and isinstance(value, dict):
                value = [{"name": n, "expression": e} for n, e in value.items()]
            several = value if known.several and isinstance(value, list) else [value]
            if known.value == "assign" and isinstance(value, dict):
                several = list(value.items())
            for each in several:
                made += self._one(known, each, kind, f"{where}.{name}")
        return made

    def _one(self, known: sdc.Known, value: Any, kind: str, where: str) -> list[Json]:
        row: Json = {"url": known.url}
        match known.value:
            case "control":
                row["valueCodeableConcept"] = (
                    sdc.control(value) if isinstance(value, str) else value
                )
            case "unit":
                row["valueCoding"] = self.of(sdc.unit(value), where)
            case "bound":
                row[_BOUNDS.get(kind, "valueInteger")] = value
            case "expression":
                row["valueExpression"] = _expression(value)
            case "variable" | "named":
                row["valueExpression"] = _expression(value)
            case "context":
                row["extension"] = _context(value)
            case "constraint":
                row["extension"] = self._constraint(value)
            case "extract":
                row["extension"] = _extract(value)
            case "assign":
                row["extension"] = _assigned(value)
            case key:
                if isinstance(value, dict) and value.keys() == {"vi", "en"}:
                    row |= self._both(key, value, row)
                else:
                    row[key] = self.of(value, where)
        return [row]

    def _constraint(self, given: Any) -> list[Json]:
        if not isinstance(given, dict):
            return []
        kinds = {"key": "valueId", "severity": "valueCode"}
        made: list[Json] = []
        for name, value in {"severity": "error", **given}.items():
            key = kinds.get(name, "valueString")
            both = isinstance(value, dict) and value.keys() == {"vi", "en"}
            shown = self._both(key, value, {}) if both else {key: value}
            made.append({"url": name, **shown})
        return made


def _expression(value: Any) -> Any:
    if isinstance(value, str):
        return {"language": sdc.FHIRPATH, "expression": value}
    if isinstance(value, dict) and "language" not in value:
        return {**value, "language": sdc.FHIRPATH}
    return value


def _context(given: Any) -> list[Json]:
    """A launch context: {name, type, description}, or NAME/TYPE."""
    if isinstance(given, str):
        name, _, kind = given.partition("/")
        given = {"name": name, "type": kind}
    if not isinstance(given, dict):
        return []
    made: list[Json] = [{"url": "name", "valueId": given.get("name")}]
    made.append({"url": "type", "valueCode": given.get("type")})
    if "description" in given:
        made.append({"url": "description", "valueString": given["description"]})
    return made


def _extract(given: Any) -> list[Json]:
    """A resource to extract: its definition, or {definition, fullUrl, ifNoneExist, …}."""
    if not isinstance(given, dict):
        given = {"definition": given}
    return [
        {"url": name, "valueCanonical": _address(value)}
        if name == "definition"
        else {"url": name, "valueString": value}
        for name, value in given.items()
    ]


def _address(given: Any) -> Any:
    """The address of a definition: `Observation` or `Observation.status` means R4's own."""
    if not isinstance(given, str) or _OWN_DEFINITION.fullmatch(given) is None:
        return given
    kind, dot, _ = given.partition(".")
    return f"{sdc.CORE}{kind}#{given}" if dot else sdc.CORE + kind


def _assigned(given: Any) -> list[Json]:
    """A value to extract: (definition, expression or {valueX: fixed value})."""
    if not (isinstance(given, tuple) and len(given) == 2):
        return []
    definition, value = given
    made: list[Json] = [{"url": "definition", "valueUri": _address(definition)}]
    if isinstance(value, dict) and len(value) == 1 and next(iter(value)).startswith("value"):
        return [*made, {"url": "fixed-value", **value}]
    return [*made, {"url": "expression", "valueExpression": _expression(value)}]
