"""Text is escaped once, markup never twice."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from lanh.core import ui


def test_text_is_escaped_and_markup_is_not() -> None:
    inner = ui.tag("b", "<script>")
    assert ui.tag("p", inner, " & ", 3) == "<p><b>&lt;script&gt;</b> &amp; 3</p>"


def test_attributes_are_escaped_left_out_or_bare() -> None:
    made = ui.tag("input", value='"><x', class_="a", aria_label=None, required=True, hidden=False)
    assert made == '<input value="&quot;&gt;&lt;x" class="a" required/>'


@given(st.text())
def test_no_text_can_open_an_element(text: str) -> None:
    made = ui.tag("p", text, title=text)
    assert made.count("<") == 2
    assert made.count('"') == 2


def test_template_engines_take_it_as_markup() -> None:
    assert ui.tag("b", "x").__html__() == "<b>x</b>"


def test_nothing_and_none_leave_no_trace() -> None:
    assert ui.tag("p", None, ui.NOTHING, ["a", None, "b"]) == "<p>ab</p>"
