"""The client of the gateway: a session by token, packages sent as forms, answers by code.

`POST {address}/api/token/take` (username, password as upper-case MD5) gives `APIKey` with
access_token, id_token and expires_in; `POST .../api/qd130/guiHoSoXmlQD3176` takes a package
(loaiHoSo 130), `POST .../api/qd130/checkInKcbQd3176` a check-in (loaiHoSo 0). Paths are data of the
Gateway: the portal changes them with each decision. A session that has ended is opened again once.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeAlias
from urllib.parse import urlencode

from lanh.connectors.social_security.answer import (
    LARGEST,
    UNAUTHORISED,
    Answer,
    AnswerUnreadable,
    read_answer,
    read_object,
)
from lanh.core import fhir, jobs
from lanh.core.database import AsyncDatabase, Plan
from lanh.core.jobs import Delivery, DeliveryFailed, Destinations, Parcel

CLAIMS = "social-security"
"""Subscriber and kind of packages: a parcel is JSON with `record`, `facility`, `kind`, `body`."""
PACKAGE, CHECK_IN = "130", "0"  # loaiHoSo
CHECK_INS = CHECK_IN

_FORM = "application/x-www-form-urlencoded"
_EARLY = 60.0  # seconds before its end from which a session is not used

OnAnswer: TypeAlias = Callable[[str, str, Answer], Plan[None]]
"""What is done with the answer about a record ("Claim/id"), whose package has that digest."""


@dataclass(frozen=True, slots=True)
class Gateway:
    """Where the gateway is and who we are there. An account speaks for one facility."""

    address: str
    username: str
    password: str = field(repr=False)
    facility: str
    destinations: Destinations = field(default_factory=Destinations)
    token_path: str = "/api/token/take"  # noqa: S105 - a path
    claim_path: str = "/api/qd130/guiHoSoXmlQD3176"
    check_in_path: str = "/api/qd130/checkInKcbQd3176"

    @property
    def password_hash(self) -> str:
        """The password as the gateway wants it: MD5, upper-case hexadecimal."""
        return hashlib.md5(self.password.encode(), usedforsecurity=False).hexdigest().upper()


@dataclass(slots=True)
class Session:
    """A token and until when it is used, by the clock of this machine."""

    gateway: Gateway
    clock: Callable[[], float] = time.monotonic
    _tokens: tuple[str, str] | None = None
    _until: float = 0.0
    _opening: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def send(self, facility: str, kind: str, body: bytes) -> Answer:
        """Send a package or check-in. Raises DeliveryFailed where there is no answer to keep."""
        if facility != self.gateway.facility:
            # The gateway takes a foreign facility's file silently: it is refused here.
            raise DeliveryFailed("account of another facility", give_up=True)
        answer = await self._try(kind, body, await self._open(None))
        if answer.code == UNAUTHORISED:
            answer = await self._try(kind, body, await self._open(self._tokens))
        if answer.code == UNAUTHORISED:
            raise DeliveryFailed("not authorised")
        if answer.passing:
            raise DeliveryFailed(f"gateway {answer.code}")
        return answer

    async def _open(self, ended: tuple[str, str] | None) -> tuple[str, str]:
        async with self._opening:
            fresh = self._tokens is not None and self.clock() < self._until
            if fresh and self._tokens is not None and self._tokens != ended:
                return self._tokens
            form = {"username": self.gateway.username, "password": self.gateway.password_hash}
            status, content = await self._post(self.gateway.token_path, form, [])
            try:
                key = read_object(content).get("APIKey") if status == 200 else None
            except AnswerUnreadable:
                key = None
            if not isinstance(key, dict) or not key.get("access_token"):
                raise DeliveryFailed(f"no session: http {status}")
            tokens = (_header(key["access_token"]), _header(key.get("id_token") or ""))
            lives = key.get("expires_in")
            seconds = float(lives) if isinstance(lives, (int, float)) else 0.0
            self._tokens, self._until = tokens, self.clock() + max(seconds - _EARLY, 0.0)
            return tokens

    async def _try(self, kind: str, body: bytes, tokens: tuple[str, str]) -> Answer:
        gateway = self.gateway
        form = {
            "username": gateway.username, "loaiHoSo": kind, "maTinh": gateway.facility[:2],
            "maCSKCB": gateway.facility, "fileHSBase64": base64.b64encode(body).decode(),
        }  # fmt: skip
        headers = [("accessToken", tokens[0]), ("tokenId", tokens[1]),
                   ("passwordHash", gateway.password_hash)]  # fmt: skip
        path = gateway.check_in_path if kind == CHECK_IN else gateway.claim_path
        status, content = await self._post(path, form, headers)
        try:
            return read_answer(content)
        except AnswerUnreadable:
            if status == 401:
                return Answer(UNAUTHORISED)
            raise DeliveryFailed(f"answer unreadable: http {status}") from None

    async def _post(
        self, path: str, form: dict[str, str], headers: list[tuple[str, str]]
    ) -> tuple[int, bytes]:
        return await jobs.exchange(
            self.gateway.destinations, self.gateway.address.rstrip("/") + path, headers=headers,
            body=urlencode(form).encode(), content_type=_FORM, largest=LARGEST,
        )  # fmt: skip


def _header(value: object) -> str:
    """A token that may stand in a header. Raises DeliveryFailed."""
    text = str(value)
    if not text.isascii() or not text.isprintable() or len(text) > 8000:
        raise DeliveryFailed("token unreadable")
    return text


def parcel(record: str, facility: str, body: bytes, kind: str = PACKAGE) -> Parcel:
    """What is laid into the outbox for a record ("Claim/id"): its package goes in order."""
    text = base64.b64encode(body).decode()
    payload = {"record": record, "facility": facility, "kind": kind, "body": text}
    return Parcel(CLAIMS, record, fhir.dumps(payload))


@dataclass(frozen=True, slots=True)
class Claims:
    """The Receiver of packages: sends each, and brings the answer to its record.

    If this process dies between the gateway's answer and the record, the package is sent again:
    the gateway keeps one a MA_LK, and the answer's record has one id a package.
    """

    database: AsyncDatabase
    session: Session
    on_answer: OnAnswer

    async def deliver(self, delivery: Delivery) -> None:
        """As the port says."""
        given = _read(delivery)
        body = base64.b64decode(given["body"])
        answer = await self.session.send(given["facility"], given["kind"], body)
        digest = hashlib.sha256(body).hexdigest()
        await self.database.transact(self.on_answer(given["record"], digest, answer))

    def given_up(self, delivery: Delivery, fault: str) -> Plan[None]:
        """Nothing more: the dead letter stays to be driven again."""
        yield from ()


def _read(delivery: Delivery) -> dict[str, Any]:
    try:
        given: dict[str, Any] = fhir.loads(delivery.payload)
        base64.b64decode(given["body"], validate=True)
        if all(isinstance(given[key], str) for key in ("record", "facility", "kind")):
            return given
    except (TypeError, ValueError, KeyError):
        pass
    raise DeliveryFailed("parcel unreadable", give_up=True)
