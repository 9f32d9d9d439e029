"""What a judgement asks of the world outside the resource: codes, and where references lead."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lanh.core.fhir.path import Node, Terminology

if TYPE_CHECKING:
    from lanh.core.fhir.validation.profiles.registry import Profiles


class Codes:
    """What rules and bindings ask of terminology: the registry answers, then the world outside."""

    def __init__(self, registry: Profiles, outside: Terminology | None) -> None:
        self._registry = registry
        self._outside = outside

    def member_of(self, value_set: str, system: str | None, code: str) -> bool | None:
        """Whether a code is in a value set; None where that is not known."""
        known = self._registry.is_member(value_set.partition("|")[0], system, code)
        if known is not None or self._outside is None:
            return known
        return self._outside.member_of(value_set, system, code)

    def subsumes(self, system: str, ancestor: str, descendant: str) -> bool | None:
        """Whether one code subsumes another or is the same; None where that is not known."""
        if ancestor == descendant:
            return True
        if self._outside is None:
            return None
        return self._outside.subsumes(system, ancestor, descendant)


def text_of(reference: Node) -> str | None:
    """The text of a Reference, or of a canonical or uri that leads to a resource."""
    value = reference.value
    text = value.get("reference") if type(value) is dict else value
    return text if type(text) is str else None


def has_code(value: Any) -> bool:
    """Whether a value has a code at all: text alone says nothing that a set could hold."""
    if type(value) is not dict:
        return True
    codings = value.get("coding")
    return type(value.get("code")) is str or any(
        type(each) is dict and "code" in each for each in codings or ()
    )
