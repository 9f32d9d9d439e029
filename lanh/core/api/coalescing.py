"""Requests that arrive together share one statement and one commit."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeAlias, TypeVar

In = TypeVar("In")
Out = TypeVar("Out")
LONG = 0.05  # seconds that an item waits for a slow batch
_Waiting: TypeAlias = "tuple[In, asyncio.Future[Out], float]"
Run = Callable[[Sequence[In]], Awaitable[Sequence["Out | BaseException"]]]


class Coalescer(Generic[In, Out]):
    """Gathers what is submitted while others are being served, and runs it as one batch.

    `run` gives a result or an error for each item, in order. At most `runners` batches of at most
    `most` items are under way at once. One large batch costs less than two small ones: so another
    than the first begins only where `enough` items wait, or one has waited for `LONG` seconds
    because the batch before it is slow. A single item waits for nobody.
    """

    def __init__(
        self, run: Run[In, Out], *, runners: int = 2, most: int = 64, enough: int = 24
    ) -> None:
        self._run = run
        self._runners = runners
        self._most = most
        self._enough = enough
        self._running = 0
        self._waiting: deque[_Waiting[In, Out]] = deque()
        self._tasks: set[asyncio.Task[None]] = set()
        self._look: asyncio.TimerHandle | None = None

    async def submit(self, item: In) -> Out:
        """The result of one item; raises the error that `run` gave for it."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Out] = loop.create_future()
        self._waiting.append((item, future, loop.time()))
        if self._running == 0 or len(self._waiting) >= self._enough:
            self._begin()
        elif self._look is None and self._running < self._runners:
            self._look = loop.call_later(LONG, self._look_after, loop)
        return await future

    def _begin(self) -> None:
        if self._running < self._runners:
            self._running += 1
            task = asyncio.create_task(self._work())
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    def _look_after(self, loop: asyncio.AbstractEventLoop) -> None:
        """See that nobody waits for a slow batch while another could run."""
        self._look = None
        if self._waiting and self._running < self._runners:
            left = self._waiting[0][2] + LONG - loop.time()
            if left <= 0:
                self._begin()
            else:
                self._look = loop.call_later(left, self._look_after, loop)

    async def _work(self) -> None:
        """Serve batches until nothing waits.

        Nothing is awaited between the last look at the queue and giving up the runner's place, so
        that no item can be left without a runner.
        """
        try:
            while self._waiting:
                size = min(self._most, len(self._waiting))
                batch = [self._waiting.popleft() for _ in range(size)]
                await self._serve(batch)
        finally:
            self._running -= 1

    async def _serve(self, batch: list[_Waiting[In, Out]]) -> None:
        try:
            results = await self._run([item for item, _, _ in batch])
        except BaseException as error:
            for _, future, _ in batch:
                if not future.done():
                    future.set_exception(error if isinstance(error, Exception) else _Stopped())
            if not isinstance(error, Exception):
                raise
            return
        for (_, future, _), result in zip(batch, results, strict=True):
            if future.done():  # the client has gone
                continue
            if isinstance(result, BaseException):
                future.set_exception(result)
            else:
                future.set_result(result)


class _Stopped(RuntimeError):
    """The server stops while the request was under way."""
