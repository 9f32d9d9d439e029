"""Invariants of the R4 definitions as rules of objects."""

from __future__ import annotations

from typing import Any

from lanh.core.fhir.definitions import Element, Structure
from lanh.core.fhir.validation.faults import Fault, Rule, Scope


def rules_of(name: str, place: Structure | Element) -> list[Rule]:
    """The rules that objects of a type, or at an element, must keep."""
    if isinstance(place, Structure) and name == "Extension":
        return [_ext_1]
    return []


def _ext_1(extension: Any, _: Scope) -> Fault | None:
    valued = any(key.startswith(("value", "_value")) for key in extension)
    if valued and "extension" in extension:
        return Fault("invariant", "extension-both")
    if not valued and "extension" not in extension:
        return Fault("invariant", "extension-neither")
    return None
