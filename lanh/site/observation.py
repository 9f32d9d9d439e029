"""`/metrics`: what an operator watches, in Prometheus' text format."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    REGISTRY,
    Counter,
    Gauge,
    Histogram,
    generate_latest,
)
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from lanh.core import audit, jobs
from lanh.core.database import AsyncDatabase

# The first segment of a path is all that is told of it: ids stay out of what is kept.
_INTERFACES = frozenset(
    {"fhir", "bulk", "bus", "auth", "api", "static", "healthz", "readyz", "metrics"}
)

REQUESTS = Counter("lanh_requests", "Requests answered", ("interface", "method", "status"))
UNSEALED = Gauge("lanh_audit_unsealed_entries", "Audit entries that no seal covers yet")
UNSEALED_SECONDS = Gauge("lanh_audit_unsealed_seconds", "Age of the oldest of them")
DELIVERIES = Gauge("lanh_deliveries", "Deliveries to subscribers", ("kind", "state"))
DELIVERY_SECONDS = Gauge("lanh_deliveries_oldest_seconds", "Age of the oldest waiting", ("kind",))
SECONDS = Histogram("lanh_request_seconds", "Time to the end of an answer", ("interface",))


class Observed:
    """An application whose requests are counted and timed."""

    def __init__(self, application: ASGIApp) -> None:
        self._application = application

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on and note how it went."""
        if scope["type"] != "http":
            await self._application(scope, receive, send)
            return
        first = scope["path"].split("/", 2)[1] if "/" in scope["path"] else ""
        interface = first if first in _INTERFACES else "pages"
        status: Any = 500

        async def told(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        began = time.perf_counter()
        try:
            await self._application(scope, receive, told)
        finally:
            _seconds(interface).observe(time.perf_counter() - began)
            _requests(interface, scope["method"], status).inc()


@lru_cache(maxsize=16)
def _seconds(interface: str) -> Histogram:
    return SECONDS.labels(interface)


@lru_cache(maxsize=1024)
def _requests(interface: str, method: str, status: int) -> Counter:
    return REQUESTS.labels(interface, method, str(status))


async def metrics(request: Request) -> Response:
    """Every figure of this process, how far the audit trail is sealed, and what waits to go out."""
    database: AsyncDatabase = request.app.state.database
    try:
        behind = await database.read(audit.lag())
        backlogs = await database.read(jobs.backlogs())
    except Exception:  # without its database a server still tells what it knows
        UNSEALED.set(math.nan)
        UNSEALED_SECONDS.set(math.nan)
    else:
        UNSEALED.set(behind.entries)
        UNSEALED_SECONDS.set(behind.seconds)
        _tell_backlogs(backlogs)
    return Response(generate_latest(REGISTRY), media_type=CONTENT_TYPE_LATEST)


def _tell_backlogs(backlogs: Sequence[jobs.Backlog]) -> None:
    """By kind of receiver: a subscriber's name is no label, since there may be thousands."""
    DELIVERIES.clear()
    DELIVERY_SECONDS.clear()
    for kind in {each.kind for each in backlogs}:
        of_kind = [each for each in backlogs if each.kind == kind]
        DELIVERIES.labels(kind, "waiting").set(sum(each.waiting for each in of_kind))
        DELIVERIES.labels(kind, "dead").set(sum(each.dead for each in of_kind))
        DELIVERIES.labels(kind, "paused").set(sum(e.waiting for e in of_kind if e.paused))
        DELIVERY_SECONDS.labels(kind).set(max(each.oldest_seconds for each in of_kind))
