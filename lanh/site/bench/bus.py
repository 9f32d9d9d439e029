"""What the bus costs: messages kept durably, validated, settled and acknowledged, on a server and
a PostgreSQL of its own (`resources` messages an operation).

`fhir_bundle` (about 20 kB) and `claim_3176` (one episode) go by HTTP, `hl7v2_oru` (1 OBR, 3 OBX) by
MLLP, each on 16 connections; an answer comes when the message is applied. `cpu_ms` is the CPU time
of server and PostgreSQL a message. The baseline is the store's `$import` of the records that the
messages became, from NDJSON: `ratio` is its CPU a message as a share of the bus's.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Coroutine, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import httpx
import psycopg

from lanh.core import fhir
from lanh.core.access import system_access
from lanh.core.accounts import Client, grant_token, put_client
from lanh.core.database import Cluster, SyncDatabase, connected, fetch, migrate
from lanh.core.store import Context, Store
from lanh.site.bench import Figure
from lanh.site.bench._bulk import import_file
from lanh.site.bench._bus_messages import APPLICATION, FACILITY, bundle, claims, oru
from lanh.site.bench._measure import measured, percentile
from lanh.site.engines import ENGINES

RESOURCES = 3000
CONNECTIONS = 16
_WARMING = 50  # messages that are sent before and not counted
_Way: TypeAlias = Callable[[bytes], Awaitable[None]]
_Send: TypeAlias = Callable[[Sequence[bytes]], Coroutine[Any, Any, list[float]]]
_IMPORTED = 5000  # records that the baseline is measured by, at most
_SCOPES = ("system/*.cruds",)


@dataclass(slots=True)
class _Serving:
    database: SyncDatabase
    root: Path
    cluster: Cluster
    pids: tuple[int, int]
    http: int
    mllp: int
    token: str


def run(resources: int = RESOURCES) -> list[Figure]:
    """Run the benchmark; a few minutes at full size."""
    resources += _WARMING
    packages = list(claims(resources))
    facilities = sorted({FACILITY, *(_facility(each) for each in packages)})
    found = []
    for name, kind, content in (
        ("fhir_bundle", "application/fhir+json", [bundle(n) for n in range(resources)]),
        ("hl7v2_oru", "", [oru(n) for n in range(resources)]),
        ("claim_3176", "application/xml", packages),
    ):
        with _served(facilities) as serving:
            found.append(_measure(serving, name, kind, content))
    return found


def _facility(package: bytes) -> str:
    return package.partition(b"<MACSKCB>")[2].partition(b"<")[0].decode()


@contextmanager
def _served(facilities: Sequence[str]) -> Iterator[_Serving]:
    root = Path(tempfile.mkdtemp(prefix="lanh-bench-", dir="/var/tmp"))
    root.chmod(0o755)
    cluster = Cluster(root, settings={"shared_buffers": "512MB", "max_wal_size": "2GB"})
    port = 19_000 + os.getpid() % 1_000
    process = None
    try:
        url = cluster.start()
        migrate(url, ENGINES)
        with connected(url) as database:
            client = Client(
                id="bench", name="bench", facilities=tuple(facilities), keys={"keys": []},
                scopes=_SCOPES, mllp_names=((APPLICATION, FACILITY),),
            )  # fmt: skip
            database.transact(put_client(client))
            token = database.transact(grant_token("bench", _SCOPES, 7200)).token
            command = [sys.executable, "-m", "granian", "--interface", "asgi", "--port", str(port),
                       "--no-ws", "--log-level", "error",
                       "lanh.site.bench._bus_server:app"]  # fmt: skip
            given = {**os.environ, "LANH_BENCH_URL": url, "LANH_BENCH_MLLP": str(port + 1000)}
            process = subprocess.Popen(command, env=given)
            _await(port, process)
            pids = (process.pid, cluster.pid or 0)
            yield _Serving(database, root, cluster, pids, port, port + 1000, token)
    finally:
        if process is not None:
            process.terminate()
            process.wait(20)
        cluster.stop()
        shutil.rmtree(root, ignore_errors=True)


def _await(port: int, process: subprocess.Popen[bytes]) -> None:
    for _ in range(600):
        if process.poll() is not None:
            raise RuntimeError("the server did not start")
        try:
            httpx.get(f"http://127.0.0.1:{port}/bus/receipts")
            return
        except httpx.TransportError:
            time.sleep(0.1)
    raise RuntimeError("the server does not answer")


def _measure(serving: _Serving, name: str, kind: str, content: Sequence[bytes]) -> Figure:
    send = _by_http(serving, kind) if kind else _by_mllp(serving)
    asyncio.run(send(content[:_WARMING]))  # what is loaded at the first message is not its cost
    content = content[_WARMING:]
    with measured(*serving.pids) as span:
        taken = asyncio.run(send(content))
    rows = serving.database.read(fetch("SELECT state, count(*) FROM bus.message GROUP BY state"))
    states = {row[0]: row[1] for row in rows}
    if states != {"accepted": len(content) + _WARMING}:
        raise ValueError(f"{name}: not everything was accepted: {states}")
    cpu = 1000 * span.cpu / len(content)
    share = _imported(serving) / (len(content) + _WARMING) / cpu
    size = sum(map(len, content)) / len(content)
    return Figure(
        name, cpu_ms=cpu, per_second=len(content) / span.wall, p50_ms=percentile(taken, 0.5),
        p99_ms=percentile(taken, 0.99), baseline="$import of the same records", ratio=share,
        bytes=size,
    )  # fmt: skip


def _by_http(serving: _Serving, kind: str) -> _Send:
    async def send(content: Sequence[bytes]) -> list[float]:
        limits = httpx.Limits(max_connections=CONNECTIONS)
        headers = {"Authorization": f"Bearer {serving.token}", "Content-Type": kind}
        async with httpx.AsyncClient(
            base_url=f"http://127.0.0.1:{serving.http}", headers=headers, limits=limits, timeout=120
        ) as client:

            async def one(body: bytes) -> None:
                (await client.post("/bus", content=body)).raise_for_status()

            return await _spread(content, [one] * CONNECTIONS)

    return send


def _by_mllp(serving: _Serving) -> _Send:
    async def send(content: Sequence[bytes]) -> list[float]:
        lines = [await asyncio.open_connection("127.0.0.1", serving.mllp)
                 for _ in range(CONNECTIONS)]  # fmt: skip

        def over(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> _Way:
            async def one(body: bytes) -> None:
                writer.write(b"\x0b" + body + b"\x1c\r")
                answer = await reader.readuntil(b"\x1c\r")
                if b"MSA|AA|" not in answer:
                    raise ValueError("a message was not acknowledged")

            return one

        taken = await _spread(content, [over(*line) for line in lines])
        for _, writer in lines:
            writer.close()
        return taken

    return send


async def _spread(content: Sequence[bytes], ways: Sequence[_Way]) -> list[float]:
    """Send over several ways at once, each one message after another; milliseconds of each."""
    waiting = iter(content)
    taken: list[float] = []

    async def work(way: _Way) -> None:
        for body in waiting:
            begun = time.perf_counter()
            await way(body)
            taken.append(1000 * (time.perf_counter() - begun))

    await asyncio.gather(*(work(way) for way in ways))
    return taken


def _imported(serving: _Serving) -> float:
    """CPU milliseconds of `$import` of everything in the store, into a database of its own."""
    context, store, lines, total = Context(system_access("bench")), Store(), [], 0
    types = "SELECT name, lower(name) FROM store.type WHERE name <> 'Person' ORDER BY name"
    for kind, relation in serving.database.read(fetch(types)):
        living = f"SELECT id FROM store.{relation} WHERE NOT deleted"  # noqa: S608 - our own name
        names = serving.database.read(fetch(living))
        total += len(names)
        keys = [(kind, row[0]) for row in names[:_IMPORTED]]
        for row in serving.database.read(store.read_many(keys, context)):
            body = row.resource()
            body.pop("meta", None)
            lines.append(fhir.dumps(body))
    path = serving.root / "records.ndjson"
    path.write_bytes(b"\n".join(lines) + b"\n")
    with psycopg.connect(serving.cluster.url(), autocommit=True) as connection:
        connection.execute("CREATE DATABASE baseline")
    url = serving.cluster.url("baseline")
    migrate(url, ENGINES)
    with measured(os.getpid(), serving.pids[1]) as span:
        import_file(url, str(path), str(serving.root / "bulk"))
    return 1000 * span.cpu * total / len(lines)
