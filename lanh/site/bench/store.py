"""The record store: load, size, reads, creates and searches, against what PostgreSQL itself does.

LANH_BENCH_RESOURCES (500,000) sets the size. Every limit is taken in the same run on the same
server: COPY of the same bytes into a bare table, and pgbench on rows of the same size. The server
keeps its durability (fsync, synchronous commit).
"""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg

from lanh.core import fhir
from lanh.core.access import system_access
from lanh.core.database import AsyncDatabase, Cluster, SyncDatabase, connected, migrate
from lanh.core.store import Context, Store, Write, parse_search
from lanh.nation import naming
from lanh.site.bench import Figure
from lanh.site.bench._http import Tally, hammer, request
from lanh.site.bench._measure import latencies, measured, percentile, pgbench
from lanh.site.bench._synthetic import patient_records, records
from lanh.site.engines import ENGINES

_A_PATIENT = 25
_BATCH = 100 * _A_PATIENT
_PROCESSES = 2
_CONNECTIONS = 16
_SECONDS = 5
_SOURCE = "urn:lanh:receipt:1k80lpka820a95m08ei8bla5"
_SETTINGS = {"shared_buffers": "1GB", "max_wal_size": "8GB"}


@dataclass(slots=True)
class _Bench:
    root: Path
    cluster: Cluster
    url: str
    patients: int

    @property
    def pid(self) -> int:
        return self.cluster.pid or 0


def run() -> list[Figure]:
    """Run the benchmark on a server of its own; takes some minutes at full size."""
    patients = int(os.environ.get("LANH_BENCH_RESOURCES", "500000")) // _A_PATIENT
    root = Path(tempfile.mkdtemp(prefix="lanh-bench-", dir="/var/tmp"))
    root.chmod(0o755)
    cluster = Cluster(root, settings=_SETTINGS)
    try:
        bench = _Bench(root, cluster, cluster.start(), patients)
        migrate(bench.url, ENGINES)
        return [*_load(bench), *_sizes(bench), *_searches(bench), *_requests(bench)]
    finally:
        cluster.stop()
        shutil.rmtree(root, ignore_errors=True)


def _generate(path: str, start: int, count: int) -> None:
    with Path(path).open("wb") as file:
        for group in records(count, start=start):
            for resource in group:
                file.write(fhir.dumps(resource) + b"\n")


def _lines(path: str, size: int) -> Iterator[list[bytes]]:
    with Path(path).open("rb") as file:
        batch: list[bytes] = []
        for line in file:
            batch.append(line)
            if len(batch) == size:
                yield batch
                batch = []
        if batch:
            yield batch


def _take_in(url: str, path: str) -> tuple[int, float, float]:
    """Load a file by the path that messages take: parse, validate, write.

    Returns the count, the CPU seconds, and those of parsing alone: a measure of how fast a core is
    while others use it too.
    """
    context = Context(system_access("bench"), _SOURCE, custodian="97001", commune="00004")
    store = Store()

    parsing = 0.0

    async def main() -> int:
        nonlocal parsing
        database = await AsyncDatabase.connect(url, max_size=1)
        count = 0
        for batch in _lines(path, _BATCH):
            writes = []
            begun = time.process_time()
            resources = [fhir.loads(line) for line in batch]
            parsing += time.process_time() - begun
            for resource in resources:
                if fhir.validate(resource):
                    raise ValueError("a made-up resource is not valid")
                writes.append(Write("update", resource["resourceType"], resource["id"], resource))
            await database.transact(store.write(writes, context))
            count += len(writes)
        await database.close()
        return count

    start = time.process_time()
    return asyncio.run(main()), time.process_time() - start, parsing


def _copy(url: str, paths: list[str]) -> float:
    """Resources a second of COPY into a bare table, the same bytes, one process."""
    with psycopg.connect(url) as connection:
        connection.execute("CREATE TABLE public.bare (body text)")
        count, start = 0, time.perf_counter()
        with connection.cursor().copy("COPY public.bare FROM STDIN (FORMAT BINARY)") as copy:
            copy.set_types(["text"])
            for path in paths:
                for batch in _lines(path, _BATCH):
                    for line in batch:
                        copy.write_row((line.decode(),))
                    count += len(batch)
        connection.commit()
        taken = time.perf_counter() - start
        connection.execute("DROP TABLE public.bare")
    return count / taken


def _load(bench: _Bench) -> list[Figure]:
    share = bench.patients // _PROCESSES
    paths = [str(bench.root / f"{at}.ndjson") for at in range(_PROCESSES)]
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(_PROCESSES, mp_context=context) as pool:
        starts = [at * share for at in range(_PROCESSES)]
        list(pool.map(_generate, paths, starts, [share] * _PROCESSES))
        limit = max(_copy(bench.url, paths[:1]) for _ in range(2))
        with measured(bench.pid) as span:
            done = list(pool.map(_take_in, [bench.url] * _PROCESSES, paths))
    count = sum(each[0] for each in done)
    client = sum(each[1] for each in done)
    parsing = sum(each[2] for each in done)
    rate = count / span.wall
    return [
        Figure("COPY of the same text into a bare table", per_second=limit),
        Figure(
            "load, validated and indexed, 2 processes",
            cpu_ms=(client + span.cpu) / count * 1000,
            per_second=rate,
            baseline="COPY of the same text",
            ratio=rate / limit,
        ),
        Figure("  of which parsing", cpu_ms=parsing / count * 1000),
        Figure(
            "  of which in Python",
            cpu_ms=client / count * 1000,
            baseline="parsing of the same bytes",
            ratio=client / parsing,
        ),
        Figure(
            "  of which in PostgreSQL",
            cpu_ms=span.cpu / count * 1000,
            baseline="parsing of the same bytes",
            ratio=span.cpu / parsing,
        ),
    ]


_SIZES = """
SELECT CASE WHEN c.relname LIKE 'feed%' OR n.nspname = 'audit' THEN 'feed and audit'
            WHEN c.relname LIKE 'locator%' THEN 'locator'
            WHEN c.relkind = 'i' THEN 'indexes' ELSE 'rows' END,
       sum(CASE WHEN c.relkind = 'i' THEN pg_relation_size(c.oid)
                ELSE pg_table_size(c.oid) END)
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname IN ('store', 'audit') AND c.relkind IN ('r', 'i')
GROUP BY 1
"""


def _sizes(bench: _Bench) -> list[Figure]:
    count = bench.patients // _PROCESSES * _PROCESSES * _A_PATIENT
    text = sum(path.stat().st_size for path in bench.root.glob("*.ndjson")) / count
    with psycopg.connect(bench.url, autocommit=True) as connection:
        connection.execute("VACUUM ANALYZE")
        sizes = {row[0]: float(row[1]) / count for row in connection.execute(_SIZES)}
    figures = [
        Figure(
            f"bytes a resource, all in: {sum(sizes.values()):.0f} of {text:.0f} as NDJSON",
            baseline="NDJSON",
            ratio=sum(sizes.values()) / text,
        )
    ]
    for name, size in sorted(sizes.items(), key=lambda entry: -entry[1]):
        figures.append(Figure(f"  {name}: {size:.0f}", baseline="NDJSON", ratio=size / text))
    return figures


def _searches(bench: _Bench) -> list[Figure]:
    """One connection, one search after another, each of them another patient's."""
    chance = random.Random(5)  # noqa: S311 - which patients are asked for
    groups = [patient_records(chance.randrange(bench.patients)) for _ in range(200)]
    store, context = Store(), Context(system_access("bench"))
    with connected(bench.url) as database:

        def search(kind: str, query: list[tuple[str, str]]) -> int:
            page = database.read(store.search(parse_search(kind, query), context))
            return len(page.entries)

        def key(at: int) -> object:
            return _by_key(database, groups[at % 200][4]["id"])

        asked: dict[str, Callable[[int], int]] = {
            "Patient by identifier": lambda at: search(
                "Patient",
                [("identifier", f"{naming.PERSONAL_NUMBER}|"
                                f"{groups[at % 200][0]['identifier'][0]['value']}")],
            ),
            "Observation by patient, code, date, newest first": lambda at: search(
                "Observation",
                [
                    ("patient", groups[at % 200][0]["id"]),
                    ("code", groups[at % 200][4]["code"]["coding"][0]["code"]),
                    ("date", "ge2024"),
                    ("_sort", "-date"),
                ],
            ),
            "Patient by folded name, prefix": lambda at: search(
                "Patient", [("name", groups[at % 200][0]["name"][0]["text"][:-1])]
            ),
            "Observation by code in a month, newest 20": lambda at: search(
                "Observation",
                [
                    ("code", groups[at % 200][4]["code"]["coding"][0]["code"]),
                    ("date", "lt2026-04"),
                    ("date", "ge2026-03"),
                    ("_sort", "-date"),
                ],
            ),
        }  # fmt: skip
        base = latencies(key, 1000)
        limit = percentile(base, 0.5)
        figures = [
            Figure("primary-key read", p50_ms=limit, p99_ms=percentile(base, 0.99)),
        ]
        for name, call in asked.items():
            if not all(call(at) for at in range(20)):
                raise ValueError(f"{name} found nothing")
            found = latencies(call, 600)
            middle = percentile(found, 0.5)
            figures.append(
                Figure(
                    name,
                    p50_ms=middle,
                    p99_ms=percentile(found, 0.99),
                    baseline="primary-key read, p50",
                    ratio=middle / limit,
                )
            )
    return figures


def _by_key(database: SyncDatabase, name: str) -> object:
    with database.pool.connection() as connection:
        return connection.execute(
            "SELECT body FROM store.observation t WHERE t.id = $1 AND t.bucket = (SELECT bucket"
            " FROM store.observation o WHERE o.id = $1)",
            [name],
        ).fetchone()


def _await_port(port: int, process: subprocess.Popen[bytes]) -> None:
    for _ in range(200):
        if process.poll() is not None:
            raise RuntimeError("the server did not start")
        try:
            if hammer(port, [request("GET", "/fhir/metadata")], 1, 0.05).latencies:
                return
        except OSError:
            time.sleep(0.05)
    raise RuntimeError("the server does not answer")


def _requests(bench: _Bench) -> list[Figure]:
    with psycopg.connect(bench.url, autocommit=True) as connection:
        connection.execute("CREATE SCHEMA bench")
        found = connection.execute("SELECT id FROM store.observation LIMIT 20000").fetchall()
        _equal_rows(connection)
    port = 18_000 + os.getpid() % 1_000
    command = [sys.executable, "-m", "granian", "--interface", "asgi", "--port", str(port),
               "--no-ws", "--log-level", "error", "lanh.site.bench._server:app"]  # fmt: skip
    environment = {**os.environ, "LANH_BENCH_URL": bench.url}
    process = subprocess.Popen(command, env=environment)
    try:
        _await_port(port, process)
        return [
            *_reads(bench, port, process.pid, [row[0] for row in found]),
            *_creates(bench, port, process.pid),
        ]
    finally:
        process.terminate()
        process.wait(10)


def _equal_rows(connection: psycopg.Connection[Any]) -> None:
    """Tables for pgbench: rows like the store's, with the same indexes, and by number."""
    connection.execute("CREATE TABLE bench.created (LIKE store.observation_0 INCLUDING ALL)")
    connection.execute(
        "CREATE TABLE bench.numbered AS SELECT row_number() OVER ()::integer AS n, t.*"
        " FROM (SELECT * FROM store.observation LIMIT 20000) t"
    )
    connection.execute("ALTER TABLE bench.numbered ADD PRIMARY KEY (n)")
    connection.execute("ANALYZE bench.numbered")


def _under_load(
    bench: _Bench, port: int, server: int, requests: list[bytes]
) -> tuple[Tally, float]:
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=context) as pool:
        pool.submit(hammer, port, requests, _CONNECTIONS, 1.0).result()  # warm
        with measured(bench.pid, server) as span:
            tally = pool.submit(hammer, port, requests, _CONNECTIONS, float(_SECONDS)).result()
    if tally.failures:
        raise ValueError(f"{tally.failures} of {len(tally.latencies)} requests failed")
    return tally, span.cpu / len(tally.latencies) * 1000


def _compared(name: str, tally: Tally, cpu: float, limit: float, baseline: str) -> list[Figure]:
    middle = percentile(tally.latencies, 0.5)
    last = percentile(tally.latencies, 0.99)
    return [
        Figure(baseline, per_second=limit),
        Figure(name, cpu, tally.per_second, middle, last, baseline, tally.per_second / limit),
        Figure("  its p99 to its own p50", baseline="p50", ratio=last / middle),
    ]


def _reads(bench: _Bench, port: int, server: int, ids: list[str]) -> list[Figure]:
    script = "\\set n random(1, 20000)\nSELECT body FROM bench.numbered WHERE n = :n;\n"
    limit = pgbench(bench.url, script, clients=_CONNECTIONS, seconds=_SECONDS)
    requests = [request("GET", f"/fhir/Observation/{quote(each)}") for each in ids]
    tally, cpu = _under_load(bench, port, server, requests)
    return _compared(
        "read by id over HTTP, audited, 16 connections", tally, cpu, limit,
        "pgbench primary-key select, 16 clients",
    )  # fmt: skip


def _creates(bench: _Bench, port: int, server: int) -> list[Figure]:
    with psycopg.connect(bench.url, autocommit=True) as connection:
        names = [
            row[0]
            for row in connection.execute(
                "SELECT column_name FROM information_schema.columns WHERE table_schema = 'bench'"
                " AND table_name = 'created' AND column_name NOT IN ('id', 'txid')"
            )
        ]
    listed = ", ".join(names)
    insert = f"INSERT INTO bench.created (id, {listed}) SELECT gen_random_uuid()::text, {listed}"
    script = f"\\set n random(1, 20000)\n{insert} FROM bench.numbered WHERE n = :n;\n"
    limit = pgbench(bench.url, script, clients=_CONNECTIONS, seconds=_SECONDS)
    bodies = [fhir.dumps(each) for group in records(100, seed=9) for each in group[4:16]]
    requests = [request("POST", "/fhir/Observation", body) for body in bodies]
    tally, cpu = _under_load(bench, port, server, requests)
    return _compared(
        "create over HTTP, validated, audited, durable, 16 connections", tally, cpu, limit,
        "pgbench insert of an equal row, 16 clients",
    )  # fmt: skip
