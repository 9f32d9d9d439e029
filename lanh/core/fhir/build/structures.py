"""Structure tables: the elements of every resource and data type with what each allows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_PROFILE = "http://hl7.org/fhir/StructureDefinition/"
_SYSTEM = "http://hl7.org/fhirpath/System."
_FHIR_TYPE = "http://hl7.org/fhir/StructureDefinition/structuredefinition-fhir-type"
_REGEX = "http://hl7.org/fhir/StructureDefinition/regex"
# Checked for every element by the validator itself, so not listed element by element.
_EVERYWHERE = frozenset({"ele-1", "ext-1"})
SUMMARY, MODIFIER, CHOICE = 1, 2, 4

Json = dict[str, Any]


def structures(definitions: list[Json]) -> tuple[Json, Json]:
    """The structure table and the invariants it names, from StructureDefinition resources.

    A structure is `{kind, base, abstract, invariants, elements}`; an element is
    `[name, min, max, flags, types, value set, invariants]` with max -1 for unbounded. A backbone
    element is a structure of its own, named by its path.
    """
    tables: Json = {}
    invariants: Json = {}
    rules = _profile_rules(definitions, invariants)
    for definition in definitions:
        if definition.get("derivation") == "constraint" or definition["kind"] == "logical":
            continue
        if definition["kind"] == "primitive-type":
            tables[definition["name"]] = _primitive(definition)
        else:
            tables.update(_complex(definition, invariants, rules))
    return dict(sorted(tables.items())), dict(sorted(invariants.items()))


def _profile_rules(definitions: list[Json], invariants: Json) -> dict[str, list[str]]:
    """Rules that a constrained data type (SimpleQuantity) adds to its type, by its address."""
    roots = {
        d["url"]: _constraints(d["snapshot"]["element"][0], {})
        for d in definitions
        if "snapshot" in d
    }
    found = {}
    for definition in definitions:
        if definition.get("derivation") != "constraint" or definition["kind"] != "complex-type":
            continue
        known = roots.get(definition["baseDefinition"], [])
        added = [key for key in roots.get(definition["url"], ()) if key not in known]
        if definition["type"] != "Extension" and added:
            found[definition["url"]] = added
            _constraints(definition["snapshot"]["element"][0], invariants)
    return found


def _of_profiles(element: Json, rules: Mapping[str, list[str]]) -> list[str]:
    """The rules of the constrained types that an element names as profile of its only type."""
    if len(element.get("type", ())) != 1:
        return []
    return [key for url in element["type"][0].get("profile", ()) for key in rules.get(url, ())]


def _base(definition: Json) -> str | None:
    base = definition.get("baseDefinition")
    return base.rsplit("/", 1)[1] if base else None


def _primitive(definition: Json) -> Json:
    pattern = None
    for element in definition["snapshot"]["element"]:
        if element["path"].endswith(".value"):
            for extension in element["type"][0].get("extension", ()):
                if extension["url"] == _REGEX:
                    pattern = extension["valueString"]
    return {"kind": "primitive", "base": _base(definition), "pattern": pattern}


def _complex(definition: Json, invariants: Json, rules: Mapping[str, list[str]]) -> Json:
    elements = definition["snapshot"]["element"]
    name = definition["type"]
    kind = "resource" if definition["kind"] == "resource" else "complex"
    parents = {element["path"].rpartition(".")[0] for element in elements}
    tables: Json = {
        name: {
            "kind": kind,
            "base": _base(definition),
            "abstract": bool(definition["abstract"]),
            "invariants": _constraints(elements[0], invariants),
            "elements": [],
        }
    }
    for element in elements[1:]:
        path = element["path"]
        if path in parents:
            tables[path] = {
                "kind": "element",
                "base": element["type"][0]["code"],
                "abstract": False,
                "invariants": [],
                "elements": [],
            }
        owner, _, last = path.rpartition(".")
        tables[owner]["elements"].append(
            [
                *_element(element, last, path in parents, kind == "resource" and owner == name),
                _constraints(element, invariants) + _of_profiles(element, rules),
            ]
        )
    return tables


def _element(element: Json, name: str, nested: bool, at_root: bool) -> list[Any]:
    flags = 0
    if element.get("isSummary"):
        flags |= SUMMARY
    if element.get("isModifier"):
        flags |= MODIFIER
    if name.endswith("[x]"):
        flags |= CHOICE
        name = name[:-3]
    maximum = element["max"]
    return [
        name,
        element["min"],
        -1 if maximum == "*" else int(maximum),
        flags,
        _types(element, nested, at_root and name == "id"),
        _binding(element),
    ]


def _types(element: Json, nested: bool, is_id: bool) -> list[Any]:
    if "contentReference" in element:
        return [element["contentReference"].lstrip("#")]
    if nested:
        return [element["path"]]
    if is_id:
        return ["id"]
    types: list[Any] = []
    for given in element["type"]:
        code = given["code"]
        if code.startswith(_SYSTEM):
            code = next(e["valueUrl"] for e in given["extension"] if e["url"] == _FHIR_TYPE)
        targets = sorted(t.removeprefix(_PROFILE) for t in given.get("targetProfile", ()))
        if code == "Reference" and targets and "Resource" not in targets:
            types.append([code, targets])
        else:
            types.append(code)
    return types


def _binding(element: Json) -> str | None:
    binding = element.get("binding")
    if not binding or binding["strength"] != "required" or "valueSet" not in binding:
        return None
    return str(binding["valueSet"].partition("|")[0])


def _constraints(element: Json, invariants: Json) -> list[str]:
    keys = []
    for constraint in element.get("constraint", ()):
        key = constraint["key"]
        if key in _EVERYWHERE or not constraint.get("expression"):
            continue
        entry = [constraint["severity"], constraint["expression"], constraint["human"]]
        # A few keys (inv-1, inv-2) are used for different rules: name those by their place.
        if invariants.setdefault(key, entry) != entry:
            key = f"{key}@{element['path']}"
            invariants[key] = entry
        keys.append(key)
    return keys


def bound_value_sets(tables: Mapping[str, Any]) -> list[str]:
    """The value sets that some element is bound to with strength required."""
    return sorted(
        {
            element[5]
            for structure in tables.values()
            for element in structure.get("elements", ())
            if element[5]
        }
    )
