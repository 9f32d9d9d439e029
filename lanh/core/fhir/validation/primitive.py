"""Checks of primitive values, of their `_` siblings, and of codes bound to value sets."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from lanh.core.fhir.definitions.published import published_terminology
from lanh.core.fhir.issues import Severity
from lanh.core.fhir.primitives import DATED, TEXTUAL, WHOLE, exists, is_number
from lanh.core.fhir.validation.faults import Check, Fault, Faults, Rule, Scope, kind_of, shown
from lanh.core.fhir.validation.narrative import narrative_fault
from lanh.core.fhir.validation.options import PLAIN
from lanh.core.fhir.validation.texts import text_faults

# Values of these types may say something about a person, so messages do not repeat them.
_PROSE = frozenset({"string", "markdown"})
_PRIVATE = frozenset({"string", "markdown", "base64Binary"})

_OWN = "http://hl7.org/fhir/"
_SHARED = "http://terminology.hl7.org/"
MAX_TEXT = 1024 * 1024
"""Characters that a string or markdown has at most (R4 2.24.0.1)."""


def primitive_check(name: str) -> Check:
    """The check of one value of a primitive type."""
    if name == "boolean":
        return _boolean
    if name == "decimal":
        return _decimal
    if name in WHOLE:
        return _whole(name, *WHOLE[name])
    if name == "xhtml":
        return _xhtml
    if name in DATED:
        return _dated(name, TEXTUAL[name])
    return _textual(name, TEXTUAL[name])


def _wrong_kind(value: Any, expected: str, type_name: str) -> Faults:
    if value is None:
        return [Fault("structure", "null-value")]
    if isinstance(value, list):
        return [Fault("structure", "list-not-expected")]
    return [
        Fault("structure", "wrong-json-type", expected=expected, type=type_name, got=kind_of(value))
    ]


def _boolean(value: Any, _: Scope) -> Faults | None:
    if value is True or value is False:
        return None
    return _wrong_kind(value, "true/false", "boolean")


def _decimal(value: Any, _: Scope) -> Faults | None:
    if is_number(value):
        return None
    return _wrong_kind(value, "number", "decimal")


def _whole(name: str, lowest: int, highest: int) -> Check:
    def check(value: Any, _: Scope) -> Faults | None:
        if type(value) is int:
            if lowest <= value <= highest:
                return None
            return [Fault("value", "number-outside", value=shown(value), low=lowest, high=highest)]
        if is_number(value):
            return [Fault("value", "whole-expected", type=name, value=shown(str(value)))]
        return _wrong_kind(value, "number", name)

    return check


def _textual(name: str, accepts: Callable[[str], bool]) -> Check:
    def check(value: Any, scope: Scope) -> Faults | None:
        if type(value) is str:
            if len(value) > MAX_TEXT and name in _PROSE:
                return [Fault("too-long", "text-too-long", limit=MAX_TEXT)]
            if not accepts(value):
                return [_malformed(name, value)]
            return None if scope.options is PLAIN else text_faults(name, value, scope.options)
        return _wrong_kind(value, "string", name)

    return check


def _dated(name: str, accepts: Callable[[str], bool]) -> Check:
    def check(value: Any, _: Scope) -> Faults | None:
        if type(value) is not str:
            return _wrong_kind(value, "string", name)
        if not accepts(value):
            return [_malformed(name, value)]
        return None if exists(value) else [Fault("value", "no-such-day", value=shown(value))]

    return check


def _malformed(name: str, value: str) -> Fault:
    if not value.strip():
        return Fault("value", "empty-string")
    if name in _PRIVATE:
        return Fault("value", f"malformed-{name}")
    return Fault("value", f"malformed-{name}", value=shown(value))


def _xhtml(value: Any, scope: Scope) -> Faults | None:
    if type(value) is not str:
        return _wrong_kind(value, "string", "xhtml")
    fault = narrative_fault(value, strict=scope.options.strict)
    return None if fault is None else [Fault("invariant", fault)]


def bound_code_check(url: str, codes: frozenset[str]) -> Check:
    """The check of a `code` that must come from a listed value set (binding required)."""
    plain = primitive_check("code")
    listed = ", ".join(sorted(codes)) if len(codes) <= 20 else ""

    def check(value: Any, scope: Scope) -> Faults | None:
        if type(value) is str and value in codes:
            return None
        found = plain(value, scope)
        if found is not None:
            return found
        if listed:
            return [Fault("code-invalid", "code-outside", value=shown(value), codes=listed)]
        return [Fault("code-invalid", "code-outside-set", value=shown(value), url=url)]

    return check


def known_code(coding: Any, scope: Scope) -> Fault | None:
    """The rule that a coding of a code system which FHIR itself publishes has a code of it.

    Systems of the specification (`http://hl7.org/fhir/…`) are settled by its version; those of
    terminology.hl7.org go on growing elsewhere, so a code unknown there is a doubt only.
    """
    system, code = coding.get("system"), coding.get("code")
    if type(system) is not str or type(code) is not str:
        return None
    own = system.startswith(_OWN) and not system.startswith(_OWN + "sid/")
    if not own and not (scope.warnings and system.startswith(_SHARED)):
        return None
    codes = published_terminology().codes(system)
    if codes is None or code in codes:
        return None
    severity: Severity = "error" if own else "warning"
    return Fault(
        "code-invalid", "code-unknown", severity, system=shown(system), value=shown(code)
    ).at("code")


def absolute_system(coding: Any, _: Scope) -> Fault | None:
    """The rule that a coding's system is an absolute address (R4 Coding.system)."""
    system = coding.get("system")
    if type(system) is not str or ":" in system or not system.strip():
        return None
    return Fault("value", "system-relative", value=shown(system)).at("system")


def system_no_set(coding: Any, scope: Scope) -> Fault | None:
    """The rule that a coding's system is no value set (R4 4.1.1): a doubt unless strict."""
    system = coding.get("system")
    if type(system) is not str or not (scope.warnings or scope.options.strict):
        return None
    known = published_terminology()
    if known.value_set(system) is None or known.codes(system) is not None:
        return None
    severity: Severity = "error" if scope.options.strict else "warning"
    return Fault("code-invalid", "system-set", severity, system=shown(system)).at("system")


def stated_size(attachment: Any, _: Scope) -> Fault | None:
    """The rule that the size stated for data is that of the data (R4 Attachment.size)."""
    stated, data = attachment.get("size"), attachment.get("data")
    if type(stated) is not int or type(data) is not str:
        return None
    text = "".join(data.split())
    count = len(text) // 4 * 3 - (len(text) - len(text.rstrip("=")))
    if stated == count:
        return None
    return Fault("value", "attachment-size", stated=stated, count=count).at("size")


def concept_in(url: str, codes: dict[str, frozenset[str]], type_name: str) -> Rule:
    """The rule that a CodeableConcept has a coding, or a Coding or Quantity a code, from a listed
    value set."""

    def rule(value: Any, _: Scope) -> Fault | None:
        codings = value.get("coding") if type_name == "CodeableConcept" else [value]
        for coding in codings if type(codings) is list else ():
            if type(coding) is dict:
                listed = codes.get(coding.get("system", ""), ())
                if coding.get("code") in listed:
                    return None
        return Fault("code-invalid", "concept-outside", url=url)

    return rule
