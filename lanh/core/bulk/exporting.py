"""The work of an export: steps of some thousand resources, each a transaction of its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl

from lanh.core import audit, fhir
from lanh.core.access import Access
from lanh.core.bulk import tasks
from lanh.core.bulk.folder import Folder
from lanh.core.bulk.steps import FULL, access_now, finish, put
from lanh.core.bulk.tasks import File, FileKind, Task
from lanh.core.bulk.turns import Step, take_turn
from lanh.core.database import Plan, SyncDatabase
from lanh.core.fhir.definitions import definitions
from lanh.core.jobs import AccessOf, Job
from lanh.core.store import (
    Context,
    Parameter,
    Scanned,
    Store,
    may,
    scan,
)

_RUN = 5000  # resources of a step
_SEARCHED = 500  # ids of one look at a filter
_SUBSETTED = {
    "system": "http://terminology.hl7.org/CodeSystem/v3-ObservationValue",
    "code": "SUBSETTED",
}


class Exporter:
    """Does the turns of exports that the queue hands to it.

    A turn works for some seconds and queues the next, so that a worker that is killed is followed
    by another as soon as the lease of its turn is over, and exports take turns.
    """

    def __init__(
        self,
        database: SyncDatabase,
        store: Store,
        access_of: AccessOf,
        folder: Folder,
        *,
        run: int = _RUN,
        turn: float = 10.0,
        full: int = FULL,
    ) -> None:
        self._database = database
        self._store = store
        self._access_of = access_of
        self._folder = folder
        self._run = run
        self._turn = turn
        self._full = full

    def work(self, job: Job) -> None:
        """One turn of the export that the job names."""
        take_turn(
            self._database,
            "export",
            job,
            self._turn,
            lambda name: self._database.transact(self.step(name)),
        )

    def step(self, name: str) -> Plan[Step]:
        """The next run of resources into their file."""
        task = yield from tasks.take(name)
        if task is None:
            return "end"
        if not task.cursor:
            ready = yield from tasks.settled(task.at)
            if not ready:
                return "wait"
            task.cursor = {"type": 0, "after": ""}
        access = yield from access_now(task, self._access_of)
        kinds = task.wanted["types"]
        if access is None:
            return "end"
        if task.cursor["type"] >= len(kinds):
            yield from finish(self._folder, task)
            return "end"
        kind = kinds[task.cursor["type"]]
        after: str | None = None
        if may(access, "read", kind):
            after = yield from self._some(task, kind, access)
        task.cursor = (
            {"type": task.cursor["type"] + 1, "after": ""}
            if after is None
            else {"type": task.cursor["type"], "after": after}
        )
        yield from tasks.keep(task)
        return "more"

    def _some(self, task: Task, kind: str, access: Access) -> Plan[str | None]:
        context = Context(access)
        rows, after = yield from scan(
            kind,
            context,
            at=_moment(task),
            after=task.cursor["after"],
            limit=self._run,
            since=_instant(task.wanted["since"]),
            patients=task.patients,
            any_patient=task.wanted["level"] == "patient",
        )
        gone = [row for row in rows if row.deleted]
        kept = [row for row in rows if not row.deleted] if gone else rows
        if kept and kind in task.wanted["filters"]:
            kept = yield from self._filtered(kept, kind, task.wanted["filters"][kind], context)
        if kept:
            lines = [row.body for row in kept]
            if kind in task.wanted["elements"]:
                lines = [subset(line, kind, task.wanted["elements"][kind]) for line in lines]
            yield from self._put(task, access, "output", kind, lines)
        if gone:
            yield from self._put(task, access, "deleted", kind, _deletions(kind, gone))
        task.done += len(kept)
        yield from _account(access, task, kind, rows)
        return after

    def _filtered(
        self, rows: Sequence[Scanned], kind: str, queries: Sequence[str], context: Context
    ) -> Plan[list[Scanned]]:
        """The rows that answer one of the searches, by the search's own meaning."""
        found: set[str] = set()
        for query in queries:
            pairs = parse_qsl(query, keep_blank_values=True)
            wanted, _ = yield from self._store.parse(kind, pairs)
            for at in range(0, len(rows), _SEARCHED):
                ids = tuple(row.id for row in rows[at : at + _SEARCHED])
                page = yield from self._store.search(
                    replace(
                        wanted,
                        parameters=(*wanted.parameters, Parameter("_id", ids)),
                        sort=(),
                        count=_SEARCHED,
                        cursor=None,
                        include=(),
                        total=False,
                        summary=None,
                    ),
                    context,
                )
                found.update(entry.id for entry in page.entries)
        return [row for row in rows if row.id in found]

    def _put(
        self, task: Task, access: Access, kind: FileKind, resource: str, lines: Sequence[bytes]
    ) -> Plan[None]:
        like = File(0, kind, resource, tasks.rule_of(access, resource))
        yield from put(self._folder, task, like, lines, full=self._full)


def _instant(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


def _moment(task: Task) -> datetime:
    until = _instant(task.wanted["until"])
    return task.at if until is None else min(task.at, until)


def _deletions(kind: str, rows: Sequence[Scanned]) -> list[bytes]:
    """Transaction Bundles that delete what was deleted (Bulk Data IG, "deleted")."""
    return [
        fhir.dumps(
            {
                "resourceType": "Bundle",
                "type": "transaction",
                "entry": [
                    {"request": {"method": "DELETE", "url": f"{kind}/{row.id}"}}
                    for row in rows[at : at + 1000]
                ],
            }
        )
        for at in range(0, len(rows), 1000)
    ]


def subset(line: bytes, kind: str, elements: Sequence[str]) -> bytes:
    """A resource with some of its elements and those it must have, marked as SUBSETTED."""
    resource: dict[str, Any] = fhir.loads(line)
    kept_names = {"resourceType", "id", "meta"}
    for element in definitions().structure(kind).elements:
        if element.minimum > 0 or element.name in elements:
            kept_names.update(name for name, _ in element.json_names())
    kept = {name: value for name, value in resource.items() if name.lstrip("_") in kept_names}
    meta = dict(kept.get("meta") or {})
    meta["tag"] = [*meta.get("tag", ()), _SUBSETTED]
    return fhir.dumps({**kept, "meta": meta})


def _account(access: Access, task: Task, kind: str, rows: Sequence[Scanned]) -> Plan[None]:
    """Whose records went out, in the same transaction as the file's length."""
    detail = f"$export {task.id}"
    patients: dict[str | None, None] = dict.fromkeys(row.patient for row in rows)
    yield from audit.append(
        [audit.Entry.of(access, "export", patient=p, type=kind, detail=detail) for p in patients]
    )
