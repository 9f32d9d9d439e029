"""Sheets that a worker takes up again for the one who sent them, as they stand today."""

from __future__ import annotations

from datetime import datetime, timedelta

from lanh.core import lists
from lanh.core.database import Plan, SyncDatabase
from lanh.core.desks import Forbidden, NotFound, Visitor
from lanh.core.jobs import PlanHandler, Worker
from lanh.core.lists import Import, Table, Upload
from lanh.core.web.services import Accounts
from lanh.nation.facility import FacilityNames
from lanh.nation.local_time import VIETNAM
from lanh.nation.place import Places
from lanh.site.desks import OpenDesks
from lanh.site.pages.accounts import PageAccounts
from lanh.site.pages.desks import PageDesks
from lanh.site.wiring import Records

_LEASE = timedelta(minutes=2)  # of a batch; whoever is killed is followed after it


class Sheets:
    """Opens sheets of the pages; `opened` is the Opener of `lanh.core.lists.Turns`."""

    def __init__(self, accounts: Accounts, desks: PageDesks) -> None:
        self._accounts = accounts
        self._desks = desks

    def opened(self, upload: Upload, read: Table) -> Plan[Import | None]:
        """The sheet with the rights of today; None where its sender has none any more."""
        at = datetime.now(VIETNAM)
        who = yield from self._accounts.signed_in(upload.principal.id, at)
        if who is None or upload.principal.kind != "person":
            return None
        access = yield from self._accounts.access_for(who, upload.principal.purpose, at)
        visitor = Visitor(who.id, who.role, access, upload.language, at, who.facility, who.place)
        desk, _, key = upload.place.partition("/")
        try:
            return self._desks.read_sheet(desk, key, visitor, read)
        except (Forbidden, NotFound):
            return None


def sheet_worker(
    database: SyncDatabase, records: Records, places: Places, opened: OpenDesks
) -> Worker:
    """The worker of sheets: a batch of rows at a time, the oldest order first."""
    accounts = PageAccounts(places, FacilityNames(records.store))
    sheets = Sheets(accounts, PageDesks(opened.desks, opened.lists, opened.workflow))
    handlers = {lists.JOB: PlanHandler(lists.Turns(sheets.opened).take)}
    return Worker(database, handlers, {}, queues=(lists.QUEUE,), batch=1, lease=_LEASE)
