"""A laboratory analyser that does not exist: it sends made-up results over LIS01-A2 frames.

For development and tests only. It frames, sums and repeats by itself, apart from the platform's own
code, so that the two check each other.
"""

from __future__ import annotations

import socket
from collections.abc import Sequence

_STX, _ETX, _EOT, _ENQ, _ACK, _ETB = b"\x02", b"\x03", b"\x04", b"\x05", b"\x06", b"\x17"
_TRIES = 6


class LineFault(ConnectionError):
    """The other side did not take what was sent."""


class Analyser:
    """One analyser on one line. `text` is the most of a record that one frame carries."""

    def __init__(self, host: str, port: int, *, text: int = 240, seconds: float = 15.0) -> None:
        self._line = socket.create_connection((host, port), timeout=seconds)
        self._text = text
        self.refused = 0

    def close(self) -> None:
        """Hang up."""
        self._line.close()

    def send(self, records: Sequence[str], *, spoil: Sequence[int] = ()) -> None:
        """Send one message. The frames numbered in `spoil` go out once with a wrong checksum.

        Raises LineFault where a frame is refused six times.
        """
        self._say(_ENQ)
        number = 0
        for record in records:
            content = record.encode() + b"\r"
            pieces = [
                content[start : start + self._text] for start in range(0, len(content), self._text)
            ]
            for place, piece in enumerate(pieces):
                number += 1
                end = _ETX if place == len(pieces) - 1 else _ETB
                self._frame(b"%d" % (number % 8) + piece + end, spoiled=number in spoil)
        self._line.sendall(_EOT)

    def _frame(self, framed: bytes, *, spoiled: bool) -> None:
        total = 0
        for sign in framed:
            total = (total + sign) & 0xFF
        for attempt in range(_TRIES):
            told = (total + 1) & 0xFF if spoiled and attempt == 0 else total
            if self._answered(_STX + framed + f"{told:02X}".encode() + b"\r\n"):
                return
            self.refused += 1
        self._line.sendall(_EOT)
        raise LineFault("a frame was refused six times")

    def _say(self, sign: bytes) -> None:
        if not self._answered(sign):
            raise LineFault("the line is not free")

    def _answered(self, content: bytes) -> bool:
        self._line.sendall(content)
        answer = self._line.recv(1)
        if not answer:
            raise LineFault("the line was cut")
        return answer == _ACK


def chemistry(
    sender: str, number: str, specimen: str, results: Sequence[tuple[str, str, str, str]]
) -> list[str]:
    """The records of one message: a patient's `number`, a specimen, and its (test, value, unit,
    range). The patient is made up, as every analyser's here."""
    lines = [
        f"H|\\^&|||{sender}^Mô phỏng^1.0|||||||P|LIS2-A2|20260301083000",
        f"P|1|{number}|||TRẦN^THỊ THỬ||19900517|F",
        f"O|1|{specimen}||^^^SINHHOA|R||20260301080000||||N||||SERUM||||||||||F",
    ]
    for place, (test, value, unit, limits) in enumerate(results, start=1):
        lines.append(f"R|{place}|^^^{test}|{value}|{unit}|{limits}|N||F||||20260301082500")
    return [*lines, "L|1|N"]
