"""Functions that ask definitions, profiles and terminology (R4 2.9.1.6)."""

from __future__ import annotations

from typing import Any

from lanh.core.fhir.definitions import definitions
from lanh.core.fhir.path.nodes import Items, Node, PathError, named, single, system, type_chain
from lanh.core.fhir.path.scope import Arguments, Function, Scope

_CORE = "http://hl7.org/fhir/StructureDefinition/"


def _text(argument: Items, what: str) -> str:
    found = single(argument)
    if type(found) is not str:
        raise PathError(f"{what} takes the address as a text")
    return found


def _conforms_to(items: Items, scope: Scope, arguments: Arguments) -> Items:
    if not items:
        return []
    if len(items) > 1 or type(items[0]) is not Node:
        raise PathError("conformsTo() needs a single element")
    url = _text(arguments[0]([scope.this], scope), "conformsTo()")
    name = url.removeprefix(_CORE)
    if url.startswith(_CORE) and definitions().has(name):
        return [name in type_chain(items[0].type)]
    ask = scope.run.environment.conforms
    answer = ask(items[0].value, url) if ask is not None else None
    if answer is None:
        raise PathError(f"the profile {url} is not known here")
    return [answer]


def _codes(item: Any) -> list[tuple[str | None, str]]:
    """The (system, code) that a code, Coding or CodeableConcept states."""
    value = system(item)
    if type(value) is str:
        return [(None, value)]
    if type(value) is not Node or type(value.value) is not dict:
        raise PathError("a code, Coding or CodeableConcept was expected")
    if value.type == "CodeableConcept":
        return [pair for coding in named(value, "coding") for pair in _codes(coding)]
    code = value.value.get("code")
    return [(value.value.get("system"), code)] if type(code) is str else []


def _member_of(items: Items, scope: Scope, arguments: Arguments) -> Items:
    if not items:
        return []
    if len(items) > 1:
        raise PathError("memberOf() needs a single element")
    url = _text(arguments[0]([scope.this], scope), "memberOf()")
    answers = [_in_set(scope, url, space, code) for space, code in _codes(items[0])]
    return [any(answers)]


def _in_set(scope: Scope, url: str, space: str | None, code: str) -> bool:
    terminology = scope.run.environment.terminology
    answer = terminology.member_of(url, space, code) if terminology is not None else None
    if answer is not None:
        return answer
    listed = definitions().value_set(url.partition("|")[0])
    if listed is None:
        raise PathError(f"the value set {url} is not known here")
    if space is None:
        return any(code in codes for codes in listed.values())
    return code in listed.get(space, ())


def _subsumes(turned: bool) -> Function:
    def function(items: Items, scope: Scope, arguments: Arguments) -> Items:
        other = arguments[0]([scope.this], scope)
        if not items or not other:
            return []
        if len(items) > 1 or len(other) > 1:
            raise PathError("subsumes() needs single codes")
        above, below = (other, items) if turned else (items, other)
        return [
            any(
                _is_above(scope, one, two)
                for one in _codes(above[0])
                for two in _codes(below[0])
                if one[0] == two[0]
            )
        ]

    return function


def _is_above(scope: Scope, one: tuple[str | None, str], two: tuple[str | None, str]) -> bool:
    if one == two:
        return True
    terminology = scope.run.environment.terminology
    if terminology is None or one[0] is None:
        raise PathError("what a code subsumes is not known here")
    answer = terminology.subsumes(one[0], one[1], two[1])
    if answer is None:
        raise PathError(f"the code system {one[0]} is not known here")
    return answer


def _html_checks(items: Items, scope: Scope, arguments: Arguments) -> Items:
    from lanh.core.fhir.validation.narrative import narrative_fault

    texts = [system(item) for item in items]
    return [all(type(text) is str and narrative_fault(text) is None for text in texts)]


def _check_modifiers(items: Items, scope: Scope, arguments: Arguments) -> Items:
    known = {single(argument([scope.this], scope)) for argument in arguments}
    for item in items:
        for found in named(item, "modifierExtension"):
            if found.value.get("url") not in known:
                raise PathError("an element has a modifier extension that the rule does not know")
    return items


CONFORMANCE: dict[str, tuple[Function, int, int]] = {
    "conformsTo": (_conforms_to, 1, 1),
    "memberOf": (_member_of, 1, 1),
    "subsumes": (_subsumes(turned=False), 1, 1),
    "subsumedBy": (_subsumes(turned=True), 1, 1),
    "htmlChecks": (_html_checks, 0, 0),
    "checkModifiers": (_check_modifiers, 1, 50),
}
"""Name -> function, least and most arguments."""
