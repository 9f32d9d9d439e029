"""JSON Schema (draft 4) that accepts only valid resources, made from the structure tables.

Draft 4 because there 1.0 is no integer, as in FHIR. The schema is meant to accept the usual
forms fast; the unusual ones (extensions of primitives, absolute references, 29 February) are
refused here and left to the exact check.
"""

from __future__ import annotations

from lanh.core.fhir.definitions import Definitions, Element, Structure, TypeOption
from lanh.core.fhir.path.parser import parse
from lanh.core.fhir.primitives import WHOLE
from lanh.core.fhir.validation.logic import NEVER, Schema, sufficient
from lanh.core.fhir.validation.primitive import MAX_TEXT

# Types with a rule checked after acceptance, where they stand in the resource itself and not
# inside a data type; and rules that the forms accepted here rule out.
CHECKED_AFTERWARDS = {"Period": "per-1", "Narrative": "txt-1"}
_RULED_OUT = frozenset(
    {"ext-1", "ref-1", "txt-1", "txt-2", "dom-2", "dom-3", "dom-4", "dom-5", "dom-6"}
)
_DAY = r"(0[1-9]|1[0-2])(-(0[1-9]|1[0-9]|2[0-8]))?|(0[13-9]|1[0-2])-(29|30)|(0[13578]|1[02])-31"
_FULL_DAY = r"((0[1-9]|1[0-2])-(0[1-9]|1[0-9]|2[0-8])|(0[13-9]|1[0-2])-(29|30)|(0[13578]|1[02])-31)"
_CLOCK = r"([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\.[0-9]+)?"
_MOMENT = rf"[12][0-9]{{3}}-{_FULL_DAY}T{_CLOCK}(Z|[+-](0[0-9]|1[0-3]):[0-5][0-9])"
_BLANK = r"\x00-\x20\x7f-\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"
_TEXT = rf"^[^{_BLANK}][^\x00-\x08\x0b\x0c\x0e-\x1f]*$"
_URI = r"^[!-~]+$"
_ABSOLUTE = r"^[!-~]*:[!-~]*$"
_ID = r"[A-Za-z0-9.\-]{1,64}"
_PATTERNS = {
    "string": _TEXT,
    "markdown": _TEXT,
    "code": r"^[!-~]+( [!-~]+)*$",
    "uri": _URI,
    "url": _URI,
    "canonical": _URI,
    "id": rf"^{_ID}$",
    "oid": r"^urn:oid:[0-2](\.(0|[1-9][0-9]*))+$",
    "uuid": r"^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$",
    "date": rf"^[12][0-9]{{3}}(-({_DAY}))?$",
    "dateTime": rf"^([12][0-9]{{3}}(-({_DAY}))?|{_MOMENT})$",
    "instant": rf"^{_MOMENT}$",
    "time": rf"^{_CLOCK}$",
    "base64Binary": r"^([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{4}|[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)$",
}
# Extension has some fifty value types; one property besides url means at most one of them.
_EXTENSION = {"minProperties": 2, "maxProperties": 2}
# Extensions that FHIR publishes are judged by their definitions, and codes of its own systems
# looked up, by the exact check.
_NOT_PUBLISHED: Schema = {
    "not": {"properties": {"url": {"pattern": "^http://hl7.org/fhir/StructureDefinition/"}}}
}
_SIZE_OR_DATA: Schema = {"not": {"required": ["size", "data"]}}
_NOT_OF_FHIR: Schema = {
    "anyOf": [
        {"not": {"required": ["system"]}},
        {"properties": {"system": {"pattern": "^http://hl7.org/fhir/sid/"}}},
        {"properties": {"system": {"not": {"pattern": "^http://hl7.org/fhir/"}}}},
    ]
}
# Of complex types only those that extensions usually hold: each type costs memory per schema.
_EXTENSION_TYPES = frozenset(
    {
        "Address",
        "CodeableConcept",
        "Coding",
        "Extension",
        "Identifier",
        "Period",
        "Quantity",
        "Reference",
    }
)


class SchemaMaker:
    """Makes the schema of one resource type with the data types it uses."""

    def __init__(self, tables: Definitions, *, local: bool) -> None:
        """`local`: resources that contain others or are contained, whose references may be
        `#id`; whether those lead somewhere is for the caller to check."""
        self._tables = tables
        self._local = local
        self._made: dict[str, Schema] = {}

    def resource(self, name: str) -> Schema:
        """The schema of a resource type."""
        self._made = {}
        schema = self._object(self._tables.structure(name), own=True)
        schema["properties"]["resourceType"] = {"enum": [name]}
        schema["required"] = ["resourceType", *schema.get("required", ())]
        if "contained" in schema["properties"] and not self._local:
            del schema["properties"]["contained"]
        return {**schema, "definitions": self._made}

    def _named(self, key: str, make: Structure, own: bool) -> Schema:
        if key not in self._made:
            self._made[key] = {}
            self._made[key].update(self._object(make, own=own))
        return {"$ref": f"#/definitions/{key}"}

    def _object(self, structure: Structure, *, own: bool) -> Schema:
        """`own`: the object belongs to the resource itself, not to a data type in it."""
        properties: Schema = {}
        required: list[str] = []
        conditions: list[Schema] = []
        for element in structure.elements:
            names = element.json_names()
            for name, option in names:
                if structure.name != "Extension" or self._usual(option.code):
                    properties[name] = self._element(element, option, own)
            if len(names) > 1 and structure.name != "Extension":
                conditions.append(_one_of([name for name, _ in names], element.minimum > 0))
            elif element.minimum:
                required.append(element.name if not element.is_choice else names[0][0])
        conditions.extend(self._rules(structure.invariants, structure.name, own))
        schema: Schema = {
            "type": "object",
            "properties": properties,
            "additionalProperties": False,
            "minProperties": 1,
        }
        if structure.name == "Extension":
            schema.update(_EXTENSION)
            conditions.append(_NOT_PUBLISHED)
        if structure.name == "Coding":
            conditions.append(_NOT_OF_FHIR)
            properties["system"] = {"type": "string", "pattern": _ABSOLUTE}
        if structure.name == "Attachment":
            # Whether they agree is for the exact check.
            conditions.append(_SIZE_OR_DATA)
        if structure.kind != "resource":
            # Ids of elements must differ within the resource; the exact check sees to that.
            properties.pop("id", None)
        if structure.name == "Reference":
            # A stated type would have to agree with the targets; leave that to the exact check.
            del properties["type"]
        if required:
            schema["required"] = required
        if conditions:
            schema["allOf"] = conditions
        return schema

    def _usual(self, code: str) -> bool:
        return code in _EXTENSION_TYPES or code in self._tables.primitives

    def _element(self, element: Element, option: TypeOption, own: bool) -> Schema:
        one = self._one(element, option, own)
        rules = self._rules(element.invariants, option.code, own)
        if rules:
            one = {"allOf": [one, *rules]}
        if not element.is_list:
            return one
        many: Schema = {"type": "array", "minItems": 1, "items": one}
        if element.maximum is not None:
            many["maxItems"] = element.maximum
        return many

    def _one(self, element: Element, option: TypeOption, own: bool) -> Schema:
        code = option.code
        if code in self._tables.primitives:
            return self._primitive(element, code)
        if code in ("Resource", "DomainResource"):
            return {"type": "object"}
        if code == "Narrative":
            return self._narrative(own)
        if code == "Reference":
            return self._reference(option.targets)
        structure = self._tables.structure(code)
        nested = own and structure.kind == "element"
        if code == "Period":
            found = self._named("Period-own" if own else "Period", structure, own)
        else:
            found = self._named(code, structure, nested)
        if code == "CodeableConcept" and element.value_set:
            return self._bound(found, element.value_set)
        return found

    def _narrative(self, own: bool) -> Schema:
        if not own:
            return NEVER
        return {
            "type": "object",
            "properties": {
                "status": {"enum": ["generated", "extensions", "additional", "empty"]},
                "div": {"type": "string"},
            },
            "required": ["status", "div"],
            "additionalProperties": False,
        }

    def _reference(self, targets: tuple[str, ...]) -> Schema:
        key = "Reference-" + "-".join(targets) if targets else "Reference-any"
        if key not in self._made:
            found = self._made[key] = {}
            found.update(self._object(self._tables.structure("Reference"), own=False))
            names = targets or sorted(self._tables.resource_types)
            forms = rf"({'|'.join(names)})(/{_ID}|\?[!-~]+)|urn:uuid:[0-9a-f\-]+"
            pattern = rf"^({forms}|#{_ID})$" if self._local else rf"^({forms})$"
            found["properties"]["reference"] = {"type": "string", "pattern": pattern}
        return {"$ref": f"#/definitions/{key}"}

    def _primitive(self, element: Element, code: str) -> Schema:
        if code == "code" and element.value_set:
            listed = self._tables.value_set(element.value_set)
            if listed is not None:
                return {"enum": sorted(frozenset().union(*listed.values()))}
        if code == "boolean":
            return {"type": "boolean"}
        if code == "decimal":
            return {"type": "number"}
        if code in WHOLE:
            low, high = WHOLE[code]
            return {"type": "integer", "minimum": low, "maximum": high}
        if code not in _PATTERNS:
            return NEVER
        if code not in self._made:
            self._made[code] = {"type": "string", "pattern": _PATTERNS[code]}
            if code in ("string", "markdown"):
                self._made[code]["maxLength"] = MAX_TEXT
        return {"$ref": f"#/definitions/{code}"}

    def _bound(self, concept: Schema, value_set: str) -> Schema:
        listed = self._tables.value_set(value_set)
        if listed is None:
            return concept
        known = [
            {
                "required": ["system", "code"],
                "properties": {"system": {"enum": [s]}, "code": {"enum": sorted(codes)}},
            }
            for s, codes in listed.items()
        ]
        some = {"not": {"items": {"not": {"anyOf": known}}}}
        return {"allOf": [concept, {"required": ["coding"], "properties": {"coding": some}}]}

    def _rules(self, keys: tuple[str, ...], type_name: str, own: bool) -> list[Schema]:
        found = []
        for key in keys:
            if key in _RULED_OUT or (own and key in CHECKED_AFTERWARDS.values()):
                continue
            invariant = self._tables.invariants[key]
            if invariant.severity == "error":
                found.append(sufficient(parse(invariant.expression), type_name))
        return found


def _one_of(names: list[str], needed: bool) -> Schema:
    rows: list[Schema] = [{"required": [name]} for name in names]
    if needed:
        return {"oneOf": rows}
    return {"oneOf": [*rows, {"not": {"anyOf": rows}}]}
