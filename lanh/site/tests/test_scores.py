"""Scores by published rules: what mending changes, whom silence raises an alert for."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from decimal import Decimal

from lanh.connectors.fhir.tests.support import send
from lanh.connectors.hl7v2.tests.sample import admission
from lanh.connectors.hl7v2.tests.test_ledger import KIND, faulty, mend
from lanh.core import bus
from lanh.core.bus import Score
from lanh.core.database import SyncDatabase, execute
from lanh.nation.local_time import VIETNAM
from lanh.site.ledger_keeping import midnight, quiet_until


def scored(database: SyncDatabase, group: str = "sender") -> list[Score]:
    database.transact(bus.compute_scores("Asia/Ho_Chi_Minh", midnight))
    today = datetime.now(VIETNAM).date()
    return database.read(bus.scores(group, today - timedelta(days=1), today))


def test_mending_raises_the_score_of_the_day(database: SyncDatabase) -> None:
    first = [send(database, faulty(n), KIND)["id"] for n in range(3)]
    send(database, admission("M9"), KIND)
    [before] = scored(database)
    assert (before.key, before.messages, before.parts) == ("his-97001", 4, 4)
    assert before.accurate == Decimal("25.0") and before.clean == Decimal("25.0")
    assert before.adequate == Decimal(100)
    for name in first[:2]:
        mend(database, name, (0, "MSH-11", "P"))
    [after] = scored(database)
    assert (after.messages, after.accurate) == (4, Decimal("75.0"))
    assert scored(database, "day")[0].figures == after.figures
    today = datetime.now(VIETNAM).date()
    assert database.read(bus.scores("sender", today, today, ["another"])) == []


def test_what_lacks_and_what_comes_late_is_told_apart(database: SyncDatabase) -> None:
    fresh = datetime.now(UTC).strftime("%Y%m%d%H%M%S+0000").encode()
    late = admission("M1")
    send(database, late, KIND)
    head, _, rest = admission("M2").partition(b"|2026")
    send(database, head + b"|" + fresh + b"|" + rest.partition(b"|")[2], KIND)
    send(database, admission("M3").replace(b"|M3|", b"||"), KIND)
    [found] = scored(database)
    assert (found.parts, found.adequate_parts, found.accurate_parts) == (3, 2, 2)
    assert (found.timed, found.live_messages) == (3, 1)


def test_silence_over_a_working_day_raises_an_alert_until_the_next_message(
    database: SyncDatabase,
) -> None:
    send(database, admission("M1"), KIND)
    friday = datetime.combine(datetime(2026, 11, 20).date(), time(10), VIETNAM)  # noqa: DTZ001
    database.transact(execute("UPDATE bus.message SET received_at = $1", friday))

    def alerts(moment: datetime) -> int:
        return len(database.transact(bus.watch_silence(moment, quiet_until)))

    assert alerts(friday + timedelta(days=2, hours=12)) == 0, "a weekend is no silence"
    assert alerts(friday + timedelta(days=3, hours=12)) == 0, "Monday is not over"
    assert alerts(friday + timedelta(days=4)) == 1
    assert alerts(friday + timedelta(days=4, hours=1)) == 0, "an alert is raised once"
    assert [each.sender for each in database.read(bus.silent())] == ["his-97001"]
    assert database.read(bus.silent(["another"])) == []
    later = friday + timedelta(days=5)
    send(database, admission("M2"), KIND)
    database.transact(
        execute("UPDATE bus.message SET received_at = $1 WHERE received_at > $2", later, friday)
    )
    assert alerts(later) == 0 and database.read(bus.silent()) == []
