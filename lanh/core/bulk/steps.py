"""What the steps of every task share: under whose access it goes on, its files, its end."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from lanh.core.access import Access
from lanh.core.bulk import tasks
from lanh.core.bulk.folder import Folder
from lanh.core.bulk.tasks import File, Task
from lanh.core.database import Plan
from lanh.core.jobs import AccessOf

FULL = 256 * 1024 * 1024  # bytes after which another file is begun


def access_now(task: Task, access_of: AccessOf) -> Plan[Access | None]:
    """What the orderer of a task may do now; None, with the task ended, where it is nothing."""
    access = yield from access_of(task.principal)
    if access is None:
        yield from tasks.end(task.id, "forbidden")
    return access


def put(
    folder: Folder, task: Task, like: File, lines: Sequence[bytes], *, full: int | None = FULL
) -> Plan[None]:
    """Add lines to the open file of the kind, type and rule of `like`, or to a new one.

    With `full` None a file has no bound.
    """
    made = yield from tasks.files(task.id)
    key = (like.kind, like.type, like.rule)
    fitting = [
        each
        for each in made
        if (each.kind, each.type, each.rule) == key and (full is None or each.bytes < full)
    ]
    file = fitting[-1] if fitting else replace(like, number=len(made) + 1)
    folder.append(task.id, file, lines)
    yield from tasks.keep_file(task.id, file)


def finish(folder: Folder, task: Task) -> Plan[None]:
    """End a task whose work is done: its files hold what is committed of them."""
    made = yield from tasks.files(task.id)
    folder.settle(task.id, made)
    yield from tasks.end(task.id)
