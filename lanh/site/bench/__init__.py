"""Benchmarks: ratios measured side by side in one run, never a timed test.

A benchmark is a module here with `run(resources: int) -> Iterable[Figure]` and `RESOURCES`, the
size of a full run; its name is the module's.
"""

from __future__ import annotations

import importlib
import json
import os
import pkgutil
import platform
import subprocess
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

_FOLDER = Path(__file__).parent
_ROOT = Path(__file__).parents[3]


@dataclass(frozen=True, slots=True)
class Figure:
    """What one operation costs; None where a measure does not apply.

    `cpu_ms` is CPU time an operation, `per_second` the rate on one core or as `operation` says,
    `p50_ms` and `p99_ms` latencies, `baseline` what it is compared with, `ratio` this to that,
    `bytes` what one resource takes on disk.
    """

    operation: str
    cpu_ms: float | None = None
    per_second: float | None = None
    p50_ms: float | None = None
    p99_ms: float | None = None
    baseline: str | None = None
    ratio: float | None = None
    bytes: float | None = None


def names() -> list[str]:
    """The benchmarks there are."""
    return sorted(
        entry.name
        for entry in pkgutil.iter_modules([str(_FOLDER)])
        if not entry.ispkg and not entry.name.startswith("_")
    )


def run(name: str, resources: int | None = None) -> list[Figure]:
    """Run one benchmark, at its full size or with that many resources."""
    module = importlib.import_module(f"lanh.site.bench.{name}")
    found: Iterable[Figure] = module.run(resources or module.RESOURCES)
    return list(found)


def write(name: str, figures: Sequence[Figure]) -> Path:
    """Write `build/bench/NAME.json`: a list of objects, each saying where it was measured."""
    path = _ROOT / "build" / "bench" / f"{name}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    circumstances = {"commit": _commit(), "machine": _machine(), "load": list(os.getloadavg())}
    rows = [{**asdict(figure), **circumstances} for figure in figures]
    path.write_text(json.dumps(rows, indent=2) + "\n")
    return path


def _commit() -> str:
    done = subprocess.run(
        ["git", "describe", "--always", "--dirty"], cwd=_ROOT, capture_output=True, text=True
    )
    return done.stdout.strip() or "unknown"


def _machine() -> str:
    return f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}"


def table(name: str, figures: Sequence[Figure]) -> str:
    """The figures as columns of text."""
    head = ("operation", "cpu ms", "per second", "p50 ms", "p99 ms", "bytes", "baseline", "ratio")
    rows: list[tuple[str, ...]] = [head]
    for figure in figures:
        numbers = (
            figure.cpu_ms, figure.per_second, figure.p50_ms, figure.p99_ms, figure.bytes
        )  # fmt: skip
        shown = [_number(number) for number in numbers]
        rows.append((figure.operation, *shown, figure.baseline or "", _number(figure.ratio)))
    widths = [max(len(row[place]) for row in rows) for place in range(len(head))]
    lines = [
        "  ".join(
            cell.ljust(width) if place in (0, 6) else cell.rjust(width)
            for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]
    return "\n".join([name, *lines])


def _number(value: float | None) -> str:
    if value is None:
        return ""
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"
