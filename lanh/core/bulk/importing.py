"""The work of an import: batches of lines, each judged, written and counted in one transaction."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lanh.core import fhir
from lanh.core.access import Access
from lanh.core.bulk import tasks
from lanh.core.bulk.errors import MESSAGES
from lanh.core.bulk.folder import Folder
from lanh.core.bulk.sources import LONGEST_LINE, Line, Sources, lines
from lanh.core.bulk.steps import access_now, finish, put
from lanh.core.bulk.tasks import File, Task
from lanh.core.bulk.turns import Step, take_turn
from lanh.core.database import Plan, SyncDatabase, execute
from lanh.core.fhir import Issue
from lanh.core.jobs import AccessOf, DeliveryFailed, Job
from lanh.core.store import Context, Store, StoreError, Write

_BATCH = 500  # lines of a step
_BATCH_BYTES = 8 * 1024 * 1024
_DROPPED_SINGLY = 8  # refused rows of a batch before it is halved
Sensitivity = Callable[[dict[str, Any]], str]


@dataclass(frozen=True, slots=True)
class Entry:
    """A line that can be written."""

    line: int
    write: Write


@dataclass(frozen=True, slots=True)
class Fault:
    """A line that was refused, and why."""

    line: int
    issues: Sequence[Issue]


class Importer:
    """Does the turns of imports that the queue hands to it.

    Lines are updates of the id they bear (or one derived from their content), so that the same
    import again changes nothing. A refused line is told in the error file and refuses no other.
    """

    def __init__(
        self,
        database: SyncDatabase,
        store: Store,
        access_of: AccessOf,
        folder: Folder,
        sources: Sources,
        *,
        sensitivity: Sensitivity = lambda _: "",
        batch: int = _BATCH,
        turn: float = 10.0,
    ) -> None:
        self._database = database
        self._store = store
        self._access_of = access_of
        self._folder = folder
        self._sources = sources
        self._sensitivity = sensitivity
        self._batch = batch
        self._turn = turn

    def work(self, job: Job) -> None:
        """One turn of the import that the job names."""
        take_turn(self._database, "import", job, self._turn, self._fetched_step)

    def _fetched_step(self, name: str) -> Step:
        self._fetch(name)
        return self._database.transact(self.step(name))

    def _path(self, name: str, at: int) -> Path:
        return self._folder.of(name) / f"input-{at:05d}.ndjson"

    def _fetch(self, name: str) -> None:
        """Bring the current source onto the disk, outside of any transaction."""
        task = self._database.read(tasks.find(name))
        if task is None or task.state != "running":
            return
        at = task.cursor.get("input", 0)
        inputs = task.wanted["inputs"]
        if at >= len(inputs) or self._path(name, at).exists():
            return
        self._folder.of(name).mkdir(mode=0o700, parents=True, exist_ok=True)
        try:
            self._sources.fetch(inputs[at]["url"], self._path(name, at))
        except DeliveryFailed as error:
            self._database.transact(self._unreachable(name, at, error.fault))

    def _unreachable(self, name: str, at: int, fault: str) -> Plan[None]:
        task = yield from tasks.take(name)
        if task is None or task.cursor.get("input", 0) != at:
            return
        message = MESSAGES.message("input.unreachable", fault=fault)
        issue = Issue("error", "not-found", "", message)
        yield from self._refused(task, at, [Fault(0, [issue])])
        task.cursor = {**task.cursor, "input": at + 1, "offset": 0, "line": 0}
        yield from tasks.keep(task)

    def step(self, name: str) -> Plan[Step]:
        """The next batch of lines."""
        task = yield from tasks.take(name)
        if task is None:
            return "end"
        cursor = {"input": 0, "offset": 0, "line": 0, "counts": {}, **task.cursor}
        task.cursor = cursor
        if cursor["input"] >= len(task.wanted["inputs"]):
            yield from finish(self._folder, task)
            self._folder.drop_inputs(name)
            return "end"
        access = yield from access_now(task, self._access_of)
        if access is None:
            return "end"
        at = cursor["input"]
        path = self._path(name, at)
        if not path.exists():
            return "more"  # the fetch has just moved on, or comes first
        batch, whole = self._read(path, cursor["offset"], cursor["line"])
        faults = yield from self._take_in(task, at, batch, access)
        yield from self._refused(task, at, faults)
        if batch:
            cursor["offset"], cursor["line"] = batch[-1].end, batch[-1].number
        if whole:
            cursor.update({"input": at + 1, "offset": 0, "line": 0})
        yield from tasks.keep(task)
        return "more"

    def _read(self, path: Path, offset: int, number: int) -> tuple[list[Line], bool]:
        batch: list[Line] = []
        size = 0
        for line in lines(path, offset, number):
            batch.append(line)
            size += len(line.text or b"")
            if len(batch) >= self._batch or size >= _BATCH_BYTES:
                return batch, False
        return batch, True

    def _take_in(
        self, task: Task, at: int, batch: Sequence[Line], access: Access
    ) -> Plan[list[Fault]]:
        """Write what can be written, in the order of the lines; what was refused."""
        entries: list[Entry] = []
        faults: list[Fault] = []
        for line in batch:
            if line.text == b"":
                continue
            judged = self._judge(line, task.wanted["inputs"][at].get("type"))
            if isinstance(judged, Fault):
                faults.append(judged)
            else:
                entries.append(judged)
        context = Context(access, task.wanted.get("source"), access.facility, access.commune)
        refused: list[Fault] = []
        for run in _without_repeats(entries):
            refused += yield from self._write(run, context)
        counts: dict[str, int] = task.cursor["counts"].setdefault(str(at), {})
        bad = {fault.line for fault in refused}
        for entry in entries:
            if entry.line not in bad:
                counts[entry.write.type] = counts.get(entry.write.type, 0) + 1
                task.done += 1
        return sorted(faults + refused, key=lambda fault: fault.line)

    def _judge(self, line: Line, expected: str | None) -> Entry | Fault:
        if line.text is None:
            message = MESSAGES.message("line.too_long", limit=LONGEST_LINE)
            return Fault(line.number, [Issue("error", "too-long", "", message)])
        try:
            resource = fhir.loads(line.text)
        except fhir.ParseError as error:
            return Fault(line.number, [error.issue])
        kind = resource.get("resourceType") if isinstance(resource, dict) else None
        if not isinstance(kind, str):
            message = MESSAGES.message("line.not_resource")
            return Fault(line.number, [Issue("error", "structure", "", message)])
        if expected is not None and kind != expected:
            message = MESSAGES.message("line.type_differs", expected=expected, found=kind[:64])
            return Fault(line.number, [Issue("error", "value", "", message)])
        errors = [i for i in fhir.validate(resource) if i.severity in ("error", "fatal")]
        if errors:
            return Fault(line.number, errors)
        identity = resource.get("id") or hashlib.sha256(line.text).hexdigest()[:40]
        resource["id"] = identity
        write = Write("update", kind, identity, resource, sensitivity=self._sensitivity(resource))
        return Entry(line.number, write)

    def _write(self, entries: Sequence[Entry], context: Context) -> Plan[list[Fault]]:
        """Write all that can be; a refused row is left out, and what it did is undone."""
        left = list(entries)
        faults: list[Fault] = []
        for _ in range(_DROPPED_SINGLY):
            if not left:
                return faults
            yield from execute("SAVEPOINT batch")
            try:
                yield from self._store.write([entry.write for entry in left], context)
            except StoreError as error:
                yield from execute("ROLLBACK TO SAVEPOINT batch")
                if error.index is None:
                    if len(left) == 1:
                        return [*faults, Fault(left[0].line, error.issues)]
                    break
                refused = left.pop(error.index)
                faults.append(Fault(refused.line, error.issues))
            else:
                yield from execute("RELEASE SAVEPOINT batch")
                return faults
        middle = (len(left) + 1) // 2
        for part in (left[:middle], left[middle:]):
            faults += yield from self._write(part, context)
        return faults

    def _refused(self, task: Task, at: int, faults: Sequence[Fault]) -> Plan[None]:
        if not faults:
            return
        like = File(0, "error", "OperationOutcome", f"input {at}")
        outcomes = [_outcome(fault) for fault in faults]
        yield from put(self._folder, task, like, outcomes, full=None)


def _without_repeats(entries: Sequence[Entry]) -> list[list[Entry]]:
    """Runs in which no row comes twice: a later line of a row is a later version of it."""
    runs: list[list[Entry]] = [[]]
    seen: set[tuple[str, str | None]] = set()
    for entry in entries:
        key = (entry.write.type, entry.write.id)
        if key in seen:
            runs.append([])
            seen = set()
        seen.add(key)
        runs[-1].append(entry)
    return runs


def _outcome(fault: Fault) -> bytes:
    outcome = fhir.operation_outcome(fault.issues)
    for row in outcome["issue"]:
        row["diagnostics"] = f"line {fault.line}" if fault.line else "input"
    return fhir.dumps(outcome)
