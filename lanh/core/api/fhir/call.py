"""One call of the interface, from HTTP or from an entry of a batch."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from functools import partial
from typing import Any
from urllib.parse import parse_qsl

from starlette.requests import Request

from lanh.core.api.fhir.addresses import Address
from lanh.core.api.fhir.exchange import RESOURCE_BYTES, Refused, language, read_body
from lanh.core.api.fhir.formats import PLAIN, Form, media_type_of, read_content
from lanh.core.store import Context
from lanh.core.text import Language

Pairs = list[tuple[str, str]]
# What says how an answer looks, not what is asked.
PRESENTATION = frozenset({"_format", "_pretty", "_summary", "_elements"})


@dataclass(slots=True)
class Call:
    """A method on an address below /fhir, with headers (names in lower case) and a body.

    `at` is what the path names, None for nothing. An entry of a batch has its resource `inline` and
    the call of the batch as `outer`; a call by HTTP has the `request` it came with.
    """

    method: str
    at: Address | None
    query: str
    headers: Mapping[str, str]
    context: Context
    form: Form = PLAIN
    request: Request | None = None
    inline: dict[str, Any] | None = None
    outer: Call | None = None
    _pairs: Pairs | None = field(default=None, repr=False)

    @property
    def base(self) -> str:
        """The address of the interface, as the client knows it."""
        if self.outer is not None:
            return self.outer.base
        scheme = self.request.scope["scheme"] if self.request is not None else "http"
        return f"{scheme}://{self.headers.get('host', 'localhost')}/fhir"

    @property
    def language(self) -> Language:
        """The language of reasons."""
        return language(self)

    @property
    def pairs(self) -> Pairs:
        """The parameters of the query, those of presentation left out."""
        if self._pairs is None:
            given = parse_qsl(self.query, keep_blank_values=True) if self.query else []
            self._pairs = [pair for pair in given if pair[0] not in PRESENTATION]
        return self._pairs

    @property
    def all_pairs(self) -> Pairs:
        """The parameters of the query."""
        return parse_qsl(self.query, keep_blank_values=True) if self.query else []

    @property
    def media_type(self) -> str:
        """The media type of the body. Raises Refused."""
        return media_type_of(self.headers.get("content-type"))

    def parameter(self, name: str) -> str | None:
        """The first value of a parameter of the query."""
        return next((value for key, value in self.all_pairs if key == name), None)

    def stream(self) -> AsyncIterator[bytes]:
        """The pieces of the body."""
        return _nothing() if self.request is None else self.request.stream()

    async def content(self, limit: int = RESOURCE_BYTES) -> bytes:
        """The bytes of the body. Raises Refused."""
        return await read_body(self, limit)

    async def resource(self, limit: int = RESOURCE_BYTES) -> dict[str, Any]:
        """The resource of the body. Raises Refused or fhir.ParseError."""
        if self.request is None and self.inline is not None:
            return self.inline
        return (await self.reader(limit))()

    async def reader(self, limit: int = RESOURCE_BYTES) -> Callable[[], dict[str, Any]]:
        """What reads the resource of the body, anew each time. Raises Refused; it may raise that
        or fhir.ParseError."""
        if self.request is None:
            if self.inline is None:
                raise Refused(400, "required", "not_resource")
            return partial(deepcopy, self.inline)
        media_type = self.media_type
        return partial(read_content, await self.content(limit), media_type, limit)


async def _nothing() -> AsyncIterator[bytes]:
    pieces: tuple[bytes, ...] = ()
    for piece in pieces:
        yield piece
