"""Navigation, types, and the functions that FHIR adds (FHIRPath 5.8; R4 2.1.9)."""

from __future__ import annotations

from typing import Any

from lanh.core.fhir.path.compiler import Evaluate, Function, Scope
from lanh.core.fhir.path.nodes import (
    TYPE_INFO,
    Items,
    Node,
    children,
    descendants,
    named,
    single,
    system,
    type_name,
)

Arguments = tuple[Evaluate, ...]


def _extension(items: Items, scope: Scope, arguments: Arguments) -> Items:
    url = single(arguments[0]([scope.this], scope))
    return [
        found
        for item in items
        for found in named(item, "extension")
        if type(found.value) is dict and found.value.get("url") == url
    ]


def _has_extension(items: Items, scope: Scope, arguments: Arguments) -> Items:
    return [bool(_extension(items, scope, arguments))]


def _type(items: Items, scope: Scope, arguments: Arguments) -> Items:
    return [Node(dict(zip(TYPE_INFO, type_name(i), strict=True)), "TypeInfo") for i in items]


def _resolve(items: Items, scope: Scope, arguments: Arguments) -> Items:
    """The resources that references lead to inside the same resource or Bundle."""
    found: Items = []
    for item in items:
        value = system(item)
        text = value.value.get("reference") if type(value) is Node else value
        if type(text) is str:
            for top in scope.variables.get("rootResource", []):
                found += _inside(top, text)
    return found


def _inside(top: Any, text: str) -> Items:
    if text.startswith("#"):
        if text == "#":
            return [top]
        return [c for c in named(top, "contained") if _of(c, "id") == text[1:]]
    found = []
    for entry in named(top, "entry"):
        url = _of(entry, "fullUrl")
        for resource in named(entry, "resource"):
            if text in (url, f"{resource.type}/{_of(resource, 'id')}"):
                found.append(resource)
    return found


def _of(node: Node, name: str) -> Any:
    return node.value.get(name) if type(node.value) is dict else None


def _html_checks(items: Items, scope: Scope, arguments: Arguments) -> Items:
    from lanh.core.fhir.validation.narrative import narrative_fault

    texts = [system(item) for item in items]
    return [all(type(text) is str and narrative_fault(text) is None for text in texts)]


NAVIGATION: dict[str, tuple[Function, int, int]] = {
    "children": (lambda i, s, a: [c for item in i for c in children(item)], 0, 0),
    "descendants": (lambda i, s, a: descendants(i), 0, 0),
    "extension": (_extension, 1, 1),
    "hasExtension": (_has_extension, 1, 1),
    "getValue": (lambda i, s, a: [system(x) for x in i if type(x) is Node], 0, 0),
    "resolve": (_resolve, 0, 0),
    "htmlChecks": (_html_checks, 0, 0),
    "type": (_type, 0, 0),
}
