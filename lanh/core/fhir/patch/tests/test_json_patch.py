"""JSON Patch as RFC 6902 and 6901 say, with exact decimals and bounded growth."""

from __future__ import annotations

import copy
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lanh.core.fhir.patch import PatchError, apply_json_patch
from lanh.core.fhir.patch.json_patch import same


@pytest.mark.parametrize(
    ("document", "operation", "expected"),
    [
        ({"a": 1}, {"op": "add", "path": "/b", "value": [1]}, {"a": 1, "b": [1]}),
        ({"a": [1, 3]}, {"op": "add", "path": "/a/1", "value": 2}, {"a": [1, 2, 3]}),
        ({"a": [1]}, {"op": "add", "path": "/a/-", "value": 2}, {"a": [1, 2]}),
        ({"a": 1}, {"op": "add", "path": "", "value": {"b": 2}}, {"b": 2}),
        ({"a/b": 1, "c~d": 2}, {"op": "remove", "path": "/a~1b"}, {"c~d": 2}),
        ({"c~d": 2}, {"op": "replace", "path": "/c~0d", "value": 3}, {"c~d": 3}),
        ({"": {"": 1}}, {"op": "replace", "path": "//", "value": 2}, {"": {"": 2}}),
        ({"a": {"b": 1}, "c": {}}, {"op": "move", "from": "/a/b", "path": "/c/b"},
         {"a": {}, "c": {"b": 1}}),
        ({"a": [1, 2, 3]}, {"op": "move", "from": "/a/0", "path": "/a/2"}, {"a": [2, 3, 1]}),
        ({"a": {"b": 1}}, {"op": "copy", "from": "/a", "path": "/c"},
         {"a": {"b": 1}, "c": {"b": 1}}),
        ({"a": Decimal("1.00")}, {"op": "test", "path": "/a", "value": 1}, {"a": Decimal("1.00")}),
        ({"a": None}, {"op": "test", "path": "/a", "value": None}, {"a": None}),
        ({"a": 1}, {"op": "test", "path": "/a", "value": 1, "x": "ignored"}, {"a": 1}),
    ],
)  # fmt: skip
def test_each_operation(document: Any, operation: dict[str, Any], expected: Any) -> None:
    before = copy.deepcopy(document)
    assert apply_json_patch(document, [operation]) == expected
    assert document == before


@pytest.mark.parametrize(
    ("operations", "malformed", "words"),
    [
        ({}, True, "list of operations"),
        (["x"], True, "'op'"),
        ([{"op": "spam", "path": "/a"}], True, "spam"),
        ([{"op": "add", "path": "a", "value": 1}], True, "'path'"),
        ([{"op": "add", "path": "/a~2", "value": 1}], True, "'path'"),
        ([{"op": "add", "path": "/a"}], True, "'value'"),
        ([{"op": "move", "path": "/a"}], True, "'from'"),
        ([{"op": "remove", "path": "/x"}], False, "nothing at '/x'"),
        ([{"op": "remove", "path": ""}], False, "nothing at"),
        ([{"op": "add", "path": "/x/y", "value": 1}], False, "nothing at"),
        ([{"op": "add", "path": "/a/b", "value": 1}], False, "nothing at"),
        ([{"op": "replace", "path": "/l/01", "value": 1}], False, "no position '01'"),
        ([{"op": "add", "path": "/l/5", "value": 1}], False, "no position '5'"),
        ([{"op": "replace", "path": "/l/-", "value": 1}], False, "no position '-'"),
        ([{"op": "move", "from": "/o", "path": "/o/p"}], False, "into itself"),
        ([{"op": "test", "path": "/a", "value": True}], False, "not the one"),
        ([{"op": "test", "path": "/a", "value": "1"}], False, "not the one"),
        ([{"op": "test", "path": "/a", "value": 1}] * 1001, True, "more than"),
    ],
)
def test_what_does_not_fit_is_refused(operations: Any, malformed: bool, words: str) -> None:
    with pytest.raises(PatchError) as caught:
        apply_json_patch({"a": 1, "l": [1, 2], "o": {"p": {}}}, operations)
    assert caught.value.malformed is malformed
    assert words in caught.value.issue.message.en
    assert caught.value.issue.message.vi


def test_copies_of_copies_are_bounded() -> None:
    doubling = [{"op": "copy", "from": "", "path": f"/{n}"} for n in range(60)]
    with pytest.raises(PatchError, match="too large"):
        apply_json_patch({"a": [1] * 50}, doubling)


_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3)
    ),
    max_leaves=12,
)


@given(st.dictionaries(st.text(max_size=3), _VALUES, max_size=4), st.text(max_size=3), _VALUES)
def test_what_is_added_is_found_and_can_be_removed(
    document: dict[str, Any], name: str, value: Any
) -> None:
    pointer = "/" + name.replace("~", "~0").replace("/", "~1")
    added = apply_json_patch(
        document,
        [
            {"op": "add", "path": pointer, "value": value},
            {"op": "test", "path": pointer, "value": value},
        ],
    )
    removed = apply_json_patch(added, [{"op": "remove", "path": pointer}])
    without = {key: item for key, item in document.items() if key != name}
    assert same(removed, without)
