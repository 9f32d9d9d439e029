"""Axes have round steps; map classes hold about as many places each."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lanh.core.ui.scales import class_breaks, class_of, shade_of, steps


@given(st.floats(min_value=1e-6, max_value=1e12))
def test_steps_start_at_zero_and_reach_the_top(top: float) -> None:
    made = steps(top)
    assert made[0] == 0
    assert made[-1] >= top * 0.999999
    assert 2 <= len(made) <= 7


def test_nothing_to_show_still_has_an_axis() -> None:
    assert steps(0) == [0.0, 1.0]


def test_classes_share_the_places_out() -> None:
    values = [Decimal(n) for n in range(1, 101)]
    breaks = class_breaks(values)
    assert [class_of(Decimal(n), breaks) for n in (1, 20, 21, 41, 100)] == [0, 0, 1, 2, 4]


@pytest.mark.parametrize(
    ("values", "count"), [([], 0), ([5, 5, 5], 0), ([1, 2], 1), ([1, 1, 9], 1)]
)
def test_few_values_make_few_classes(values: list[int], count: int) -> None:
    assert len(class_breaks([Decimal(value) for value in values])) == count


def test_shades_span_the_sequence() -> None:
    breaks = [Decimal(2), Decimal(3)]
    assert [shade_of(place, breaks) for place in range(3)] == [0, 2, 4]
    assert shade_of(0, []) == 4
