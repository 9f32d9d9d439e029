"""The filters of a value set's include (R4 ValueSet.compose.include.filter) as tests of a concept.

A regular expression is matched against the whole value by an engine without backtracking, with a
bound on its size: no pattern can hold the server up. What such an engine lacks (look-ahead, back
references) is refused by name.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, TypeAlias

import jsonschema_rs

from lanh.core.terminology.errors import NotSupported, Unusable
from lanh.core.terminology.table import CodeTable, Node

Test: TypeAlias = Callable[[Node], bool]

_LONGEST_PATTERN = 2_000
_ITSELF = frozenset({"concept", "code"})
_KNOWN = frozenset(
    {"concept", "code", "display", "definition", "parent", "child", "subsumedBy", "inactive",
     "notSelectable", "abstract", "status", "deprecated", "deprecationDate"}
)  # fmt: skip


@lru_cache(maxsize=512)
def pattern(text: str) -> Callable[[str], bool]:
    """A test of whole texts by a regular expression. Raises Unusable."""
    if len(text) > _LONGEST_PATTERN:
        raise Unusable.because("regex-too-long", limit=_LONGEST_PATTERN)
    try:
        validator = jsonschema_rs.validator_for(
            {"pattern": f"^(?:{text})$"},
            pattern_options=jsonschema_rs.RegexOptions(
                size_limit=1_000_000, dfa_size_limit=4_000_000
            ),
        )
    except jsonschema_rs.ValidationError as error:
        raise Unusable.because("regex-refused", pattern=text) from error

    def fits(value: str) -> bool:
        return bool(validator.is_valid(value))

    return fits


def test_of(table: CodeTable, rule: Mapping[str, Any]) -> Test:
    """The test that one filter makes of the concepts of `table`. Raises TerminologyError."""
    name, operator, value = rule.get("property"), rule.get("op"), rule.get("value")
    if not isinstance(name, str) or not isinstance(operator, str) or not isinstance(value, str):
        raise Unusable.because("filter-incomplete", system=table.url)
    make = _HIERARCHY.get(operator)
    if make is not None:
        return make(table, _anchor(table, operator, value))
    if name not in _KNOWN and name not in table.properties and not _used(table, name):
        raise Unusable.because(
            "filter-property", system=table.url, property=name, operator=operator
        )
    match operator:
        case "=":
            wanted = _same(table, name, value)
            return lambda node: wanted in _values(table, node, name)
        case "in" | "not-in":
            listed = {_same(table, name, each.strip()) for each in value.split(",")}
            inside = operator == "in"
            return lambda node: (not listed.isdisjoint(_values(table, node, name))) is inside
        case "regex":
            fits = pattern(value)
            return lambda node: any(map(fits, _values(table, node, name)))
        case "exists":
            if value not in ("true", "false"):
                raise Unusable.because("filter-exists", system=table.url, value=value)
            there = value == "true"
            return lambda node: bool(_values(table, node, name)) is there
    raise NotSupported.because("filter-operator", system=table.url, operator=operator)


def _values(table: CodeTable, node: Node, name: str) -> list[str]:
    return table.children.get(node.code, []) if name == "child" else node.of(name)


def _same(table: CodeTable, name: str, value: str) -> str:
    """The value as the table writes it: a code in the table's own case, a Coding's code."""
    if name in _ITSELF or name in ("parent", "child", "subsumedBy"):
        found = table.get(value)
        return found.code if found else value
    return value.rpartition("|")[2] if name not in _KNOWN else value


def _used(table: CodeTable, name: str) -> bool:
    return any(p.code == name for node in table.nodes.values() for p in node.properties)


def _anchor(table: CodeTable, operator: str, value: str) -> str:
    """The concept that a hierarchical filter starts from."""
    found = table.anchor(value)
    if found is None:
        if not table.complete:
            return value
        raise Unusable.because("filter-anchor", system=table.url, operator=operator, code=value)
    return found


def _is_a(table: CodeTable, code: str) -> Test:
    reached = table.descendants(code) | {code}
    return lambda node: node.code in reached


def _below(table: CodeTable, code: str) -> Test:
    reached = table.descendants(code)
    return lambda node: node.code in reached


def _not_a(table: CodeTable, code: str) -> Test:
    reached = table.descendants(code) | {code}
    return lambda node: node.code not in reached


def _generalizes(table: CodeTable, code: str) -> Test:
    reached = table.ancestors(code) | {code}
    return lambda node: node.code in reached


def _child_of(table: CodeTable, code: str) -> Test:
    return lambda node: code in node.parents


def _leaf_below(table: CodeTable, code: str) -> Test:
    reached = table.descendants(code)
    return lambda node: node.code in reached and not table.children.get(node.code)


_HIERARCHY: dict[str, Callable[[CodeTable, str], Test]] = {
    "is-a": _is_a,
    "descendent-of": _below,
    "is-not-a": _not_a,
    "generalizes": _generalizes,
    "child-of": _child_of,
    "descendent-leaf": _leaf_below,
}
