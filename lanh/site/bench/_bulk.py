"""The bulk side of the store's benchmark: COPY, import, export, sizes, validation."""

from __future__ import annotations

import multiprocessing
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import orjson
import psycopg

from lanh.core import bulk, fhir
from lanh.core.access import Access
from lanh.core.accounts import Client, client_access
from lanh.core.database import Cluster, Plan, connected
from lanh.core.jobs import Principal
from lanh.core.store import Store
from lanh.site.bench import Figure
from lanh.site.bench._measure import measured
from lanh.site.bench._synthetic import records
from lanh.site.collection import collect_seldom

A_PATIENT = 25
PROCESSES = 2
SCOPES = ("system/*.cruds",)
CLIENT = Client(
    id="bench", name="bench", facilities=("97001",), commune="00004", keys={"keys": []},
    scopes=SCOPES,
)  # fmt: skip
_SOURCE = "urn:lanh:receipt:1k80lpka820a95m08ei8bla5"
_SAMPLE = 5000  # resources that validation is measured by


@dataclass(slots=True)
class Bench:
    """The server, its folder and how many patients it is loaded with."""

    root: Path
    cluster: Cluster
    url: str
    patients: int

    @property
    def pid(self) -> int:
        """The server's process."""
        return self.cluster.pid or 0

    @property
    def files(self) -> list[Path]:
        """The NDJSON that is loaded, a file for each process."""
        return [self.root / f"{at}.ndjson" for at in range(PROCESSES)]

    @property
    def count(self) -> int:
        """How many resources the files hold."""
        return self.patients // PROCESSES * PROCESSES * A_PATIENT


def system() -> Access:
    """The access of the benchmark's client system: what its one facility has sent."""
    return client_access(CLIENT, SCOPES)


def _access_of(principal: Principal) -> Plan[Access | None]:
    yield from ()
    return system()


def _generate(path: str, start: int, count: int) -> None:
    with Path(path).open("wb") as file:
        for group in records(count, start=start):
            for resource in group:
                file.write(fhir.dumps(resource) + b"\n")


def _pool() -> ProcessPoolExecutor:
    return ProcessPoolExecutor(PROCESSES, mp_context=multiprocessing.get_context("spawn"))


def _lines(path: Path, size: int) -> Iterator[list[bytes]]:
    with path.open("rb") as file:
        while batch := list(islice(file, size)):
            yield batch


def _copy(url: str, paths: Iterable[Path]) -> float:
    """Resources a second of COPY into a bare table, the same bytes, one process."""
    with psycopg.connect(url) as connection:
        connection.execute("CREATE TABLE public.bare (body text)")
        count, start = 0, time.perf_counter()
        with connection.cursor().copy("COPY public.bare FROM STDIN (FORMAT BINARY)") as copy:
            copy.set_types(["text"])
            for path in paths:
                for batch in _lines(path, 2500):
                    for line in batch:
                        copy.write_row((line.decode(),))
                    count += len(batch)
        connection.commit()
        taken = time.perf_counter() - start
        connection.execute("DROP TABLE public.bare")
    return count / taken


def import_file(url: str, path: str, root: str) -> tuple[int, float]:
    """One import task from order to end; (resources, CPU seconds of this process)."""
    folder, name = bulk.Folder(Path(root)), bulk.new_task_id()
    folder.of(name).mkdir(parents=True)
    (folder.of(name) / "input-00000.ndjson").hardlink_to(path)
    wanted = {"inputs": [{"url": "urn:lanh:upload"}], "source": _SOURCE}
    collect_seldom()  # as the worker does
    begun = time.process_time()
    with connected(url) as database:
        database.transact(bulk.start("import", system(), "urn:lanh:bench", wanted, identity=name))
        importer = bulk.Importer(database, Store(), _access_of, folder, bulk.Sources())
        while database.transact(importer.step(name)) != "end":
            pass
        if database.read(bulk.files(name)):
            raise ValueError("a made-up resource was refused")
        task = database.read(bulk.find(name))
    return task.done if task else 0, time.process_time() - begun


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import took: resources, CPU seconds in Python and in PostgreSQL, wall seconds."""

    count: int
    client: float
    server: float
    wall: float

    @property
    def cpu_ms(self) -> float:
        """CPU milliseconds a resource."""
        return (self.client + self.server) / self.count * 1000


def made(bench: Bench, start: int, patients: int) -> None:
    """Write the files of that many patients, numbered from `start` on."""
    share = patients // PROCESSES
    starts = [start + at * share for at in range(PROCESSES)]
    with _pool() as pool:
        list(pool.map(_generate, map(str, bench.files), starts, [share] * PROCESSES))


def imported(bench: Bench) -> Imported:
    """Import the files, two tasks at once."""
    folders, paths = [str(bench.root / "bulk")] * PROCESSES, map(str, bench.files)
    with _pool() as pool, measured(bench.pid) as span:
        done = list(pool.map(import_file, [bench.url] * PROCESSES, paths, folders))
    return Imported(
        sum(each[0] for each in done), sum(each[1] for each in done), span.cpu, span.wall
    )


def load(bench: Bench) -> tuple[list[Figure], float]:
    """Import the made-up files; the figures, and resources a second."""
    made(bench, 0, bench.patients)
    limit = max(_copy(bench.url, bench.files[:1]) for _ in range(2))
    found = imported(bench)
    if found.count != bench.count:
        raise ValueError(f"{bench.count - found.count} resources are missing")
    rate = found.count / found.wall
    return [
        Figure("copy", per_second=limit),
        Figure("import", found.cpu_ms, rate, baseline="copy", ratio=rate / limit),
        Figure("  in Python", found.client / found.count * 1000),
        Figure("  in PostgreSQL", found.server / found.count * 1000),
    ], rate


def export(bench: Bench) -> Figure:
    """A system export of every type that was loaded, one task, one process."""
    folder, name = bulk.Folder(bench.root / "bulk"), bulk.new_task_id()
    kinds = ["Condition", "Encounter", "Immunization", "MedicationRequest", "Observation",
             "Patient"]  # fmt: skip
    wanted: dict[str, Any] = {"types": kinds, "since": None, "until": None, "level": "system",
              "filters": {}, "elements": {}, "deleted": False}  # fmt: skip
    with connected(bench.url) as database:
        database.transact(bulk.start("export", system(), "urn:lanh:bench", wanted, identity=name))
        exporter = bulk.Exporter(database, Store(), _access_of, folder)
        begun = time.process_time()
        with measured(bench.pid) as span:
            while (step := database.transact(exporter.step(name))) != "end":
                if step == "wait":
                    time.sleep(0.2)
        client = time.process_time() - begun
        count = sum(file.count for file in database.read(bulk.files(name)))
    if count < bench.count:
        raise ValueError(f"{bench.count - count} resources were not exported")
    return Figure("export", (client + span.cpu) / count * 1000, count / span.wall)


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


def sizes(bench: Bench) -> list[Figure]:
    """Bytes of all tables and indexes for each resource: `per_second` holds none, `ratio` tells."""
    text = sum(path.stat().st_size for path in bench.files) / bench.count
    with psycopg.connect(bench.url, autocommit=True) as connection:
        connection.execute("VACUUM ANALYZE")
        found = {row[0]: float(row[1]) / bench.count for row in connection.execute(_SIZES)}
    whole = sum(found.values())
    figures = [
        Figure("bytes_per_resource", baseline=f"NDJSON, {text:.0f} bytes", ratio=whole / text,
               bytes=whole)
    ]  # fmt: skip
    for name, size in sorted(found.items(), key=lambda entry: -entry[1]):
        figures.append(Figure(f"  {name}", baseline="NDJSON", ratio=size / text, bytes=size))
    return figures


def validation(bench: Bench) -> Figure:
    """Parsing and full validation (invariants, references and bindings included) of a sample."""
    lines = next(_lines(bench.files[0], _SAMPLE))

    def judge() -> None:
        for line in lines:
            if fhir.validate(fhir.loads(line)):
                raise ValueError("a made-up resource is not valid")

    def parse() -> None:
        for line in lines:
            orjson.loads(line)

    times: dict[object, float] = {}
    for _ in range(3):
        for work in (parse, judge):
            begun = time.process_time()
            work()
            taken = time.process_time() - begun
            times[work] = min(times.get(work, taken), taken)
    cpu = times[judge] / len(lines)
    return Figure("validate", cpu * 1000, 1 / cpu, baseline="orjson.loads",
                  ratio=times[judge] / times[parse])  # fmt: skip
