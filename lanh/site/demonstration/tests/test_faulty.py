"""The faulty hospital is faulty in five ways, and each is mended by what is told to mend it."""

from __future__ import annotations

from collections import Counter
from datetime import datetime

from lanh.connectors.fhir.tests.support import make_intake, make_sender, send
from lanh.core import bus, jobs
from lanh.core.access import system_access
from lanh.core.bus import Sender
from lanh.core.database import Plan, SyncDatabase, fetch
from lanh.nation.local_time import VIETNAM
from lanh.site.demonstration.faulty import MENDS, faulty_messages

SENT = datetime(2026, 11, 20, 9, tzinfo=VIETNAM)


def test_five_causes_each_mended_by_its_value(database: SyncDatabase) -> None:
    for message in faulty_messages("97001", 15, SENT):
        assert send(database, message.body, message.content_type)["state"] == "refused"
    found = {each.name: each.messages for each in database.read(bus.causes(None))}
    assert found == dict.fromkeys(MENDS, 3)

    def present(client: str) -> Plan[Sender | None]:
        yield from ()
        return make_sender(client)

    for cause, values in MENDS.items():
        database.transact(bus.order_replay(["his-97001"], cause, values, system_access("test")))
    for job in database.transact(jobs.claim(["default"])):
        bus.replay_turn(make_intake(), database, present, job)
    assert database.read(bus.causes(None)) == []
    states = Counter(row[0] for row in database.read(fetch("SELECT state FROM bus.message")))
    assert states == {"replayed": 15, "accepted": 15}
