"""Rules of references: the form of the text and the types an element may refer to."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

from lanh.core.fhir.definitions import definitions
from lanh.core.fhir.primitives import ID
from lanh.core.fhir.validation.faults import Fault, Rule, Scope, shown

_RELATIVE = re.compile(r"([A-Za-z]+)/([A-Za-z0-9\-.]{1,64})(?:/_history/[A-Za-z0-9\-.]{1,64})?")
_CONDITIONAL = re.compile(r"([A-Za-z]+)\?\S+")
_QUERY = re.compile(r"[A-Za-z_][\w.:\-]*=[^=&?]+(&[A-Za-z_][\w.:\-]*=[^=&?]+)*")
_ABSOLUTE = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]*:\S+")
is_id = ID.fullmatch
# Logical references and those to a type this server does not know stay open.
_OPEN_SCHEMES = ("urn:", "#")


@lru_cache(maxsize=2048)
def reference_type(text: str) -> str | None:
    """The resource type a literal reference names, or None where the text does not tell."""
    found = _RELATIVE.fullmatch(text) or _CONDITIONAL.fullmatch(text)
    if found is not None:
        return found.group(1)
    if text.startswith(_OPEN_SCHEMES) or "/" not in text:
        return None
    parts = text.split("/_history/")[0].rsplit("/", 2)
    if len(parts) == 3 and parts[1] in definitions().resource_types:
        return parts[1]
    return None


def reference_rule(targets: tuple[str, ...]) -> Rule:
    """The rule of a Reference that may point to `targets` (none given: to anything)."""
    known = definitions().resource_types
    allowed = frozenset(targets) or known

    def rule(value: Any, scope: Scope) -> Fault | None:
        text = value.get("reference")
        if text is None:
            return _by_type(value, allowed)
        # Most references are `Type/id`: one split, one look-up and one match decide them.
        head, _, rest = text.partition("/")
        if head in allowed and is_id(rest) and "type" not in value:
            return None
        if text.startswith("#"):
            scope.local.append(text[1:])
        fault = _judge(value, text)
        query = text.partition("?")[2] if _CONDITIONAL.fullmatch(text) else ""
        if fault is None and scope.options.strict and query and not _QUERY.fullmatch(query):
            # What is no search finds nothing; a server may still read it loosely.
            return Fault("value", "reference-form", value=shown(text)).at("reference")
        return fault or _agrees(value, text)

    def _judge(value: Any, text: str) -> Fault | None:
        found = _RELATIVE.fullmatch(text) or _CONDITIONAL.fullmatch(text)
        if found is None:
            if text.startswith("#") or _ABSOLUTE.fullmatch(text):
                named = reference_type(text)
                if named is not None and named not in allowed:
                    return _wrong(text, allowed)
                return _by_type(value, allowed)
            return Fault("value", "reference-form", value=shown(text)).at("reference")
        if found.group(1) not in known:
            return Fault("value", "reference-unknown-type", value=shown(text)).at("reference")
        if found.group(1) not in allowed:
            return _wrong(text, allowed)
        return _by_type(value, allowed)

    return rule


def _agrees(value: dict[str, Any], text: str) -> Fault | None:
    """The rule that a stated type is that of the text (R4 Reference.type)."""
    stated, named = value.get("type"), reference_type(text)
    known = definitions().resource_types
    if stated is None or named is None or named == stated or not {stated, named} <= known:
        return None
    return Fault("value", "reference-type", type=shown(stated), got=named).at("type")


def _by_type(value: dict[str, Any], allowed: frozenset[str]) -> Fault | None:
    named = value.get("type")
    if named is None or named in allowed or named not in definitions().resource_types:
        return None
    return _wrong(named, allowed)


def _wrong(text: str, allowed: frozenset[str]) -> Fault:
    return Fault(
        "value", "reference-target", value=shown(text), targets=", ".join(sorted(allowed))
    ).at("reference")
