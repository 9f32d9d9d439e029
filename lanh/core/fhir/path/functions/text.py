"""Functions of texts (FHIRPath 5.6)."""

from __future__ import annotations

import base64
import html
import json
import re
from collections.abc import Callable
from typing import Any

from lanh.core.fhir.path.arithmetic import MAX_TEXT
from lanh.core.fhir.path.nodes import Items, Node, PathError, single, system
from lanh.core.fhir.path.patterns import matches, matches_full, replace_matches
from lanh.core.fhir.path.scope import Arguments, Function, Scope

_LONG = 1_000
_JSON_ESCAPE = re.compile(r'\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})')


def _on_text(work: Callable[..., Any], arity: int, most: int = 0) -> tuple[Function, int, int]:
    """A function of one text and `arity` to `most` texts, empty where any of them is empty."""

    def function(items: Items, scope: Scope, arguments: Arguments) -> Items:
        value = single(items)
        given = [single(argument([scope.this], scope)) for argument in arguments]
        if value is None or None in given:
            return []
        if type(value) is not str:
            raise PathError("a text was expected")
        if any(type(each) is not str for each in given):
            raise PathError("texts were expected as arguments")
        if len(value) > _LONG:
            scope.run.spend(len(value) // _LONG)
        found = work(value, *given)
        return [] if found is None else found if type(found) is list else [found]

    return function, arity, max(arity, most)


def _substring(items: Items, scope: Scope, arguments: Arguments) -> Items:
    value = single(items)
    start = single(arguments[0]([scope.this], scope))
    if value is None or start is None:
        return []
    if type(value) is not str or type(start) is not int:
        raise PathError("substring() takes a text and whole numbers")
    if not 0 <= start < len(value):
        return []
    length = single(arguments[1]([scope.this], scope)) if len(arguments) > 1 else None
    if length is not None and type(length) is not int:
        raise PathError("substring() takes a text and whole numbers")
    return [value[start:] if length is None else value[start : start + max(0, length)]]


def _join(items: Items, scope: Scope, arguments: Arguments) -> Items:
    separator = single(arguments[0]([scope.this], scope)) if arguments else ""
    if not items:
        return []
    texts = [
        text for text in map(system, items) if type(text) is not Node or text.value is not None
    ]
    if type(separator or "") is not str or any(type(text) is not str for text in texts):
        raise PathError("join() takes texts")
    size = sum(map(len, texts)) + len(separator or "") * len(texts)
    if size > MAX_TEXT:
        raise PathError("the text becomes too long")
    scope.run.spend(size // _LONG)
    return [(separator or "").join(texts)]


def _encode(text: str, form: str) -> str | None:
    if form == "hex":
        return text.encode().hex()
    if form == "base64":
        return base64.b64encode(text.encode()).decode()
    return base64.urlsafe_b64encode(text.encode()).decode() if form == "urlbase64" else None


def _decode(text: str, form: str) -> str | None:
    try:
        if form == "hex":
            return bytes.fromhex(text).decode()
        if form == "base64":
            return base64.b64decode(text, validate=True).decode()
        return base64.urlsafe_b64decode(text).decode() if form == "urlbase64" else None
    except ValueError as error:
        raise PathError(f"not {form}") from error


def _escape(text: str, form: str) -> str | None:
    if form == "html":
        return html.escape(text)
    return json.dumps(text, ensure_ascii=False)[1:-1] if form == "json" else None


def _unescape(text: str, form: str) -> str | None:
    if form == "html":
        return html.unescape(text)
    if form != "json":
        return None
    try:
        return str(json.loads(f'"{text}"', strict=False))
    except ValueError:
        # Not a whole JSON string, such as a bare quote: what can be read is.
        return _JSON_ESCAPE.sub(lambda m: str(json.loads(f'"{m.group()}"')), text)


def _replace(text: str, pattern: str, with_: str) -> str:
    count = text.count(pattern)
    if len(text) + count * len(with_) > MAX_TEXT:
        raise PathError("the text becomes too long")
    return text.replace(pattern, with_)


def _replace_matches(text: str, pattern: str, with_: str, flags: str = "") -> str:
    return replace_matches(text, pattern, with_, MAX_TEXT, flags)


TEXT: dict[str, tuple[Function, int, int]] = {
    "indexOf": _on_text(lambda t, s: t.find(s), 1),
    "lastIndexOf": _on_text(lambda t, s: t.rfind(s), 1),
    "substring": (_substring, 1, 2),
    "startsWith": _on_text(lambda t, s: t.startswith(s), 1),
    "endsWith": _on_text(lambda t, s: t.endswith(s), 1),
    "contains": _on_text(lambda t, s: s in t, 1),
    "upper": _on_text(str.upper, 0),
    "lower": _on_text(str.lower, 0),
    "replace": _on_text(_replace, 2),
    "matches": _on_text(matches, 1, 2),
    "matchesFull": _on_text(matches_full, 1, 2),
    "replaceMatches": _on_text(_replace_matches, 2, 3),
    "length": _on_text(len, 0),
    "toChars": _on_text(list, 0),
    "trim": _on_text(str.strip, 0),
    "split": _on_text(lambda t, s: t.split(s) if s else list(t), 1),
    "join": (_join, 0, 1),
    "encode": _on_text(_encode, 1),
    "decode": _on_text(_decode, 1),
    "escape": _on_text(_escape, 1),
    "unescape": _on_text(_unescape, 1),
}
