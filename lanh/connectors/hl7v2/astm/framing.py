"""The line protocol of analysers: frames, checksums and turns (LIS01-A2, formerly ASTM E1381).

ENQ asks for the line; frames STX number text ETB|ETX checksum CR LF follow, each answered by ACK
or NAK; EOT gives the line back. Frame numbers run 1 to 7, then 0. This is the receiving side,
without any input or output of its own.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

STX, ETX, EOT, ENQ, ACK, NAK, ETB = b"\x02", b"\x03", b"\x04", b"\x05", b"\x06", b"\x15", b"\x17"
MAX_FRAME = 64_000  # LIS01-A2 6.3.1.2: 63,993 characters of text
MAX_MESSAGE = 8 * 1024 * 1024
_FRAME = re.compile(rb"\x02([0-7])([^\x02\x03\x17]*)([\x03\x17])([0-9A-Fa-f]{2})\r\n?", re.DOTALL)
_LAST_RECORD = re.compile(rb"(?:^|[\r\n])L(?:[^A-Za-z0-9\r\n][^\r\n]*)?[\r\n]*\Z")


def checksum(framed: bytes) -> bytes:
    """Two hex digits: the sum, modulo 256, of what follows STX up to ETB or ETX inclusive."""
    return b"%02X" % (sum(framed) % 256)


@dataclass(slots=True)
class Step:
    """What the receiver has to do next: keep `message` and then say `answer`.

    `answer` is said only where the message could be kept; else NAK, and the frame comes again.
    """

    answer: bytes = b""
    message: bytes | None = None
    ended: bool = False


@dataclass(slots=True)
class Receiver:
    """One session on one line."""

    _buffer: bytes = b""
    _text: list[bytes] = field(default_factory=list)
    _size: int = 0
    _expected: int = 1
    _open: bool = False
    _accepted: bool = False
    _pending: tuple[int, bytes] | None = None

    @property
    def incomplete(self) -> bool:
        """Whether a message has begun and not ended."""
        return bool(self._text)

    def feed(self, content: bytes) -> list[Step]:
        """Take bytes of the line and tell what is to be done, in order.

        A step with a message is the last one told: `kept` or `not_kept` must follow.
        """
        self._buffer += content
        steps: list[Step] = []
        while self._buffer and self._pending is None:
            step = self._next()
            if step is None:
                break
            if step.answer or step.message is not None or step.ended:
                steps.append(step)
        return steps

    def kept(self) -> list[Step]:
        """The message of the last step is kept durably: its last frame is accepted."""
        number, _ = self._pending or (0, b"")
        self._pending = None
        self._accepted = True
        self._expected = (number + 1) % 8
        self._text, self._size = [], 0
        return [Step(ACK), *self.feed(b"")]

    def not_kept(self) -> list[Step]:
        """It is not: the last frame is refused, and the sender sends it again."""
        _, text = self._pending or (0, b"")
        self._pending = None
        self._text.pop()
        self._size -= len(text)
        return [Step(NAK), *self.feed(b"")]

    def _next(self) -> Step | None:
        sign = self._buffer[:1]
        if sign == ENQ:
            self._buffer = self._buffer[1:]
            self._open, self._accepted, self._expected = True, False, 1
            self._text, self._size = [], 0
            return Step(ACK)
        if sign == EOT:
            self._buffer = self._buffer[1:]
            self._open = False
            self._text, self._size = [], 0
            return Step(ended=True)
        if sign != STX:
            self._buffer = self._buffer[1:]  # noise between frames
            return Step()
        found = _FRAME.match(self._buffer)
        if found is None:
            return self._unfinished()
        self._buffer = self._buffer[found.end() :]
        return self._frame(found)

    def _unfinished(self) -> Step | None:
        """A frame that is still on its way, or one that can never end well."""
        end = re.search(rb"[\x03\x17][^\x02]{2}\r", self._buffer)
        again = re.search(rb"[\x02\x05\x04]", self._buffer[1:])
        if end is None and again is None and len(self._buffer) <= MAX_FRAME:
            return None
        cut = len(self._buffer)
        if end is not None:
            cut = end.end()
        elif again is not None:
            cut = 1 + again.start()
        self._buffer = self._buffer[cut:]
        return Step(NAK) if self._open else Step()

    def _frame(self, found: re.Match[bytes]) -> Step:
        number, text = int(found.group(1)), found.group(2)
        whole = found.group(1) + text + found.group(3)
        if not self._open or checksum(whole) != found.group(4).upper():
            return Step(NAK)
        if self._accepted and number == (self._expected - 1) % 8:
            return Step(ACK)  # sent again, for our ACK was lost
        if number != self._expected or self._size + len(text) > MAX_MESSAGE:
            return Step(NAK)
        self._text.append(text)
        self._size += len(text)
        last = found.group(3) == ETX and _LAST_RECORD.search(b"".join(self._text[-2:]))
        if last:
            self._pending = (number, text)
            return Step(message=b"".join(self._text))
        self._accepted = True
        self._expected = (number + 1) % 8
        return Step(ACK)
