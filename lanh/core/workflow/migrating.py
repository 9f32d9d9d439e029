"""Taking cases over to another version of their definition, by an explicit migration."""

from __future__ import annotations

from dataclasses import replace

from lanh.core.access import Access
from lanh.core.database import Plan, fetch
from lanh.core.workflow import clocks, signing, tasks
from lanh.core.workflow.cases import COLUMNS, Case, case_of, record
from lanh.core.workflow.definition import Definition
from lanh.core.workflow.definitions import Migration
from lanh.core.workflow.errors import Refused
from lanh.core.workflow.moving import Parts

_BATCH = f"""
SELECT {COLUMNS} FROM workflow.cases c
WHERE c.definition = $1 AND c.version = $2 AND c.closed_at IS NULL
ORDER BY c.id LIMIT $3 FOR UPDATE OF c SKIP LOCKED
"""  # noqa: S608 - constants only


def migrate_cases(parts: Parts, migration: Migration, access: Access, limit: int) -> Plan[int]:
    """Take up to `limit` open cases over; how many. Closed ones keep their version for ever.

    Raises DefinitionFault where the migration does not say where a state goes. Cases that somebody
    acts on at this moment are passed over: call it until none is left in the old version.
    """
    source, target = parts.definitions.check_migration(migration)
    rows = yield from fetch(_BATCH, migration.key, migration.source, limit)
    for row in rows:
        yield from _migrate(parts, case_of(row), source, target, migration, access)
    return len(rows)


def _migrate(
    parts: Parts,
    case: Case,
    source: Definition,
    target: Definition,
    migration: Migration,
    access: Access,
) -> Plan[None]:
    moment = parts.now()
    before = case.state
    state = target.state(migration.states[before])
    if set(state.signatures) != set(source.state(before).signatures):
        raise Refused("signatures-differ", state=state.title)
    if state.name != before:
        yield from signing.withdraw_open(case, parts.signer, moment)
    case = replace(case, state=state.name, version=target.version, revision=case.revision + 1)
    task = yield from tasks.open_task(case)
    if (task.queue if task else None) != state.queue:
        yield from tasks.end_task(case, None, moment)
        if state.queue is not None:
            priority = target.queue(state.queue).priority
            yield from tasks.make_task(case, state.queue, priority, moment)
    # Clocks of the same name go on with the end that they had: nobody's time is cut short.
    case = yield from clocks.turn(case, target, parts.calendar, moment, case.entered_at)
    name = f"{migration.source}-{migration.target}"
    yield from record(case, "migrated", name, access, moment, before=before)
