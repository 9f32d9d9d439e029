"""The change feed is cut at its front only: never what a reader still needs, whatever is killed."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest

from lanh.core.database import SyncDatabase, fetch
from lanh.core.store import NotKept, Position, Write, feed, histories
from lanh.core.store.tests.conftest import SYSTEM, Desk, patient

_NOW = timedelta(0)
_PAST = timedelta(days=30)


def _age(desk: Desk, days: int, until: str | None = None) -> None:
    """Make changes older: all, or those up to the one that speaks of a row."""
    with desk.database.pool.connection() as connection:
        upto = "" if until is None else (
            f" WHERE (xid, number) <= (SELECT xid, number FROM store.feed"
            f" WHERE entries LIKE '%:{until}' ORDER BY feed.xid DESC LIMIT 1)"
        )  # fmt: skip
        connection.execute(f"UPDATE store.feed SET at = at - interval '{days} days'{upto}".encode())


def _filled(desk: Desk, count: int = 6) -> list[Position]:
    """So many Patients, each in a transaction of its own; the position after each."""
    for at in range(count):
        desk.put(f"p{at}", patient(number=str(at)))
    changes, _ = desk.database.read(desk.store.changes(Position()))
    return [change.position for change in changes]


def _drop(desk: Desk, keep: timedelta = _NOW, *required: str, batch: int = 100) -> feed.Dropped:
    return desk.database.transact(feed.drop_read(keep, required or ("a",), batch))


def _left(desk: Desk) -> int:
    return int(desk.database.read(fetch("SELECT count(*) FROM store.feed"))[0][0])


def test_nothing_is_dropped_before_every_reader_has_registered(desk: Desk) -> None:
    _filled(desk)
    assert _drop(desk, _NOW, "a", "b") == feed.Dropped(0, ("a", "b"))
    desk.database.transact(desk.store.hold("a", desk.database.read(desk.store.end())))
    assert _drop(desk, _NOW, "a", "b") == feed.Dropped(0, ("b",))
    assert _left(desk) == 6


def test_the_slowest_reader_decides(desk: Desk) -> None:
    positions = _filled(desk)
    desk.database.transact(desk.store.hold("a", positions[4]))
    desk.database.transact(desk.store.hold("slow", positions[1]))
    assert _drop(desk) == feed.Dropped(1, (), "slow")
    rest, _ = desk.database.read(desk.store.changes(positions[1]))
    assert [change.id for change in rest] == ["p2", "p3", "p4", "p5"]
    desk.database.transact(feed.release("slow"))
    assert _drop(desk).rows == 3
    rest, _ = desk.database.read(desk.store.changes(positions[4]))
    assert [change.id for change in rest] == ["p5"]


def test_what_is_young_stays_and_so_does_all_after_it(desk: Desk) -> None:
    positions = _filled(desk)
    desk.database.transact(desk.store.hold("a", positions[-1]))
    _age(desk, 40, "p2")
    with desk.database.pool.connection() as connection:  # an old one behind a young one
        connection.execute(
            b"UPDATE store.feed SET at = at - interval '40 days' WHERE entries LIKE '%:p4'"
        )
    assert _drop(desk, _PAST).rows == 3
    assert _drop(desk, _PAST).rows == 0
    assert _left(desk) == 3


def test_batches_end_where_nothing_is_left(desk: Desk) -> None:
    positions = _filled(desk)
    desk.database.transact(desk.store.hold("a", positions[-1]))
    counts = [_drop(desk, batch=2).rows for _ in range(4)]
    assert counts == [2, 2, 1, 0]


def test_a_position_that_is_not_kept_is_refused_and_a_scan_gives_everything(desk: Desk) -> None:
    positions = _filled(desk)
    desk.write(Write("delete", "Patient", "p3"))
    desk.database.transact(desk.store.hold("a", positions[-1]))
    _drop(desk)
    for act in (desk.store.changes(positions[0]), desk.store.changes(Position())):
        with pytest.raises(NotKept) as caught:
            desk.database.read(act)
        assert caught.value.key == "feed_dropped" and caught.value.status == 410
    with pytest.raises(NotKept):
        desk.database.transact(desk.store.hold("late", positions[0]))
    end = desk.database.read(desk.store.end())
    found = []
    after: str | None = ""
    while after is not None:
        page, after = desk.database.read(desk.store.current("Patient", after, 2))
        found += page
    assert [row.id for row in found] == ["p0", "p1", "p2", "p4", "p5"]
    assert all(row.body and row.version == 1 for row in found)
    desk.put("p9", patient(number="9"))
    changes, _ = desk.database.read(desk.store.changes(end))
    assert [change.id for change in changes] == ["p9"]


def test_a_position_that_the_database_has_not_reached_is_refused(desk: Desk) -> None:
    _filled(desk, 1)
    end = desk.database.read(desk.store.end())
    with pytest.raises(NotKept) as caught:
        desk.database.read(desk.store.changes(end._replace(xid=end.xid + 1000)))
    assert caught.value.key == "feed_ahead"


def test_a_history_that_would_pass_over_versions_is_refused(desk: Desk) -> None:
    began = datetime.now(UTC) - timedelta(seconds=1)
    positions = _filled(desk, 4)
    desk.database.transact(desk.store.hold("a", positions[2]))

    def past(**span: datetime) -> set[str]:
        plan = histories.of_types(["Patient"], SYSTEM, span=histories.Span(**span), count=10)
        return {row.id for row in desk.database.read(plan).entries}

    last = histories.of_types(["Patient"], SYSTEM, count=3)
    cursor = desk.database.read(last).next_cursor
    assert past(since=began) == {"p0", "p1", "p2", "p3"}
    _drop(desk)
    for refused in (
        lambda: past(since=began),
        lambda: past(start=began),
        lambda: desk.database.read(histories.of_types(["Patient"], SYSTEM, cursor=cursor)),
    ):
        with pytest.raises(NotKept) as caught:
            refused()
        assert caught.value.key == "history_dropped"
    assert past() == {"p2", "p3"}
    assert past(since=datetime.now(UTC)) == set()


def test_a_transaction_still_running_keeps_what_it_may_yet_add(
    desk: Desk, database_url: str
) -> None:
    positions = _filled(desk, 2)
    with psycopg.connect(database_url) as slow:
        slow.execute("SELECT pg_current_xact_id()")
        desk.put("late", patient(number="8"))
        desk.database.transact(desk.store.hold("a", positions[-1]._replace(xid=2**40)))
        assert _drop(desk).rows == 2
        assert _left(desk) == 1


_READER = """
import sys
from lanh.core.database import SyncDatabase
from lanh.core.store import Position, Store
database, store = SyncDatabase.connect(sys.argv[1], max_size=1), Store()
read = open(sys.argv[2], "a+")
read.seek(0)
lines = [line for line in read if line.endswith("\\n")]
at = Position(*map(int, lines[-1].split()[1:])) if lines else Position()
database.transact(store.hold("a", at))
print("ready", flush=True)
while True:
    changes, after = database.read(store.changes(at, 3))
    for change in changes:
        read.write("\\n" + change.id + " " + " ".join(map(str, change.position)) + "\\n")
        read.flush()
    at = after
    database.transact(store.hold("a", at))
"""
_CUTTER = """
import sys
from datetime import timedelta
from lanh.core.database import SyncDatabase
from lanh.core.store import feed
database = SyncDatabase.connect(sys.argv[1], max_size=1)
print("ready", flush=True)
while True:
    database.transact(feed.drop_read(timedelta(0), ("a",), 5))
"""


def _started(program: str, *arguments: str) -> subprocess.Popen[str]:
    child = subprocess.Popen(
        [sys.executable, "-c", program, *arguments], stdout=subprocess.PIPE, text=True
    )
    assert child.stdout is not None and child.stdout.readline() == "ready\n"
    return child


def test_killed_at_any_moment_no_change_is_lost(
    desk: Desk, database: SyncDatabase, database_url: str, tmp_path: Path
) -> None:
    """A reader that keeps its place in a file of its own, and who cuts the feed, both killed."""
    chance, log = random.Random(3), tmp_path / "read"
    number = 0

    def write(seconds: float, until: Callable[[], bool] = lambda: False) -> None:
        nonlocal number
        ends = time.monotonic() + seconds
        while time.monotonic() < ends and not until():
            desk.put(f"k{number}", patient(number=str(number)))
            number += 1

    for _ in range(4):
        children = [_started(_READER, database_url, str(log)), _started(_CUTTER, database_url)]
        for child in chance.sample(children, 2):
            write(chance.uniform(0.05, 0.4))
            child.send_signal(signal.SIGKILL)
            child.wait()
    reader = _started(_READER, database_url, str(log))

    def read() -> set[str]:
        return {line.split()[0] for line in log.read_text().splitlines() if len(line.split()) == 4}

    ends = time.monotonic() + 20
    while len(read()) < number and time.monotonic() < ends:
        time.sleep(0.1)
    reader.kill()
    reader.wait()
    assert read() == {f"k{at}" for at in range(number)}
    assert number > 20
    dropped = desk.database.read(feed.beginning())
    assert dropped.dropped_until is not None and _left(desk) < number
