"""The work of a search that is answered later: a page a step, each a transaction of its own."""

from __future__ import annotations

from dataclasses import replace

from lanh.core import audit, fhir
from lanh.core.access import Access
from lanh.core.bulk import tasks
from lanh.core.bulk.folder import Folder
from lanh.core.bulk.steps import access_now, finish, put
from lanh.core.bulk.tasks import File, Task
from lanh.core.bulk.turns import Step, take_turn
from lanh.core.database import Plan, SyncDatabase
from lanh.core.jobs import AccessOf, Job
from lanh.core.store import Context, Page, Search, Store, Stored, StoreError

_PAGE = 1000  # rows of a step


class Gatherer:
    """Does the turns of searches that the queue hands to it (FHIR R4 3.1.6.4).

    The rows come page by page, as each stands when its page is read, under what the asker may find
    by then. A worker that is killed is followed by another, which goes on after the last page.
    """

    def __init__(
        self,
        database: SyncDatabase,
        store: Store,
        access_of: AccessOf,
        folder: Folder,
        *,
        page: int = _PAGE,
        turn: float = 10.0,
    ) -> None:
        self._database = database
        self._store = store
        self._access_of = access_of
        self._folder = folder
        self._page = page
        self._turn = turn

    def work(self, job: Job) -> None:
        """One turn of the search that the job names."""
        take_turn(
            self._database,
            "search",
            job,
            self._turn,
            lambda name: self._database.transact(self.step(name)),
        )

    def step(self, name: str) -> Plan[Step]:
        """The next page into the files of its types."""
        task = yield from tasks.take(name)
        if task is None:
            return "end"
        access = yield from access_now(task, self._access_of)
        if access is None:
            return "end"
        try:
            page = yield from self._found(task, access)
        except StoreError as error:
            outcome = fhir.dumps(fhir.operation_outcome(error.issues))
            told = File(0, "error", "OperationOutcome", "error")
            yield from put(self._folder, task, told, [outcome])
            yield from self._end(task)
            return "end"
        yield from self._keep(task, access, page)
        if page.next_cursor is None:
            yield from self._end(task)
            return "end"
        task.cursor = {"cursor": page.next_cursor}
        yield from tasks.keep(task)
        return "more"

    def _found(self, task: Task, access: Access) -> Plan[Page]:
        wanted = task.wanted
        within = wanted["within"]
        pairs = [(name, value) for name, value in wanted["pairs"]]
        how = {"lenient": wanted["lenient"], "base": wanted["base"]}
        searches: list[Search]
        if wanted["type"] is None:
            searches, _ = yield from self._store.parse_several(
                pairs, within=tuple(within) if within else None, **how
            )
        else:
            one, _ = yield from self._store.parse(wanted["type"], pairs, **how)
            searches = [replace(one, within=tuple(within) if within else None)]
        cursor = task.cursor.get("cursor")
        searches = [
            replace(each, count=self._page, cursor=cursor, total=False) for each in searches
        ]
        if wanted["type"] is None:
            page = yield from self._store.search_several(searches, Context(access))
        else:
            page = yield from self._store.search(searches[0], Context(access))
        return page

    def _keep(self, task: Task, access: Access, page: Page) -> Plan[None]:
        rows = [*page.entries, *page.included]
        by_type: dict[str, list[Stored]] = {}
        for row in rows:
            by_type.setdefault(row.type, []).append(row)
        for kind, found in by_type.items():
            rule = tasks.rule_of(access, kind)
            file = File(0, "output", kind, rule)
            yield from put(self._folder, task, file, [row.body for row in found])
        task.done += len(rows)
        detail = f"respond-async {task.id}"
        targets = [audit.Target(row.type, row.id, row.patient) for row in rows]
        yield from audit.append([audit.shown(access, targets, detail)])

    def _end(self, task: Task) -> Plan[None]:
        yield from tasks.keep(task)
        yield from finish(self._folder, task)
