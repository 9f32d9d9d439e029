"""The desks of the installed systems, opened on the installation's engines."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

import lanh.systems
from lanh.core import accounts, documents
from lanh.core.access import system_access
from lanh.core.database import Plan, SyncDatabase
from lanh.core.desks import Content, Desks, KeptPaper, digest_of_record, none_kept
from lanh.core.jobs import Schedule
from lanh.core.lists import Lists, PageEntry
from lanh.core.workflow import Definitions, Signer, Workflow
from lanh.kit import desks_of, installed
from lanh.nation.calendar import packaged
from lanh.site.wiring import Records, tags


@dataclass(frozen=True, slots=True)
class OpenDesks:
    """The desks with the engines that pages and the interface ask besides."""

    desks: Desks
    lists: Lists
    workflow: Workflow


def names(actors: Sequence[str]) -> Plan[Mapping[str, str]]:
    """Whom "person:17" stands for; client systems are told by their ids."""
    by_account = {actor.removeprefix("person:"): actor for actor in actors}
    found = yield from accounts.names_of(
        [account for account, actor in by_account.items() if actor.startswith("person:")]
    )
    return {actor: found.get(account, actor) for account, actor in by_account.items()}


def menu_pages() -> list[PageEntry]:
    """The pages of the platform that systems lead to, to be found by their titles."""
    return [
        PageEntry(page.title, page.path, page.roles)
        for system in installed(lanh.systems)
        for page in system.pages
    ]


def open_desks(
    records: Records,
    *,
    signer: Signer | None = None,
    content: Content = digest_of_record,
    kept: KeptPaper = none_kept,
) -> OpenDesks:
    """The desks of one process. `signer` keeps signatures, `content` tells what is signed,
    `kept` gives papers that are kept signed."""
    desks = desks_of(lanh.systems)
    definitions = Definitions(each for desk in desks for each in desk.workflows)
    workflow = Workflow(definitions, packaged(), signer=signer)
    return OpenDesks(
        Desks(
            desks,
            store=records.store,
            workflow=workflow,
            value_sets=records.terminology,
            papers=documents,
            names=names,
            content=content,
            kept=kept,
            tags=tags,
        ),
        Lists(records.store, workflow),
        workflow,
    )


def desk_schedules(
    database: SyncDatabase, opened: OpenDesks
) -> Mapping[Schedule, Callable[[], None]]:
    """What the worker does for desks: clocks and escalations of cases, duties of systems, cases
    taken over to the versions of definitions that a release brings."""

    def migrate() -> None:
        access = system_access("desks")
        for desk in opened.desks.desks.values():
            for migration in desk.migrations:
                while database.transact(opened.workflow.migrate(migration, access)):
                    pass

    return {
        **opened.workflow.schedules(database),
        **opened.desks.schedules(database),
        Schedule("workflow.migrate", timedelta(hours=1)): migrate,
    }
