"""Search queries: from pairs of a query string to a `Search` that can be compiled."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

from lanh.core.store.errors import Invalid
from lanh.core.store.layout import NUMBERS, Layout, layout
from lanh.core.store.records import Parameter, Search
from lanh.core.text import Message

LARGEST_COUNT = 1000
DEFAULT_COUNT = 20
_MODIFIERS: dict[str, frozenset[str]] = {
    "token": frozenset({"not"}),
    "string": frozenset({"exact", "contains", "missing"}),
    "date": frozenset({"missing"}),
    "number": frozenset({"missing"}),
    "quantity": frozenset({"missing"}),
    "reference": frozenset(),
    "uri": frozenset(),
}
_PASSED_OVER = frozenset({"_format", "_pretty", "_elements"})
_ALTERNATIVE = re.compile(r"(?:[^,\\]|\\.)+", re.DOTALL)
_UNESCAPED_BAR = re.compile(r"((?:[^|\\]|\\.)*)\|(.*)", re.DOTALL)
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)


def split_values(text: str) -> tuple[str, ...]:
    """The alternatives of a value: cut at commas without a backslash (R4 3.1.1.4.0.1)."""
    return tuple(_ALTERNATIVE.findall(text))


def unescape(text: str) -> str:
    """A value without the backslashes before signs that would part it."""
    return _ESCAPE.sub(r"\1", text)


def split_token(text: str) -> tuple[str | None, str]:
    """(system, code) of a token value; None where no system is named, "" for "without system"."""
    match = _UNESCAPED_BAR.fullmatch(text)
    if match is None:
        return None, unescape(text)
    return unescape(match.group(1)), unescape(match.group(2))


class QueryReader:
    """Reads pairs into a search; what a lenient reader passes over is kept in `ignored`."""

    def __init__(self, resource_type: str, *, lenient: bool) -> None:
        if resource_type not in NUMBERS:
            raise Invalid.because("unknown_type", type=resource_type)
        self.layout: Layout = layout(resource_type)
        self.lenient = lenient
        self.ignored: list[Message] = []
        self.parameters: list[Parameter] = []
        self.result: dict[str, Any] = {}

    def read(self, pairs: Iterable[tuple[str, str]]) -> Search:
        """The search of the pairs. Raises Invalid."""
        for name, value in pairs:
            if name in _PASSED_OVER or value == "":
                continue
            if not self._control(name, value):
                self._parameter(name, value)
        return Search(self.layout.type, tuple(self.parameters), **self.result)

    def _control(self, name: str, value: str) -> bool:
        match name:
            case "_count":
                self.result["count"] = self._count(value)
            case "_sort":
                self.result["sort"] = tuple(value.split(","))
            case "_cursor":
                self.result["cursor"] = value
            case "_total":
                self.result["total"] = value != "none"
            case "_summary":
                if value not in ("count", "false"):
                    raise Invalid.because("bad_summary")
                self.result["summary"] = "count" if value == "count" else None
            case "_include":
                known = self.result.get("include", ())
                self.result["include"] = (*known, *map(self._include, split_values(value)))
            case _:
                return False
        return True

    def _count(self, value: str) -> int:
        if not value.isascii() or not value.isdigit() or len(value) > 9:
            raise Invalid.because("bad_count", most=LARGEST_COUNT)
        return min(int(value), LARGEST_COUNT)

    def _include(self, value: str) -> tuple[str, str, str | None]:
        parts = value.split(":")
        known = (
            len(parts) in (2, 3)
            and parts[0] == self.layout.type
            and self.layout.kinds.get(parts[1]) == "reference"
        )
        if not known:
            raise Invalid.because("bad_include", value=value)
        return parts[0], parts[1], parts[2] if len(parts) == 3 else None

    def _parameter(self, full_name: str, value: str) -> None:
        name, _, modifier = full_name.partition(":")
        try:
            check_parameter(self.layout, name, modifier or None)
        except Invalid as error:
            if not self.lenient:
                raise
            self.ignored += [issue.message for issue in error.issues]
            return
        self.parameters.append(Parameter(name, split_values(value), modifier or None))


def check_parameter(shape: Layout, name: str, modifier: str | None) -> None:
    """Raise Invalid where a type has no such parameter, or it is not answered with the modifier."""
    named: dict[str, Any] = {"type": shape.type, "name": name}
    kind = shape.kinds.get(name)
    if kind is None or "." in name:
        known = "." not in name and name not in ("_has", "_revinclude")
        raise Invalid.because("unknown_parameter" if known else "unsupported_parameter", **named)
    if kind in ("composite", "special") or name in ("_content", "_text", "_query", "phonetic"):
        raise Invalid.because("unsupported_parameter", **named)
    if name == "context-quantity":
        raise Invalid.because("unsupported_parameter", **named)
    if modifier is None:
        return
    targets = shape.targets.get(name, ())
    allowed = modifier in _MODIFIERS.get(kind, frozenset()) or (
        kind == "reference" and (modifier in targets or modifier == "identifier")
    )
    if not allowed or (modifier == "not" and name in ("_id", "identifier")):
        raise Invalid.because("unsupported_modifier", name=name, modifier=modifier)


def parse_search(
    resource_type: str, pairs: Sequence[tuple[str, str]], *, lenient: bool = False
) -> Search:
    """The search that a query string asks for.

    An unknown parameter is refused (Invalid), or passed over where `lenient`.
    """
    return QueryReader(resource_type, lenient=lenient).read(pairs)


def parse_leniently(
    resource_type: str, pairs: Sequence[tuple[str, str]]
) -> tuple[Search, list[Message]]:
    """The search, and a message for each parameter that was passed over."""
    reader = QueryReader(resource_type, lenient=True)
    return reader.read(pairs), reader.ignored


def bad_value(name: str, value: str, expected: str) -> Invalid:
    """The refusal of a malformed value."""
    return Invalid.because("bad_value", name=name, value=value[:100], expected=expected)
