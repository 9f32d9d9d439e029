"""Deliveries: nothing lost, in order for each subject, one subject's trouble is its own."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from lanh.core import jobs
from lanh.core.database import AsyncDatabase, Plan, SyncDatabase, execute, fetch
from lanh.core.jobs import Deliverer, Delivery, DeliveryFailed, Parcel


class Fake:
    """Takes what it gets, but for what `trouble` says."""

    def __init__(self, trouble: Callable[[Delivery], Awaitable[None]] | None = None) -> None:
        self.trouble = trouble
        self.taken: list[tuple[str, str]] = []
        self.keys: dict[tuple[str, bytes], set[str]] = defaultdict(set)
        self.under_way: dict[str, int] = defaultdict(int)
        self.most_under_way: dict[str, int] = defaultdict(int)

    async def deliver(self, delivery: Delivery) -> None:
        self.keys[delivery.subject, delivery.payload].add(delivery.key)
        line = f"{delivery.subscriber}/{delivery.subject}"
        self.under_way[line] += 1
        self.most_under_way[line] = max(self.most_under_way[line], self.under_way[line])
        try:
            await asyncio.sleep(0)
            if self.trouble is not None:
                await self.trouble(delivery)
            self.taken.append((delivery.subject, delivery.payload.decode()))
        finally:
            self.under_way[line] -= 1

    def given_up(self, delivery: Delivery, fault: str) -> Plan[None]:
        yield from execute("INSERT INTO public.gone VALUES ($1, $2)", delivery.subject, fault)

    def of(self, subject: str) -> list[str]:
        return [payload for name, payload in self.taken if name == subject]


def _put(database: SyncDatabase, *parcels: tuple[str, str], subscriber: str = "s") -> None:
    made = [Parcel(subscriber, subject, text.encode()) for subject, text in parcels]
    assert database.transact(jobs.deliver(made)) == len(made)


def _ready(database: SyncDatabase, **options: int) -> None:
    database.transact(jobs.subscribe("s", "fake", **options))  # type: ignore[arg-type]
    database.transact(execute("CREATE TABLE public.gone (subject text, fault text)"))


def _hurry(database: SyncDatabase) -> None:
    """Let every pause and lease run out."""
    database.transact(
        execute(
            "UPDATE jobs.line SET due = now() - interval '1 hour',"
            " held_until = held_until - interval '1 day'"
        )
    )


def _run(url: str, fake: Fake, rounds: int = 1, **options: float) -> None:
    async def main() -> None:
        database = await AsyncDatabase.connect(url, max_size=4)
        deliverer = Deliverer(database, {"fake": fake}, **options)  # type: ignore[arg-type]
        for _ in range(rounds):
            if await deliverer.run_once() == 0:
                break
        await database.close()

    asyncio.run(main())


def test_a_delivery_is_part_of_the_callers_unit_of_work(database: SyncDatabase) -> None:
    _ready(database)

    def plan() -> Plan[None]:
        yield from jobs.deliver([Parcel("s", "a", b"1")])
        yield from execute("SELECT 1 / 0")

    with pytest.raises(Exception, match="division"):
        database.transact(plan())
    (found,) = database.read(jobs.backlogs())
    assert (found.waiting, found.held, found.dead) == (0, 0, 0)


def test_unknown_subscribers_get_nothing_and_payloads_are_bounded(database: SyncDatabase) -> None:
    _ready(database)
    parcels = [Parcel("nobody", "a", b"1"), Parcel("s", "a", b"1")]
    assert database.transact(jobs.deliver(parcels)) == 1
    with pytest.raises(ValueError, match="larger"):
        database.transact(jobs.deliver([Parcel("s", "a", b"x" * (jobs.LARGEST_PAYLOAD + 1))]))


def test_each_subject_in_order_and_never_two_at_once(
    database: SyncDatabase, database_url: str
) -> None:
    _ready(database)
    parcels = [(f"subject{n % 5}", str(n)) for n in range(40)]
    _put(database, *parcels)
    fake = Fake()
    _run(database_url, fake, rounds=100)
    assert len(fake.taken) == 40
    for at in range(5):
        assert fake.of(f"subject{at}") == [str(n) for n in range(40) if n % 5 == at]
    assert set(fake.most_under_way.values()) == {1}
    assert database.read(fetch("SELECT count(*) FROM jobs.line"))[0][0] == 0
    assert database.read(jobs.backlogs())[0].waiting == 0


def test_a_failing_subject_holds_back_only_its_own(
    database: SyncDatabase, database_url: str
) -> None:
    _ready(database)
    _put(database, ("bad", "1"), ("good", "1"), ("bad", "2"), ("good", "2"))

    async def trouble(delivery: Delivery) -> None:
        if delivery.subject == "bad" and broken:
            raise DeliveryFailed("http 503")

    broken = True
    fake = Fake(trouble)
    _run(database_url, fake, rounds=20)
    assert fake.taken == [("good", "1"), ("good", "2")]
    (found,) = database.read(jobs.backlogs())
    assert (found.waiting, found.held, found.dead) == (2, 0, 0)
    assert found.oldest_seconds > 0
    broken = False
    _hurry(database)
    _run(database_url, fake, rounds=20)
    assert fake.of("bad") == ["1", "2"]
    assert all(len(keys) == 1 for keys in fake.keys.values()), "a repeat bears the same key"
    assert len(set.union(*fake.keys.values())) == 4


def test_attempts_are_spaced_ever_wider(database: SyncDatabase, database_url: str) -> None:
    _ready(database)
    _put(database, ("a", "1"))

    async def trouble(_: Delivery) -> None:
        raise DeliveryFailed("http 500")

    pauses = []
    for _ in range(6):
        _run(database_url, Fake(trouble))
        query = "SELECT extract(epoch FROM due - clock_timestamp())::float8 FROM jobs.line"
        pauses.append(float(database.read(fetch(query))[0][0]))
        _hurry(database)
    for attempt, pause in enumerate(pauses):
        assert 0.5 * 2**attempt - 0.5 <= pause <= 2**attempt
    assert all(0.5 * 3600 <= jobs.deliveries.backoff(n) <= 3600 for n in (13, 50, 10_000))


def test_a_receiver_says_when_to_come_again(database: SyncDatabase, database_url: str) -> None:
    _ready(database)
    _put(database, ("a", "1"))

    async def trouble(_: Delivery) -> None:
        raise DeliveryFailed("http 429", retry_after=120.0)

    _run(database_url, Fake(trouble))
    query = "SELECT due > clock_timestamp() + interval '110 seconds' FROM jobs.line"
    assert database.read(fetch(query))[0][0] is True


def test_given_up_after_so_many_attempts_then_the_line_goes_on(
    database: SyncDatabase, database_url: str
) -> None:
    _ready(database, most_attempts=3)
    _put(database, ("a", "1"), ("a", "2"))

    async def trouble(delivery: Delivery) -> None:
        if delivery.payload == b"1":
            raise DeliveryFailed("http 400")

    fake = Fake(trouble)
    for _ in range(3):
        assert database.read(jobs.dead_letters("s")) == []
        _run(database_url, fake)
        _hurry(database)
    (letter,) = database.read(jobs.dead_letters("s"))
    assert (letter.subject, letter.attempts, letter.fault) == ("a", 3, "http 400")
    gone = database.read(fetch("SELECT subject, fault FROM public.gone"))
    assert [tuple(row) for row in gone] == [("a", "http 400")]
    _run(database_url, fake, rounds=5)
    assert fake.taken == [("a", "2")]


def test_given_up_after_so_long(database: SyncDatabase, database_url: str) -> None:
    _ready(database)
    database.transact(jobs.subscribe("s", "fake", most_age=timedelta(hours=1)))
    _put(database, ("a", "1"))

    async def trouble(_: Delivery) -> None:
        raise DeliveryFailed("http 400")

    _run(database_url, Fake(trouble))
    assert database.read(jobs.dead_letters("s")) == []
    database.transact(execute("UPDATE jobs.delivery SET tried_at = now() - interval '2 hours'"))
    _hurry(database)
    _run(database_url, Fake(trouble))
    assert len(database.read(jobs.dead_letters("s"))) == 1


def test_a_dead_letter_driven_again_comes_first_with_its_old_key(
    database: SyncDatabase, database_url: str
) -> None:
    _ready(database, most_attempts=1)
    _put(database, ("a", "1"))

    async def trouble(_: Delivery) -> None:
        raise DeliveryFailed("gone", give_up=True)

    first = Fake(trouble)
    _run(database_url, first)
    _put(database, ("a", "2"))
    assert database.transact(jobs.drive_again("s")) == 1
    assert database.transact(jobs.drive_again("s")) == 0
    second = Fake()
    _run(database_url, second, rounds=5)
    assert second.of("a") == ["1", "2"]
    assert second.keys["a", b"1"] == first.keys["a", b"1"]


def test_a_dead_letter_can_be_dropped(database: SyncDatabase, database_url: str) -> None:
    _ready(database, most_attempts=1)
    _put(database, ("a", "1"))

    async def trouble(_: Delivery) -> None:
        raise ValueError("Nguyễn Văn A must not be written down")

    _run(database_url, Fake(trouble))
    (letter,) = database.read(jobs.dead_letters("s"))
    assert letter.fault == "ValueError"
    assert database.transact(jobs.drop_letter(letter.id))
    assert not database.transact(jobs.drop_letter(letter.id))


def test_a_paused_subscriber_waits_and_others_do_not(
    database: SyncDatabase, database_url: str
) -> None:
    _ready(database)
    database.transact(jobs.subscribe("other", "fake"))
    _put(database, ("a", "1"))
    _put(database, ("b", "1"), subscriber="other")
    database.transact(jobs.pause("s", "http 500"))
    _put(database, ("a", "2"))
    fake = Fake()
    _run(database_url, fake, rounds=5)
    assert fake.taken == [("b", "1")]
    assert next(b for b in database.read(jobs.backlogs()) if b.subscriber == "s").paused
    database.transact(jobs.resume("s"))
    _run(database_url, fake, rounds=5)
    assert fake.of("a") == ["1", "2"]


def test_a_slow_subscriber_does_not_take_all_places(
    database: SyncDatabase, database_url: str
) -> None:
    _ready(database, at_once=3)
    database.transact(jobs.subscribe("quick", "fake"))
    _put(database, *((f"slow{n}", "1") for n in range(30)))
    _put(database, *((f"q{n}", "1") for n in range(4)), subscriber="quick")
    taken = database.transact(jobs.claim_deliveries(["fake"], limit=8))
    assert len([d for d in taken if d.subscriber == "s"]) == 3
    assert len([d for d in taken if d.subscriber == "quick"]) == 4
    assert database.transact(jobs.claim_deliveries(["fake"], limit=8)) == []


def test_a_receiver_that_hangs_is_left(database: SyncDatabase, database_url: str) -> None:
    _ready(database)
    _put(database, ("a", "1"), ("b", "1"))

    async def trouble(delivery: Delivery) -> None:
        if delivery.subject == "a":
            await asyncio.sleep(60)

    fake = Fake(trouble)
    began = time.monotonic()
    _run(database_url, fake, deadline=0.2)
    assert time.monotonic() - began < 10
    assert fake.taken == [("b", "1")]
    assert database.read(fetch("SELECT fault FROM jobs.delivery"))[0][0] == "timeout"


def test_who_lost_the_lease_settles_nothing(database: SyncDatabase) -> None:
    _ready(database)
    _put(database, ("a", "1"))
    (late,) = database.transact(jobs.claim_deliveries(["fake"], limit=9))
    assert database.transact(jobs.claim_deliveries(["fake"], limit=9)) == []
    _hurry(database)
    (again,) = database.transact(jobs.claim_deliveries(["fake"], limit=9))
    assert (again.id, again.attempts) == (late.id, 2)
    with pytest.raises(jobs.LeaseLost):
        database.transact(jobs.delivered(late))
    with pytest.raises(jobs.LeaseLost):
        database.transact(jobs.undelivered(late, "timeout"))
    database.transact(jobs.delivered(again))
    assert database.read(jobs.backlogs())[0].waiting == 0


def test_writers_and_two_workers_at_once_lose_nothing_and_keep_order(
    database: SyncDatabase, database_url: str
) -> None:
    """Concurrent writers of the same subjects: what each wrote comes in its order."""
    _ready(database)

    def write(writer: int) -> None:
        chance = random.Random(writer)
        for number in range(40):
            subjects = {f"subject{chance.randrange(6)}" for _ in range(3)}
            _put(database, *((subject, f"{writer}:{number:03d}") for subject in subjects))

    async def work(fake: Fake) -> None:
        pool = await AsyncDatabase.connect(database_url, max_size=4)
        workers = [Deliverer(pool, {"fake": fake}, idle=0.01) for _ in range(2)]
        stop = asyncio.Event()
        running = [asyncio.create_task(worker.run(stop)) for worker in workers]
        with ThreadPoolExecutor(3) as threads:
            loop = asyncio.get_running_loop()
            await asyncio.gather(*(loop.run_in_executor(threads, write, n) for n in range(3)))
            while (await pool.read(jobs.backlogs()))[0].waiting:
                await asyncio.sleep(0.02)
        stop.set()
        await asyncio.gather(*running)
        await pool.close()

    fake = Fake()
    asyncio.run(work(fake))
    expected = 0
    for writer in range(3):
        chance = random.Random(writer)
        wanted = defaultdict(list)
        for number in range(40):
            for subject in {f"subject{chance.randrange(6)}" for _ in range(3)}:
                wanted[subject].append(f"{writer}:{number:03d}")
                expected += 1
        for subject, texts in wanted.items():
            assert [t for t in fake.of(subject) if t.startswith(f"{writer}:")] == texts
    assert len(fake.taken) == expected
    assert set(fake.most_under_way.values()) == {1}


def test_a_killed_worker_loses_nothing_and_order_stays(
    database: SyncDatabase, database_url: str
) -> None:
    """SIGKILL in the midst, several times: each subject is told everything, none out of order."""
    database.transact(jobs.subscribe("s", "note", most_attempts=1000, at_once=8))
    database.transact(
        execute(
            "CREATE TABLE public.got (at bigint GENERATED ALWAYS AS IDENTITY,"
            " subject text, payload text)"
        )
    )
    subjects, each = 12, 25
    _put(database, *((f"s{n % subjects}", f"{n:04d}") for n in range(subjects * each)))
    kills = 0
    deadline = time.monotonic() + 60
    while database.read(jobs.backlogs())[0].waiting:
        assert time.monotonic() < deadline
        process = subprocess.Popen(
            [sys.executable, "-m", "lanh.core.jobs.tests.delivering_process", database_url],
            stdout=subprocess.PIPE,
        )
        assert process.stdout is not None and process.stdout.readline() == b"ready\n"
        before = database.read(fetch("SELECT count(*) FROM public.got"))[0][0]
        while database.read(jobs.backlogs())[0].waiting:
            done = database.read(fetch("SELECT count(*) FROM public.got"))[0][0]
            if kills < 4 and done > before + 40:
                kills += 1
                break
            assert time.monotonic() < deadline
            time.sleep(0.01)
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        process.stdout.close()
    assert kills == 4
    rows = database.read(fetch("SELECT subject, payload FROM public.got ORDER BY at"))
    for at in range(subjects):
        told = [row[1] for row in rows if row[0] == f"s{at}"]
        once = list(dict.fromkeys(told))
        assert once == [f"{n:04d}" for n in range(at, subjects * each, subjects)]
        assert told == sorted(told), "a repeat comes before anything later"
