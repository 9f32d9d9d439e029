"""The rules of narrative XHTML (R4 2.4, invariants txt-1 and txt-2)."""

from __future__ import annotations

import re
from xml.parsers import expat

_ELEMENTS = frozenset(
    [
        "a",
        "abbr",
        "acronym",
        "b",
        "big",
        "blockquote",
        "br",
        "caption",
        "cite",
        "code",
        "col",
        "colgroup",
        "dd",
        "dfn",
        "div",
        "dl",
        "dt",
        "em",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "hr",
        "i",
        "img",
        "li",
        "ol",
        "p",
        "pre",
        "q",
        "samp",
        "small",
        "span",
        "strong",
        "sub",
        "sup",
        "table",
        "tbody",
        "td",
        "tfoot",
        "th",
        "thead",
        "tr",
        "tt",
        "ul",
        "var",
        "ins",
        "del",
        "kbd",
        "address",
        "bdo",
    ]
)
_ATTRIBUTES = frozenset(
    [
        "abbr",
        "accesskey",
        "align",
        "alt",
        "axis",
        "bgcolor",
        "border",
        "cellhalign",
        "cellpadding",
        "cellspacing",
        "cellvalign",
        "char",
        "charoff",
        "charset",
        "cite",
        "class",
        "colspan",
        "compact",
        "coords",
        "dir",
        "frame",
        "headers",
        "height",
        "href",
        "hreflang",
        "hspace",
        "id",
        "lang",
        "longdesc",
        "name",
        "nowrap",
        "rel",
        "rev",
        "rowspan",
        "rules",
        "scope",
        "shape",
        "span",
        "src",
        "start",
        "style",
        "summary",
        "tabindex",
        "title",
        "type",
        "valign",
        "value",
        "vspace",
        "width",
        "xml:lang",
        "xml:id",
        "xml:space",
        "xmlns",
    ]
)
_NAMESPACE = "http://www.w3.org/1999/xhtml"
_ENTITY = re.compile(r"&(?!(?:amp|lt|gt|quot|apos|#\d+|#x[0-9A-Fa-f]+);)[A-Za-z][A-Za-z0-9]*;")
_LINK = re.compile(r"<a\b[^>]*?\bhref=[\"']#([^\"'<>]+)[\"']")
_ANCHOR = re.compile(r"\b(?:id|name)=[\"']([^\"'<>]+)[\"']")
_SCRIPT = re.compile(r"^\s*(?:javascript|vbscript|data:text/html)", re.IGNORECASE)


# What cannot stand in a paragraph: XHTML lets only running text in.
_BLOCKS = frozenset(
    {"p", "div", "ul", "ol", "dl", "table", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "pre",
     "blockquote", "address"}
)  # fmt: skip


class _Refused(Exception):
    """The narrative breaks a rule; the argument is the message key."""


class _Judge:
    def __init__(self) -> None:
        self.depth = 0
        self.content = False
        self.paragraph = 0
        self.nested = False

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if self.depth == 0 and (name != "div" or attributes.get("xmlns") != _NAMESPACE):
            raise _Refused("narrative-root")
        if name not in _ELEMENTS:
            raise _Refused("narrative-element")
        for key, value in attributes.items():
            if key not in _ATTRIBUTES and not key.startswith("xmlns:"):
                raise _Refused("narrative-attribute")
            if key in ("href", "src") and _SCRIPT.match(value):
                raise _Refused("narrative-attribute")
        if name == "img":
            self.content = True
        if self.paragraph and name in _BLOCKS:
            self.nested = True
        if name == "p" or self.paragraph:
            self.paragraph += 1
        self.depth += 1

    def end(self, _: str) -> None:
        self.depth -= 1
        if self.paragraph:
            self.paragraph -= 1

    def text(self, data: str) -> None:
        if not self.content and not data.isspace():
            self.content = True

    def doctype(self, *_: object) -> None:
        raise _Refused("narrative-malformed")


def hyperlinks(text: str) -> list[str]:
    """What the links inside a narrative lead to (`#name`)."""
    return _LINK.findall(text)


def anchors(text: str) -> list[str]:
    """The names in a narrative that links may lead to."""
    return _ANCHOR.findall(text)


def narrative_fault(text: str, *, strict: bool = False) -> str | None:
    """The message key of what is wrong with the XHTML of a narrative, or None. The strict allow
    neither HTML's names of characters nor blocks in paragraphs, which browsers mend."""
    judge = _Judge()
    parser = expat.ParserCreate()
    parser.StartElementHandler = judge.start
    parser.EndElementHandler = judge.end
    parser.CharacterDataHandler = judge.text
    parser.StartDoctypeDeclHandler = judge.doctype
    if "&" in text:
        # HTML's named entities are allowed but unknown to XML; any character stands for them.
        if strict and _ENTITY.search(text):
            return "narrative-entity"
        text = _ENTITY.sub("x", text)
    try:
        parser.Parse(text, True)
    except _Refused as refusal:
        return str(refusal)
    except (expat.ExpatError, UnicodeEncodeError):
        return "narrative-malformed"
    if strict and judge.nested:
        return "narrative-nested"
    return None if judge.content else "narrative-empty"
