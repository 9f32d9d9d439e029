"""Resources that come with an import's request: onto the disk, piece by piece, bounded."""

from __future__ import annotations

import asyncio
import os
import shutil
import zlib
from pathlib import Path

from starlette.requests import Request

from lanh.core.bulk import BulkRefused

_PIECE = 1024 * 1024


async def keep_upload(request: Request, folder: Path, limit: int) -> None:
    """Write the body as the first source of an import, whole or not at all.

    gzip is unpacked; `limit` is on the bytes unpacked. Raises BulkRefused.
    """
    encoding = request.headers.get("content-encoding", "identity").lower()
    if encoding not in ("identity", "gzip"):
        raise BulkRefused(415, "not-supported", "import.encoding", value=encoding[:100])
    folder.mkdir(mode=0o700, parents=True)
    try:
        await _write(request, folder / "input-00000.partial", encoding == "gzip", limit)
        (folder / "input-00000.partial").rename(folder / "input-00000.ndjson")
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise


async def _write(request: Request, path: Path, packed: bool, limit: int) -> None:
    inflate = zlib.decompressobj(16 + zlib.MAX_WBITS) if packed else None
    size = 0
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        async for piece in request.stream():
            while piece:
                data = piece
                piece = b""
                if inflate is not None:
                    try:
                        data = inflate.decompress(data, _PIECE)
                    except zlib.error:
                        raise _broken() from None
                    piece = inflate.unconsumed_tail
                size += len(data)
                if size > limit:
                    raise BulkRefused(413, "too-long", "import.too_large", limit=limit)
                file.write(data)
        if inflate is not None and not inflate.eof:
            raise _broken()
        file.flush()
        await asyncio.to_thread(os.fsync, file.fileno())


def _broken() -> BulkRefused:
    return BulkRefused(400, "structure", "import.encoding", value="gzip")
