"""The store's benchmark runs from end to end; its ratios are read, not asserted, on a busy host."""

from __future__ import annotations

import pytest

from lanh.site import bench

_NAMES = (
    "create", "read", "identifier", "newest20", "name", "multi", "bundle", "import", "export",
    "validate", "bytes_per_resource",
)  # fmt: skip
_ALONE = {"newest20", "name", "multi", "export"}


@pytest.mark.long
def test_the_store_benchmark_gives_every_figure() -> None:
    figures = {figure.operation: figure for figure in bench.run("store", 5000)}
    for name in _NAMES:
        figure = figures[name]
        assert name in _ALONE or (figure.ratio is not None and figure.ratio > 0)
        assert figure.bytes or (figure.cpu_ms is not None and figure.cpu_ms > 0)
