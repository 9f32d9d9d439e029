"""JSON in and out: decimals as written, limits, and clear refusals."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lanh.core import fhir


@pytest.mark.parametrize(
    "text", ["1.00", "0.10", "100.0", "-0.5", "3.141592653589793238462643383279"]
)
def test_decimals_keep_every_digit(text: str) -> None:
    assert fhir.dumps(fhir.loads(f'{{"value":{text}}}')) == f'{{"value":{text}}}'.encode()


def test_an_exponent_keeps_its_precision() -> None:
    value = fhir.loads("[1e2]")[0]
    assert value == 100
    assert value.as_tuple().exponent == 2
    assert json.loads(fhir.dumps([value])) == [100.0]


@given(st.decimals(allow_nan=False, allow_infinity=False, places=6))
def test_any_decimal_survives(value: Decimal) -> None:
    once = fhir.loads(fhir.dumps([value]))[0]
    assert Decimal(once) == value
    assert Decimal(once).as_tuple().exponent == value.as_tuple().exponent


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(),
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
        max_leaves=20,
    )
)
def test_any_json_value_survives(value: object) -> None:
    assert fhir.loads(fhir.dumps(value)) == value


@pytest.mark.parametrize("text", ["NaN", '{"a": NaN}', "[Infinity]", "[-Infinity]", "[01]", "[1.]"])
def test_what_is_no_json_number_is_refused(text: str) -> None:
    with pytest.raises(fhir.ParseError):
        fhir.loads(text)


def test_nan_is_not_written() -> None:
    with pytest.raises(ValueError, match="NaN"):
        fhir.dumps({"value": Decimal("NaN")})
    assert fhir.dumps({"text": "NaN"}) == b'{"text":"NaN"}'


def test_a_fault_is_told_by_line_and_column_in_both_languages() -> None:
    with pytest.raises(fhir.ParseError) as caught:
        fhir.loads(b'{\n  "a": 1,\n  "b": ?\n}')
    assert "dòng 3, cột 8" in caught.value.message.vi
    assert "line 3, column 8" in caught.value.message.en
    assert caught.value.issue.severity == "fatal"


@pytest.mark.parametrize("text", [b"", b"  \n"])
def test_an_empty_text_is_refused(text: bytes) -> None:
    with pytest.raises(fhir.ParseError, match="empty"):
        fhir.loads(text)


@pytest.mark.parametrize("text", [b'{"a":"\xff"}', '{"a":"\ud800"}', b'{"a":1}{"b":2}', b'{"a":1'])
def test_broken_texts_are_refused(text: bytes | str) -> None:
    with pytest.raises(fhir.ParseError):
        fhir.loads(text)


def test_too_much_is_refused() -> None:
    with pytest.raises(fhir.ParseError, match="more than the limit of 10"):
        fhir.loads(b'"' + b"x" * 20 + b'"', max_bytes=10)


@pytest.mark.parametrize("depth", [65, 500, 5000, 100_000])
def test_too_deep_is_refused(depth: int) -> None:
    with pytest.raises(fhir.ParseError, match="deeper than 64"):
        fhir.loads(b"[" * depth + b"]" * depth)
    with pytest.raises(fhir.ParseError):
        fhir.loads(b'{"a":' * depth + b"1" + b"}" * depth)


def test_the_allowed_depth_is_taken_and_brackets_in_texts_do_not_count() -> None:
    assert fhir.loads(b"[" * 64 + b"]" * 64)
    assert fhir.loads(fhir.dumps({"a": ["[{" * 500]})) == {"a": ["[{" * 500]}


def test_a_byte_order_mark_is_passed_over() -> None:
    assert fhir.loads(b'\xef\xbb\xbf{"a":1}') == {"a": 1}
