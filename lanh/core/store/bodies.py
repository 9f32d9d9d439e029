"""Bodies as rows keep them: without what the row's other columns tell anyway.

Every body begins with its type, id, version and time, which are columns; and it names the row's
Patient. Left out, a body takes a quarter less room: ids are the part of it that does not compress.
What is read back is the body to the byte.
"""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache

from lanh.core.store import compression

_PATIENT = b'"Patient/'
_HERE = b'"\x00'  # stands for the row's Patient: no JSON text holds the sign NUL


@lru_cache(maxsize=4_096)
def instant(moment: datetime) -> str:
    """meta.lastUpdated of a moment in UTC."""
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"


def _head(kind: str, name: str, version: int, updated: datetime) -> bytes:
    return (
        f'{{"resourceType":"{kind}","id":"{name}","meta":{{"versionId":"{version}",'
        f'"lastUpdated":"{instant(updated)}"'
    ).encode()


def packed(
    body: bytes, kind: str, name: str, version: int, updated: datetime, patient: str | None
) -> bytes:
    """The frame that is kept of a body, under `compression.CURRENT`."""
    head = _head(kind, name, version, updated)
    if body.startswith(head):  # one that does not is kept whole, and begins with a brace
        body = body[len(head) :]
        if patient is not None:
            body = body.replace(_PATIENT + patient.encode() + b'"', _HERE)
    return compression.compress(body)


def unpacked(
    frame: bytes | None,
    dictionary: int,
    kind: str,
    name: str,
    version: int,
    updated: datetime,
    patient: str | None,
) -> bytes:
    """The body of a frame and of the columns beside it, b"" for None."""
    rest = compression.expand(frame, dictionary)
    if not rest or rest[0] == 0x7B:
        return rest
    if patient is not None:
        rest = rest.replace(_HERE, _PATIENT + patient.encode() + b'"')
    return _head(kind, name, version, updated) + rest
