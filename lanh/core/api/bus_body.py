"""The body of a message request: read as a stream, unpacked, bounded."""

from __future__ import annotations

import zlib

from starlette.requests import Request

from lanh.core.bus import message
from lanh.core.text import Message

MAX_BYTES = 64 * 1024 * 1024  # of a message once unpacked
_GZIP = b"\x1f\x8b"


class Unacceptable(Exception):
    """A request that is turned away before it is a message."""

    def __init__(self, status: int, key: str, **parameters: object) -> None:
        self.status = status
        self.message: Message = message(key, **parameters)
        super().__init__(self.message.en)


class _Unpacker:
    """Gzip by header or by its first two bytes, members one after the other, bounded output."""

    def __init__(self, limit: int, packed: bool) -> None:
        self.limit = limit
        self.pieces: list[bytes] = []
        self.size = 0
        self._packed: bool | None = True if packed else None
        self._head = b""
        self._inflate = zlib.decompressobj(16 + zlib.MAX_WBITS)

    def add(self, piece: bytes) -> None:
        """Take the next bytes. Raises Unacceptable."""
        if self._packed is None:
            self._head += piece
            if len(self._head) < len(_GZIP):
                return
            self._packed, piece, self._head = self._head.startswith(_GZIP), self._head, b""
        if self._packed:
            self._unpack(piece)
        else:
            self._keep(piece)

    def _unpack(self, piece: bytes) -> None:
        while piece:
            try:
                self._keep(self._inflate.decompress(piece, self.limit + 1 - self.size))
            except zlib.error as error:
                raise Unacceptable(400, "not-gzip") from error
            piece = self._inflate.unconsumed_tail
            if self._inflate.eof:
                piece = self._inflate.unused_data
                if not piece.strip(b"\0"):
                    return
                self._inflate = zlib.decompressobj(16 + zlib.MAX_WBITS)

    def _keep(self, piece: bytes) -> None:
        self.size += len(piece)
        if self.size > self.limit:
            raise Unacceptable(413, "too-large", limit=self.limit)
        self.pieces.append(piece)

    def end(self) -> bytes:
        """Everything. Raises Unacceptable where a packed body is cut off, or nothing came."""
        if self._packed is None:
            self._keep(self._head)
        elif self._packed and not self._inflate.eof:
            raise Unacceptable(400, "not-gzip")
        content = b"".join(self.pieces)
        if not content.strip():
            raise Unacceptable(400, "empty")
        return content


async def read_message(request: Request, limit: int = MAX_BYTES) -> bytes:
    """The bytes of the message in a request. Raises Unacceptable."""
    encoding = request.headers.get("content-encoding", "identity").strip().lower()
    if encoding not in ("identity", "gzip", "x-gzip"):
        raise Unacceptable(415, "encoding-unknown", given=encoding[:40])
    declared = request.headers.get("content-length", "")
    if declared.isascii() and declared.isdigit() and int(declared) > limit:
        raise Unacceptable(413, "too-large", limit=limit)
    unpacker = _Unpacker(limit, encoding != "identity")
    async for piece in request.stream():
        if piece:
            unpacker.add(piece)
    return unpacker.end()
