"""Navigation, types, and the functions that FHIR adds (FHIRPath 5.8; R4 2.1.9)."""

from __future__ import annotations

from typing import Any

from lanh.core.fhir.path.nodes import (
    TYPE_INFO,
    Items,
    Node,
    children,
    descendants,
    has_value,
    named,
    root_node,
    single,
    system,
    type_name,
)
from lanh.core.fhir.path.scope import Arguments, Function, Scope


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
    """The resources that references lead to: in the same resource or Bundle, else by the port."""
    found: Items = []
    outside = scope.run.environment.resolve
    for item in items:
        value = system(item)
        text = value.value.get("reference") if type(value) is Node else value
        if type(text) is not str:
            continue
        inside: Items = []
        for top in scope.run.variables.get("rootResource", []):
            inside += _inside(top, text)
        if not inside and outside is not None and not text.startswith("#"):
            resource = outside(text)
            inside = [root_node(resource)] if resource is not None else []
        found += inside
    scope.run.spend(len(items))
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


def _get_value(items: Items, scope: Scope, arguments: Arguments) -> Items:
    if len(items) != 1 or not has_value(items[0]):
        return []
    return [system(items[0])]


def _descendants(items: Items, scope: Scope, arguments: Arguments) -> Items:
    found = descendants(items)
    scope.run.spend(len(found))
    return found


NAVIGATION: dict[str, tuple[Function, int, int]] = {
    "children": (lambda i, s, a: [c for item in i for c in children(item)], 0, 0),
    "descendants": (_descendants, 0, 0),
    "extension": (_extension, 1, 1),
    "hasExtension": (_has_extension, 1, 1),
    "getValue": (_get_value, 0, 0),
    "resolve": (_resolve, 0, 0),
    "type": (_type, 0, 0),
}
