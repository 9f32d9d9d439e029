"""The entries of a transaction: what each asks for."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

from lanh.core import fhir
from lanh.core.store.errors import Invalid
from lanh.core.store.layout import NUMBERS
from lanh.core.store.records import Outcome, Resource

Pairs = tuple[tuple[str, str], ...]

_URL = re.compile(
    r"/?(?P<type>[A-Za-z]+)(?:/(?P<id>[A-Za-z0-9\-.]{1,64}))?"
    r"(?:/_history/(?P<version>\d{1,9}))?(?:\?(?P<query>.*))?",
    re.DOTALL,
)
_ETAG = re.compile(r'\s*(?:W/)?"?(\d{1,9})"?\s*')
METHODS = frozenset({"DELETE", "GET", "HEAD", "PATCH", "POST", "PUT"})
WRITES = frozenset({"DELETE", "PATCH", "POST", "PUT"})


@dataclass(slots=True)
class Entry:
    """One entry on its way: what is asked, and what came of it.

    `current` is the version that a PATCH was applied to, or that a condition found. `answer` is
    the body that a read found, b"" for one that has not changed (304).
    """

    index: int
    method: str
    type: str
    full_url: str | None
    resource: Resource | None
    id: str | None = None
    version: int | None = None
    query: Pairs = ()
    if_match: int | None = None
    if_none_match: int | None = None
    only_new: bool = False
    fresh: bool = False
    current: int | None = None
    same_as: Entry | None = None
    outcome: Outcome | None = None
    answer: bytes | None = None
    _references: list[Resource] | None = None

    @property
    def references(self) -> list[Resource]:
        """The literal references in the resource, looked for once: links are rewritten in them."""
        if self._references is None:
            self._references = fhir.reference_elements(self.resource or {})
        return self._references

    @property
    def condition(self) -> tuple[str, Pairs] | None:
        """The condition of a conditional create, update, patch or delete."""
        if self.method in WRITES and self.query:
            return self.type, self.query
        return None

    @property
    def expected(self) -> int | None:
        """The version that the row must have when written: as found, or as the client says."""
        return self.current if self.current is not None else self.if_match

    @property
    def place(self) -> str:
        """Where the entry's request stands, as a FHIRPath."""
        return f"Bundle.entry[{self.index}].request"


def _version(request: dict[str, Any], key: str, entry: dict[str, Any]) -> int | None:
    """The version that a request's tag names. Raises Invalid where it is no tag of ours."""
    text = request.get(key)
    if not text or text == "*":
        return None
    match = _ETAG.fullmatch(text) if isinstance(text, str) else None
    if match is None:
        raise Invalid.because("bad_tag", key=key, **entry)
    return int(match.group(1))


def read_entry(index: int, entry: dict[str, Any]) -> Entry:
    """The request of an entry. Raises Invalid."""
    request = entry.get("request") or {}
    method, url = request.get("method"), request.get("url")
    told: dict[str, Any] = {
        "entry": index,
        "index": index,
        "expression": f"Bundle.entry[{index}].request",
    }
    match = _URL.fullmatch(url) if isinstance(url, str) else None
    if not isinstance(method, str) or match is None or match["type"] not in NUMBERS:
        raise Invalid.because("entry_request", **told)
    if method not in METHODS:
        raise Invalid.because("entry_method", method=method, **told)
    resource = entry.get("resource")
    name, query = match["id"], tuple(parse_qsl(match["query"] or "", keep_blank_values=True))
    one_target = (name is not None) != bool(query)
    fits = {
        "POST": name is None and resource is not None and not query,
        "PUT": resource is not None and one_target,
        "PATCH": resource is not None and one_target,
        "DELETE": one_target,
    }
    if not fits.get(method, True):
        raise Invalid.because("entry_request", **told)
    if method == "POST":
        query = tuple(parse_qsl(request.get("ifNoneExist") or "", keep_blank_values=True))
    return Entry(
        index=index,
        method=method,
        type=match["type"],
        full_url=entry.get("fullUrl"),
        resource=resource,
        id=name,
        version=int(match["version"]) if match["version"] else None,
        query=query,
        if_match=_version(request, "ifMatch", told),
        if_none_match=_version(request, "ifNoneMatch", told),
        only_new=method == "PUT" and request.get("ifNoneMatch") == "*",
    )
