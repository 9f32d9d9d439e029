"""Reading FHIR XML: a stream of events, no tree, no entities, nothing fetched."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn
from xml.parsers import expat

from lanh.core.fhir.definitions import definitions
from lanh.core.fhir.issues import ParseError, catalogue
from lanh.core.fhir.serialization import MAX_BYTES, MAX_DEPTH
from lanh.core.fhir.xml.fields import FHIR_NAMESPACE, XHTML_NAMESPACE, Field, element_fields, fields
from lanh.core.fhir.xml.narrative import NarrativeCapture
from lanh.core.fhir.xml.values import read_value
from lanh.core.text import Catalogue

_WORDS = Catalogue.load(Path(__file__).with_name("messages.yaml"))
_MAX_MARKUP_DEPTH = 256
_ENCODING = re.compile(rb"<\?xml[^>]{0,200}?encoding\s*=\s*[\"']([^\"']{1,40})[\"']")
_UNICODE = frozenset({b"utf-8", b"utf8", b"us-ascii", b"ascii"})
# Attributes of these are about XML Schema, not about the resource.
_SCHEMA_INSTANCE = "http://www.w3.org/2001/XMLSchema-instance "


@dataclass(slots=True)
class _Frame:
    """An open element: a value being filled, or a holder that waits for its one resource."""

    what: Field
    place: str
    data: dict[str, Any]
    known: dict[str, Field]
    depth: int
    holds: bool = False
    value: Any = None
    last: int = -1
    counts: dict[str, int] = field(default_factory=dict)


def from_xml(
    data: bytes | str, *, max_bytes: int = MAX_BYTES, max_depth: int = MAX_DEPTH
) -> dict[str, Any]:
    """The JSON form of a resource in FHIR XML.

    Refuses more than `max_bytes` bytes, nesting (reckoned in JSON) beyond `max_depth`, document
    types, entities, encodings other than UTF-8, elements and attributes that FHIR does not have,
    a wrong order (R4 2.6.1), text between elements. A value of the wrong form is kept as text: it
    is for validation to name. Raises ParseError, whose issue names the place.
    """
    raw = data.encode("utf-8", "surrogatepass") if isinstance(data, str) else bytes(data)
    if len(raw) > max_bytes:
        message = catalogue().message("too-large", size=len(raw), limit=max_bytes)
        raise ParseError(message, code="too-long")
    if not raw.strip():
        raise ParseError(_WORDS.message("empty"))
    declared = _ENCODING.match(raw.removeprefix(b"\xef\xbb\xbf"))
    if declared is not None and declared.group(1).lower() not in _UNICODE:
        encoding = declared.group(1).decode("ascii", "replace")
        raise ParseError(_WORDS.message("encoding", encoding=encoding))
    return _Reader(raw, max_depth).read()


class _Reader:
    def __init__(self, raw: bytes, max_depth: int) -> None:
        self.raw = raw
        self.max_depth = max_depth
        self.stack: list[_Frame] = []
        self.result: dict[str, Any] | None = None
        self.narrative: NarrativeCapture | None = None
        # The encoding given here counts more than the one declared.
        self.parser = expat.ParserCreate("utf-8", " ")
        self.parser.buffer_text = True
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._text
        self.parser.StartDoctypeDeclHandler = self._doctype
        self.parser.EntityDeclHandler = self._doctype

    def read(self) -> dict[str, Any]:
        """Parse to the end. Raises ParseError."""
        try:
            self.parser.Parse(self.raw, True)
        except expat.ExpatError as error:
            message = _WORDS.message("syntax", line=error.lineno, column=error.offset + 1)
            raise ParseError(message) from error
        if self.result is None:
            raise ParseError(_WORDS.message("empty"))
        return self.result

    def _refuse(self, key: str, place: str, **parameters: Any) -> NoReturn:
        line = self.parser.CurrentLineNumber
        message = _WORDS.message(key, where=place, line=line, **parameters)
        raise ParseError(message, expression=place)

    def _doctype(self, *_: Any) -> None:
        raise ParseError(_WORDS.message("doctype"))

    def _text(self, text: str) -> None:
        if self.narrative is not None:
            self.narrative.text(text)
        elif not text.isspace():
            self._refuse("text", self.stack[-1].place if self.stack else "")

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        if self.narrative is not None:
            self.narrative.start(tag, attributes)
            if self.narrative.depth > _MAX_MARKUP_DEPTH:
                raise ParseError(catalogue().message("too-deep", limit=_MAX_MARKUP_DEPTH))
            return
        space, _, name = tag.rpartition(" ")
        top = self.stack[-1] if self.stack else None
        if top is None or top.holds:
            self._open_resource(top, space, name, attributes)
            return
        known = top.known.get(name)
        if known is None or known.form == "attribute":
            self._refuse("element", top.place, element=name)
        wanted = XHTML_NAMESPACE if known.form == "xhtml" else FHIR_NAMESPACE
        if space != wanted:
            self._refuse("namespace", top.place, element=name, namespace=wanted)
        if known.order < top.last:
            self._refuse("order", top.place, element=name)
        count = top.counts.get(name, 0)
        if count and not known.many:
            self._refuse("repeated", top.place, element=name)
        top.counts[name], top.last = count + 1, known.order
        place = f"{top.place}.{name}" + (f"[{count}]" if known.many else "")
        depth = top.depth + (2 if known.many else 1)
        if depth > self.max_depth:
            raise ParseError(catalogue().message("too-deep", limit=self.max_depth))
        self._open(known, place, depth, attributes)

    def _open(self, known: Field, place: str, depth: int, attributes: dict[str, str]) -> None:
        if known.form == "xhtml":
            self.narrative = NarrativeCapture(self.parser.CurrentByteIndex)
            self.narrative.start(f"{XHTML_NAMESPACE} {known.name}", attributes)
            return
        frame = _Frame(known, place, {}, {}, depth)
        if known.form == "resource":
            frame.holds = True
        else:
            frame.known = element_fields() if known.form == "primitive" else fields(known.type)
        for name, text in attributes.items():
            if known.form == "primitive" and name == "value":
                frame.value = read_value(known.type, text)
            elif name in frame.known and frame.known[name].form == "attribute":
                frame.data[name] = text
            elif not name.startswith(_SCHEMA_INSTANCE):
                self._refuse("attribute", place, attribute=name.rpartition(" ")[2])
        self.stack.append(frame)

    def _open_resource(
        self, holder: _Frame | None, space: str, name: str, attributes: dict[str, str]
    ) -> None:
        place = name if holder is None else holder.place
        if space != FHIR_NAMESPACE:
            self._refuse("namespace", place, element=name, namespace=FHIR_NAMESPACE)
        if name not in definitions().resource_types:
            self._refuse("resource", place, element=name)
        if holder is not None and holder.data:
            self._refuse("one-resource", place)
        if any(not each.startswith(_SCHEMA_INSTANCE) for each in attributes):
            self._refuse("attribute", place, attribute=next(iter(attributes)))
        known = Field(name, name, False, "complex", 0)
        depth = 1 if holder is None else holder.depth
        frame = _Frame(known, place, {"resourceType": name}, fields(name), depth)
        self.stack.append(frame)

    def _end(self, tag: str) -> None:
        if self.narrative is not None:
            if self.narrative.end(tag):
                self.stack[-1].data["div"] = self.narrative.markup(
                    self.raw, self.parser.CurrentByteIndex
                )
                self.narrative = None
            return
        frame = self.stack.pop()
        for name, count in frame.counts.items():
            _even_out(frame.data, name, frame.known[name], count)
        if not self.stack:
            self.result = frame.data
            return
        parent = self.stack[-1]
        if parent.holds:
            parent.data = frame.data
            return
        if not frame.data and frame.value is None:
            self._refuse("nothing", frame.place)
        _attach(parent.data, frame)


def _attach(data: dict[str, Any], frame: _Frame) -> None:
    name = frame.what.name
    if frame.what.form != "primitive":
        if frame.what.many:
            data.setdefault(name, []).append(frame.data)
        else:
            data[name] = frame.data
        return
    beside = frame.data or None
    if frame.what.many:
        data.setdefault(name, []).append(frame.value)
        data.setdefault("_" + name, []).append(beside)
        return
    if frame.value is not None:
        data[name] = frame.value
    if beside is not None:
        data["_" + name] = beside


def _even_out(data: dict[str, Any], name: str, known: Field, count: int) -> None:
    """Drop what is null throughout in the two lists of a repeated primitive (R4 2.6.2.3)."""
    if not known.many or known.form != "primitive" or not count:
        return
    for key in (name, "_" + name):
        if all(each is None for each in data[key]):
            del data[key]
