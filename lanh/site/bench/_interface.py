"""The interactive side of the store's benchmark: requests by HTTP, each with token and audit."""

from __future__ import annotations

import multiprocessing
import os
import random
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import psycopg

from lanh.core import fhir
from lanh.core.accounts import create_client, grant_token
from lanh.core.database import connected
from lanh.core.store import Context, Store, Write, new_id
from lanh.core.text import fold
from lanh.nation import naming
from lanh.site.bench import Figure
from lanh.site.bench._bulk import CLIENT, SCOPES, Bench, system
from lanh.site.bench._http import Tally, hammer, request
from lanh.site.bench._measure import measured, percentile, pgbench
from lanh.site.bench._synthetic import Resource, patient_records, records

_CONNECTIONS = 32
_SENDERS = 4  # of whole Bundles
_SECONDS = 5
_ASKED = 200  # patients whose records are asked for
_BUNDLES = 20
_IN_BUNDLE = 10  # patients


@dataclass(slots=True)
class Serving:
    """A server of the FHIR interface over the records of `bench`."""

    bench: Bench
    port: int
    pid: int
    token: str


def requests(bench: Bench, bulk_rate: float) -> list[Figure]:
    """Reads, searches, creates and transactions; `bulk_rate` is that of import, a second."""
    chance = random.Random(5)  # noqa: S311 - which patients are asked for
    groups = [patient_records(chance.randrange(bench.patients // 2)) for _ in range(_ASKED)]
    with served(bench) as serving:
        add_observations(bench, groups)
        _equal_rows(bench)
        reply = request("GET", "/bench/reply/", token=serving.token)
        floor = _measure(serving, "http_reply", [reply])
        read = _read(serving)
        return [floor, *read, *_searches(serving, groups, read[-1]), *_creates(serving),
                _bundles(serving, bulk_rate)]  # fmt: skip


@contextmanager
def served(bench: Bench, port: int = 0) -> Iterator[Serving]:
    """A server that runs within the block, by `port` the first, second, ... of this process."""
    with connected(bench.url) as database:
        database.transact(create_client(CLIENT))
        token = database.transact(grant_token(CLIENT.id, SCOPES, 3600)).token
    port += 18_000 + os.getpid() % 1_000
    command = [sys.executable, "-m", "granian", "--interface", "asgi", "--port", str(port),
               "--no-ws", "--log-level", "error", "lanh.site.bench._server:app"]  # fmt: skip
    process = subprocess.Popen(command, env={**os.environ, "LANH_BENCH_URL": bench.url})
    try:
        _await_port(port, process)
        yield Serving(bench, port, process.pid, token)
    finally:
        process.terminate()
        process.wait(60)


def _await_port(port: int, process: subprocess.Popen[bytes]) -> None:
    for _ in range(1_200):  # a busy machine starts it slowly
        if process.poll() is not None:
            raise RuntimeError("the server did not start")
        try:
            if hammer(port, [request("GET", "/fhir/metadata", token="")], 1, 0.05).latencies:
                return
        except OSError:
            time.sleep(0.05)
    raise RuntimeError("the server does not answer")


def add_observations(bench: Bench, groups: Sequence[list[Resource]]) -> None:
    """Write as many Observations again for those who are asked about: twenty can be found."""
    copies = {new_id(0): each for group in groups for each in group[4:16]}
    writes = [
        Write("update", "Observation", name, {**each, "id": name}) for name, each in copies.items()
    ]
    access = system()
    context = Context(access, custodian=access.facility, commune=access.commune)
    with connected(bench.url) as database:
        database.transact(Store().write(writes, context))


def _under_load(
    serving: Serving, asked: list[bytes], connections: int, seconds: float
) -> tuple[Tally, float]:
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=context) as pool:
        pool.submit(hammer, serving.port, asked, connections, 1.0).result()  # warm
        with measured(serving.bench.pid, serving.pid) as span:
            run = pool.submit(hammer, serving.port, asked, connections, seconds)
            tally = run.result()
    if tally.failures:
        told = tally.fault.decode(errors="replace")
        raise ValueError(f"{tally.failures} of {len(tally.latencies)} requests failed: {told}")
    return tally, span.cpu / len(tally.latencies) * 1000


def _measure(
    serving: Serving,
    name: str,
    asked: list[bytes],
    limit: tuple[str, float] | None = None,
    *,
    connections: int = _CONNECTIONS,
    parts: int = 1,
) -> Figure:
    """The figure of an operation; one request does `parts` of it, latencies are of requests."""
    tally, cpu = _under_load(serving, asked, connections, float(_SECONDS))
    rate = tally.per_second * parts
    return Figure(
        name,
        cpu / parts,
        rate,
        percentile(tally.latencies, 0.5),
        percentile(tally.latencies, 0.99),
        limit[0] if limit else None,
        rate / limit[1] if limit else None,
    )


def get(serving: Serving, kind: str, **query: str) -> bytes:
    """The bytes of a search by GET."""
    return request("GET", f"/fhir/{kind}?{urlencode(query)}", token=serving.token)


def searches(serving: Serving, groups: Sequence[list[Resource]]) -> dict[str, list[bytes]]:
    """The requests of each search that the goals name, one for each patient's records."""
    people = [group[0] for group in groups]
    names = [each["name"][0] for each in people]
    return {
        "identifier": [
            get(serving, "Patient", identifier=f"{naming.PERSONAL_NUMBER}|"
                                                f"{each['identifier'][0]['value']}")
            for each in people
        ],
        "newest20": [
            get(serving, "Observation", patient=each["id"], _sort="-date", _count="20")
            for each in people
        ],
        "name": [
            get(serving, "Patient", name=fold(f"{each['family']} {each['given'][0]}"), _count="20")
            for each in names
        ],
        "multi": [
            get(serving, "Patient", family=fold(name["family"]), given=fold(name["given"][-1]),
                 birthdate=each["birthDate"])
            for name, each in zip(names, people, strict=True)
        ],
    }  # fmt: skip


def _searches(serving: Serving, groups: Sequence[list[Resource]], read: Figure) -> list[Figure]:
    limits = {"identifier": ("read", read.per_second or 1)}
    return [
        _measure(serving, name, asked, limits.get(name))
        for name, asked in searches(serving, groups).items()
    ]


def _equal_rows(bench: Bench) -> None:
    """Tables for pgbench: rows like the store's, with the same indexes, and by number."""
    with psycopg.connect(bench.url, autocommit=True) as connection:
        connection.execute("CREATE SCHEMA bench")
        connection.execute("CREATE TABLE bench.created (LIKE store.observation_0 INCLUDING ALL)")
        connection.execute("CREATE TABLE bench.entry (LIKE audit.entry INCLUDING ALL)")
        connection.execute("CREATE TABLE bench.feed (LIKE store.feed INCLUDING ALL)")
        connection.execute(
            "CREATE TABLE bench.numbered AS SELECT row_number() OVER ()::integer AS n, t.*"
            " FROM (SELECT * FROM store.observation LIMIT 20000) t"
        )
        connection.execute("ALTER TABLE bench.numbered ADD PRIMARY KEY (n)")
        connection.execute("ANALYZE bench.numbered")


def _columns(connection: psycopg.Connection[Any], table: str, *but: str) -> str:
    rows = connection.execute(
        "SELECT string_agg(column_name, ', ') FROM information_schema.columns"
        " WHERE table_schema = 'bench' AND table_name = %s AND NOT column_name = ANY(%s)",
        [table, list(but)],
    ).fetchone()
    return str(rows[0]) if rows else ""


def _read(serving: Serving) -> list[Figure]:
    with psycopg.connect(serving.bench.url) as connection:
        found = connection.execute("SELECT id, n FROM bench.numbered ORDER BY n").fetchall()
    script = f"\\set n random(1, {len(found)})\nSELECT body FROM bench.numbered WHERE n = :n;\n"
    limit = pgbench(serving.bench.url, script, clients=_CONNECTIONS, seconds=_SECONDS)
    asked = [request("GET", f"/fhir/Observation/{row[0]}", token=serving.token) for row in found]
    name = "pgbench primary-key select"
    return [Figure(name, per_second=limit), _measure(serving, "read", asked, (name, limit))]


def _creates(serving: Serving) -> list[Figure]:
    with psycopg.connect(serving.bench.url) as connection:
        listed = _columns(connection, "created", "id", "txid")
        audited = _columns(connection, "entry", "xid", "number", "at")
        row = connection.execute("SELECT max(n) FROM bench.numbered").fetchone()
        told = connection.execute(
            f"SELECT {audited} FROM audit.entry ORDER BY number DESC LIMIT 1"  # noqa: S608
        ).fetchone()
        connection.execute(
            f"CREATE TABLE bench.told AS SELECT {audited} FROM audit.entry"  # noqa: S608
            " ORDER BY number DESC LIMIT 1"
        )
    if row is None or told is None:
        raise ValueError("nothing was loaded")
    script = (
        f"\\set n random(1, {row[0]})\nBEGIN;\n"  # noqa: S608 - names of our own
        f"INSERT INTO bench.created (id, {listed}) SELECT gen_random_uuid()::text, {listed}"
        " FROM bench.numbered WHERE n = :n;\n"
        f"INSERT INTO bench.entry ({audited}) SELECT * FROM bench.told;\n"
        "INSERT INTO bench.feed (at, type, entries) VALUES (now(), 96,"
        " convert_to('c1:' || gen_random_uuid(), 'UTF8'));\nEND;\n"
    )  # fmt: skip
    limit = pgbench(serving.bench.url, script, clients=_CONNECTIONS, seconds=_SECONDS)
    bodies = [fhir.dumps(each) for group in records(100, seed=9) for each in group[4:16]]
    asked = [request("POST", "/fhir/Observation", body, token=serving.token) for body in bodies]
    name = "pgbench insert of record, audit and feed"
    return [Figure(name, per_second=limit), _measure(serving, "create", asked, (name, limit))]


def _bundle(number: int) -> bytes:
    """A transaction that creates what ten people have, linked by urn:uuid."""
    made = [each for group in records(_IN_BUNDLE, seed=11, start=number) for each in group]
    entries = []
    for each in made:
        rest = {key: value for key, value in each.items() if key != "id"}
        entry = {"fullUrl": f"urn:uuid:{each['id']}", "resource": rest,
                 "request": {"method": "POST", "url": each["resourceType"]}}  # fmt: skip
        entries.append(entry)
    body = fhir.dumps({"resourceType": "Bundle", "type": "transaction", "entry": entries})
    for each in made:
        named = f'"{each["resourceType"]}/{each["id"]}"'
        body = body.replace(named.encode(), f'"urn:uuid:{each["id"]}"'.encode())
    return body


def _bundles(serving: Serving, bulk_rate: float) -> Figure:
    asked = [
        request("POST", "/fhir/", _bundle(at * _IN_BUNDLE), token=serving.token)
        for at in range(_BUNDLES)
    ]
    return _measure(serving, "bundle", asked, ("import", bulk_rate), connections=_SENDERS,
                    parts=_IN_BUNDLE * 25)  # fmt: skip
