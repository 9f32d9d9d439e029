"""JSON in and out with decimals kept as written (R4 2.6.2: precision is significant)."""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation
from typing import Any

import msgspec

from lanh.core.fhir.issues import ParseError, catalogue

MAX_BYTES = 64 * 1024 * 1024
MAX_DEPTH = 64
_MAX_DIGITS = 1000

_NOT_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))
_BYTE_POSITION = re.compile(r"\(byte (\d+)\)")


def _decimal(text: str) -> Decimal:
    if len(text) > _MAX_DIGITS:
        raise ValueError("a number has too many digits")
    return Decimal(text)


_DECODER = msgspec.json.Decoder(float_hook=_decimal)
_ENCODER = msgspec.json.Encoder(decimal_format="number")


def loads(
    data: bytes | bytearray | memoryview | str,
    *,
    max_bytes: int = MAX_BYTES,
    max_depth: int = MAX_DEPTH,
) -> Any:
    """The value of a JSON text; numbers with a point or exponent are Decimal, others int.

    Refuses more than `max_bytes` bytes, nesting deeper than `max_depth`, NaN, invalid UTF-8. Of
    two properties of the same name the last counts. Raises ParseError.
    """
    raw = data.encode("utf-8", "surrogatepass") if isinstance(data, str) else bytes(data)
    if len(raw) > max_bytes:
        raise ParseError(
            catalogue().message("too-large", size=len(raw), limit=max_bytes), code="too-long"
        )
    if raw.startswith(b"\xef\xbb\xbf"):
        raw = raw[3:]
    try:
        value = _DECODER.decode(raw)
    except (msgspec.DecodeError, ValueError, InvalidOperation) as error:
        raise _syntax(raw, error) from error
    except RecursionError as error:
        raise ParseError(catalogue().message("too-deep", limit=max_depth)) from error
    if raw.count(b"{") + raw.count(b"[") > max_depth and _deeper(raw, value, max_depth):
        raise ParseError(catalogue().message("too-deep", limit=max_depth))
    return value


def dumps(value: Any) -> bytes:
    """Compact JSON bytes; decimals as the numbers they are. Raises ValueError on NaN."""
    encoded = _ENCODER.encode(value)
    if (b"NaN" in encoded or b"Infinity" in encoded) and _has_nan(value):
        raise ValueError("NaN and Infinity cannot be written as JSON")
    return encoded


def _syntax(raw: bytes, error: Exception) -> ParseError:
    if not raw.strip():
        return ParseError(catalogue().message("empty-text"))
    found = _BYTE_POSITION.search(str(error))
    position = int(found.group(1)) if found else 0
    line = raw.count(b"\n", 0, position) + 1
    column = position - (raw.rfind(b"\n", 0, position) + 1) + 1
    return ParseError(catalogue().message("json-syntax", line=line, column=column))


def _deeper(raw: bytes, value: Any, limit: int) -> bool:
    """Whether nesting exceeds the limit.

    Peels innermost pairs off the text's brackets, which needs no walk; only where strings hold
    brackets too does the value itself have to be walked.
    """
    brackets = raw.translate(None, _NOT_BRACKETS)
    for _ in range(limit):
        if not brackets:
            return False
        brackets = brackets.replace(b"{}", b"").replace(b"[]", b"")
    return bool(brackets) and _depth_over(value, limit)


def _depth_over(value: Any, limit: int) -> bool:
    level = [value]
    for _ in range(limit):
        below: list[Any] = []
        for item in level:
            if isinstance(item, dict):
                below.extend(item.values())
            elif isinstance(item, list):
                below.extend(item)
        level = [item for item in below if isinstance(item, dict | list)]
        if not level:
            return False
    return True


def _has_nan(value: Any) -> bool:
    if isinstance(value, dict):
        return any(_has_nan(item) for item in value.values())
    if isinstance(value, list):
        return any(_has_nan(item) for item in value)
    return isinstance(value, Decimal) and not value.is_finite()
