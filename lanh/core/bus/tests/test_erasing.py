"""Marks of a person are found in a message wherever base64 put them."""

from __future__ import annotations

import base64

from hypothesis import given
from hypothesis import strategies as st

from lanh.core.bus.erasing import forms

_MARKS = st.text(alphabet="0123456789ABCđ", min_size=6, max_size=20)


@given(_MARKS, st.binary(max_size=9), st.binary(max_size=9))
def test_a_mark_is_found_plain_and_in_base64(mark: str, before: bytes, after: bytes) -> None:
    text = before + mark.encode() + after
    assert any(form in text for form in forms(mark))
    assert any(form in base64.b64encode(text) for form in forms(mark))


def test_a_short_mark_would_be_found_by_chance() -> None:
    assert forms("12345") == []
