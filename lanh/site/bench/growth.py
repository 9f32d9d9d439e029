"""What growth costs: each search over a few records and over many, and a reindex beside imports.

The first 100,000 of `resources` (5,000,000; at most a fifth) are loaded and their database is
copied; loading goes on, and at the end each search is asked of both in turns, one request at a
time, so that other work on the machine falls on both alike. `p50_growth_NAME` is the larger's p50,
the ratio that to the smaller's; the goal is 1.5, for `name` 3. At a million a copy of the database
is indexed by a parameter of all its types; `reindex` is CPU a resource, the ratio that to the CPU
of two imports; the goal is 1.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import psycopg

from lanh.core.database import Cluster, migrate
from lanh.site.bench import Figure
from lanh.site.bench._bulk import A_PATIENT, PROCESSES, Bench, Imported, imported, made
from lanh.site.bench._growing import compared, reindexed
from lanh.site.engines import ENGINES

RESOURCES = 5_000_000
_FEW = 100_000
_REINDEXED = 1_000_000
_PIECE = 250_000  # resources imported between two lines of progress
_SETTINGS = {"shared_buffers": "1GB", "max_wal_size": "8GB"}
_LONGEST_WAIT = 900.0  # seconds for the machine to be quiet, at full size


def run(resources: int = RESOURCES) -> list[Figure]:
    """Run the benchmark on a server of its own; an hour or more at full size."""
    root = Path(tempfile.mkdtemp(prefix="lanh-growth-", dir="/var/tmp"))
    root.chmod(0o755)
    cluster = Cluster(root, settings=_SETTINGS)
    try:
        bench = Bench(root, cluster, cluster.start(), 0)
        migrate(bench.url, ENGINES)
        few = min(_FEW, resources // 5)
        _load(bench, few)
        small = _copied(bench, "small")
        cost = _load(bench, max(min(_REINDEXED, resources), few))
        with _dropped(_copied(bench, "indexed")) as million:
            again = reindexed(million, cost)
        _tell(f"reindexed: {again.cpu_ms:.3f} CPU-ms a resource")
        _load(bench, resources)
        for each in (small, bench):
            _settle(each)
        _await_quiet(_LONGEST_WAIT * resources / RESOURCES)
        return [*compared(small, bench, _tell), again]
    finally:
        cluster.stop()
        shutil.rmtree(root, ignore_errors=True)


def _tell(text: str) -> None:
    sys.stderr.write(f"{time.strftime('%H:%M:%S')} load {os.getloadavg()[0]:.1f}: {text}\n")
    sys.stderr.flush()


def _load(bench: Bench, resources: int) -> Imported:
    """Load until there are that many; what it cost."""
    total = Imported(0, 0.0, 0.0, 0.0)
    patients = resources // A_PATIENT // PROCESSES * PROCESSES
    while bench.patients < patients:
        count = min(patients - bench.patients, _PIECE // A_PATIENT)
        made(bench, bench.patients, count)
        found = imported(bench)
        if found.count != count * A_PATIENT:
            raise ValueError(f"{count * A_PATIENT - found.count} resources are missing")
        bench.patients += count
        total = Imported(
            total.count + found.count, total.client + found.client,
            total.server + found.server, total.wall + found.wall,
        )  # fmt: skip
        _tell(
            f"{bench.count:,} resources; the last took {found.cpu_ms:.3f} CPU-ms each, "
            f"{found.server / found.count * 1000:.3f} of it PostgreSQL's"
        )
    return total


def _copied(bench: Bench, name: str) -> Bench:
    with psycopg.connect(bench.cluster.url("postgres"), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE lanh STRATEGY file_copy")
    return replace(bench, url=bench.cluster.url(name))


@contextmanager
def _dropped(bench: Bench) -> Iterator[Bench]:
    """The copy, dropped afterwards."""
    yield bench
    with psycopg.connect(bench.cluster.url("postgres"), autocommit=True) as connection:
        connection.execute("DROP DATABASE indexed WITH (FORCE)")


def _settle(bench: Bench) -> None:
    with psycopg.connect(bench.url, autocommit=True) as connection:
        connection.execute("VACUUM ANALYZE")
        connection.execute("CHECKPOINT")


def _await_quiet(longest: float) -> None:
    """Wait until a core is free, but not for ever."""
    until = time.monotonic() + longest
    while os.getloadavg()[0] > (os.cpu_count() or 1) - 1 and time.monotonic() < until:
        _tell("waits for a quiet machine")
        time.sleep(min(30.0, longest))
