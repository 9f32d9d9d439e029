"""Refreshing the warehouse of an installation, by the worker or by the operator."""

from __future__ import annotations

import time
from collections.abc import Callable

from lanh.core.database import SyncDatabase
from lanh.core.store import Store
from lanh.core.warehouse import LakeError, Ports, Progress, RefreshReport, refresh
from lanh.site.instance import Instance
from lanh.site.wiring import definitions, places_of


def refresh_warehouse(
    database: SyncDatabase,
    instance: Instance,
    store: Store,
    progress: Callable[[Progress], None] | None = None,
) -> RefreshReport:
    """Bring the lake up to the end of the change feed.

    Raises LakeError where another process is refreshing it.
    """
    ports = Ports(feed=store, definitions=definitions(places_of(database)))
    return refresh(database, instance.lake, ports, progress)


def refresh_when_free(
    database: SyncDatabase,
    instance: Instance,
    store: Store,
    progress: Callable[[Progress], None] | None = None,
    *,
    patience: float = 600.0,
) -> RefreshReport:
    """The same, after the refresh that is under way. Raises LakeError when patience is over."""
    deadline = time.monotonic() + patience
    while True:
        try:
            return refresh_warehouse(database, instance, store, progress)
        except LakeError:
            if time.monotonic() > deadline:
                raise
        time.sleep(0.5)
