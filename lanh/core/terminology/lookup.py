"""What is known of a code (R4 CodeSystem $lookup), and how two codes stand (R4 $subsumes)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, TypeAlias

from lanh.core.database import Plan
from lanh.core.terminology.errors import Unknown
from lanh.core.terminology.expansion import designation_json
from lanh.core.terminology.scope import Json, Scope
from lanh.core.terminology.table import CodeTable, Designation, Node, display_in

Relation: TypeAlias = Literal["equivalent", "subsumes", "subsumed-by", "not-subsumed"]


def found_in(
    scope: Scope, system: str, code: str, version: str | None
) -> Plan[tuple[CodeTable, Node]]:
    """A code and the table that has it. Raises Unknown, which says where else or when it holds."""
    table = yield from scope.code_system(system, version)
    if table is None:
        scope.refuse_unheld(system, version)
        raise AssertionError("refuse_unheld always raises")
    node = table.get(code)
    if node is not None:
        return table, node
    spans = yield from scope.holdings.spans(system, code)
    if spans:
        raise Unknown.because("code-not-on-day", code=code, system=system, day=scope.day,
                              first=spans[0][0], last=spans[-1][1] or "…")  # fmt: skip
    key = "unknown-code" if table.complete else "unknown-code-fragment"
    named = f"{system}|{table.identity.version}" if table.identity.version else system
    raise Unknown.because(key, code=code, system=named)


def lookup(
    scope: Scope,
    system: str,
    code: str,
    version: str | None,
    languages: Sequence[str],
    properties: Sequence[str],
) -> Plan[list[Json]]:
    """The parameters of a $lookup answer; `properties` empty means all that is known."""
    table, node = yield from found_in(scope, system, code, version)
    identity = table.identity
    rows: list[Json] = [{"name": "name", "valueString": identity.title or identity.name}]
    if identity.version:
        rows.append({"name": "version", "valueString": identity.version})
    display = display_in(node, languages, identity.language) or node.code
    rows.append({"name": "display", "valueString": display})
    asked = frozenset(properties)
    every = not asked or "*" in asked
    for designation in _names(node, identity.language):
        tag = designation.language
        told = every or "designation" in asked
        told = told or any(tag and each == f"lang.{tag}" for each in asked)
        if told:
            rows.append({"name": "designation", "part": _designation_parts(designation)})
    for name, kind, value in _facts(table, node):
        if every or name in asked:
            parts = [{"name": "code", "valueCode": name}, {"name": "value", kind: value}]
            rows.append({"name": "property", "part": parts})
    return rows


def _names(node: Node, language: str | None) -> list[Designation]:
    names = [Designation(node.display, language)] if node.display and language else []
    return [*names, *node.designations]


def _designation_parts(designation: Designation) -> list[Json]:
    given = designation_json(designation)
    kinds = {"language": "valueCode", "use": "valueCoding", "value": "valueString"}
    return [{"name": name, kinds[name]: value} for name, value in given.items()]


def _facts(table: CodeTable, node: Node) -> list[tuple[str, str, Any]]:
    """Every property of a concept: those of R4 2.4.1 first, then its own."""
    facts: list[tuple[str, str, Any]] = [("inactive", "valueBoolean", node.inactive)]
    if node.abstract:
        facts.append(("abstract", "valueBoolean", True))
    if node.definition:
        facts.append(("definition", "valueString", node.definition))
    facts += [("parent", "valueCode", code) for code in node.parents]
    facts += [("child", "valueCode", code) for code in table.children.get(node.code, ())]
    facts += [
        (p.code, f"value{p.kind}", p.value)
        for p in node.properties
        if p.code not in ("inactive", "abstract")
    ]
    if node.valid_from is not None:
        facts.append(("validFrom", "valueDateTime", node.valid_from.isoformat()))
    if node.valid_to is not None:
        facts.append(("validTo", "valueDateTime", node.valid_to.isoformat()))
    if table.identity.source:
        facts.append(("source", "valueString", table.identity.source))
    return facts


def relation(
    scope: Scope, system: str, one: str, other: str, version: str | None
) -> Plan[Relation]:
    """How `one` stands to `other` in the hierarchy of their system. Raises Unknown."""
    table, first = yield from found_in(scope, system, one, version)
    _, second = yield from found_in(scope, system, other, version)
    if first.code == second.code:
        return "equivalent"
    above, below = table.ancestors(second.code), table.descendants(second.code)
    up, down = first.code in above, first.code in below
    if up and down:  # a circle: each above the other
        return "equivalent"
    return "subsumes" if up else "subsumed-by" if down else "not-subsumed"
