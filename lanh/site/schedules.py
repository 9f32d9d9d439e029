"""What the worker does again and again, and which jobs it can do."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta

from lanh.core import audit
from lanh.core.accounts import forget_expired, forget_old_attempts
from lanh.core.database import SyncDatabase
from lanh.core.jobs import Handler, Schedule
from lanh.site.instance import Instance


def handlers() -> Mapping[str, Handler]:
    """The kinds of queued job and who does them."""
    return {}


def schedules(database: SyncDatabase, instance: Instance) -> Mapping[Schedule, Callable[[], None]]:
    """The schedules of an installation."""

    def clean() -> None:
        database.transact(forget_expired())
        database.transact(forget_old_attempts())

    def seal() -> None:
        while database.transact(audit.seal()):
            pass

    every = timedelta(seconds=instance.settings.seal_seconds)
    return {
        Schedule("audit.seal", every): seal,
        Schedule("accounts.clean", timedelta(hours=1)): clean,
    }
