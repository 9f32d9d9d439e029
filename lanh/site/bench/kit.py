"""What the kit's engines cost: pages of lists over as many facilities, wards and beds as are asked
for (`resources`, a million at full size), on a server of its own.

`list_page` is the median of first and second pages of many lists, with their audit and includes;
its goal is 300 ms. The baseline is the same number of rows read by their ids in the same run.
`submit_60_questions` is a filled form, judged, extracted and written; its goal is 3 times the CPU
of the bare transaction that it results in.
`record_page` is the page of one of its records. `suggest_code` is what is offered for a text typed
into a field of codes; its goal is 100 ms.
"""

from __future__ import annotations

import shutil
import tempfile
import time
from pathlib import Path

import psycopg

from lanh.core.database import Cluster, connected, migrate
from lanh.site.bench import Figure
from lanh.site.bench._codes import suggestions
from lanh.site.bench._directory import load
from lanh.site.bench._forms import submissions
from lanh.site.bench._lists import list_pages
from lanh.site.engines import ENGINES

RESOURCES = 1_000_000
_SETTINGS = {"shared_buffers": "1GB", "max_wal_size": "3GB"}


def run(resources: int = RESOURCES) -> list[Figure]:
    """Run the benchmark; some minutes at full size."""
    root = Path(tempfile.mkdtemp(prefix="lanh-bench-", dir="/var/tmp"))
    root.chmod(0o755)
    cluster = Cluster(root, settings=_SETTINGS)
    try:
        url = cluster.start()
        migrate(url, ENGINES)
        begun = time.perf_counter()
        done = load(url, resources)
        rate = done / (time.perf_counter() - begun)
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("VACUUM ANALYZE")
        with connected(url) as database:
            pages = list_pages(database, cluster.pid or 0)
            sent = submissions(database, cluster.pid or 0)
            codes = suggestions(database)
        return [Figure(f"loaded, {done:,} records", per_second=rate), *pages, *sent, codes]
    finally:
        cluster.stop()
        shutil.rmtree(root, ignore_errors=True)
