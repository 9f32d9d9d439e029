"""The worker: takes jobs and schedules, runs their handlers, survives what they raise."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TypeAlias

import structlog

from lanh.core.database import Plan, SyncDatabase
from lanh.core.jobs.queue import Job, LeaseLost, claim, finish, give_back
from lanh.core.jobs.schedules import (
    Schedule,
    Turn,
    claim_schedules,
    declare,
    finish_schedule,
)

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class PlanHandler:
    """Work within the database: it commits with the end of the job, so it happens exactly once."""

    run: Callable[[Job], Plan[None]]


@dataclass(frozen=True, slots=True)
class CallHandler:
    """Work outside of the database: it may happen again after a crash, and must allow for it."""

    run: Callable[[Job], None]


Handler: TypeAlias = PlanHandler | CallHandler


@dataclass(slots=True)
class Worker:
    """Runs the handlers of some kinds of job and the acts of some schedules."""

    database: SyncDatabase
    handlers: Mapping[str, Handler]
    schedules: Mapping[Schedule, Callable[[], None]]
    queues: Sequence[str] = ("default",)
    batch: int = 50
    lease: timedelta = timedelta(minutes=5)
    idle: float = 0.5

    def run(self, stop: threading.Event) -> None:
        """Work until told to stop; a database that is away is waited for."""
        declared = False
        while not stop.is_set():
            try:
                if not declared:
                    self.database.transact(declare(list(self.schedules)))
                    declared = True
                busy = self.run_once(stop)
            except Exception as error:
                log.error("worker interrupted", exc_info=error)
                stop.wait(1.0)
                continue
            if not busy:
                stop.wait(self.idle)

    def run_once(self, stop: threading.Event | None = None) -> bool:
        """One turn: a due schedule and one batch of jobs. False where there was nothing to do."""
        turn = self.database.transact(claim_schedules(list(self.schedules)))
        if turn is not None:
            self._act(turn)
        jobs = self.database.transact(claim(self.queues, limit=self.batch, lease=self.lease))
        for job in jobs:
            if stop is not None and stop.is_set():
                break
            self._do(job)
        return turn is not None or bool(jobs)

    def _act(self, turn: Turn) -> None:
        fault = None
        act = next(act for schedule, act in self.schedules.items() if schedule.name == turn.name)
        try:
            act()
        except Exception as error:
            fault = type(error).__name__
            log.error("schedule failed", schedule=turn.name, exc_info=error)
        self.database.transact(finish_schedule(turn, fault))

    def _do(self, job: Job) -> None:
        handler = self.handlers.get(job.kind)
        try:
            if handler is None:
                raise LookupError(f"no handler for {job.kind}")
            if isinstance(handler, PlanHandler):
                self.database.transact(_with_end(handler, job))
            else:
                handler.run(job)
                self.database.transact(finish(job))
        except LeaseLost:
            log.warning("job took longer than its lease", job=job.id, kind=job.kind)
        except Exception as error:
            gone = self.database.transact(give_back(job, type(error).__name__))
            log.error("job failed", job=job.id, kind=job.kind, dead=gone, exc_info=error)


def _with_end(handler: PlanHandler, job: Job) -> Plan[None]:
    yield from handler.run(job)
    yield from finish(job)
