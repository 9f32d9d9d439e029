"""The XHTML of a narrative, kept as written."""

from __future__ import annotations

from lanh.core.fhir.xml.fields import XHTML_NAMESPACE
from lanh.core.fhir.xml.writing import narrative_stands_alone

_XML_NAMESPACE = "http://www.w3.org/XML/1998/namespace"


def _text(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


class NarrativeCapture:
    """Follows a div: where it begins and ends, and what it would be without what stands around.

    The bytes are taken as they stand where they mean the same by themselves; where they use
    prefixes or a namespace from outside, the div is written anew from its events.
    """

    def __init__(self, begin: int) -> None:
        self._begin = begin
        self.depth = 0
        self._pieces: list[str] = []

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        """An element begins."""
        space, _, name = tag.rpartition(" ")
        outside = self.depth == 0 or space != XHTML_NAMESPACE
        self._pieces.append(f"<{name}")
        if outside and space:
            self._pieces.append(f' xmlns="{space}"')
        for key, value in attributes.items():
            own_space, _, own = key.rpartition(" ")
            prefix = "xml:" if own_space == _XML_NAMESPACE else ""
            quoted = _text(value).replace('"', "&quot;").replace("\n", "&#10;")
            self._pieces.append(f' {prefix}{own}="{quoted}"')
        self._pieces.append(">")
        self.depth += 1

    def text(self, text: str) -> None:
        """Text between elements."""
        self._pieces.append(_text(text))

    def end(self, tag: str) -> bool:
        """An element ends; True where it is the div itself."""
        self._pieces.append(f"</{tag.rpartition(' ')[2]}>")
        self.depth -= 1
        return self.depth == 0

    def markup(self, raw: bytes, last: int) -> str:
        """The div; `last` is where its closing tag begins."""
        end = raw.find(b">", last) + 1
        as_written = raw[self._begin : end]
        if narrative_stands_alone(as_written):
            return as_written.decode("utf-8")
        return "".join(self._pieces)
