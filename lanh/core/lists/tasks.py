"""Lists of tasks: what waits in queues, with the records that it is about."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from lanh.core.database import Plan
from lanh.core.lists.definition import Column, Filter, ListDefinition, Row, task_of
from lanh.core.lists.errors import MESSAGES
from lanh.core.lists.showing import Found, Line, said
from lanh.core.lists.state import State
from lanh.core.store import Context, Store
from lanh.core.text import Language
from lanh.core.workflow import Cursor, Page, Task, Workflow, as_fhir_task

MOST_COUNTED = 2_000

OWNER = Filter(
    "owner",
    MESSAGES["owner"],
    "owner",
    "choice",
    (("mine", MESSAGES["mine"]), ("none", MESSAGES["unclaimed"])),
)
"""Who holds a task: the reader, or nobody."""

DUE = Filter("due", MESSAGES["deadline"], "due", "choice", (("overdue", MESSAGES["overdue"]),))
"""Whether the time of a case has run out."""


def _state(row: Row, language: Language) -> str | None:
    text: str | None = (task_of(row).get("businessStatus") or {}).get("text")
    return text


def _held(row: Row, language: Language) -> str | None:
    key = "held" if "owner" in task_of(row) else "unclaimed"
    return MESSAGES[key].say(language)


STATE = Column("state", MESSAGES["state"], _state)
"""The state that a task's case is in."""

HOLDER = Column("owner", MESSAGES["owner"], _held)
"""Whether somebody holds a task."""


def _cursor(text: str) -> Cursor | None:
    """The place that a page's cursor tells; None where it tells none."""
    due, _, case = text.partition("~")
    if not case:
        return None
    try:
        moment = datetime.fromisoformat(due) if due else None
    except ValueError:
        return None
    return None if moment is not None and moment.tzinfo is None else Cursor(moment, case)


def _told(place: Cursor) -> str:
    return f"{place.due.isoformat() if place.due else ''}~{place.id}"


def find_tasks(
    store: Store,
    workflow: Workflow,
    definition: ListDefinition,
    state: State,
    context: Context,
    language: Language,
    limit: int,
) -> Plan[tuple[Found, State, list[Task]]]:
    """A page of tasks that somebody works on, with their records."""
    place = _cursor(state.cursor) if state.cursor else None
    if state.cursor and (place is None or state.way not in ("after", "before")):
        state = replace(state.noting("bad-page"), cursor="")
        place = None
    back = state.way == "before"
    page = yield from _page(
        workflow, definition, state, context, limit, **{"before" if back else "after": place}
    )
    if not page.rows and place is not None:
        state = replace(state, cursor="")
        page = yield from _page(workflow, definition, state, context, limit)
    records = yield from _records(store, definition, page.rows, context)
    now = workflow.now()
    lines = []
    for task in page.rows:
        key = f"{task.case.focus.type}/{task.case.focus.id}"
        resource, included = records.get(key, ({}, {}))
        due = task.case.due
        told = _fhir(workflow, task, language)
        lines.append(
            Line(
                record=key,
                row=(resource, {**included, f"Task/{task.id}": told}),
                case=task.case.id,
                task=task.id,
                due=due,
                overdue=due is not None and due < now,
            )
        )
    found = Found(
        lines,
        f"before-{_told(page.previous)}" if page.previous else None,
        f"after-{_told(page.next)}" if page.next else None,
        said(page.total, page.total >= MOST_COUNTED, language),
    )
    return found, state, list(page.rows)


def count_tasks(
    workflow: Workflow, definition: ListDefinition, state: State, context: Context
) -> Plan[tuple[int, bool]]:
    """How many tasks answer a state, counted no further than MOST_COUNTED."""
    page = yield from _page(workflow, definition, state, context, 1)
    return page.total, page.total >= MOST_COUNTED


def _page(
    workflow: Workflow,
    definition: ListDefinition,
    state: State,
    context: Context,
    limit: int,
    *,
    after: Cursor | None = None,
    before: Cursor | None = None,
) -> Plan[Page[Task]]:
    asked = {each.search: state.values.get(each.name) for each in definition.filters}
    queue = asked.get("queue")
    page = yield from workflow.in_queues(
        context.access,
        definition.queues & {queue} if queue else definition.queues,
        mine=asked.get("owner") == "mine",
        unclaimed=asked.get("owner") == "none",
        overdue=asked.get("due") == "overdue",
        after=after,
        before=before,
        limit=limit,
    )
    return page


def _fhir(workflow: Workflow, task: Task, language: Language) -> dict[str, Any]:
    """The task as FHIR, its state's title in the reader's language."""
    of = workflow.definitions.of(task.case.definition, task.case.version)
    told = as_fhir_task(task, of)
    told["businessStatus"]["text"] = of.state(task.case.state).title.say(language)
    return told


def _records(
    store: Store, definition: ListDefinition, tasks: Sequence[Task], context: Context
) -> Plan[dict[str, Row]]:
    """The records that tasks are about and that may be seen, each with what the page includes."""
    kinds: dict[str, list[str]] = {}
    for task in tasks:
        kinds.setdefault(task.case.focus.type, []).append(task.case.focus.id)
    found: dict[str, Row] = {}
    for kind, ids in sorted(kinds.items()):
        include = [each for each in definition.include if each.startswith(f"{kind}:")]
        keys = [(kind, each) for each in dict.fromkeys(ids)]
        if include:
            pairs = [("_id", ",".join(id for _, id in keys))]
            pairs += [("_include", each) for each in include]
            search, _ = yield from store.parse(kind, pairs)
            page = yield from store.search(replace(search, count=len(keys)), context)
            entries, beside = page.entries, page.included
        else:
            entries, beside = (yield from store.read_many(keys, context)), []
        included = {f"{each.type}/{each.id}": each.resource() for each in beside}
        for each in entries:
            if not each.deleted:
                found[f"{each.type}/{each.id}"] = (each.resource(), included)
    return found
