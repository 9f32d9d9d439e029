"""Splitting a FHIRPath expression into tokens."""

from __future__ import annotations

import re
from dataclasses import dataclass


class PathSyntaxError(ValueError):
    """An expression is not FHIRPath; the text says what stands where."""


@dataclass(frozen=True, slots=True)
class Token:
    """A token: its kind (name, string, number, time, variable, special, sign, end) and text."""

    kind: str
    text: str
    position: int


_TOKEN = re.compile(
    r"""
    (?P<blank>\s+|//[^\n\r]*|/\*.*?\*/)
  | (?P<time>@T\d{2}(?::\d{2}(?::\d{2}(?:\.\d+)?)?)?
        |@\d{4}(?:-\d{2}(?:-\d{2})?)?
         (?:T(?:\d{2}(?::\d{2}(?::\d{2}(?:\.\d+)?)?)?(?:Z|[+-]\d{2}:\d{2})?)?)?)
  | (?P<number>\d+(?:\.\d+)?)
  | (?P<string>'(?:\\.|[^'\\])*')
  | (?P<quoted>`(?:\\.|[^`\\])*`)
  | (?P<variable>%(?:[A-Za-z_][A-Za-z0-9_\-]*|'(?:\\.|[^'\\])*'|`(?:\\.|[^`\\])*`))
  | (?P<special>\$(?:this|index|total))
  | (?P<name>[A-Za-z_][A-Za-z0-9_]*)
  | (?P<sign><=|>=|!=|!~|[-+*/|&=~<>().,\[\]{}])
    """,
    re.VERBOSE | re.DOTALL,
)
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", "f": "\f"}
_SURROGATE = re.compile("[\ud800-\udfff]")
_ESCAPE = re.compile(r"\\(u[0-9A-Fa-f]{4}|.)", re.DOTALL)


def unescape(text: str) -> str:
    """The text of a quoted string or identifier without its quotes."""

    def one(match: re.Match[str]) -> str:
        body = match.group(1)
        if body[0] == "u" and len(body) == 5:
            return chr(int(body[1:], 16))
        return _ESCAPES.get(body, body)

    found = _ESCAPE.sub(one, text[1:-1])
    if found.isascii() or not _SURROGATE.search(found):
        return found
    try:
        # Two escapes may make one character.
        return found.encode("utf-16", "surrogatepass").decode("utf-16")
    except UnicodeDecodeError as error:
        raise PathSyntaxError("half a character is written as \\u") from error


def tokens(expression: str) -> list[Token]:
    """The tokens of an expression, ending with one of kind `end`. Raises PathSyntaxError."""
    found: list[Token] = []
    position = 0
    while position < len(expression):
        match = _TOKEN.match(expression, position)
        if match is None or match.lastgroup is None:
            raise PathSyntaxError(f"unexpected {expression[position]!r} at {position}")
        kind, text = match.lastgroup, match.group()
        if kind == "string":
            found.append(Token("string", unescape(text), position))
        elif kind == "quoted":
            found.append(Token("quoted", unescape(text), position))
        elif kind == "variable":
            name = text[1:]
            found.append(Token("variable", unescape(name) if name[0] in "'`" else name, position))
        elif kind != "blank":
            found.append(Token(kind, text, position))
        position = match.end()
    found.append(Token("end", "", len(expression)))
    return found
