"""Work that is done later or again and again: a queue with retries, schedules, a worker."""

from lanh.core.jobs.queue import (
    Dead,
    Job,
    LeaseLost,
    claim,
    counts,
    dead,
    enqueue,
    finish,
    give_back,
    revive,
)
from lanh.core.jobs.schedules import Schedule, claim_schedules, declare, finish_schedule
from lanh.core.jobs.worker import CallHandler, Handler, PlanHandler, Worker

__all__ = [
    "CallHandler",
    "Dead",
    "Handler",
    "Job",
    "LeaseLost",
    "PlanHandler",
    "Schedule",
    "Worker",
    "claim",
    "claim_schedules",
    "counts",
    "dead",
    "declare",
    "enqueue",
    "finish",
    "finish_schedule",
    "give_back",
    "revive",
]
