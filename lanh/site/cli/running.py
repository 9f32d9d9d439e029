"""For commands of the operator: the running instance and its database."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from lanh.core.database import SyncDatabase, connected
from lanh.site.instance import Instance
from lanh.site.settings import Settings


class NotRunning(RuntimeError):
    """The instance whose data folder the settings name does not run."""

    def __init__(self, instance: Instance) -> None:
        super().__init__(f"not running: {instance.folder}")
        self.instance = instance


def running_instance() -> Instance:
    """The instance of these settings. Raises NotRunning where no supervisor holds it."""
    instance = Instance(Settings.from_environment())
    status = instance.status()
    if not instance.held or status is None or status.state not in ("starting", "ready"):
        raise NotRunning(instance)
    return instance


@contextmanager
def running_database() -> Iterator[tuple[Instance, SyncDatabase]]:
    """The running instance and a small pool on its database. Raises NotRunning."""
    instance = running_instance()
    try:
        url = instance.database_url()
    except OSError as error:
        raise NotRunning(instance) from error
    with connected(url) as database:
        yield instance, database
