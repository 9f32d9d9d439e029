"""The call shape of the provincial health bus: JSON with base64 files, a batch, a number a file.

`POST /api/kcb/xml/qd3176/guiHoSoXml` takes `{loaiHoSo, maTinh, maCSKCB, files: [base64]}` and
`GET /api/kcb/tra-cuu-trang-thai/{maGiaoDich}` says what became of a file, so that a hospital that
sends to such a bus changes an address. Each file is a message of the bus like any other: the number
is its receipt's. Who calls shows the same bearer token as at `/bus`.
"""

from __future__ import annotations

import asyncio
import binascii
import hashlib
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

import structlog
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from lanh.connectors.claims_xml.words import WORDS
from lanh.core import bus
from lanh.core.access import Access
from lanh.core.api import Forbidden, Unacceptable, Unauthorized, read_message, require_sender
from lanh.core.bus import Intake, Receipt, Sender, Submission
from lanh.core.database import SyncDatabase
from lanh.core.text import Message

SEND = "/api/kcb/xml/qd3176/guiHoSoXml"
STATE = "/api/kcb/tra-cuu-trang-thai/{number}"
FORMAT = "claims-xml"
MAX_FILES = 200
MAX_FILE = 48 * 1024 * 1024  # of base64 text
_PACKED = (b"PK\x03\x04", b"\x1f\x8b", b"7z\xbc\xaf", b"Rar!", b"BZh", b"\xfd7zXZ")
_TAKEN = ("received", "held", "accepted", "accepted-in-part", "replayed")

Authenticate: TypeAlias = Callable[[Request], Awaitable[Access]]

_log = structlog.get_logger(__name__)


class _Refused(Exception):
    """A call, or one of its files, that is turned away before it is a message."""

    def __init__(self, status: int, key: str, **parameters: object) -> None:
        self.status = status
        self.message: Message = WORDS.message(key, **parameters)
        super().__init__(self.message.en)


@dataclass(frozen=True, slots=True)
class ClaimCalls:
    """The two calls. `sender_of` says for which facilities an access speaks."""

    database: SyncDatabase
    intake: Intake
    authenticate: Authenticate
    sender_of: Callable[[Access], Sender] = bus.sender_of

    def routes(self) -> list[Route]:
        """What the server mounts."""
        return [
            Route(SEND, self._guarded(self._send), methods=["POST"]),
            Route(STATE, self._guarded(self._state)),
        ]

    def _guarded(
        self, answer: Callable[[Request, Access], Awaitable[Response]]
    ) -> Callable[[Request], Awaitable[Response]]:
        async def endpoint(request: Request) -> Response:
            try:
                return await answer(request, await self.authenticate(request))
            except (Unauthorized, Forbidden, Unacceptable, _Refused) as error:
                return _problem(error.status, error.message)

        return endpoint

    async def _send(self, request: Request, access: Access) -> Response:
        require_sender(access)
        content = await read_message(request)
        files = await asyncio.to_thread(_files, content)
        sender = self.sender_of(access)
        results: list[dict[str, Any]] = []
        for number, text in enumerate(files, start=1):
            results.append(await asyncio.to_thread(self._take, sender, number, text))
        taken = sum(1 for each in results if each["maKetQua"] == "200")
        digest = hashlib.sha256(
            "".join(str(each["maGiaoDich"]) for each in results).encode()
        ).hexdigest()
        body = {
            "maKetQua": "200" if taken == len(results) else "400",
            "batchId": digest[:32],
            "totalSuccess": taken,
            "totalFailed": len(results) - taken,
            "fileResults": results,
        }
        return JSONResponse(body, headers={"Cache-Control": "no-store"})

    def _take(self, sender: Sender, number: int, text: str) -> dict[str, Any]:
        try:
            content = _decoded(number, text)
        except _Refused as error:
            return {
                "maGiaoDich": None,
                "maKetQua": str(error.status),
                "thongDiep": error.message.vi,
                "message": error.message.en,
                "loi": [],
            }
        submission = Submission(sender, content, "application/xml", FORMAT)
        try:
            receipt = bus.submit(self.intake, self.database, submission)
        except Exception as error:
            _log.error("claim not kept", error=type(error).__name__)
            busy = WORDS.message("call-busy", number=number)
            return {"maGiaoDich": None, "maKetQua": "503", "thongDiep": busy.vi,
                    "message": busy.en, "loi": []}  # fmt: skip
        return told(receipt)

    async def _state(self, request: Request, access: Access) -> Response:
        number = request.path_params["number"]
        plan = bus.receipt(number, access.subject.id)
        receipt = await asyncio.to_thread(self.database.transact, plan)
        if receipt is None:
            raise _Refused(404, "call-unknown", number=number[:60])
        return JSONResponse(told(receipt), headers={"Cache-Control": "no-store"})


def told(receipt: Receipt) -> dict[str, Any]:
    """A receipt in the words of the provincial bus, each fault with its rule, place and remedy."""
    faults = [
        {
            "ma": issue.get("rule", issue["code"]),
            "mucDo": issue["severity"],
            "viTri": issue["expression"],
            "moTa": issue["vi"],
            "description": issue["en"],
        }
        for part in [receipt, *receipt.get("parts", ())]
        for issue in part.get("issues", ())
        if issue["severity"] != "information"
    ]
    state = receipt["state"]
    message = WORDS.message(f"call-{state}")
    return {
        "maGiaoDich": receipt["id"],
        "maKetQua": "200" if state in _TAKEN else "409" if state == "conflict" else "400",
        "trangThai": state,
        "thoiGianTiepNhan": receipt["receivedAt"],
        "thongDiep": message.vi,
        "message": message.en,
        "loi": faults,
    }


def _files(content: bytes) -> list[str]:
    try:
        body = json.loads(content)
    except (ValueError, RecursionError):
        raise _Refused(400, "call-not-json") from None
    files = body.get("files") if isinstance(body, dict) else None
    if not isinstance(files, list) or not files or not all(isinstance(f, str) for f in files):
        raise _Refused(400, "call-no-files")
    if len(files) > MAX_FILES:
        raise _Refused(413, "call-too-many", limit=MAX_FILES)
    return files


def _decoded(number: int, text: str) -> bytes:
    if len(text) > MAX_FILE:
        raise _Refused(413, "call-file-large", number=number, limit=MAX_FILE)
    try:
        plain = "".join(text.split()).encode("ascii")
        content = binascii.a2b_base64(plain, strict_mode=True)
    except ValueError:
        raise _Refused(400, "call-not-base64", number=number) from None
    if not content.strip():
        raise _Refused(400, "call-empty", number=number)
    if content.startswith(_PACKED):
        # A packed file may open to any size; no client of these buses packs.
        raise _Refused(415, "call-packed", number=number)
    return content


def _problem(status: int, message: Message) -> Response:
    body = {"maKetQua": str(status), "thongDiep": message.vi, "message": message.en}
    return JSONResponse(body, status)
