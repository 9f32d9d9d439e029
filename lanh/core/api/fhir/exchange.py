"""HTTP in and out of the FHIR interface: bodies, headers, answers, OperationOutcomes."""

from __future__ import annotations

import gzip
import re
import zlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import format_datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from starlette.requests import Request
from starlette.types import Send

from lanh.core import fhir
from lanh.core.fhir import Issue
from lanh.core.text import Catalogue, Language

MEDIA_TYPE = "application/fhir+json"
WORDS = Catalogue.load(Path(__file__).with_name("messages.yaml"))
_JSON_TYPES = frozenset({MEDIA_TYPE, "application/json", "text/json"})
_ETAG = re.compile(r'\s*(?:W/)?"(\d{1,9})"\s*')
_WORTH_GZIP = 1024  # bytes

RESOURCE_BYTES = 16 * 1024 * 1024
BUNDLE_BYTES = fhir.MAX_BYTES


class Refused(Exception):
    """A request that HTTP alone refuses."""

    def __init__(self, status: int, code: str, key: str, /, **parameters: Any) -> None:
        self.status = status
        self.issue = Issue("error", code, "", WORDS.message(key, **parameters))
        self.headers: dict[str, str] = {}
        super().__init__(self.issue.message.en)


@dataclass(slots=True)
class Answer:
    """What is sent back."""

    status: int
    body: bytes = b""
    headers: list[tuple[bytes, bytes]] = field(default_factory=list)

    async def send(self, request: Request, send: Send) -> None:
        """Send it, compressed where the client takes gzip and it is worth it."""
        body, headers = self.body, self.headers
        if body:
            headers = [(b"content-type", b"application/fhir+json; charset=utf-8"), *headers]
            if len(body) >= _WORTH_GZIP and "gzip" in request.headers.get("accept-encoding", ""):
                body = gzip.compress(body, 1)
                headers += [(b"content-encoding", b"gzip"), (b"vary", b"Accept-Encoding")]
        if self.status not in (204, 304):
            headers = [*headers, (b"content-length", str(len(body)).encode())]
        await send({"type": "http.response.start", "status": self.status, "headers": headers})
        sent = b"" if request.method == "HEAD" else body
        await send({"type": "http.response.body", "body": sent})


def language(request: Request) -> Language:
    """The language of the reasons given: English where the client asks for it first."""
    wanted = request.headers.get("accept-language", "")
    return "en" if wanted.strip().lower().startswith("en") else "vi"


def outcome(
    status: int, issues: Iterable[Issue], request: Request, headers: dict[str, str] | None = None
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


def if_match(request: Request) -> int | None:
    """The version that If-Match names. Raises Refused."""
    given = request.headers.get("if-match")
    if given is None:
        return None
    match = _ETAG.fullmatch(given)
    if match is None:
        raise Refused(400, "invalid", "bad_etag")
    return int(match.group(1))


def not_modified(request: Request, version: int) -> bool:
    """Whether If-None-Match names the version."""
    given = request.headers.get("if-none-match")
    if given is None:
        return False
    found = (_ETAG.fullmatch(each) for each in given.split(","))
    return any(match is not None and int(match.group(1)) == version for match in found)


def preference(request: Request, name: str) -> str | None:
    """A value of the Prefer header, as in `return=minimal`."""
    for part in re.split(r"[,;]", request.headers.get("prefer", "")):
        key, _, value = part.strip().partition("=")
        if key.lower() == name:
            return value.strip('" ').lower()
    return None


def check_accept(request: Request) -> None:
    """Raise Refused where the client takes no JSON."""
    query = request.scope["query_string"]
    given = request.query_params.get("_format") if b"_format" in query else None
    accepted = given or request.headers.get("accept", "")
    if not accepted or "json" in accepted or "*/*" in accepted or "application/*" in accepted:
        return
    raise Refused(406, "not-supported", "not_acceptable")


async def read_body(request: Request, limit: int) -> bytes:
    """The bytes of the request, unpacked. Raises Refused where they are too many or broken."""
    encoding = request.headers.get("content-encoding", "identity").lower()
    if encoding not in ("identity", "gzip"):
        raise Refused(415, "not-supported", "encoding", encoding=encoding)
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


async def read_resource(request: Request, limit: int = RESOURCE_BYTES) -> dict[str, Any]:
    """The JSON object of the request. Raises Refused or fhir.ParseError."""
    media_type = request.headers.get("content-type", MEDIA_TYPE).partition(";")[0].strip().lower()
    if media_type not in _JSON_TYPES:
        raise Refused(415, "not-supported", "media_type", media_type=media_type)
    value = fhir.loads(await read_body(request, limit), max_bytes=limit)
    if not isinstance(value, dict) or not isinstance(value.get("resourceType"), str):
        raise Refused(400, "structure", "not_resource")
    return value
