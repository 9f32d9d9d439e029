"""Invariants as rules of objects, run by the FHIRPath engine or written out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from lanh.core.fhir.definitions import Invariant, definitions
from lanh.core.fhir.issues import Severity, catalogue
from lanh.core.fhir.path.compiler import Path, compile_path
from lanh.core.fhir.path.nodes import Node, PathError
from lanh.core.fhir.validation.bundle import BUNDLE_RULES
from lanh.core.fhir.validation.faults import Fault, Rule, Scope
from lanh.core.fhir.validation.outcome import kept
from lanh.core.fhir.validation.period import left_open, period_in_order

# Judged with the whole resource, the narrative or every extension.
_ELSEWHERE = frozenset(
    {"ref-1", "txt-1", "txt-2", "dom-2", "dom-3", "dom-4", "dom-5", "ext-1", "ele-1"}
)
# The rule that thirty kinds of definition share: a name that programs can use.
_NAMING = "name.matches('[A-Z]([A-Za-z0-9_]){0,254}')"


def _exists_is_asked_by_boolean(condition: dict[str, Any]) -> bool:
    return condition.get("operator") != "exists" or "answerBoolean" in condition


# Written out for speed: they would be evaluated for every entry or for nearly every resource.
# que-7 as published asks for System.Boolean, which no element of a resource is.
_WRITTEN: dict[str, Callable[[dict[str, Any]], bool]] = {
    "per-1": period_in_order,
    "que-7": _exists_is_asked_by_boolean,
    **BUNDLE_RULES,
}


def rules_of(keys: tuple[str, ...], type_name: str) -> list[Rule]:
    """The rules that values of a type must keep by the invariants of these keys."""
    rules: list[Rule] = [_ext_1] if type_name == "Extension" else []
    for key in keys:
        invariant = definitions().invariants[key]
        if key in _ELSEWHERE:
            continue
        written = _WRITTEN.get(key)
        if written is not None:
            rules.append(_written_rule(invariant, written))
        else:
            rules.append(_path_rule(invariant, compile_path(invariant.expression), type_name))
    return rules


def _broken(invariant: Invariant) -> Fault:
    severity: Severity = "warning" if invariant.severity == "warning" else "error"
    own = f"rule-{invariant.key}"
    if own not in catalogue() and invariant.expression == _NAMING:
        return Fault("invariant", "rule-name", severity, key=invariant.key)
    return Fault("invariant", own, severity)


def _written_rule(invariant: Invariant, keeps: Callable[[dict[str, Any]], bool]) -> Rule:
    ordered = invariant.key == "per-1"

    def rule(value: Any, scope: Scope) -> Fault | None:
        if not keeps(value) or (ordered and scope.options.strict and left_open(value)):
            return _broken(invariant)
        return None

    return rule


def _path_rule(invariant: Invariant, path: Path, type_name: str) -> Rule:
    lesser = invariant.severity != "error"

    def rule(value: Any, scope: Scope) -> Fault | None:
        if lesser and not scope.warnings:
            return None
        node = Node(value, type_name)
        try:
            held = kept(path, node, scope.root if scope.root is not None else node)
        except PathError:
            # A value of a shape that the expression does not foresee is not judged by it.
            return None
        return None if held else _broken(invariant)

    return rule


def _ext_1(extension: Any, _: Scope) -> Fault | None:
    valued = any(key.startswith(("value", "_value")) for key in extension)
    if valued and "extension" in extension:
        return Fault("invariant", "extension-both")
    if not valued and "extension" not in extension:
        return Fault("invariant", "extension-neither")
    return None
