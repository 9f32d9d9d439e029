"""Search queries: from pairs of a query string to a `Search` that can be compiled."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from typing import Any

from lanh.core.store.errors import Invalid
from lanh.core.store.layout import NUMBERS, Layout, layout
from lanh.core.store.own_parameters import OwnParameters
from lanh.core.store.records import Include, Parameter, Search
from lanh.core.store.searchable import Names, check_chain, check_parameter, reverse_of
from lanh.core.text import Message

LARGEST_COUNT = 1000
DEFAULT_COUNT = 20
MOST_PARAMETERS = 100  # of one search, chains counted link by link
DEEPEST = 5  # links of a chain
# Said of the answer's form, which is the interface's matter.
_PASSED_OVER = frozenset({"_format", "_pretty", "_elements", "_maxresults"})
_SUMMARIES = frozenset({"count", "false", "true", "text", "data"})
_ALTERNATIVE = re.compile(r"(?:[^,\\]|\\.)+", re.DOTALL)
_UNESCAPED_BAR = re.compile(r"((?:[^|\\]|\\.)*)\|(.*)", re.DOTALL)
_UNESCAPED_DOLLAR = re.compile(r"(?:[^$\\]|\\.)*", re.DOTALL)
UNKEEPABLE = re.compile(r"[\x00\ud800-\udfff]")  # signs that no database text can hold
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_SPECIAL = re.compile(r"([\\,|$])")


def split_values(text: str) -> tuple[str, ...]:
    """The alternatives of a value: cut at commas without a backslash (R4 3.1.1.4.0.1)."""
    return tuple(_ALTERNATIVE.findall(text))


def unescape(text: str) -> str:
    """A value without the backslashes before signs that would part it."""
    return _ESCAPE.sub(r"\1", text)


def escape(text: str) -> str:
    """A text as a value that means it."""
    return _SPECIAL.sub(r"\\\1", text)


def split_token(text: str) -> tuple[str | None, str]:
    """(system, code) of a token value; None where no system is named, "" for "without system"."""
    match = _UNESCAPED_BAR.fullmatch(text)
    if match is None:
        return None, unescape(text)
    return unescape(match.group(1)), unescape(match.group(2))


def split_bars(text: str) -> list[str]:
    """The parts of a value between bars without a backslash, still escaped."""
    parts = []
    rest: str | None = text
    while rest is not None:
        match = _UNESCAPED_BAR.fullmatch(rest)
        # The pattern takes up to the first bar.
        head, rest = (match.group(1), match.group(2)) if match else (rest, None)
        parts.append(head)
    return parts


def split_components(text: str) -> list[str]:
    """The components of a composite value: cut at dollar signs without a backslash."""
    parts = []
    at = 0
    while True:
        match = _UNESCAPED_DOLLAR.match(text, at)
        end = match.end() if match else len(text)
        parts.append(text[at:end])
        if end >= len(text):
            return parts
        at = end + 1


class QueryReader:
    """Reads pairs into a search; what a lenient reader passes over is kept in `ignored`.

    `beside` are the other types of a search of several.
    """

    def __init__(
        self,
        resource_type: str,
        *,
        lenient: bool,
        base: str = "",
        own: OwnParameters | None = None,
        beside: Collection[str] = (),
    ) -> None:
        if resource_type not in NUMBERS:
            raise Invalid.because("unknown_type", type=resource_type)
        self.layout: Layout = layout(resource_type)
        self.hits = {resource_type, *beside}
        self.lenient = lenient
        self.names = Names(own)
        self.ignored: list[Message] = []
        self.parameters: list[Parameter] = []
        self.result: dict[str, Any] = {"base": base}
        self._links = 0

    def read(self, pairs: Iterable[tuple[str, str]]) -> Search:
        """The search of the pairs. Raises Invalid."""
        for name, value in pairs:
            if UNKEEPABLE.search(name) or UNKEEPABLE.search(value):
                raise Invalid.because("unkeepable", name=name[:100])
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
                totals = {"none": False, "estimate": "estimate", "accurate": True}
                if value not in totals:
                    raise bad_value("_total", value, "none, estimate, accurate")
                self.result["total"] = totals[value]
            case "_summary":
                if value not in _SUMMARIES:
                    raise Invalid.because("bad_summary")
                self.result["summary"] = "count" if value == "count" else None
            case "_contained":
                if value != "false":
                    raise Invalid.because("contained")
            case "_containedType":
                if value not in ("container", "contained"):
                    raise Invalid.because("contained_type")
            case _:
                return self._included(name, value)
        return True

    def _included(self, full_name: str, value: str) -> bool:
        name, _, modifier = full_name.partition(":")
        if name not in ("_include", "_revinclude"):
            return False
        if modifier not in ("", "iterate", "recurse"):
            raise Invalid.because("unsupported_modifier", name=name, modifier=modifier)
        key = name.removeprefix("_")
        known = self.result.get(key, ())
        found = (self._include(name, each, modifier != "") for each in split_values(value))
        self.result[key] = (*known, *found)
        return True

    def _count(self, value: str) -> int:
        if not value.isascii() or not value.isdigit() or len(value) > 9:
            raise Invalid.because("bad_count", most=LARGEST_COUNT)
        return min(int(value), LARGEST_COUNT)

    def _include(self, name: str, value: str, iterate: bool) -> Include:
        if value == "*":
            return Include("*", "*", None, iterate)
        parts = value.split(":")
        known = len(parts) in (2, 3) and parts[0] in NUMBERS
        if known and parts[1] != "*":
            known = self.names.kind(layout(parts[0]), parts[1]) == "reference"
        if known and len(parts) == 3:
            known = parts[2] in NUMBERS
        # A plain include begins at the hits, a plain revinclude ends at them.
        if known and name == "_include" and not iterate:
            known = parts[0] in self.hits
        if not known:
            raise Invalid.because("bad_include", name=name, value=value)
        return Include(parts[0], parts[1], parts[2] if len(parts) == 3 else None, iterate)

    def _parameter(self, full_name: str, value: str) -> None:
        try:
            self.parameters.append(self._read(self.layout, full_name, value, 0))
        except Invalid as error:
            if not (self.lenient and error.key in _LENIENT):
                raise
            self.ignored += [issue.message for issue in error.issues]

    def _read(self, shape: Layout, full_name: str, value: str, depth: int) -> Parameter:
        self._links += 1
        if depth > DEEPEST or self._links > MOST_PARAMETERS:
            raise Invalid.because("too_deep", links=DEEPEST, most=MOST_PARAMETERS)
        if full_name.startswith("_has:"):
            parts = full_name.split(":", 3)
            if len(parts) < 4:
                raise Invalid.because("bad_has", name=full_name)
            source = reverse_of(shape, parts[1], parts[2], self.names)
            then = self._read(source, parts[3], value, depth + 1)
            return Parameter("_has", (), f"{parts[1]}:{parts[2]}", then)
        head, dot, rest = full_name.partition(".")
        name, _, modifier = head.partition(":")
        if not dot:
            check_parameter(shape, name, modifier or None, self.names)
            return Parameter(name, split_values(value), modifier or None)
        return self._chain(shape, name, modifier or None, rest, value, depth)

    def _chain(
        self, shape: Layout, name: str, modifier: str | None, rest: str, value: str, depth: int
    ) -> Parameter:
        """A chain is read for each type it can reach; one that fits none is refused."""
        targets = check_chain(shape, name, modifier, self.names)
        then: Parameter | None = None
        refusal: Invalid | None = None
        for target in targets:
            try:
                then = self._read(layout(target), rest, value, depth + 1)
            except Invalid as error:
                if error.key == "too_deep":
                    raise
                refusal = refusal or error
        if then is None:
            raise refusal or Invalid.because("bad_chain", type=shape.type, name=name)
        return Parameter(name, (), modifier, then)


# What a lenient reader passes over: what the server does not know, not what is malformed.
_LENIENT = frozenset(
    {
        "unknown_parameter", "unsupported_parameter", "unsupported_modifier", "bad_chain",
        "bad_has", "parameter_coming",
    }
)  # fmt: skip


def parse_search(
    resource_type: str,
    pairs: Sequence[tuple[str, str]],
    *,
    lenient: bool = False,
    base: str = "",
    own: OwnParameters | None = None,
) -> Search:
    """The search that a query string asks for.

    An unknown parameter is refused (Invalid), or passed over where `lenient`. `base` is the
    address of the interface, `own` the search parameters of the installation.
    """
    return QueryReader(resource_type, lenient=lenient, base=base, own=own).read(pairs)


def parse_leniently(
    resource_type: str,
    pairs: Sequence[tuple[str, str]],
    *,
    base: str = "",
    own: OwnParameters | None = None,
) -> tuple[Search, list[Message]]:
    """The search, and a message for each parameter that was passed over."""
    reader = QueryReader(resource_type, lenient=True, base=base, own=own)
    return reader.read(pairs), reader.ignored


def bad_value(name: str, value: str, expected: str) -> Invalid:
    """The refusal of a malformed value."""
    return Invalid.because("bad_value", name=name, value=value[:100], expected=expected)
