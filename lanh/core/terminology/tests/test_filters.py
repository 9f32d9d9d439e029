"""The filters of value sets: a table of cases, and a naive model on random hierarchies."""

from __future__ import annotations

import time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lanh.core.terminology import NotSupported, Unusable
from lanh.core.terminology.filters import pattern
from lanh.core.terminology.filters import test_of as filter_test
from lanh.core.terminology.reading import table_of
from lanh.core.terminology.tests.samples import CARES, code_system, rule

TABLE = table_of(CARES, "test")


@pytest.mark.parametrize(
    ("property", "op", "value", "expected"),
    [
        ("concept", "is-a", "in", ["in", "in-day", "in-icu", "in-icu-new"]),
        ("concept", "is-a", "out", ["out", "old"]),
        ("concept", "descendent-of", "in-icu", ["in-icu-new"]),
        ("concept", "descendent-of", "old", []),
        ("concept", "is-not-a", "in", ["out", "old"]),
        ("concept", "generalizes", "in-icu-new", ["in", "in-icu", "in-icu-new"]),
        ("concept", "child-of", "in", ["in-day", "in-icu"]),
        ("concept", "descendent-leaf", "in", ["in-day", "in-icu-new"]),
        ("concept", "in", "out, in-day", ["in-day", "out"]),
        ("concept", "not-in", "in,in-day,in-icu,in-icu-new", ["out", "old"]),
        ("code", "=", "out", ["out"]),
        ("beds", "=", "2", ["in-icu"]),
        ("beds", "in", "0,1", ["in-day", "out"]),
        ("beds", "exists", "true", ["in-day", "in-icu", "out"]),
        ("beds", "exists", "false", ["in", "in-icu-new", "old"]),
        ("status", "=", "retired", ["old"]),
        ("notSelectable", "=", "true", ["in"]),
        ("parent", "=", "in", ["in-day", "in-icu"]),
        ("parent", "exists", "false", ["in", "out"]),
        ("child", "exists", "true", ["in", "in-icu", "out"]),
        ("code", "regex", "in-.{3}", ["in-day", "in-icu"]),
        ("code", "regex", "in", ["in"]),
        ("display", "regex", "Hồi sức.*", ["in-icu", "in-icu-new"]),
        ("display", "=", "Ngoại trú", ["out"]),
    ],
)
def test_each_operator(property: str, op: str, value: str, expected: list[str]) -> None:
    test = filter_test(TABLE, rule(property, op, value))
    assert [node.code for node in TABLE.nodes.values() if test(node)] == expected


@pytest.mark.parametrize(
    ("property", "op", "value", "error", "says"),
    [
        ("concept", "is-a", "none", Unusable, "there is no code 'none'"),
        ("colour", "=", "red", Unusable, "no property 'colour'"),
        ("code", "nearly", "in", NotSupported, "'nearly'"),
        ("beds", "exists", "yes", Unusable, "true or false"),
        ("code", "regex", "(", Unusable, "'('"),
        ("code", "regex", "(?=a)b", Unusable, "look-around"),
        ("code", "regex", r"(a)\1", Unusable, "back references"),
        ("code", "regex", "a{1000}{1000}{1000}", Unusable, "too large"),
        ("code", "regex", "a" * 3000, Unusable, "longer than"),
        ("code", "=", None, Unusable, "lacks"),
    ],
)
def test_a_filter_that_means_nothing_is_refused(
    property: str, op: str, value: Any, error: type[Exception], says: str
) -> None:
    with pytest.raises(error) as caught:
        filter_test(TABLE, rule(property, op, value))
    assert says in str(caught.value)


def test_no_pattern_holds_the_server_up() -> None:
    begun = time.process_time()
    for text in (r"(a+)+b", r"(a|aa)+$", r"(.*a){20}", r"([a-z]+)*\d"):
        pattern(text)("a" * 20_000)
    assert time.process_time() - begun < 2


def _made(edges: list[tuple[int, int]], size: int) -> dict[str, Any]:
    """A code system of `size` codes under any edges at all, circles and loops included."""
    concepts = [
        {
            "code": f"c{number}",
            "property": [
                {"code": "parent", "valueCode": f"c{parent}"}
                for child, parent in edges
                if child == number
            ],
        }
        for number in range(size)
    ]
    return code_system("urn:test:random", concepts, property=[{"code": "parent", "type": "code"}])


def _naive_below(edges: set[tuple[int, int]], top: int) -> set[int]:
    """What stands below, by trying every edge until nothing is added."""
    found = {top}
    while True:
        more = {child for child, parent in edges if parent in found} - found
        if not more:
            return found - {top}
        found |= more


@settings(max_examples=150, deadline=None)
@given(
    st.integers(1, 9).flatmap(
        lambda n: st.tuples(
            st.just(n),
            st.lists(st.tuples(st.integers(0, n - 1), st.integers(0, n - 1)), max_size=20),
        )
    )
)
def test_hierarchies_agree_with_a_naive_model(made: tuple[int, list[tuple[int, int]]]) -> None:
    size, listed = made
    edges = {edge for edge in listed if edge[0] != edge[1]}
    table = table_of(_made(listed, size), "test")
    below = {top: _naive_below(edges, top) for top in range(size)}
    for top in range(size):
        chosen = {
            op: {
                int(node.code[1:])
                for node in table.nodes.values()
                if filter_test(table, rule("concept", op, f"c{top}"))(node)
            }
            for op in ("is-a", "descendent-of", "is-not-a", "generalizes", "child-of")
        }
        assert chosen["descendent-of"] == below[top]
        assert chosen["is-a"] == below[top] | {top}
        assert chosen["is-not-a"] == set(range(size)) - below[top] - {top}
        assert chosen["generalizes"] == {n for n in range(size) if top in below[n]} | {top}
        assert chosen["child-of"] == {child for child, parent in edges if parent == top}


def test_nesting_parent_and_child_say_the_same() -> None:
    nested = code_system("urn:a", [{"code": "a", "concept": [{"code": "b"}]}])
    by_parent = code_system(
        "urn:a", [{"code": "a"}, {"code": "b", "property": [{"code": "p", "valueCode": "a"}]}],
        property=[{"code": "p", "type": "code",
                   "uri": "http://hl7.org/fhir/concept-properties#parent"}],
    )  # fmt: skip
    by_child = code_system(
        "urn:a", [{"code": "a", "property": [{"code": "child", "valueCode": "b"}]}, {"code": "b"}]
    )
    for each in (nested, by_parent, by_child):
        table = table_of(each, "test")
        assert table.descendants("a") == {"b"} and table.ancestors("b") == {"a"}


def test_a_deep_and_a_wide_hierarchy_are_quick() -> None:
    deep = [
        {"code": f"c{n}", "property": [{"code": "parent", "valueCode": f"c{n - 1}"}]}
        for n in range(20_000)
    ]
    table = table_of(code_system("urn:deep", deep), "test")
    begun = time.process_time()
    assert len(table.descendants("c0")) == 19_999
    assert len(table.ancestors("c19999")) == 20_000  # c-1 stands nowhere but as a parent
    assert time.process_time() - begun < 2
