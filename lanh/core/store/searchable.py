"""Which parameters a type can be searched by, and with which modifiers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from lanh.core import fhir
from lanh.core.store.errors import Invalid
from lanh.core.store.layout import NUMBERS, Layout, layout
from lanh.core.store.own_parameters import OwnParameter, OwnParameters

# Types whose rows are parts of others: the reference parameter that names the whole.
PARENTS = {
    "CarePlan": "part-of",
    "DeviceDefinition": "parent",
    "Encounter": "part-of",
    "Location": "partof",
    "Organization": "partof",
    "ResearchStudy": "partof",
    "Specimen": "parent",
    "Task": "part-of",
}
MOST_TARGETS = 20  # types that a chain may reach without naming one

_MODIFIERS: dict[str, frozenset[str]] = {
    "token": frozenset({"not", "text", "in", "not-in", "below", "above", "of-type", "missing"}),
    "string": frozenset({"exact", "contains", "missing"}),
    "date": frozenset({"missing"}),
    "number": frozenset({"missing"}),
    "quantity": frozenset({"missing"}),
    "reference": frozenset({"missing", "identifier"}),
    "uri": frozenset({"missing", "below", "above"}),
    "composite": frozenset(),
    "special": frozenset(),
}
_WHOLE = frozenset({"_text", "_content"})


class Names:
    """The parameters of types, those of the installation included."""

    def __init__(self, own: OwnParameters | None = None) -> None:
        self._own = own

    def own(self, shape: Layout, name: str) -> OwnParameter | None:
        """The installation's parameter of a name, where it is active."""
        return None if self._own is None else self._own.answered(shape.type).get(name)

    def kind(self, shape: Layout, name: str) -> str | None:
        """The kind of a parameter, None where the type has none of the name."""
        own = self.own(shape, name)
        return own.kind if own is not None else shape.kinds.get(name)

    def targets(self, shape: Layout, name: str) -> Sequence[str]:
        """The types that a reference parameter may name."""
        own = self.own(shape, name)
        if own is None:
            return shape.targets.get(name, ())
        return own.targets or tuple(NUMBERS)

    def coming(self, shape: Layout, name: str) -> OwnParameter | None:
        """The installation's parameter of a name whose rows are being indexed."""
        return None if self._own is None else self._own.coming(shape.type).get(name)


_NO_OWN = Names()


def check_parameter(shape: Layout, name: str, modifier: str | None, names: Names = _NO_OWN) -> None:
    """Raise Invalid where a type has no such parameter, or it is not answered with the modifier."""
    named: dict[str, Any] = {"type": shape.type, "name": name}
    if name == "_list":
        if modifier is not None:
            raise Invalid.because("unsupported_modifier", name=name, modifier=modifier)
        return
    kind = names.kind(shape, name)
    coming = names.coming(shape, name)
    if kind is None and coming is not None:
        raise Invalid.because("parameter_coming", **named, done=coming.done, total=coming.total)
    if kind is None:
        raise Invalid.because("unknown_parameter", **named)
    if name in ("_query", "_filter"):
        raise Invalid.because("unsupported_parameter", **named)
    if modifier is None:
        return
    allowed = modifier in _MODIFIERS[kind]
    if name in _WHOLE:
        allowed = False
    elif kind == "reference" and not allowed:
        allowed = modifier in names.targets(shape, name) or _in_order(shape, name, modifier, names)
    elif modifier == "of-type":
        allowed = name in shape.identified or names.own(shape, name) is not None
    elif name == "_id" and allowed:
        allowed = modifier in ("not", "missing")
    elif modifier in ("below", "above") and name == "_source":
        allowed = False
    if not allowed:
        raise Invalid.because("unsupported_modifier", name=name, modifier=modifier)


def hierarchies_of(shape: Layout, name: str, names: Names = _NO_OWN) -> list[str]:
    """The types of a hierarchy that a reference parameter may name."""
    if names.kind(shape, name) != "reference":
        return []
    return [each for each in names.targets(shape, name) if each in PARENTS]


def _in_order(shape: Layout, name: str, modifier: str, names: Names) -> bool:
    """Whether `:below` or `:above` orders what a reference parameter names: a hierarchy, or, for
    `:below`, the versions of a canonical (R4 3.1.1.4.13, .14)."""
    if modifier == "below" and names.own(shape, name) is None:
        canonical = "canonical" in fhir.value_types(shape.type, name)
        return canonical or bool(hierarchies_of(shape, name, names))
    return modifier in ("below", "above") and bool(hierarchies_of(shape, name, names))


def check_chain(
    shape: Layout, name: str, modifier: str | None, names: Names = _NO_OWN
) -> Sequence[str]:
    """The types that a chain through a reference parameter can reach. Raises Invalid."""
    if names.kind(shape, name) is None:
        raise Invalid.because("unknown_parameter", type=shape.type, name=name)
    targets = names.targets(shape, name)
    if names.kind(shape, name) != "reference" or not targets:
        raise Invalid.because("bad_chain", type=shape.type, name=name)
    if modifier is not None:
        if modifier not in targets:
            raise Invalid.because("unsupported_modifier", name=name, modifier=modifier)
        return (modifier,)
    if len(targets) > MOST_TARGETS:
        raise Invalid.because("chain_type", type=shape.type, name=name)
    return targets


def reverse_of(shape: Layout, kind: str, name: str, names: Names = _NO_OWN) -> Layout:
    """The layout of the type that `_has` looks from. Raises Invalid where it does not fit."""
    if kind not in NUMBERS:
        raise Invalid.because("unknown_type", type=kind)
    source = layout(kind)
    if names.kind(source, name) is None:
        raise Invalid.because("unknown_parameter", type=kind, name=name)
    if names.kind(source, name) != "reference" or shape.type not in names.targets(source, name):
        raise Invalid.because("bad_has", name=f"{kind}:{name}")
    return source


def references_to(shape: Layout, target: str, names: Names = _NO_OWN) -> list[str]:
    """The reference parameters of a type that may name another type."""
    return [
        each.name
        for each in fhir.search_parameters(shape.type)
        if each.kind == "reference" and target in names.targets(shape, each.name)
    ]
