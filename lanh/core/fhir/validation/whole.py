"""Rules of a whole resource: what it contains and what refers to that (ref-1, dom-2 to dom-5)."""

from __future__ import annotations

import re
from typing import Any

from lanh.core.fhir.issues import Severity
from lanh.core.fhir.validation.faults import Fault, Faults, Scope, shown
from lanh.core.fhir.validation.links import Entries
from lanh.core.fhir.validation.narrative import anchors, hyperlinks
from lanh.core.fhir.validation.options import Options

_LINKED = re.compile(r"(?:src|href)=\"#([^\"]+)\"")


def whole_faults(resource: dict[str, Any], scope: Scope, *, contained: bool = True) -> Faults:
    """The faults of local references and, where asked for, of contained resources."""
    parts = resource.get("contained")
    inside = [c for c in parts if isinstance(c, dict)] if isinstance(parts, list) else []
    ids = {c["id"] for c in inside if type(c.get("id")) is str}
    faults: Faults = []
    for name in sorted(set(scope.local)):
        if name and name not in ids:
            faults.append(Fault("invariant", "contained-absent", id=name))
    if inside and contained:
        faults.extend(_contained(resource, inside))
    return faults


def locals_in_order(resource: dict[str, Any]) -> bool:
    """Whether, surely, every `#id` leads to a contained resource and each of those is named."""
    inside = resource["contained"]
    ids = {part.get("id") for part in inside}
    if any("meta" in part or "contained" in part for part in inside):
        return False
    named = set(_fragments(resource))
    return len(ids) == len(inside) and named == ids and None not in ids


def element_ids_twice(resource: dict[str, Any]) -> Faults:
    """Faults of element ids that stand more than once in a resource (R4 2.1.27: unique within)."""
    # A definition repeats the ids of its differential in its snapshot.
    if resource.get("resourceType") == "StructureDefinition" and "snapshot" in resource:
        parts = ("snapshot", "differential")
        rest = {key: value for key, value in resource.items() if key not in parts}
        halves = [{key: resource[key]} for key in parts if key in resource]
        return [fault for part in (rest, *halves) for fault in element_ids_twice(part)]
    seen: set[str] = set()
    faults: Faults = []
    stack: list[tuple[Any, tuple[str | int, ...]]] = [(resource, ())]
    while stack:
        holder, path = stack.pop()
        below: list[tuple[Any, tuple[str | int, ...]]] = []
        for key, item in holder.items() if type(holder) is dict else enumerate(holder):
            if type(item) is dict or type(item) is list:
                # Resources inside have ids of their own.
                if type(item) is list or "resourceType" not in item:
                    step = key.removeprefix("_") if type(key) is str else key
                    below.append((item, (*path, step)))
            elif key == "id" and path and type(item) is str:
                if item in seen:
                    fault = Fault("invariant", "element-id-twice", id=shown(item))
                    faults.append(fault.at("id", *reversed(path)))
                seen.add(item)
        stack.extend(reversed(below))
    return faults


def labels_twice(resource: dict[str, Any], options: Options) -> Faults:
    """Tags and security labels that stand twice in meta, which are sets (R4 Meta): doubts unless
    the options are strict."""
    doubt: Severity = "error" if options.strict else "warning"
    meta = resource.get("meta")
    faults: Faults = []
    for name in ("security", "tag"):
        seen = set()
        given = meta.get(name) if type(meta) is dict else None
        for index, label in enumerate(given if type(given) is list else ()):
            if type(label) is not dict or "code" not in label:
                continue
            key = str(label.get("system")), str(label["code"])
            if key in seen:
                fault = Fault("duplicate", "label-twice", doubt, value=shown(label["code"]))
                faults.append(fault.at(index, name, "meta"))
            seen.add(key)
    return faults


def narrative_links(resource: dict[str, Any], entries: Entries | None, options: Options) -> Faults:
    """Links in the narrative of a resource (and of those it contains) that lead to no element,
    anchor or contained resource of it, nor of the Bundle around it."""
    doubt: Severity = "error" if options.strict else "warning"
    known: set[str] | None = None
    faults: Faults = []
    inside = resource.get("contained")
    parts: list[tuple[tuple[str | int, ...], Any]] = [((), resource)]
    for index, part in enumerate(inside if type(inside) is list else ()):
        parts.append(((index, "contained"), part))
    for path, part in parts:
        text = part.get("text") if type(part) is dict else None
        div = text.get("div") if type(text) is dict else None
        for link in hyperlinks(div) if type(div) is str else ():
            if known is None:
                known = _named(resource)
                for other in entries.resources() if entries is not None else ():
                    known |= _named(other)
            if link not in known:
                fault = Fault("invalid", "narrative-link", doubt, link=shown(link))
                faults.append(fault.at("div", "text", *path))
    return faults


def _named(value: Any) -> set[str]:
    """All that a link may lead to in a resource: ids, and anchors of narratives."""
    found: set[str] = set()
    stack = [value]
    while stack:
        holder = stack.pop()
        for key, item in holder.items() if type(holder) is dict else enumerate(holder):
            if type(item) is dict or type(item) is list:
                stack.append(item)
            elif type(item) is str and key == "id":
                found.add(item)
            elif type(item) is str and key == "div":
                found.update(anchors(item))
    return found


def _contained(resource: dict[str, Any], inside: list[dict[str, Any]]) -> Faults:
    faults: Faults = []
    named = set(_fragments(resource))
    for index, part in enumerate(inside):
        if "contained" in part:
            faults.append(Fault("invariant", "contained-nested").at(index, "contained"))
        meta = part.get("meta")
        if isinstance(meta, dict):
            for field in ("versionId", "lastUpdated", "security"):
                if field in meta:
                    faults.append(
                        Fault("invariant", "contained-meta", field=field).at(
                            field, "meta", index, "contained"
                        )
                    )
        if not part.get("id"):
            faults.append(Fault("required", "contained-id").at(index, "contained"))
        elif str(part["id"]) not in named and "" not in set(_fragments(part)):
            fault = Fault("invariant", "contained-unused", id=str(part["id"]))
            faults.append(fault.at(index, "contained"))
    return faults


def _fragments(value: Any) -> list[str]:
    """The ids named by every text of the form `#id`."""
    found: list[str] = []
    stack = [value]
    while stack:
        holder = stack.pop()
        for item in holder.values() if type(holder) is dict else holder:
            kind = type(item)
            if kind is str:
                if item[:1] == "#":
                    found.append(item[1:])
                elif '="#' in item:
                    # A link in narrative names a contained resource too.
                    found += _LINKED.findall(item)
            elif kind is dict or kind is list:
                stack.append(item)
    return found
