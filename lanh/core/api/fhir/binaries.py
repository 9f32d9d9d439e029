"""Binary in its own form: the bytes themselves in place of a resource (R4 binary.html)."""

from __future__ import annotations

import base64
import binascii
import re
from typing import Any

from lanh.core import fhir
from lanh.core.api.fhir.call import Call
from lanh.core.api.fhir.exchange import RESOURCE_BYTES, Answer, Refused
from lanh.core.api.fhir.formats import is_fhir
from lanh.core.store import Stored

_MEDIA_TYPE = re.compile(r"[A-Za-z0-9!#$&^_.+-]{1,60}/[A-Za-z0-9!#$&^_.+-]{1,60}(?:;[ -~]{0,100})?")
# As base64 the content grows by a third, and the resource must stay within its bound.
_CONTENT_BYTES = RESOURCE_BYTES * 3 // 4 - 1024


def sent_raw(call: Call) -> bool:
    """Whether the body is content, not a resource."""
    return call.request is not None and not is_fhir(call.media_type)


def wanted_raw(call: Call) -> bool:
    """Whether the client wants the content: it names neither FHIR form."""
    if call.request is None or call.parameter("_format") is not None:
        return False
    accept = call.headers.get("accept", "").lower()
    return "application/fhir+" not in accept


async def resource_of(call: Call) -> dict[str, Any]:
    """The Binary that holds the content sent. Raises Refused."""
    header = call.headers.get("content-type", "")
    if not _MEDIA_TYPE.fullmatch(header):
        raise Refused(415, "not-supported", "media_type", media_type=header[:100])
    content = await call.content(_CONTENT_BYTES)
    resource: dict[str, Any] = {"resourceType": "Binary", "contentType": header}
    security = call.headers.get("x-security-context")
    if security:
        resource["securityContext"] = {"reference": security}
    if content:
        resource["data"] = base64.b64encode(content).decode("ascii")
    return resource


def raw(row: Stored, headers: list[tuple[bytes, bytes]]) -> Answer:
    """The content of a Binary; a browser is told neither to guess nor to run it."""
    resource = fhir.loads(row.body)
    media_type = str(resource.get("contentType", "application/octet-stream"))
    if not _MEDIA_TYPE.fullmatch(media_type):
        media_type = "application/octet-stream"
    try:
        content = base64.b64decode(resource.get("data") or "")
    except (binascii.Error, ValueError):
        content = b""
    headers = [
        *headers,
        (b"x-content-type-options", b"nosniff"),
        (b"content-security-policy", b"sandbox; default-src 'none'"),
        (b"content-disposition", b"attachment"),
    ]
    security = (resource.get("securityContext") or {}).get("reference")
    if isinstance(security, str) and security.isascii() and security.isprintable():
        headers.append((b"x-security-context", security.encode("ascii")))
    return Answer(200, content, headers, media_type.encode("ascii"))
