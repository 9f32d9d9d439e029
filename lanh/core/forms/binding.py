"""Whether what a form says of extraction leads somewhere: contexts, elements, types (SDC 4.0)."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from lanh.core.fhir.definitions import definitions
from lanh.core.forms import sdc
from lanh.core.forms.elements import Place, Unresolved, place_of, takes
from lanh.core.forms.errors import DefinitionFault, fault
from lanh.core.forms.expressions import fault_of
from lanh.core.forms.model import ANSWER_KEYS
from lanh.core.forms.sdc import Json, extensions, parts, rows, values

_PARTS = frozenset({"fullUrl", "ifNoneMatch", "ifModifiedSince", "ifMatch", "ifNoneExist"})


@dataclass(frozen=True, slots=True)
class Scoped:
    """What extraction knows at a place of the form: profiles, open resources, allocated names."""

    types: Mapping[str, str]
    open: tuple[str, ...]
    names: frozenset[str] = frozenset()
    elements: tuple[Place, ...] = ()

    def within(self, row: Json) -> Scoped:
        """What is known below an item."""
        elements = self.elements
        definition = row.get("definition")
        if isinstance(definition, str):
            with contextlib.suppress(Unresolved):
                elements = (*elements, place_of(definition, self.types))
        return Scoped(
            self.types,
            (*self.open, *contexts(row)),
            self.names | {str(v) for v in values(row, "extractAllocateId")},
            elements,
        )


def contexts(row: Json) -> list[str]:
    """The canonicals of the resources that begin at an item."""
    found = [str(parts(each).get("definition")) for each in extensions(row, "definitionExtract")]
    kinds = values(row, "itemExtractionContext")
    return found + [sdc.CORE + kind for kind in kinds if isinstance(kind, str)]


def root_faults(source: Json, scope: Scoped) -> Iterator[DefinitionFault]:
    """The faults of what the form's root says."""
    yield from _begun(source, "Questionnaire", scope)
    yield from _assigned(source, "Questionnaire", scope.within(source))


def extraction_faults(row: Json, here: str, scope: Scoped) -> Iterator[DefinitionFault]:
    """The faults of what an item says; `scope` is that around it."""
    yield from _begun(row, here, scope)
    inner = scope.within(row)
    yield from _assigned(row, here, inner)
    definition = row.get("definition")
    if not isinstance(definition, str):
        return
    place = _place(definition, inner)
    if isinstance(place, str):
        yield fault("not-found", here, "definition", definition=definition, problem=place)
        return
    kind, link = str(row.get("type")), row.get("linkId")
    if place.canonical not in inner.open:
        yield fault("structure", here, "definition-context", definition=definition, link=link)
    if kind == "group":
        if not place.steps or place.steps[-1].type in definitions().primitives:
            yield fault("value", here, "definition-group", link=link, definition=definition)
        elif row.get("repeats") is True and not place.steps[-1].many:
            yield fault("structure", here, "definition-once", link=link, definition=definition)
        return
    key = ANSWER_KEYS.get(kind, "")
    if takes(place, key) is None:
        types = ", ".join(each for each, _ in place.steps[-1].kinds) if place.steps else ""
        yield fault("value", here, "definition-type", link=link, type=kind, types=types)
    if row.get("repeats") is True and not _repeatable(place, scope):
        yield fault("structure", here, "definition-once", link=link, definition=definition)


def _repeatable(place: Place, scope: Scoped) -> bool:
    """Whether several answers find room: a list below the element that an outer item holds."""
    held = 0
    for outer in scope.elements:
        size = len(outer.steps)
        if outer.canonical == place.canonical and outer.names == place.names[:size]:
            held = max(held, size)
    return any(step.many for step in place.steps[held:])


def _begun(row: Json, here: str, scope: Scoped) -> Iterator[DefinitionFault]:
    for canonical in contexts(row):
        address = canonical.partition("|")[0]
        kind = scope.types.get(address) or address.removeprefix(sdc.CORE)
        if kind not in definitions().resource_types:
            yield fault("not-found", here, "extract-unknown", definition=canonical)
        if canonical in scope.open:
            yield fault("duplicate", here, "extract-twice", definition=canonical)
    names = scope.names | {str(v) for v in values(row, "extractAllocateId")}
    for each in extensions(row, "definitionExtract"):
        for name, text in parts(each).items():
            if name != "definition" and name not in _PARTS:
                yield fault("not-supported", here, "extract-part", name=name)
            problem = None if name == "definition" else fault_of(str(text), names)
            if problem is not None:
                yield fault("value", here, "expression", expression=text, problem=problem)


def _assigned(row: Json, here: str, inner: Scoped) -> Iterator[DefinitionFault]:
    for each in extensions(row, "definitionExtractValue"):
        told = parts(each)
        definition = str(told.get("definition", ""))
        place = _place(definition, inner)
        if isinstance(place, str):
            yield fault("not-found", here, "definition", definition=definition, problem=place)
            continue
        if place.canonical not in inner.open:
            link = row.get("linkId", "Questionnaire")
            yield fault("structure", here, "definition-context", definition=definition, link=link)
        fixed = next((r for r in rows(each, "extension") if r.get("url") == "fixed-value"), None)
        expression = told.get("expression")
        if (fixed is None) == (expression is None):
            yield fault("structure", here, "assigned-one", definition=definition)
        elif fixed is not None:
            found = sdc.value_of(fixed)
            if found is None or takes(place, found[0]) is None:
                yield fault("value", here, "assigned-type", definition=definition)
        elif isinstance(expression, dict):
            problem = fault_of(str(expression.get("expression", "")), inner.names)
            if problem is not None:
                text = expression.get("expression")
                yield fault("value", here, "expression", expression=text, problem=problem)


def _place(definition: str, scope: Scoped) -> Place | str:
    try:
        return place_of(definition, scope.types)
    except Unresolved as error:
        return str(error)
