"""Read HL7 v2 in ER7 form (v2.3 to v2.8): delimiters, escapes, character sets, batches."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from lanh.connectors.hl7v2.words import WORDS
from lanh.core.fhir import Issue
from lanh.core.text import nfc

MAX_SEGMENTS = 50_000
_ENDS = re.compile(r"\r\n|\r|\n")
_HEADER = re.compile(rb"(?:^|[\r\n\x0b])(MSH[^A-Za-z0-9])")
_SEGMENT = re.compile(r"[A-Z][A-Z0-9]{2}")
_CHARSETS = {
    "": "ascii",
    "ASCII": "ascii",
    "8859/1": "latin-1",
    **{f"8859/{part}": f"iso-8859-{part}" for part in (2, 3, 4, 5, 6, 7, 8, 9, 15)},
    "CP1258": "cp1258",
    "WINDOWS-1258": "cp1258",
    "UNICODE": "utf-8",
    "UNICODE UTF-8": "utf-8",
    "UTF-8": "utf-8",
    "UNICODE UTF8": "utf-8",
    "UTF8": "utf-8",
}
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")


class Unreadable(ValueError):
    """The text is not an HL7 v2 message; `issue` says why."""

    def __init__(self, key: str, expression: str = "MSH", **parameters: object) -> None:
        message = WORDS.message(key, **parameters)
        super().__init__(message.en)
        self.issue = Issue("fatal", "structure", expression, message)


@dataclass(frozen=True, slots=True)
class Delimiters:
    """MSH-1 and MSH-2: field, component, repetition, escape, subcomponent."""

    field: str = "|"
    component: str = "^"
    repetition: str = "~"
    escape: str = "\\"
    sub: str = "&"

    def plain(self, text: str) -> str:
        """Text with its escape sequences undone (chapter 2.7); formatting becomes line breaks."""
        if not self.escape or self.escape not in text:
            return text
        pieces = text.split(self.escape)
        out = [pieces[0]]
        index = 1
        while index < len(pieces):
            if index + 1 == len(pieces):  # an escape sign that nothing closes is itself
                out.append(self.escape + pieces[index])
                break
            out.append(self._sequence(pieces[index]))
            out.append(pieces[index + 1])
            index += 2
        return _CONTROL.sub("", "".join(out))

    def _sequence(self, code: str) -> str:
        signs = {"F": self.field, "S": self.component, "T": self.sub, "R": self.repetition,
                 "E": self.escape}  # fmt: skip
        if code in signs:
            return signs[code]
        if code[:1] == "X":
            try:
                return bytes.fromhex(code[1:]).decode("utf-8", "replace")
            except ValueError:
                return f"{self.escape}{code}{self.escape}"
        if code.startswith((".br", ".sp", ".ce")):
            return "\n"
        if code in {"H", "N"} or code.startswith((".", "C", "M", "Z")):
            return ""
        return f"{self.escape}{code}{self.escape}"


class Value:
    """One repetition of a field: components and subcomponents, counted from 1."""

    __slots__ = ("_delimiters", "_parts", "raw")

    def __init__(self, raw: str, delimiters: Delimiters) -> None:
        self.raw = raw
        self._delimiters = delimiters
        self._parts = raw.split(delimiters.component)

    def __getitem__(self, place: int | tuple[int, int]) -> str:
        """Component `n` (its first subcomponent), or subcomponent (n, m); "" where absent."""
        component, sub = place if isinstance(place, tuple) else (place, 1)
        if component > len(self._parts):
            return ""
        delimiters = self._delimiters
        subs = self._parts[component - 1].split(delimiters.sub) if delimiters.sub else [
            self._parts[component - 1]
        ]  # fmt: skip
        return nfc(delimiters.plain(subs[sub - 1]).strip()) if sub <= len(subs) else ""

    def __len__(self) -> int:
        return len(self._parts)

    def __bool__(self) -> bool:
        return bool(self.raw.strip()) and self.raw.strip() != '""'

    @property
    def is_null(self) -> bool:
        """Whether the sender says that the value is to be removed: two double quotes."""
        return self.raw.strip() == '""'

    @property
    def text(self) -> str:
        """The whole repetition as one text, delimiters and all, escapes undone."""
        return nfc(self._delimiters.plain(self.raw).strip())


class Segment:
    """One segment; fields are counted as the standard counts them (MSH-1 is the separator)."""

    __slots__ = ("_delimiters", "_fields", "name", "number", "sequence")

    def __init__(self, text: str, delimiters: Delimiters, number: int) -> None:
        self._delimiters = delimiters
        self._fields = text.split(delimiters.field)
        self.name = self._fields[0]
        self.number = number
        self.sequence = 1
        if self.name in ("MSH", "FHS", "BHS"):
            self._fields.insert(1, delimiters.field)

    def __getitem__(self, place: int) -> Value:
        """The first repetition of a field, empty where the field is absent."""
        return next(iter(self.all(place)), None) or Value(self._raw(place), self._delimiters)

    def _raw(self, place: int) -> str:
        return self._fields[place] if place < len(self._fields) else ""

    def all(self, place: int) -> list[Value]:
        """Every repetition of a field that has a value."""
        raw = self._raw(place)
        if not raw:
            return []
        parts = raw.split(self._delimiters.repetition) if self._delimiters.repetition else [raw]
        return [value for part in parts if (value := Value(part, self._delimiters))]

    def is_null(self, place: int) -> bool:
        """Whether the field is the explicit null."""
        return self._raw(place).strip() == '""'

    def at(self, place: int = 0, component: int = 0) -> str:
        """Where a field stands: "PID-3", "OBX[2]-5.1" in the second OBX of a message."""
        name = self.name if self.sequence == 1 else f"{self.name}[{self.sequence}]"
        field = f"-{place}" if place else ""
        return f"{name}{field}.{component}" if component else f"{name}{field}"


class Message:
    """One message: its segments in order."""

    def __init__(self, segments: list[Segment]) -> None:
        self.segments = segments
        self.header = segments[0]
        counts: Counter[str] = Counter()
        for segment in segments:
            counts[segment.name] += 1
            segment.sequence = counts[segment.name]

    def part(self, segments: list[Segment]) -> Message:
        """Some of the segments, which keep the places that they have in the whole."""
        some = object.__new__(Message)
        some.segments, some.header = segments, self.header
        return some

    def first(self, name: str) -> Segment | None:
        """The first segment of a name."""
        return next((segment for segment in self.segments if segment.name == name), None)

    def all(self, name: str) -> list[Segment]:
        """The segments of a name."""
        return [segment for segment in self.segments if segment.name == name]

    @property
    def kind(self) -> tuple[str, str]:
        """Message code and trigger event (MSH-9), such as ("ADT", "A01").

        Where only the structure is given (MSH-9.3), it names both.
        """
        value = self.header[9]
        code, event, structure = value[1], value[2], value[3]
        if structure and not (code and event):
            code, _, event = structure.partition("_")
        return code.upper(), event.upper()

    @property
    def control_id(self) -> str:
        """MSH-10."""
        return self.header[10][1]


def charset_named(content: bytes) -> tuple[str, str | None]:
    """(MSH-18 as it stands, Python's name for that character set or None)."""
    start = _HEADER.search(content)
    head = content[start.start(1) : start.start(1) + 2000] if start else b""
    line = re.split(rb"[\r\n]", head, maxsplit=1)[0].decode("latin-1")
    fields = line.split(line[3]) if len(line) > 3 else []
    named = re.split(r"[~^]", fields[17])[0].strip().upper() if len(fields) > 17 else ""
    return named, _CHARSETS.get(named)


def decode(content: bytes) -> tuple[str, bool]:
    """The text of a message in the character set it names (MSH-18), and whether it named another.

    Text that says ASCII, or says nothing, and is UTF-8 is read as UTF-8, since that is what such
    senders mean; the second value is then True. Raises Unreadable.
    """
    content = content.removeprefix(b"\xef\xbb\xbf").strip(b"\x0b\x1c \t\r\n")
    named, charset = charset_named(content)
    if charset is None:
        raise Unreadable("charset-unknown", "MSH-18", charset=named)
    try:
        return content.decode(charset), False
    except UnicodeDecodeError:
        pass
    try:
        return content.decode("utf-8"), True
    except UnicodeDecodeError as error:
        raise Unreadable("charset-wrong", "MSH-18", charset=named or "ASCII") from error


@dataclass(slots=True)
class Envelope:
    """What a text holds: its messages, and the headers and trailers of a batch or file."""

    messages: list[Message] = field(default_factory=list)
    file: Segment | None = None
    batches: list[Segment] = field(default_factory=list)
    issues: list[Issue] = field(default_factory=list)
    """Counts of trailers that do not agree, trailers that are missing: a text that was cut off."""

    @property
    def is_batch(self) -> bool:
        """Whether there is an FHS or BHS."""
        return self.file is not None or bool(self.batches)


def read(content: bytes) -> list[Message]:
    """The messages of a text: one, or those of a batch or file (FHS, BHS). Raises Unreadable."""
    return envelope(content).messages


def envelope(content: bytes) -> Envelope:
    """The messages of a text with the batch or file around them. Raises Unreadable."""
    text, _ = decode(content)
    lines = [line.lstrip("\x0b") for line in _ENDS.split(text)]
    lines = [line for line in lines if line.strip(" \t\x1c")]
    if not lines:
        raise Unreadable("empty")
    if len(lines) > MAX_SEGMENTS:
        raise Unreadable("too-many-segments", count=len(lines), limit=MAX_SEGMENTS)
    if lines[0][:3] not in ("MSH", "FHS", "BHS"):
        raise Unreadable("no-header", found=_SEGMENT.sub("…", lines[0][:3]))
    found = Envelope()
    found.messages = [Message(group) for group in _messages(lines, found)]
    if not found.messages:
        raise Unreadable("empty")
    return found


def _messages(lines: list[str], found: Envelope) -> Iterator[list[Segment]]:
    current: list[Segment] = []
    delimiters = Delimiters()
    around = _Around(found)
    for number, line in enumerate(lines, start=1):
        name = line[:3]
        if name in ("MSH", "FHS", "BHS", "FTS", "BTS"):
            if current:
                yield current
            current = []
        if name in ("MSH", "FHS", "BHS"):
            delimiters = _delimiters(line, name)
            header = Segment(line, delimiters, number)
            if name == "MSH":
                around.count += 1
                current = [header]
            else:
                around.begin(header)
            continue
        if not _SEGMENT.fullmatch(name) or (len(line) > 3 and line[3] != delimiters.field):
            raise Unreadable("bad-segment", f"[{number}]", line=number)
        if name in ("FTS", "BTS"):
            around.end(Segment(line, delimiters, number))
            continue
        if not current:
            raise Unreadable("bad-segment", f"[{number}]", line=number)
        current.append(Segment(line, delimiters, number))
    if current:
        yield current
    around.close()


class _Around:
    """Counts messages and batches against what the trailers say."""

    def __init__(self, found: Envelope) -> None:
        self._found = found
        self.count = 0
        self._batches = 0
        self._open: list[str] = []

    def begin(self, header: Segment) -> None:
        if header.name == "FHS":
            self._found.file = self._found.file or header
        else:
            self._found.batches.append(header)
            self.count = 0
        self._open.append(header.name)

    def end(self, trailer: Segment) -> None:
        counted = self.count if trailer.name == "BTS" else self._batches
        if trailer.name == "BTS":
            self._batches += 1
        said = trailer[1][1]
        if said and said != str(counted):
            self._note("batch-count", f"{trailer.name}-1", said=said[:20], counted=counted)
        opened = "BHS" if trailer.name == "BTS" else "FHS"
        if opened in self._open:
            self._open.remove(opened)

    def close(self) -> None:
        for name in self._open:
            self._note("batch-open", name, trailer="BTS" if name == "BHS" else "FTS")

    def _note(self, key: str, expression: str, **parameters: object) -> None:
        message = WORDS.message(key, **parameters)
        self._found.issues.append(Issue("warning", "structure", expression, message))


def _delimiters(line: str, name: str) -> Delimiters:
    if len(line) < 5:
        raise Unreadable("bad-header", f"{name}-1")
    field = line[3]
    signs = line[4:].split(field, 1)[0]
    if field.isalnum() or not 1 <= len(signs) <= 5 or len({field, *signs}) != len(signs) + 1:
        raise Unreadable("bad-header", f"{name}-2")
    if any(sign.isalnum() or sign.isspace() for sign in signs):
        raise Unreadable("bad-header", f"{name}-2")
    component, repetition, escape, sub = (signs[place : place + 1] for place in range(4))
    return Delimiters(field, component, repetition, escape, sub)
