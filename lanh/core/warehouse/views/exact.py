"""Resources as JSON text that SQL engines cannot round: fractions written as strings."""

from __future__ import annotations

import msgspec

_DECODER = msgspec.json.Decoder(float_hook=str)
_ENCODER = msgspec.json.Encoder()


def exact_text(body: bytes | str) -> str:
    """The same JSON with each number that has a fraction or exponent as a string.

    Engines read JSON numbers as doubles; a string keeps 1.00 and 0.1 as they were written.
    """
    return _ENCODER.encode(_DECODER.decode(body)).decode()
