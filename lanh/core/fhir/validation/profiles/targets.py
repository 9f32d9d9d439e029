"""What a profile asks of a reference: what it leads to, and where that stands."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lanh.core.fhir.definitions import definitions
from lanh.core.fhir.path import Node
from lanh.core.fhir.validation.faults import Fault, Faults, shown
from lanh.core.fhir.validation.profiles.asking import text_of
from lanh.core.fhir.validation.profiles.definition import CORE
from lanh.core.fhir.validation.profiles.discriminators import Judging, target_type

if TYPE_CHECKING:
    from lanh.core.fhir.validation.profiles.registry import Profiles


def target_faults(
    targets: tuple[str, ...],
    node: Node,
    url: str,
    judging: Judging,
    registry: Profiles,
    *,
    named: bool,
) -> Faults:
    """Whether a reference leads to one of the targets, by its type and, where the resource is at
    hand, by the profile that a target is. Where not `named`, what is not at hand is not judged."""
    if node.type != "Reference":
        return []
    name = target_type(node, judging)
    found = judging.at_hand(node)
    if name is None or (found is None and not named):
        return []
    known = False
    for target in targets:
        core = target.removeprefix(CORE)
        if core != target and definitions().has(core):
            known = True
            if is_kind(name, core):
                return []
            continue
        profile = registry.profile(target)
        found = found or (judging.resolve(node) if profile is not None else None)
        if profile is None or (found is None and is_kind(name, profile.type)):
            return []
        known = True
        if found is not None and judging.conforms(target, found):
            return []
    if not known:
        return []
    listed = ", ".join(sorted(t.rsplit("/", 1)[-1] for t in targets))
    fault = Fault("value", "profile-target", profile=shown(url), targets=listed)
    return [fault.at("reference")]


def aggregation_faults(
    modes: tuple[str, ...], node: Node, url: str, judging: Judging, *, enclosed: bool
) -> Faults:
    """Whether what a reference leads to stands where a profile wants it (R4
    ElementDefinition.type.aggregation). `enclosed`: whether what is not at hand is surely not in
    the same Bundle."""
    text = text_of(node)
    if text is None:
        return []
    if text[:1] == "#":
        place = "contained"
    elif judging.at_hand(node) is not None:
        place = "bundled"
    else:
        place = "referenced" if enclosed else "bundled"
    # What stands in the same Bundle is outside the resource, so it is referenced as well.
    if place in modes or (place == "bundled" and "referenced" in modes):
        return []
    listed = ", ".join(sorted(modes))
    fault = Fault("structure", "profile-aggregation", profile=shown(url), got=place, modes=listed)
    return [fault.at("reference")]


def is_kind(own: str, wanted: str) -> bool:
    """Whether a type is another or derives from it."""
    tables = definitions()
    name: str | None = own
    for _ in range(8):
        if name == wanted or name is None:
            return name is not None
        name = tables.structure(name).base if tables.has(name) else None
    return False
