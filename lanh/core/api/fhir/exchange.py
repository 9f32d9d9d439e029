"""HTTP in and out of the FHIR interface: bodies, headers, answers, OperationOutcomes."""

from __future__ import annotations

import gzip
import re
import zlib
from collections.abc import AsyncIterator, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from functools import lru_cache
from pathlib import Path
from typing import Any, Protocol

from starlette.types import Send

from lanh.core import fhir
from lanh.core.fhir import Issue
from lanh.core.text import Catalogue, Language

MEDIA_TYPE = "application/fhir+json"
WORDS = Catalogue.load(Path(__file__).with_name("messages.yaml"))
_ETAG = re.compile(r'\s*(?:W/)?"(\d{1,9})"\s*')
_WORTH_GZIP = 1024  # bytes

RESOURCE_BYTES = 16 * 1024 * 1024
BUNDLE_BYTES = fhir.MAX_BYTES


class Asking(Protocol):
    """What a request tells by its method and headers; header names in lower case."""

    @property
    def method(self) -> str:
        """The HTTP method."""

    @property
    def headers(self) -> Mapping[str, str]:
        """The headers."""


class Sending(Asking, Protocol):
    """A request with a body."""

    def stream(self) -> AsyncIterator[bytes]:
        """The pieces of the body."""


class Refused(Exception):
    """A request that HTTP alone refuses."""

    def __init__(self, status: int, code: str, key: str, /, **parameters: Any) -> None:
        self.status = status
        self.issue = Issue("error", code, "", WORDS.message(key, **parameters))
        self.headers: dict[str, str] = {}
        super().__init__(self.issue.message.en)


def not_allowed(method: str, *allowed: str) -> Refused:
    """The refusal of a method (405), with those that may be used."""
    refusal = Refused(405, "not-supported", "method", method=method)
    refusal.headers["Allow"] = ", ".join(allowed)
    return refusal


@dataclass(slots=True)
class Answer:
    """What is sent back. The body is a resource in JSON, or of the `media_type` given."""

    status: int
    body: bytes = b""
    headers: list[tuple[bytes, bytes]] = field(default_factory=list)
    media_type: bytes = b"application/fhir+json; charset=utf-8"

    async def send(self, request: Asking, send: Send) -> None:
        """Send it, compressed where the client takes gzip and it is worth it."""
        body, headers = self.body, self.headers
        if body:
            headers = [(b"content-type", self.media_type), *headers]
            if len(body) >= _WORTH_GZIP:
                if "gzip" in request.headers.get("accept-encoding", ""):
                    body = gzip.compress(body, 1)
                    headers.append((b"content-encoding", b"gzip"))
                headers.append((b"vary", b"Accept, Accept-Encoding"))
        if self.status not in (204, 304):
            headers = [*headers, (b"content-length", str(len(body)).encode())]
        await send({"type": "http.response.start", "status": self.status, "headers": headers})
        sent = b"" if request.method == "HEAD" else body
        await send({"type": "http.response.body", "body": sent})


def language(request: Asking) -> Language:
    """The language of the reasons given: English where the client asks for it first."""
    wanted = request.headers.get("accept-language", "")
    return "en" if wanted.strip().lower().startswith("en") else "vi"


def outcome(
    status: int, issues: Iterable[Issue], request: Asking, headers: dict[str, str] | None = None
) -> Answer:
    """An OperationOutcome as an answer."""
    body = fhir.dumps(fhir.operation_outcome(issues, language(request)))
    pairs = [(name.lower().encode(), value.encode()) for name, value in (headers or {}).items()]
    return Answer(status, body, pairs)


def version_headers(version: int, updated: datetime) -> list[tuple[bytes, bytes]]:
    """ETag and Last-Modified of a version."""
    return [
        (b"etag", b'W/"%d"' % version),
        (b"last-modified", _http_date(updated.replace(microsecond=0))),
    ]


@lru_cache(maxsize=1024)
def _http_date(moment: datetime) -> bytes:
    return format_datetime(moment, usegmt=True).encode()


def if_match(request: Asking) -> int | None:
    """The version that If-Match names. Raises Refused."""
    given = request.headers.get("if-match")
    if given is None:
        return None
    match = _ETAG.fullmatch(given)
    if match is None:
        raise Refused(400, "invalid", "bad_etag")
    return int(match.group(1))


def not_modified(request: Asking, version: int, updated: datetime) -> bool:
    """Whether the client has the version already (R4 3.1.0.2.1, conditional read).

    If-None-Match counts where both headers are there (RFC 9110 13.1.3); a date that is none is
    passed over, as HTTP asks.
    """
    given = request.headers.get("if-none-match")
    if given is not None:
        found = (_ETAG.fullmatch(each) for each in given.split(","))
        named = any(match is not None and int(match.group(1)) == version for match in found)
        return named or given.strip() == "*"
    since = request.headers.get("if-modified-since")
    if since is None:
        return False
    try:
        moment = parsedate_to_datetime(since)
    except ValueError:
        return False
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return updated.replace(microsecond=0) <= moment


def preference(request: Asking, name: str) -> str | None:
    """A value of the Prefer header, as in `return=minimal`."""
    for part in re.split(r"[,;]", request.headers.get("prefer", "")):
        key, _, value = part.strip().partition("=")
        if key.lower() == name:
            return value.strip('" ').lower()
    return None


async def read_body(request: Sending, limit: int) -> bytes:
    """The bytes of the request, unpacked. Raises Refused where they are too many or broken."""
    encoding = request.headers.get("content-encoding", "identity").lower()
    if encoding not in ("identity", "gzip"):
        raise Refused(415, "not-supported", "encoding", encoding=encoding[:40])
    inflate = zlib.decompressobj(16 + zlib.MAX_WBITS) if encoding == "gzip" else None
    pieces: list[bytes] = []
    size = 0
    async for piece in request.stream():
        try:
            kept = piece if inflate is None else inflate.decompress(piece, limit + 1 - size)
        except zlib.error as error:
            raise Refused(400, "structure", "bad_gzip") from error
        size += len(kept)
        if size > limit or (inflate is not None and inflate.unconsumed_tail):
            raise Refused(413, "too-long", "too_large", limit=limit)
        pieces.append(kept)
    if inflate is not None and not inflate.eof:
        raise Refused(400, "structure", "bad_gzip")
    return b"".join(pieces)
