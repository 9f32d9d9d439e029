"""One child process: started, listened to, restarted with patience."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import structlog

from lanh.site.supervision import lifeline, ports
from lanh.site.supervision.logs import RotatingFile

_FIRST_WAIT, _LONGEST_WAIT = 0.2, 30.0
_SETTLED = 30.0  # a child that lived so long starts again without waiting
_LINE = 1 << 20

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Command:
    """What a child runs: a module, the socket that it inherits, and how it is ended."""

    name: str
    module: str
    environment: dict[str, str]
    socket: int | None = None
    patience: float = 10.0


@dataclass(slots=True)
class Child:
    """A child and how it fares.

    `said` gets each line that it prints as a JSON object; `changed` is called when it starts or
    ends.
    """

    command: Command
    lifeline: int
    file: RotatingFile
    said: Callable[[dict[str, Any]], None]
    changed: Callable[[], None]
    restarts: int = 0
    pid: int = 0
    process: asyncio.subprocess.Process | None = None
    stopping: asyncio.Event = field(default_factory=asyncio.Event)

    async def keep(self) -> None:
        """Run the child and start it again whenever it ends, until `stop` is called."""
        wait = _FIRST_WAIT
        while not self.stopping.is_set():
            started = time.monotonic()
            code = await self._run()
            if self.stopping.is_set():
                return
            self.restarts += 1
            lived = time.monotonic() - started
            wait = _FIRST_WAIT if lived > _SETTLED else min(wait * 2, _LONGEST_WAIT)
            log.warning("child ended", child=self.command.name, code=code, again_in=wait)
            await self._pause(wait)

    async def finish(self, *, tries: int = 5) -> int:
        """Run a child that has an end; again after a signal killed it. Returns its exit code."""
        code = -1
        for attempt in range(tries):
            code = await self._run()
            if code >= 0 or self.stopping.is_set():
                return code
            self.restarts += 1
            log.warning("task killed", child=self.command.name, signal=-code, attempt=attempt)
            await self._pause(_FIRST_WAIT * 2**attempt)
        return code

    async def stop(self) -> None:
        """Ask the child to end (SIGTERM), then insist (SIGKILL)."""
        self.stopping.set()
        process = self.process
        if process is None or process.returncode is not None:
            return
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        try:
            await asyncio.wait_for(process.wait(), self.command.patience)
        except TimeoutError:
            log.warning("child would not end", child=self.command.name)
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()

    async def _pause(self, seconds: float) -> None:
        try:
            await asyncio.wait_for(self.stopping.wait(), seconds)
        except TimeoutError:
            return

    async def _run(self) -> int:
        environment = {**os.environ, **self.command.environment}
        environment[lifeline.VARIABLE] = str(self.lifeline)
        # By default glibc gives each thread a heap of its own, which keeps what the thread freed.
        environment.setdefault("MALLOC_ARENA_MAX", "2")
        passed = [self.lifeline]
        environment.pop(ports.VARIABLE, None)
        if self.command.socket is not None:
            environment[ports.VARIABLE] = str(self.command.socket)
            passed.append(self.command.socket)
        self.process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            self.command.module,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            env=environment,
            pass_fds=passed,
            start_new_session=True,
            limit=_LINE,
        )
        self.pid = self.process.pid
        self.changed()
        log.info("child started", child=self.command.name, pid=self.pid)
        listener = asyncio.create_task(self._listen(self.process))
        code = await self.process.wait()
        # A grandchild may still hold the pipe: what the child itself said is there already.
        await asyncio.wait({listener}, timeout=1.0)
        listener.cancel()
        self.pid = 0
        self.changed()
        return code

    async def _listen(self, process: asyncio.subprocess.Process) -> None:
        stream = process.stdout
        if stream is None:
            return
        while True:
            try:
                line = await stream.readline()
            except ValueError:  # longer than any line of ours: it is dropped
                continue
            if not line:
                return
            self.file.write(line)
            if line.startswith(b"{"):
                self._hear(line)

    def _hear(self, line: bytes) -> None:
        try:
            event = json.loads(line)
        except ValueError:
            return
        if isinstance(event, dict):
            self.said(event)
