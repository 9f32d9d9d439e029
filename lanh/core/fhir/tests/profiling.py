"""Making profiles for tests, short."""

from __future__ import annotations

from typing import Any

from lanh.core.fhir import Profiles, validate

BASE = "http://example.vn/fhir/StructureDefinition/"
CORE = "http://hl7.org/fhir/StructureDefinition/"
Row = dict[str, Any]


def element(path: str, **said: Any) -> Row:
    """A row of ElementDefinition; `path` may be an id with slices (`Patient.name:official`)."""
    parts = [part.partition(":") for part in path.split(".")]
    row: Row = {"id": path, "path": ".".join(part[0] for part in parts)}
    if parts[-1][2]:
        row["sliceName"] = parts[-1][2]
    return row | said


def sliced(path: str, *by: tuple[str, str], rules: str = "open", ordered: bool = False) -> Row:
    """A row that says how the values of an element are told apart."""
    rows = [{"type": kind, "path": to} for kind, to in by]
    return element(path, slicing={"discriminator": rows, "rules": rules, "ordered": ordered})


def profile(name: str, *rows: Row, of: str = "Patient", base: str | None = None) -> Row:
    """A profile with a differential."""
    return {
        "resourceType": "StructureDefinition",
        "url": BASE + name,
        "version": "1.0.0",
        "name": name,
        "status": "active",
        "kind": "resource",
        "abstract": False,
        "type": of,
        "baseDefinition": base or CORE + of,
        "derivation": "constraint",
        "differential": {"element": list(rows) or [element(of)]},
    }


def extension(name: str, *rows: Row, context: str = "Patient", modifies: bool = False) -> Row:
    """The definition of an extension used in elements of `context`."""
    root = element("Extension", isModifier=True) if modifies else element("Extension")
    return profile(
        name, root, element("Extension.url", fixedUri=BASE + name), *rows, of="Extension"
    ) | {"kind": "complex-type", "context": [{"type": "element", "expression": context}]}


def rule(key: str, expression: str, severity: str = "error") -> Row:
    """A constraint."""
    return {"key": key, "severity": severity, "human": f"rule {key}", "expression": expression}


def found(resource: Row, *known: Row, warnings: bool = False) -> list[tuple[str, str]]:
    """(message key's first words, expression) of what the first profile finds in a resource."""
    registry = Profiles(known)
    issues = validate(resource, profiles=registry, named=[known[0]["url"]], warnings=warnings)
    for issue in issues:
        assert issue.message.vi != issue.message.en
    return [(issue.code, issue.expression) for issue in issues]
