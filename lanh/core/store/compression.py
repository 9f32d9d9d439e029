"""Bodies as zstd frames under a numbered dictionary that is kept for ever.

Dictionaries are trained on made-up resources only and packaged as `dictionaries/NNNN.bin`; each
row holds the number of its own. Number 0 is no dictionary.
"""

from __future__ import annotations

import threading
from functools import lru_cache
from pathlib import Path

import zstandard

_FOLDER = Path(__file__).with_name("dictionaries")
_LEVEL = 3
LARGEST = 64 * 1024 * 1024  # bytes of one body, unpacked


@lru_cache(maxsize=32)
def _dictionary(number: int) -> zstandard.ZstdCompressionDict | None:
    if number == 0:
        return None
    data = (_FOLDER / f"{number:04d}.bin").read_bytes()
    dictionary = zstandard.ZstdCompressionDict(data, dict_type=zstandard.DICT_TYPE_FULLDICT)
    dictionary.precompute_compress(level=_LEVEL)
    return dictionary


def _newest() -> int:
    return max((int(path.stem) for path in _FOLDER.glob("[0-9][0-9][0-9][0-9].bin")), default=0)


CURRENT = _newest()


class _Codec(threading.local):
    """Compressor and decompressors of one thread: zstd contexts must not be shared."""

    def __init__(self) -> None:
        self.compressor = zstandard.ZstdCompressor(
            level=_LEVEL,
            dict_data=_dictionary(CURRENT),
            write_checksum=False,
            write_content_size=True,
            write_dict_id=False,
        )
        self.alone = zstandard.ZstdCompressor(level=_LEVEL)
        self.decompressors: dict[int, zstandard.ZstdDecompressor] = {}


_codec = _Codec()


def compress(body: bytes) -> bytes:
    """The body as kept, under dictionary `CURRENT`."""
    frame: bytes = _codec.compressor.compress(body)
    return frame


def compress_alone(data: bytes) -> bytes:
    """A frame under no dictionary (number 0), for what is no body."""
    frame: bytes = _codec.alone.compress(data)
    return frame


def expand(frame: bytes | None, dictionary: int) -> bytes:
    """The body of a frame, b"" for None. Raises FileNotFoundError for an unknown dictionary."""
    if frame is None:
        return b""
    decompressor = _codec.decompressors.get(dictionary)
    if decompressor is None:
        decompressor = zstandard.ZstdDecompressor(dict_data=_dictionary(dictionary))
        _codec.decompressors[dictionary] = decompressor
    body: bytes = decompressor.decompress(frame, max_output_size=LARGEST)
    return body
