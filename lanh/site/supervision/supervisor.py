"""The supervisor: it owns the ports, runs PostgreSQL and the children, and lets none stay dead."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
from typing import Any

import structlog

from lanh.core.database import Cluster, ClusterError
from lanh.core.text import Message, Words
from lanh.site.instance import Instance, Status
from lanh.site.settings import Settings
from lanh.site.supervision import ports, readiness
from lanh.site.supervision.child import Child, Command
from lanh.site.supervision.logs import RotatingFile
from lanh.site.words import WORDS

log = structlog.get_logger()

_WATCH = 0.3


class StartFault(RuntimeError):
    """The installation cannot start; `message` says why, in both languages."""

    def __init__(self, message: Message) -> None:
        super().__init__(message.en)
        self.message = message


class CutOff(Exception):
    """The installation was asked to stop while it was starting."""


class Supervisor:
    """One run of an installation, from the first socket to the last child's end."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.instance = Instance(settings)
        self.status = Status(state="starting", pid=os.getpid(), url=settings.url)
        self.stopping = asyncio.Event()
        self._cluster: Cluster | None = None
        self._children: list[Child] = []
        self._tasks: list[asyncio.Task[None]] = []
        self._ends: tuple[int, int] = (-1, -1)
        self._sockets: tuple[socket.socket, ...] = ()  # held open for children to come
        self._first_start = False

    async def run(self) -> int:
        """Start everything, stay until asked to stop, stop everything. Returns the exit code."""
        self._say()
        code = 0
        try:
            await self._start()
            await self.stopping.wait()
        except StartFault as fault:
            code = 1
            self.status.message = {"vi": fault.message.vi, "en": fault.message.en}
            log.error("start failed", reason=fault.message.en)
        except CutOff:
            log.info("start cut off")
        finally:
            await self._end()
        self._say("failed" if code else "stopped")
        return code

    def stop(self) -> None:
        """Ask for the end; also while starting."""
        self.stopping.set()
        for child in self._children:
            self._tasks.append(asyncio.create_task(child.stop()))

    async def _start(self) -> None:
        self._ends = os.pipe()
        web, mllp = self._sockets = self._listen()
        self._step("start.database")
        await self._start_database()
        await self._once("prepare")
        self._step("start.serving")
        for number in range(self.settings.servers):
            self._keep(f"server-{number + 1}", "server", web)
        self._keep("mllp", "mllp", mllp)
        self._keep("worker", "worker", None)
        if not await readiness.wait(self.settings, self.stopping):
            path = self.instance.logs / "server-1.log"
            raise StartFault(WORDS.message("start.no_answer", path=str(path)))
        self._check()
        if self._first_start:
            await self._once("demonstration", fatal=False)
        self.status.step = ""
        self._say("ready")
        log.info("ready", url=self.settings.url)

    def _check(self) -> None:
        if self.stopping.is_set():
            raise CutOff

    def _listen(self) -> tuple[socket.socket, socket.socket]:
        settings = self.settings
        try:
            web = ports.listen(settings.host, settings.port, "LANH_PORT")
            mllp = ports.listen(settings.host, settings.mllp_port, "LANH_MLLP_PORT")
        except ports.PortFault as fault:
            raise StartFault(fault.message) from fault
        return web, mllp

    async def _start_database(self) -> None:
        try:
            self._cluster = self.instance.cluster()
            if self._cluster is not None:
                await asyncio.to_thread(self._cluster.start)
                self._tasks.append(asyncio.create_task(self._watch_database(self._cluster)))
        except (ClusterError, OSError) as error:
            raise StartFault(WORDS.message("start.no_database", error=str(error))) from error
        self._check()

    async def _watch_database(self, cluster: Cluster) -> None:
        wait = _WATCH
        while not await self._stopped_within(wait):
            if cluster.running:
                wait = _WATCH
                continue
            log.warning("postgresql ended")
            try:
                await asyncio.to_thread(cluster.start)
                log.info("postgresql started again", pid=cluster.pid)
            except (ClusterError, OSError) as error:
                wait = min(wait * 2, 10.0)
                log.error("postgresql does not start", reason=str(error), again_in=wait)

    async def _stopped_within(self, seconds: float) -> bool:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self.stopping.wait(), seconds)
        return self.stopping.is_set()

    def _child(self, name: str, module: str, bound: socket.socket | None) -> Child:
        command = Command(
            name=name,
            module=f"lanh.site.processes.{module}",
            environment=self.settings.environment(),
            socket=bound.fileno() if bound is not None else None,
        )
        file = RotatingFile(self.instance.logs / f"{name}.log")
        child = Child(command, self._ends[0], file, said=self._hear, changed=self._say)
        self._children.append(child)
        return child

    def _keep(self, name: str, module: str, bound: socket.socket | None) -> None:
        child = self._child(name, module, bound)
        self._tasks.append(asyncio.create_task(child.keep()))

    async def _once(self, name: str, *, fatal: bool = True) -> None:
        self.status.message = {}
        child = self._child(name, name, None)
        code = await child.finish()
        self._children.remove(child)
        child.file.close()
        self._check()
        if code == 0:
            return
        words = self.status.message
        if not words:
            logged = WORDS.message("start.child_failed", name=name, path=str(child.file.path))
            words = {"vi": logged.vi, "en": logged.en}
        if fatal:
            raise StartFault(Message(Words(**words)))
        self.status.message = words
        log.error("task failed", child=name, reason=words["en"])

    def _hear(self, event: dict[str, Any]) -> None:
        kind = event.get("event")
        if kind == "progress":
            self._step(str(event["step"]), int(event["done"]), int(event["total"]))
        elif kind == "fault":
            self.status.message = {"vi": str(event["vi"]), "en": str(event["en"])}
        elif kind == "first start":
            self._first_start = True

    def _step(self, step: str, done: int = 0, total: int = 0) -> None:
        self.status.step, self.status.done, self.status.total = step, done, total
        self._say()

    def _say(self, state: str | None = None) -> None:
        if state is not None:
            self.status.state = state
        self.status.children = {
            child.command.name: {"pid": child.pid, "restarts": child.restarts}
            for child in self._children
        }
        self.instance.write_status(self.status)

    async def _end(self) -> None:
        self.stopping.set()
        self._say("stopping")
        await asyncio.gather(*(child.stop() for child in self._children))
        # The database's watch may be starting it again: its end is awaited, then the server's.
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._cluster is not None:
            try:
                await asyncio.to_thread(self._cluster.stop)
            except ClusterError as error:
                log.error("postgresql does not stop", reason=str(error))
        for child in self._children:
            child.file.close()
        self._children.clear()


async def supervise(settings: Settings) -> int:
    """Run an installation in this process until SIGTERM or SIGINT; returns the exit code."""
    supervisor = Supervisor(settings)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, supervisor.stop)
    return await supervisor.run()
