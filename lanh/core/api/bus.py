"""POST /bus: messages in, receipts out; GET /bus/receipts: what became of them."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeAlias

import structlog
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from lanh.core import bus
from lanh.core.access import Access
from lanh.core.api.authentication import Forbidden, Unauthorized
from lanh.core.api.bus_body import Unacceptable, read_message
from lanh.core.bus import Intake, Receipt, Sender, Submission
from lanh.core.database import AsyncDatabase, Plan, SyncDatabase
from lanh.core.text import Message

SEE_ALL = "bus.all"  # the capability to see every sender's receipts
INLINE_BYTES = 16 * 1024 * 1024  # a larger message is settled after its receipt is given
_AT_ONCE = 4  # messages being settled in one process
_PAGE, _LARGEST_PAGE = 20, 200
_STATUS = {
    "received": 202, "held": 202, "accepted": 200, "accepted-in-part": 200, "replayed": 200,
    "conflict": 409,
}  # fmt: skip

Authenticate: TypeAlias = Callable[[Request], Awaitable[Access]]
Acknowledge: TypeAlias = Callable[[bytes, Receipt], tuple[str, bytes]]

_log = structlog.get_logger(__name__)


def bus_routes(
    database: AsyncDatabase | SyncDatabase,
    intake: Intake,
    authenticate: Authenticate,
    acknowledge: Mapping[str, Acknowledge] | None = None,
    sender_of: Callable[[Access], Sender] = bus.sender_of,
) -> list[Route]:
    """What the server mounts.

    With a `SyncDatabase` messages are settled in threads, so that a large one does not hold up
    other requests of the process. `acknowledge` gives a format's own answer, (content type, body),
    to a client whose Accept header asks for that format's media type. `sender_of` says for which
    facilities an access speaks.
    """
    return BusEndpoint(database, intake, authenticate, acknowledge or {}, sender_of).routes()


class BusEndpoint:
    """The HTTP interface of the bus."""

    def __init__(
        self,
        database: AsyncDatabase | SyncDatabase,
        intake: Intake,
        authenticate: Authenticate,
        acknowledge: Mapping[str, Acknowledge],
        sender_of: Callable[[Access], Sender],
    ) -> None:
        self._database = database
        self._intake = intake
        self._authenticate = authenticate
        self._acknowledge = acknowledge
        self._sender_of = sender_of
        self._slots = asyncio.Semaphore(_AT_ONCE)

    def routes(self) -> list[Route]:
        """What the server mounts. "/bus/NAME" takes only the format of that name."""
        named = [
            Route(f"/bus/{name}", self._guarded(self._submit, name), methods=["POST"])
            for name in self._intake.connectors
        ]
        return [
            Route("/bus", self._guarded(self._submit, None), methods=["POST"]),
            Route("/bus/receipts", self._guarded(self._receipts, None)),
            Route("/bus/receipts/{id}", self._guarded(self._receipt, None)),
            *named,
        ]

    def _guarded(
        self, answer: Callable[[Request, Access, str | None], Awaitable[Response]], form: str | None
    ) -> Callable[[Request], Awaitable[Response]]:
        async def endpoint(request: Request) -> Response:
            try:
                subject = await self._authenticate(request)
                return await answer(request, subject, form)
            except (Unauthorized, Forbidden) as error:
                return problem(error.status, error.message, error.headers)
            except Unacceptable as error:
                return problem(error.status, error.message)

        return endpoint

    async def _submit(self, request: Request, subject: Access, form: str | None) -> Response:
        require_sender(subject)
        content = await read_message(request)
        content_type = request.headers.get("content-type", "")[:200]
        found = form or self._intake.format_of(content_type, content)
        if found is None:
            raise self._unknown(content_type)
        submission = Submission(self._sender_of(subject), content, content_type, found)
        later = len(content) > INLINE_BYTES or "respond-async" in request.headers.get("prefer", "")
        try:
            async with self._slots:
                receipt = await self._deliver(submission, later)
        except Exception as error:
            _log.error("message not kept", error=type(error).__name__)
            raise Unacceptable(503, "busy") from error
        return self._answer(request, submission, receipt)

    def _unknown(self, content_type: str) -> Unacceptable:
        given = content_type.partition(";")[0].strip().lower()
        if given in ("", "text/plain", "application/octet-stream", *self._intake.media_types()):
            return Unacceptable(400, "format-unknown")
        known = ", ".join(self._intake.media_types())
        return Unacceptable(415, "format-mismatch", given=given[:60], known=known)

    async def _deliver(self, submission: Submission, later: bool) -> Receipt:
        if isinstance(self._database, SyncDatabase):
            return await asyncio.to_thread(
                bus.submit, self._intake, self._database, submission, later=later
            )
        return await bus.submit_async(self._intake, self._database, submission, later=later)

    async def _read(self, plan: Plan[Any]) -> Any:
        if isinstance(self._database, SyncDatabase):
            return await asyncio.to_thread(self._database.transact, plan)
        return await self._database.transact(plan)

    def _answer(self, request: Request, submission: Submission, receipt: Receipt) -> Response:
        headers = {"Location": f"/bus/receipts/{receipt['id']}"}
        accepted = request.headers.get("accept", "").lower()
        acknowledge = self._acknowledge.get(submission.format)
        if acknowledge is not None and any(
            kind in accepted for kind in self._intake.connectors[submission.format].media_types
        ):
            media_type, body = acknowledge(submission.content, receipt)
            return Response(body, status_of(receipt), headers, media_type)
        return JSONResponse(receipt, status_of(receipt), headers)

    async def _receipt(self, request: Request, subject: Access, _: str | None) -> Response:
        found = await self._read(bus.receipt(request.path_params["id"], _whose(subject)))
        if found is None:
            raise Unacceptable(404, "no-receipt")
        return JSONResponse(found, headers={"Cache-Control": "no-store"})

    async def _receipts(self, request: Request, subject: Access, _: str | None) -> Response:
        asked = request.query_params
        state = asked.get("state")
        if state is not None and state not in bus.STATES:
            raise Unacceptable(400, "bad-state", known=", ".join(bus.STATES))
        before = _number(asked.get("before"), None, 2**62)
        count = _number(asked.get("_count"), _PAGE, _LARGEST_PAGE) or _PAGE
        rows, more = await self._read(bus.listed(_whose(subject), state, before, count))
        page: dict[str, Any] = {"receipts": rows}
        if more is not None:
            kept = f"state={state}&" if state else ""
            page["next"] = f"/bus/receipts?{kept}before={more}&_count={count}"
        return JSONResponse(page, headers={"Cache-Control": "no-store"})


def require_sender(access: Access) -> None:
    """Messages are sent by systems that may create records. Raises Unacceptable (403)."""
    may = any("create" in grant.interactions for grant in access.grants)
    if access.subject.kind != "system" or not may:
        raise Unacceptable(403, "not-a-sender")


def _whose(subject: Access) -> str | None:
    return None if SEE_ALL in subject.capabilities else subject.subject.id


def _number(given: str | None, default: int | None, limit: int) -> int | None:
    if given is None:
        return default
    if not re.fullmatch(r"[0-9]{1,18}", given) or not 1 <= int(given) <= limit:
        raise Unacceptable(400, "bad-page", limit=_LARGEST_PAGE)
    return int(given)


def status_of(receipt: Receipt) -> int:
    """The HTTP status of a receipt: 400 where nothing could be read, 422 where nothing is taken."""
    if receipt["state"] == "refused":
        unread = not receipt["parts"] and any(
            issue["severity"] == "fatal" and issue["code"] != "exception"
            for issue in receipt["issues"]
        )
        return 400 if unread else 422
    return _STATUS[receipt["state"]]


def problem(status: int, message: Message, headers: Mapping[str, str] | None = None) -> Response:
    """A refusal before there is a receipt (RFC 9457), in both languages."""
    body = {
        "type": "about:blank",
        "status": status,
        "title": message.en,
        "detail": message.en,
        "vi": message.vi,
        "en": message.en,
    }
    return JSONResponse(body, status, headers, "application/problem+json")
