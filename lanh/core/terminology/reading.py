"""From a FHIR CodeSystem resource, and from dated rows, to a table in memory."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from lanh.core.database import Row
from lanh.core.terminology.table import (
    CONCEPT_PROPERTIES,
    CodeTable,
    Designation,
    Identity,
    Node,
    Property,
)
from lanh.core.text import nfc

Json = Mapping[str, Any]


def table_of(resource: Json, stamp: str) -> CodeTable:
    """The table of a CodeSystem: nesting and `parent`/`child` properties alike make the hierarchy.

    Hostile content does no harm: of a repeated code the first counts, a circle stays a circle.
    """
    declared = {item.get("code"): item for item in resource.get("property", ())}
    meaning = {code: _meaning(code, item) for code, item in declared.items() if code}
    nodes: list[Node] = []
    extra: dict[str, list[str]] = {}
    waiting: list[tuple[Json, str | None]] = [
        (item, None) for item in reversed(resource.get("concept", ()))
    ]
    while waiting:
        item, parent = waiting.pop()
        node = _node(item, parent, meaning, extra)
        if node is not None:
            nodes.append(node)
            waiting += [(below, node.code) for below in reversed(item.get("concept", ()))]
    for node in nodes:
        more = [code for code in extra.get(node.code, ()) if code not in node.parents]
        if more:
            node.parents += tuple(more)
    return CodeTable(_identity(resource, stamp), nodes, declared)


def _meaning(code: str, item: Json) -> str:
    uri = str(item.get("uri", ""))
    return uri.removeprefix(CONCEPT_PROPERTIES) if uri.startswith(CONCEPT_PROPERTIES) else code


def _identity(resource: Json, stamp: str) -> Identity:
    return Identity(
        url=resource.get("url", ""),
        version=resource.get("version"),
        name=resource.get("name") or resource.get("title") or resource.get("url", ""),
        title=resource.get("title"),
        content=resource.get("content", "complete"),
        stamp=stamp,
        status=resource.get("status", "active"),
        language=resource.get("language"),
        case_sensitive=resource.get("caseSensitive") is not False,
        experimental=resource.get("experimental") is True,
        value_set=resource.get("valueSet"),
    )


def _node(
    item: Json, parent: str | None, meaning: Mapping[str, str], extra: dict[str, list[str]]
) -> Node | None:
    code = item.get("code")
    if not isinstance(code, str):
        return None
    parents = [parent] if parent is not None and parent != code else []
    properties = []
    for given in item.get("property", ()):
        made = _property(given)
        if made is None:
            continue
        match meaning.get(made.code, made.code):
            case "parent" | "subsumedBy":
                if made.text != code and made.text not in parents:
                    parents.append(made.text)
            case "child":
                if made.text != code:
                    extra.setdefault(made.text, []).append(code)
            case other:
                properties.append(made._replace(meaning=other))
    return Node(
        code, item.get("display"), tuple(parents), designations(item), tuple(properties),
        item.get("definition"),
    )  # fmt: skip


def _property(given: Json) -> Property | None:
    code = given.get("code")
    for name, value in given.items():
        if name.startswith("value") and isinstance(code, str):
            return Property(code, name.removeprefix("value"), value)
    return None


def designations(item: Json) -> tuple[Designation, ...]:
    """The designations of a concept, of a code system or of a value set's include."""
    return tuple(
        Designation(given["value"], given.get("language"), given.get("use"))
        for given in item.get("designation", ())
        if given.get("value")
    )


def supplemented(table: CodeTable, supplement: Json) -> CodeTable:
    """The table with the designations and properties that a supplement adds (R4 4.8.14)."""
    added = {node.code: node for node in table_of(supplement, "").nodes.values()}
    nodes = []
    for node in table.nodes.values():
        more = added.get(node.code)
        if more is not None:
            named = more.designations
            if more.display and supplement.get("language"):
                named = (Designation(more.display, supplement["language"]), *named)
            node = Node(
                node.code, node.display, node.parents, node.designations + named,
                node.properties + more.properties, node.definition or more.definition,
                node.valid_from, node.valid_to,
            )  # fmt: skip
        nodes.append(node)
    declared = {item.get("code", "") for item in supplement.get("property", ())}
    return CodeTable(table.identity, nodes, table.properties | declared)


_DATED_KINDS = {"boolean": "Boolean", "integer": "Integer", "decimal": "Decimal", "code": "Code",
                "dateTime": "DateTime", "string": "String"}  # fmt: skip


def table_of_rows(
    identity: Identity, rows: Sequence[Row], kinds: Mapping[str, str], parent: str | None
) -> CodeTable:
    """The table of a dated list from its rows on one day.

    A row is (code, display_vi, display_en, valid_from, valid_to, properties as JSON text);
    `kinds` are the FHIR types of the properties, `parent` the one that names the code above.
    """
    nodes = []
    for code, vi, en, valid_from, valid_to, text in rows:
        given: dict[str, Any] = json.loads(text)
        above = given.pop(parent, None) if parent is not None else None
        properties = [_dated(name, value, kinds) for name, value in given.items()]
        if parent is not None and above is not None:
            properties.append(_dated(parent, above, kinds))
        nodes.append(
            Node(
                code,
                vi,
                (str(above),) if above and above != code else (),
                (Designation(nfc(en), "en"),),
                tuple(properties),
                None,
                valid_from,
                valid_to,
            )
        )
    return CodeTable(identity, nodes, kinds)


def _dated(name: str, value: Any, kinds: Mapping[str, str]) -> Property:
    kind = _DATED_KINDS.get(kinds.get(name, ""))
    if kind is None:
        kind = {bool: "Boolean", int: "Integer"}.get(type(value), "String")
    if kind == "Decimal":
        value = Decimal(str(value))
    return Property(name, kind, value)
