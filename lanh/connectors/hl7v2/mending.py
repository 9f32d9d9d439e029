"""Read and write one field of a message as it stands, without touching the bytes around it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from lanh.connectors.hl7v2.reader import Delimiters, charset_named
from lanh.core.text import nfc

_PLACE = re.compile(r"([A-Z][A-Z0-9]{2})(?:\[(\d{1,5})\])?-(\d{1,3})(?:\.(\d{1,3}))?")
_END = re.compile(rb"(\r\n|\r|\n)")
_PATIENT = re.compile(rb"[\r\n]PID(.)[^\r\n]*")
_CONTROL = re.compile(r"[\x00-\x1f]")
_HEADERS = (b"MSH", b"FHS", b"BHS")


def patient_line(content: bytes) -> str | None:
    """Whom a single message is about: its patient number (PID-3), else its older one (PID-2)."""
    if content.count(b"MSH") > 1 and len(re.findall(rb"(?:^|[\r\n\x0b])MSH", content)) > 1:
        return None
    found = _PATIENT.search(content)
    if found is None:
        return None
    fields = found.group().split(found.group(1))
    for place in (3, 2):
        value = fields[place].strip() if place < len(fields) else b""
        if value:
            return re.split(rb"[\^~&]", value)[0].strip().decode("latin-1")
    return None


@dataclass(slots=True)
class _Field:
    """Where a field lies: its line, its number in it, and the component, 0 for the whole."""

    line: int
    number: int
    component: int
    separator: bytes


class Text:
    """A message or batch as its lines, of which single fields can be changed."""

    def __init__(self, content: bytes) -> None:
        self._pieces = _END.split(content)  # lines, each followed by its end
        named = charset_named(content)[1] or "utf-8"
        self._charset = next(
            (name for name in (named, "utf-8", "latin-1") if _reads(content, name)), "latin-1"
        )
        head = next((piece for piece in self._pieces if b"MSH" in piece[:5]), b"MSH|^~\\&")
        head = head[head.index(b"MSH") :]
        self._field = head[3:4] or b"|"
        signs = head[4:].split(self._field, 1)[0].decode("latin-1")
        component, repetition, escape, sub = (signs[place : place + 1] for place in range(4))
        self._signs = Delimiters(
            self._field.decode("latin-1"), component or "^", repetition, escape, sub
        )

    def find(self, message: int, place: str) -> _Field | None:
        """The field of a place such as "OBX[2]-5.1" in the message of an index."""
        named = _PLACE.fullmatch(place)
        if named is None:
            return None
        segment, nth, number, component = named.groups()
        wanted = segment.encode()
        at = int(number) - (wanted in _HEADERS)
        if at < (2 if wanted in _HEADERS else 1):
            return None
        current, seen = -1, 0
        for index in range(0, len(self._pieces), 2):
            line = self._pieces[index].lstrip(b"\x0b\xef\xbb\xbf")
            current += line[:3] == b"MSH"
            if line[:3] == wanted and (current == message or wanted in _HEADERS[1:]):
                seen += 1
                if seen == int(nth or 1):
                    return _Field(index, at, int(component or 0), self._field)
        return None

    def read(self, field: _Field) -> str:
        """What stands there: a component with its escapes undone, a whole field as it is."""
        fields = self._pieces[field.line].split(field.separator)
        raw = fields[field.number] if field.number < len(fields) else b""
        text = raw.decode(self._charset, "replace")
        if not field.component:
            return nfc(text.strip("\x1c"))
        parts = text.split(self._signs.component)
        part = parts[field.component - 1] if field.component <= len(parts) else ""
        return nfc(self._signs.plain(part).strip())

    def write(self, field: _Field, value: str) -> None:
        """Put a value there; what would end the field is escaped."""
        said = _CONTROL.sub(" ", nfc(value))
        signs = self._signs
        fields = self._pieces[field.line].split(field.separator)
        fields += [b""] * (field.number + 1 - len(fields))
        if field.component:
            parts = fields[field.number].decode(self._charset, "replace").split(signs.component)
            parts += [""] * (field.component - len(parts))
            parts[field.component - 1] = self._escaped(said, whole=False)
            said = signs.component.join(parts)
        else:
            said = self._escaped(said, whole=True)
        fields[field.number] = said.encode(self._charset, "replace")
        self._pieces[field.line] = field.separator.join(fields)

    def _escaped(self, text: str, *, whole: bool) -> str:
        signs = self._signs
        if not signs.escape:
            return text
        table = {signs.field: "F"}
        if not whole:
            table |= {
                signs.escape: "E",
                signs.component: "S",
                signs.repetition: "R",
                signs.sub: "T",
            }
        return "".join(
            f"{signs.escape}{table[sign]}{signs.escape}" if sign in table else sign for sign in text
        )

    def content(self) -> bytes:
        """The whole as bytes."""
        return b"".join(self._pieces)


def _reads(content: bytes, charset: str) -> bool:
    try:
        content.decode(charset)
    except UnicodeDecodeError:
        return False
    return True


def field(content: bytes, message: int, place: str) -> str | None:
    """What stands at a place of a message; None where that is no single field."""
    text = Text(content)
    found = text.find(message, place)
    return None if found is None else text.read(found)


def mended(content: bytes, values: Sequence[tuple[int, str, str]]) -> bytes:
    """The content with (message, place, value) written in."""
    text = Text(content)
    for message, place, value in values:
        found = text.find(message, place)
        if found is not None:
            text.write(found, value)
    return text.content()
