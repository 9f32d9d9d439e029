"""Lists over a million facilities, wards and beds: the median page within 300 ms."""

from __future__ import annotations

import pytest

from lanh.site import bench

GOAL = 300.0


@pytest.mark.long
@pytest.mark.timeout(3000)
def test_the_median_page_over_a_million_records_is_within_its_goal() -> None:
    figures = {figure.operation.strip(): figure for figure in bench.run("kit")}
    page = figures["list_page"]
    assert page.p50_ms is not None and page.p50_ms < GOAL
