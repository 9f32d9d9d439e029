"""Duties: each unit by itself; one that fails keeps no other from its turn."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from lanh.core.database import Plan, SyncDatabase, execute
from lanh.core.desks import Duty
from lanh.core.desks.tests.scene import Room, desk
from lanh.core.store import Store
from lanh.core.workflow import Workflow


def units(_store: Store, _at: datetime) -> Plan[Sequence[str]]:
    yield from ()
    return ["one", "bad", "two"]


def act(_store: Store, _workflow: Workflow, unit: str, _at: datetime) -> Plan[None]:
    yield from execute("INSERT INTO public.done VALUES ($1::text)", unit)
    if unit == "bad":
        raise ValueError("on purpose")


def test_one_that_fails_stops_no_other(database: SyncDatabase) -> None:
    database.transact(execute("CREATE TABLE public.done (unit text)"))
    room = Room(database, desk(duties=(Duty("count", timedelta(hours=1), units, act),)))
    ((schedule, work),) = room.desks.schedules(database).items()
    assert (schedule.name, schedule.every) == ("fridges.count", timedelta(hours=1))
    work()
    assert room.rows("SELECT unit FROM public.done ORDER BY 1") == [("one",), ("two",)]
