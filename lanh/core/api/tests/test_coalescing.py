"""The coalescer: batches, one faulty item, clients that leave, and nobody left waiting."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from lanh.core.api.coalescing import Coalescer


class _Doubler:
    """Doubles numbers; refuses odd ones; remembers its batches."""

    def __init__(self) -> None:
        self.batches: list[list[int]] = []
        self.at_once = 0
        self.most_at_once = 0

    async def __call__(self, numbers: Sequence[int]) -> list[int | BaseException]:
        self.batches.append(list(numbers))
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        await asyncio.sleep(0.001)
        self.at_once -= 1
        return [ValueError(n) if n % 2 else 2 * n for n in numbers]


def test_requests_that_wait_are_served_together() -> None:
    async def run() -> None:
        doubler = _Doubler()
        coalescer: Coalescer[int, int] = Coalescer(doubler, runners=2, most=8)
        found = await asyncio.gather(*(coalescer.submit(2 * n) for n in range(40)))
        assert found == [4 * n for n in range(40)]
        assert len(doubler.batches) < 12
        assert max(map(len, doubler.batches)) == 8
        assert doubler.most_at_once == 2

    asyncio.run(run())


def test_one_faulty_item_does_not_fail_its_batch() -> None:
    async def run() -> None:
        coalescer: Coalescer[int, int] = Coalescer(_Doubler(), runners=1)
        results = await asyncio.gather(
            *(coalescer.submit(n) for n in (2, 4, 5, 6)), return_exceptions=True
        )
        assert [results[0], results[1], results[3]] == [4, 8, 12]
        assert isinstance(results[2], ValueError)

    asyncio.run(run())


def test_a_batch_that_fails_as_a_whole_tells_everyone() -> None:
    async def fail(numbers: Sequence[int]) -> list[int | BaseException]:
        await asyncio.sleep(0)
        raise OSError("the database is gone")

    async def run() -> None:
        coalescer: Coalescer[int, int] = Coalescer(fail)
        results = await asyncio.gather(
            *(coalescer.submit(n) for n in range(5)), return_exceptions=True
        )
        assert all(isinstance(result, OSError) for result in results)
        with pytest.raises(OSError, match="gone"):
            await coalescer.submit(1)

    asyncio.run(run())


def test_a_client_that_leaves_stops_nobody() -> None:
    async def run() -> None:
        coalescer: Coalescer[int, int] = Coalescer(_Doubler(), runners=1)
        first = asyncio.create_task(coalescer.submit(2))
        leaving = asyncio.create_task(coalescer.submit(4))
        staying = asyncio.create_task(coalescer.submit(6))
        await asyncio.sleep(0)
        leaving.cancel()
        assert await first == 4
        assert await staying == 12
        assert leaving.cancelled() or isinstance(leaving.exception(), asyncio.CancelledError)

    asyncio.run(run())


def test_no_wake_up_is_lost() -> None:
    """Items that come just as a runner ends are served: many rounds of single requests."""

    async def run() -> None:
        async def quick(numbers: Sequence[int]) -> list[int | BaseException]:
            return [*numbers]

        coalescer: Coalescer[int, int] = Coalescer(quick, runners=1, most=2)

        async def client(number: int) -> int:
            total = 0
            for step in range(200):
                total += await asyncio.wait_for(coalescer.submit(step), 5)
                if (step + number) % 7 == 0:
                    await asyncio.sleep(0)
            return total

        totals = await asyncio.gather(*(client(n) for n in range(8)))
        assert set(totals) == {sum(range(200))}

    asyncio.run(run())


def test_a_slow_batch_holds_others_up_for_a_moment_only() -> None:
    async def slowly(numbers: Sequence[float]) -> list[float | BaseException]:
        await asyncio.sleep(max(numbers))
        return [*numbers]

    async def run() -> None:
        coalescer: Coalescer[float, float] = Coalescer(slowly, runners=2)
        slow = asyncio.create_task(coalescer.submit(2.0))
        await asyncio.sleep(0)
        found = await asyncio.wait_for(
            asyncio.gather(*(coalescer.submit(n / 1000) for n in range(3))), 1
        )
        assert found == [0, 0.001, 0.002]
        assert not slow.done()
        slow.cancel()

    asyncio.run(run())
