"""Made-up records, subjects and the engines on one database, for the tests of bulk data."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from lanh.core import access, bulk, fhir, jobs
from lanh.core.access import Access, CustodianIn, Everything, Grant, Predicate, Purpose, Subject
from lanh.core.bulk import Exporter, ExportOrder, File, Folder, Importer, Sources, Task
from lanh.core.database import Plan, SyncDatabase
from lanh.core.store import Context, Store, Write

SYSTEM = access.system_access("test")
ALL = frozenset({"read", "search", "create", "update", "delete"})


def client(
    name: str = "his", scope: Predicate | None = None, types: frozenset[str] | None = None
) -> Access:
    """A client system of facility 97001 that has one grant."""
    return Access(
        Subject("system", name, name),
        Purpose.TREATMENT,
        (Grant("test", ALL, types, scope or CustodianIn(frozenset({"97001"}))),),  # type: ignore[arg-type]
        facility="97001",
        commune="00004",
    )


NATIONAL = client("national", Everything())


def patient(name: str, **more: Any) -> dict[str, Any]:
    """A Patient with an id."""
    return {"resourceType": "Patient", "id": name, "birthDate": "1990-02-03", **more}


def observation(name: str, subject: str, **more: Any) -> dict[str, Any]:
    """An Observation with an id."""
    return {
        "resourceType": "Observation",
        "id": name,
        "status": "final",
        "code": {"coding": [{"system": "http://loinc.org", "code": "718-7"}]},
        "subject": {"reference": f"Patient/{subject}"},
        **more,
    }


class Scene:
    """One database, one folder, and who may do what today."""

    def __init__(self, database: SyncDatabase, folder: Path, sources: Sources | None = None):
        self.database = database
        self.store = Store()
        self.folder = Folder(folder)
        self.subjects: dict[str, Access | None] = {"national": NATIONAL, "his": client()}
        self.sources = sources or Sources()

    def access_of(self, principal: jobs.Principal) -> Plan[Access | None]:
        """What a principal may do today."""
        yield from ()
        return self.subjects.get(principal.id, SYSTEM)

    def exporter(self, **options: Any) -> Exporter:
        """An exporter of the scene."""
        return Exporter(self.database, self.store, self.access_of, self.folder, **options)

    def importer(self, **options: Any) -> Importer:
        """An importer of the scene."""
        return Importer(
            self.database, self.store, self.access_of, self.folder, self.sources, **options
        )

    def put(self, *resources: dict[str, Any], custodian: str = "97001", **more: Any) -> None:
        """Write resources under the ids that they have."""
        context = Context(SYSTEM, custodian=custodian, commune="00004")
        writes = [Write("update", r["resourceType"], r["id"], r, **more) for r in resources]
        self.database.transact(self.store.write(writes, context))

    def delete(self, kind: str, name: str) -> None:
        """Delete a row."""
        self.database.transact(self.store.write([Write("delete", kind, name)], Context(SYSTEM)))

    def order(
        self, query: Sequence[tuple[str, str]] = (), access: Access = NATIONAL, **more: Any
    ) -> str:
        """Order an export; its id."""
        found = bulk.read_order(more.pop("level", "system"), query, access)
        return self.start(found, access, **more)

    def start(
        self, order: ExportOrder, access: Access, patients: Sequence[str] | None = None
    ) -> str:
        """Start an export; its id."""
        plan = bulk.start(
            "export", access, "http://test/fhir/$export", order.wanted(),
            order.patients if patients is None else patients,
        )  # fmt: skip
        return self.database.transact(plan)

    def upload(self, lines: Sequence[bytes], access: Access | None = None) -> str:
        """Order an import of lines; its id."""
        name = bulk.new_task_id()
        self.folder.of(name).mkdir(parents=True)
        (self.folder.of(name) / "input-00000.ndjson").write_bytes(b"\n".join(lines))
        wanted = {"inputs": [{"url": each.url} for each in bulk.uploaded(name)], "source": None}
        plan = bulk.start("import", access or client(), "http://test/", wanted, identity=name)
        return self.database.transact(plan)

    def work(self, *workers: Exporter | Importer) -> None:
        """Do what is queued until nothing is left."""
        handlers = {
            "bulk.export" if isinstance(each, Exporter) else "bulk.import": jobs.CallHandler(
                each.work
            )
            for each in workers
        }
        worker = jobs.Worker(self.database, handlers, {}, queues=(bulk.QUEUE,), batch=1)
        while worker.run_once():
            pass

    def task(self, name: str) -> Task:
        """A task as it stands."""
        found = self.database.read(bulk.find(name))
        assert found is not None
        return found

    def files(self, name: str) -> list[File]:
        """The files of a task."""
        return self.database.read(bulk.files(name))

    def lines(self, name: str, kind: str = "output") -> list[dict[str, Any]]:
        """The resources in a task's files of a kind; each file is as long as it is said to be."""
        found = []
        for file in self.files(name):
            data = self.folder.path(name, file).read_bytes()
            assert len(data) == file.bytes and data.count(b"\n") == file.count
            if file.kind == kind:
                found += [fhir.loads(line) for line in data.splitlines()]
        return found

    def ids(self, name: str, kind: str = "output") -> list[str]:
        """The ids in a task's files, sorted."""
        return sorted(row["id"] for row in self.lines(name, kind))
