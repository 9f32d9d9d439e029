"""What a value set's definition comes to (R4 4.9.5): all of its codes, or whether it holds one.

Both follow the same rules: within an include all conditions must hold, includes are joined, then
excludes taken away; an include of several value sets takes what stands in all of them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

from lanh.core.database import Plan
from lanh.core.terminology.errors import NotSupported, TooCostly, Unusable
from lanh.core.terminology.filters import Test, test_of
from lanh.core.terminology.packaged import NOT_DISTRIBUTED
from lanh.core.terminology.reading import designations
from lanh.core.terminology.scope import Json, Member, Scope
from lanh.core.terminology.table import CodeTable, Node

Members: TypeAlias = dict[tuple[str, str | None, str], Member]


def name_of(value_set: Json) -> str:
    """What a value set is called in a chain of imports."""
    url = value_set.get("url") or f"#{value_set.get('id', id(value_set))}"
    version = value_set.get("version")
    return f"{url}|{version}" if version else str(url)


def members(value_set: Json, scope: Scope) -> Plan[Members]:
    """Every code of a value set, in the order of its definition. Raises TerminologyError."""
    name = name_of(value_set)
    if name in scope.memo:
        return scope.memo[name]
    scope.enter(value_set, name)
    compose = value_set.get("compose")
    if compose is None:
        found = _expanded(value_set)
    else:
        found = {}
        for include in compose.get("include", ()):
            part = yield from _part(include, value_set, scope)
            for key, member in part.items():
                found.setdefault(key, member)
        for exclude in compose.get("exclude", ()):
            part = yield from _part(exclude, value_set, scope, excluding=True)
            _take_away(found, part, exclude)
        if compose.get("inactive") is False:
            found = {k: m for k, m in found.items() if m.node is None or not m.node.inactive}
    scope.spend(len(found))
    scope.open.pop()
    scope.memo[name] = found
    return found


def _take_away(found: Members, part: Members, exclude: Json) -> None:
    if exclude.get("version"):
        for key in part.keys() & found.keys():
            del found[key]
        return
    gone = {(system, code) for system, _, code in part}
    for key in [key for key in found if (key[0], key[2]) in gone]:
        del found[key]


def _part(
    include: Json, value_set: Json, scope: Scope, *, excluding: bool = False
) -> Plan[Members]:
    found: Members | None = None
    if "system" in include:
        found = yield from _of_system(include, scope, excluding=excluding)
    for canonical in include.get("valueSet", ()):
        imported = yield from scope.value_set(canonical, value_set)
        other = yield from members(imported, scope)
        found = dict(other) if found is None else _common(found, other)
    if found is None:
        raise Unusable.because("include-empty", value_set=name_of(value_set))
    return found


def _common(one: Members, other: Members) -> Members:
    pairs = {(system, code) for system, _, code in other}
    return {key: member for key, member in one.items() if (key[0], key[2]) in pairs}


def _of_system(include: Json, scope: Scope, *, excluding: bool) -> Plan[Members]:
    system, version = include["system"], include.get("version")
    if system in scope.excluded:
        return {}
    table = yield from scope.code_system(system, version)
    listed = include.get("concept")
    refuse_undistributed(include)
    if table is None and listed is None:
        scope.refuse_unheld(system, version)
    found: Members = {}
    if listed is not None:
        for item in listed:
            member = listed_member(item, system, version, table)
            if member is not None:
                found.setdefault(member.key, member)
    elif table is not None:
        if not table.listed:
            raise TooCostly.because("grammar-system", system=system)
        scope.spend(0 if excluding else len(table.nodes) // 10)
        tests = tests_of(include, table)
        label = table.identity.version
        for node in table.nodes.values():
            if all(test(node) for test in tests):
                found[system, label, node.code] = Member(system, label, node.code, table, node)
        return found
    if table is not None and include.get("filter"):
        tests = tests_of(include, table)
        found = {k: m for k, m in found.items() if m.node and all(t(m.node) for t in tests)}
    return found


def refuse_undistributed(include: Json) -> None:
    """Raise where the packaged include had a list that may not be passed on."""
    if any(each.get("url") == NOT_DISTRIBUTED for each in include.get("extension", ())):
        raise NotSupported.because("not-licensed", system=include["system"])


def tests_of(include: Json, table: CodeTable) -> Sequence[Test]:
    """The tests of an include's filters."""
    return [test_of(table, rule) for rule in include.get("filter", ())]


def listed_member(
    item: Mapping[str, Any], system: str, version: str | None, table: CodeTable | None
) -> Member | None:
    """A concept that a value set lists; None where a complete system does not have it."""
    code = item.get("code")
    if not isinstance(code, str):
        return None
    node: Node | None = None
    if table is not None:
        node = table.get(code)
        version = table.identity.version
        if node is None and table.identity.content == "complete":
            return None
    return Member(
        system, version, node.code if node else code, table, node, item.get("display"),
        designations(item),
    )  # fmt: skip


def _expanded(value_set: Json) -> Members:
    """The codes of a value set that gives only its expansion."""
    found: Members = {}
    waiting = list(reversed(value_set.get("expansion", {}).get("contains", ())))
    while waiting:
        item = waiting.pop()
        waiting += reversed(item.get("contains", ()))
        if item.get("code") and item.get("system") and not item.get("abstract"):
            member = Member(
                item["system"], item.get("version"), item["code"], None, None,
                item.get("display"), designations(item),
            )  # fmt: skip
            found.setdefault(member.key, member)
    return found
