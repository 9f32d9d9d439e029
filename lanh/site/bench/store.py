"""The record store by the operations that the goals name, each beside a limit of the same run.

`resources` (500,000) are loaded by import. Limits: COPY of the same bytes into a bare table,
pgbench on rows of the same size (for creates: the record, an audit entry and a feed entry in one
transaction), orjson, the same HTTP reply with no work behind it. Each request bears a token, is
answered under its client's access predicate and leaves an audit entry; PostgreSQL keeps its
durability (fsync, synchronous_commit).
"""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from lanh.core.database import Cluster, migrate
from lanh.site.bench import Figure
from lanh.site.bench._bulk import A_PATIENT, Bench, export, load, sizes, validation
from lanh.site.bench._interface import requests
from lanh.site.engines import ENGINES

RESOURCES = 500_000
_SETTINGS = {"shared_buffers": "1GB", "max_wal_size": "8GB"}


def run(resources: int = RESOURCES) -> list[Figure]:
    """Run the benchmark on a server of its own; takes some minutes at full size."""
    root = Path(tempfile.mkdtemp(prefix="lanh-bench-", dir="/var/tmp"))
    root.chmod(0o755)
    cluster = Cluster(root, settings=_SETTINGS)
    try:
        bench = Bench(root, cluster, cluster.start(), max(resources // A_PATIENT, 200))
        migrate(bench.url, ENGINES)
        loaded, rate = load(bench)
        return [
            *loaded,
            *sizes(bench),
            validation(bench),
            export(bench),
            *requests(bench, rate),
        ]
    finally:
        cluster.stop()
        shutil.rmtree(root, ignore_errors=True)
