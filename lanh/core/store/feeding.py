"""Entries of the change feed as they are kept: "c1:id,u7:id,d3:id", a batch of them as one zstd
frame, since an id is half as long when only its entropy is written."""

from __future__ import annotations

from collections.abc import Sequence

from lanh.core.store import compression

_WORTH_PACKING = 256  # bytes
_FRAME = b"\x28\xb5\x2f\xfd"  # how a zstd frame begins (RFC 8878 3.1.1); an entry never does


def pack(entries: Sequence[str]) -> bytes:
    """What the feed's row holds."""
    text = ",".join(entries).encode()
    return text if len(text) < _WORTH_PACKING else compression.compress_alone(text)


def unpack(kept: bytes) -> list[str]:
    """The entries of a row of the feed, in order."""
    text = compression.expand(kept, 0) if kept.startswith(_FRAME) else kept
    return text.decode().split(",")
