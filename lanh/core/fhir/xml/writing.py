"""Writing FHIR XML."""

from __future__ import annotations

import re
from html.entities import html5
from typing import Any
from xml.parsers import expat

from lanh.core.fhir.xml.fields import FHIR_NAMESPACE, XHTML_NAMESPACE, Field, element_fields, fields
from lanh.core.fhir.xml.values import write_value

_ESCAPES = {
    ord("&"): "&amp;",
    ord("<"): "&lt;",
    ord(">"): "&gt;",
    ord('"'): "&quot;",
    ord("\t"): "&#9;",
    ord("\n"): "&#10;",
    ord("\r"): "&#13;",
}
_PLAIN = re.compile(r"[^&<>\"\t\n\r\x00-\x1f\ud800-\udfff\ufffe\uffff]*")
# What XML 1.0 cannot hold at all, not even as a reference.
_UNSPEAKABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_ENTITY = re.compile(r"&([A-Za-z][A-Za-z0-9]*;)")
_XML_ENTITIES = frozenset({"amp;", "lt;", "gt;", "quot;", "apos;"})


def to_xml(resource: dict[str, Any], *, pretty: bool = False) -> bytes:
    """The XML of a valid resource in its JSON form, as UTF-8.

    Decimals keep their digits, narrative its markup; what XML cannot hold (control characters)
    becomes U+FFFD. Raises KeyError for an unknown resource type.
    """
    writer = _Writer(pretty=pretty)
    writer.resource(resource, 0, root=True)
    return b'<?xml version="1.0" encoding="UTF-8"?>' + "".join(writer.pieces).encode()


def _escaped(text: str) -> str:
    if _PLAIN.fullmatch(text):
        return text
    return _UNSPEAKABLE.sub("\ufffd", text).translate(_ESCAPES)


class _Writer:
    def __init__(self, *, pretty: bool) -> None:
        self.pieces: list[str] = []
        self.pretty = pretty

    def _line(self, depth: int) -> None:
        if self.pretty:
            self.pieces.append("\n" + "  " * depth)

    def resource(self, value: dict[str, Any], depth: int, *, root: bool = False) -> None:
        """A resource as an element named by its type."""
        name = value["resourceType"]
        self._line(depth)
        self.pieces.append(f'<{name} xmlns="{FHIR_NAMESPACE}">' if root else f"<{name}>")
        self._inside(value, fields(name), depth + 1)
        self._line(depth)
        self.pieces.append(f"</{name}>")

    def _inside(self, value: dict[str, Any], known: dict[str, Field], depth: int) -> None:
        """The child elements of a value, in the order of the definitions."""
        present = {key.removeprefix("_") for key in value} & known.keys()
        for field in sorted((known[name] for name in present), key=lambda each: each.order):
            name = field.name
            if field.form == "attribute":
                continue
            content = value.get(name)
            if field.form == "primitive":
                self._primitives(field, content, value.get("_" + name), depth)
                continue
            for item in content if isinstance(content, list) else (content,):
                if item is not None:
                    self._one(field, item, depth)

    def _one(self, field: Field, item: Any, depth: int) -> None:
        self._line(depth)
        if field.form == "xhtml":
            self.pieces.append(_narrative(str(item)))
        elif field.form == "resource":
            self.pieces.append(f"<{field.name}>")
            self.resource(item, depth + 1)
            self._line(depth)
            self.pieces.append(f"</{field.name}>")
        else:
            self._element(field, item, "", depth)

    def _primitives(self, field: Field, content: Any, beside: Any, depth: int) -> None:
        if not isinstance(content, list) and not isinstance(beside, list):
            content, beside = [content], [beside]
        content, beside = content or [], beside or []
        for index in range(max(len(content), len(beside))):
            value = content[index] if index < len(content) else None
            sibling = beside[index] if index < len(beside) else None
            if value is None and sibling is None:
                continue
            self._line(depth)
            attribute = "" if value is None else f' value="{_escaped(write_value(value))}"'
            self._element(field, sibling or {}, attribute, depth, element_fields())

    def _element(
        self,
        field: Field,
        value: dict[str, Any],
        attributes: str,
        depth: int,
        known: dict[str, Field] | None = None,
    ) -> None:
        known = fields(field.type) if known is None else known
        own = "".join(
            f' {name}="{_escaped(str(value[name]))}"'
            for name in ("id", "url")
            if name in value and name in known and known[name].form == "attribute"
        )
        self.pieces.append(f"<{field.name}{own}{attributes}")
        before = len(self.pieces)
        self.pieces.append(">")
        self._inside(value, known, depth + 1)
        if len(self.pieces) == before + 1:
            self.pieces[before] = "/>"
            return
        self._line(depth)
        self.pieces.append(f"</{field.name}>")


def _narrative(text: str) -> str:
    """The div as it stands, HTML's own entities as characters; text only where it is no XML."""
    text = _ENTITY.sub(_character, text)
    if narrative_stands_alone(text.encode("utf-8", "replace")):
        return text
    return f'<div xmlns="{XHTML_NAMESPACE}">{_escaped(text)}</div>'


def _character(match: re.Match[str]) -> str:
    name = match.group(1)
    found = None if name in _XML_ENTITIES else html5.get(name)
    return match.group() if found is None else "".join(f"&#{ord(sign)};" for sign in found)


def narrative_stands_alone(raw: bytes) -> bool:
    """Whether a text is one well-formed `<div>` in XHTML's namespace that needs nothing around."""
    if not raw.startswith(b"<div"):
        return False
    root: list[str] = []
    parser = expat.ParserCreate("utf-8", " ")
    parser.StartElementHandler = lambda tag, _: root.append(tag) if not root else None
    try:
        parser.Parse(raw, True)
    except expat.ExpatError:
        return False
    return root[0] == f"{XHTML_NAMESPACE} div"
