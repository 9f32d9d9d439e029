"""The store's benchmark runs from end to end; its ratios are read, not asserted, on a busy host."""

from __future__ import annotations

import pytest

from lanh.site import bench


@pytest.mark.long
def test_the_store_benchmark_gives_every_figure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LANH_BENCH_RESOURCES", "5000")
    figures = {figure.operation: figure for figure in bench.run("store")}
    for name in (
        "load, validated and indexed, 2 processes",
        "Patient by identifier",
        "Observation by patient, code, date, newest first",
        "Patient by folded name, prefix",
        "read by id over HTTP, audited, 16 connections",
        "create over HTTP, validated, audited, durable, 16 connections",
    ):
        ratio = figures[name].ratio
        assert ratio is not None and ratio > 0
