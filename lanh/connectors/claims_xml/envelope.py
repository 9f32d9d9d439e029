"""Open a claim package: GIAMDINHHS and its base64 children, and the rows of a child.

Both are read as a stream of events by expat, which keeps no tree and takes any chunk size. A
document type declaration is refused at its first sign, so there are no entities to expand and
nothing outside to fetch.
"""

from __future__ import annotations

import binascii
import contextlib
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from xml.parsers import expat

from lanh.connectors.claims_xml.fields import CHECK_IN, EARLIER, TABLES, Table
from lanh.connectors.claims_xml.words import WORDS
from lanh.core.fhir import Issue
from lanh.core.text import nfc

MAX_DEPTH = 16
MAX_CHILDREN = 64
MAX_ROWS = 100_000
MAX_VALUE = 1_000_000
_HEAD = 65_536  # bytes in which the root must begin
MAX_TAGS = 200  # unknown tags of one row
MAX_CHILD_BYTES = 64 * 1024 * 1024

_HEADER = {
    "GIAMDINHHS/THONGTINDONVI/MACSKCB",
    "GIAMDINHHS/THONGTINHOSO/NGAYLAP",
    "GIAMDINHHS/THONGTINHOSO/SOLUONGHOSO",
}
_CASE = "GIAMDINHHS/THONGTINHOSO/DANHSACHHOSO/HOSO"
_FILE = f"{_CASE}/FILEHOSO"
_BLANK = re.compile(r"[ \t\r\n]+")


class Unreadable(ValueError):
    """The bytes are not a claim package; `issue` says why."""

    def __init__(self, key: str, expression: str, **parameters: object) -> None:
        message = WORDS.message(key, **parameters)
        super().__init__(message.en)
        self.issue = Issue("fatal", "structure", expression, message)


@dataclass(slots=True)
class Child:
    """One FILEHOSO: its LOAIHOSO, upper case, and the bytes of the decoded NOIDUNGFILE."""

    kind: str
    content: bytes


@dataclass(slots=True)
class Envelope:
    """An opened package."""

    facility: str = ""
    created: str = ""
    count: str = ""
    cases: int = 0
    children: list[Child] = field(default_factory=list)


def _parse(
    content: bytes,
    at: str,
    start: Callable[[str, int], None],
    text: Callable[[str], None],
    end: Callable[[str], None],
) -> None:
    """Feed the events of a document to three functions; paths are tags joined by "/"."""
    path: list[str] = []
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True

    def opened(tag: str, _attributes: object) -> None:
        if len(path) >= MAX_DEPTH:
            raise Unreadable("too-deep", at, limit=MAX_DEPTH)
        path.append(tag.rsplit(" ", 1)[-1])
        start("/".join(path), parser.CurrentLineNumber)

    def closed(_tag: str) -> None:
        end("/".join(path))
        path.pop()

    def doctype(*_parts: object) -> None:
        raise Unreadable("doctype", at)

    parser.StartElementHandler = opened
    parser.EndElementHandler = closed
    parser.CharacterDataHandler = text
    parser.StartDoctypeDeclHandler = doctype
    parser.EntityDeclHandler = doctype
    try:
        parser.Parse(content, True)
    except expat.ExpatError as error:
        raise Unreadable(
            "not-xml", at, line=error.lineno, column=error.offset + 1,
            reason=expat.ErrorString(error.code),
        ) from error  # fmt: skip
    except (ValueError, LookupError) as error:
        if isinstance(error, Unreadable):
            raise
        raise Unreadable("encoding-unknown", at) from error


class _Base64:
    """Base64 decoded as its text arrives, so that the encoded text is never held whole."""

    def __init__(self) -> None:
        self.decoded = bytearray()
        self._rest = ""

    def add(self, text: str) -> None:
        text = self._rest + _BLANK.sub("", text)
        whole = len(text) // 4 * 4
        self._rest = text[whole:]
        if whole:
            self._decode(text[:whole])

    def end(self) -> bytes:
        if self._rest:
            self._decode(self._rest)
        return bytes(self.decoded)

    def _decode(self, text: str) -> None:
        if self.decoded and self.padded:
            raise binascii.Error("text after the padding")
        self.padded = text.endswith("=")
        self.decoded += binascii.a2b_base64(text.encode("ascii", "replace"), strict_mode=True)
        if len(self.decoded) > MAX_CHILD_BYTES:
            raise Unreadable("child-too-large", "NOIDUNGFILE", limit=MAX_CHILD_BYTES)

    padded = False


def open_package(content: bytes) -> Envelope:
    """The envelope and its children, decoded. Raises Unreadable."""
    envelope = Envelope()
    values: dict[str, str] = {}
    kind = ""
    decoder = _Base64()
    place = ""

    def start(path: str, _line: int) -> None:
        nonlocal place, kind, decoder
        if not place and path != "GIAMDINHHS":
            raise Unreadable("wrong-root", path[:40], found=path[:40])
        place = path
        if path == _CASE:
            envelope.cases += 1
        elif path == _FILE:
            kind, decoder = "", _Base64()
        elif path.startswith(f"{_FILE}/NOIDUNGFILE/"):
            raise Unreadable("child-not-base64", f"FILEHOSO[{len(envelope.children) + 1}]")

    def text(data: str) -> None:
        nonlocal kind
        if place in _HEADER:
            values[place] = values.get(place, "") + data
            if len(values[place]) > 1000:
                raise Unreadable("value-too-long", place)
        elif place == f"{_FILE}/LOAIHOSO":
            kind = (kind + data)[:40]
        elif place == f"{_FILE}/NOIDUNGFILE":
            try:
                decoder.add(data)
            except binascii.Error as error:
                at = f"FILEHOSO[{len(envelope.children) + 1}]"
                raise Unreadable("child-not-base64", at) from error

    def end(path: str) -> None:
        nonlocal place
        if path == _FILE:
            if len(envelope.children) >= MAX_CHILDREN:
                raise Unreadable("too-many-children", "FILEHOSO", limit=MAX_CHILDREN)
            try:
                content = decoder.end()
            except binascii.Error as error:
                at = f"FILEHOSO[{len(envelope.children) + 1}]"
                raise Unreadable("child-not-base64", at) from error
            envelope.children.append(Child(kind.strip().upper(), content))
        place = path.rpartition("/")[0] or path

    _parse(content, "GIAMDINHHS", start, text, end)
    header = {path.rsplit("/", 1)[-1]: value.strip() for path, value in values.items()}
    envelope.facility = header.get("MACSKCB", "")
    envelope.created = header.get("NGAYLAP", "")
    envelope.count = header.get("SOLUONGHOSO", "")
    return envelope


@dataclass(slots=True)
class Row:
    """One row of a child: field name to text (NFC, trimmed), and the line it begins on."""

    values: dict[str, str]
    line: int
    unknown: list[str] = field(default_factory=list)
    twice: list[str] = field(default_factory=list)


def read_rows(child: Child) -> list[Row]:
    """The rows of a child. Raises Unreadable; fields are not yet checked.

    Tags of earlier decisions are kept under their own names, see `editions`.
    """
    reader = _Rows(TABLES[child.kind])
    _parse(child.content, child.kind, reader.start, reader.text, reader.end)
    return reader.rows


class _Rows:
    def __init__(self, table: Table) -> None:
        earlier = [told[table.name] for told in EARLIER.values() if table.name in told]
        self.table = table
        self.rows: list[Row] = []
        self._paths = {"/".join(path) for path in (table.path, *(e.path for e in earlier)) if path}
        self._roots = {path.partition("/")[0] for path in self._paths}
        self._names = {field.name for field in table.fields}.union(*(e.names for e in earlier))
        self._row_path = ""
        self._name = ""
        self._buffer: list[str] = []
        self._size = 0
        self._rooted = False

    def start(self, path: str, line: int) -> None:
        if not self._rooted:
            self._rooted = True
            if self.table.any_root:
                self._paths = {path}
            elif path not in self._roots:
                raise Unreadable(
                    "child-wrong-root", self.table.name, table=self.table.name,
                    found=path[:60], expected=self.table.path[0],
                )  # fmt: skip
        if path in self._paths:
            if len(self.rows) >= MAX_ROWS:
                raise Unreadable("too-many-rows", self.table.name, limit=MAX_ROWS)
            self.rows.append(Row({}, line))
            self._row_path = path
        elif self._row_path and path.startswith(self._row_path + "/"):
            name = path[len(self._row_path) + 1 :]
            self._name = name if "/" not in name else ""
            self._buffer, self._size = [], 0

    def text(self, data: str) -> None:
        if self._name:
            self._size += len(data)
            if self._size > MAX_VALUE:
                raise Unreadable("value-too-long", f"{self.table.name}.{self._name[:60]}")
            self._buffer.append(data)

    def end(self, path: str) -> None:
        if not self._name or path != f"{self._row_path}/{self._name}":
            return
        row = self.rows[-1]
        name, self._name = self._name, ""
        if name not in self._names:
            if len(row.unknown) < MAX_TAGS:
                row.unknown.append(name[:60])
        elif name in row.values:
            row.twice.append(name)
        else:
            row.values[name] = nfc("".join(self._buffer).strip())


def is_check_in(content: bytes) -> bool:
    """Whether a file is a check-in (XML0) by its root, and no package."""
    found: list[str] = []

    def opened(tag: str, _attributes: object) -> None:
        if not found:
            found.append(tag.rsplit(" ", 1)[-1])

    parser = expat.ParserCreate(namespace_separator=" ")
    parser.StartElementHandler = opened
    with contextlib.suppress(expat.ExpatError, ValueError, LookupError):
        parser.Parse(content[:_HEAD], False)
    return found[:1] == [TABLES[CHECK_IN].path[0]]


def is_known(kind: str) -> bool:
    """Whether a LOAIHOSO is a table of the decision."""
    return kind in TABLES
