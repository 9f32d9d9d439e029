"""What a profile asks of a value alone: fixed values, patterns, bounds and bindings."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from lanh.core.fhir.path import Node
from lanh.core.fhir.validation.faults import Fault, Faults, shown
from lanh.core.fhir.validation.profiles.asking import has_code
from lanh.core.fhir.validation.profiles.compiled import Compiled
from lanh.core.fhir.validation.profiles.values import Member, bound_of, in_set, matches, order, same


def content_faults(
    compiled: Compiled, node: Node, url: str, member: Member, clock: Callable[[], datetime]
) -> Faults:
    """The faults of a value by what a compiled element says of it, rules and parts apart. A bound
    that is a length of time is that long before or after the clock's moment (R4
    ElementDefinition.minValue)."""
    faults: Faults = []
    value, told = node.value, shown(url)
    if compiled.fixed is not None and not same(value, compiled.fixed):
        faults.append(Fault("value", "profile-fixed", profile=told, fixed=shown(compiled.fixed)))
    if compiled.pattern is not None and not matches(value, compiled.pattern):
        pattern = shown(compiled.pattern)
        faults.append(Fault("value", "profile-pattern", profile=told, pattern=pattern))
    if type(value) is str:
        limit, least = compiled.length, compiled.least_length
        if limit is not None and len(value) > limit:
            faults.append(Fault("too-long", "profile-length", profile=told, limit=limit))
        if least is not None and len(value) < least:
            faults.append(Fault("value", "profile-short", profile=told, limit=least))
    if value is None and (compiled.valued or compiled.instead):
        faults += _without_value(compiled, node, told)
    for given, sign, key in ((compiled.lowest, -1, "lowest"), (compiled.highest, 1, "highest")):
        if given is not None:
            bound = bound_of(given, value, sign, clock)
            if order(value, bound, node.type) == sign:
                fault = Fault("value", f"profile-{key}", profile=told, limit=shown(bound))
                faults.append(fault)
    for binding in compiled.bindings:
        faults += _bound(binding, node, told, member)
    return faults


def _without_value(compiled: Compiled, node: Node, told: str) -> Faults:
    """What is wrong with a primitive that has extensions alone."""
    if compiled.valued:
        return [Fault("required", "profile-valued", profile=told)]
    beside = node.sibling if type(node.sibling) is dict else {}
    rows = beside.get("extension")
    urls = {r.get("url") for r in rows if type(r) is dict} if type(rows) is list else set()
    if urls & set(compiled.instead):
        return []
    listed = shown(", ".join(compiled.instead))
    return [Fault("required", "profile-instead", profile=told, urls=listed)]


def _bound(binding: tuple[str, str], node: Node, told: str, member: Member) -> Faults:
    strength, value_set = binding
    if node.value is None:
        return []
    held = in_set(node, value_set, member)
    if held is None and has_code(node.value):
        unknown = Fault("not-found", "profile-set-unknown", "warning", profile=told, set=value_set)
        return [unknown]
    if held is not False:
        return []
    if strength == "required":
        return [Fault("code-invalid", "profile-binding", profile=told, set=value_set)]
    return [Fault("code-invalid", "profile-extensible", "warning", profile=told, set=value_set)]
