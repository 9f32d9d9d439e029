"""Requests of the interface as they come in: their way, their headers."""

from __future__ import annotations

import re
from collections.abc import Awaitable
from typing import Any

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

_ROW = re.compile(r"/fhir/[A-Z][A-Za-z]+(?:/[A-Za-z0-9\-.]{1,64})?", re.ASCII)


class HeaderTable(Headers):
    """The headers in a table that is made once: each look at plain Headers reads all of them."""

    def __init__(self, scope: Scope) -> None:
        super().__init__(raw=scope["headers"])
        # Of several headers of a name the first counts, as for Headers.
        self._table = {
            name.decode("latin-1"): value.decode("latin-1") for name, value in self._list[::-1]
        }

    def __getitem__(self, key: str) -> str:
        return self._table[key.lower()]

    def get(self, key: str, default: Any = None) -> Any:
        """The value of a header."""
        return self._table.get(key.lower(), default)

    def __contains__(self, key: object) -> bool:
        return isinstance(key, str) and key.lower() in self._table


class Incoming(Request):
    """A request whose headers are in a table."""

    def __init__(self, scope: Scope, receive: Receive) -> None:
        super().__init__(scope, receive)
        self._headers = HeaderTable(scope)


class Direct:
    """An application whose requests for rows go past its router and its middleware.

    `/fhir/TYPE` and `/fhir/TYPE/ID` are most requests by far, and no other route takes them. Until
    `interface` is set every request goes to `application`.
    """

    def __init__(self, application: ASGIApp) -> None:
        self.application = application
        self.interface: ASGIApp | None = None

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        """Hand one request on."""
        if self.interface is None or scope["type"] != "http":
            return self.application(scope, receive, send)
        if _ROW.fullmatch(scope["path"]) is None or scope.get("root_path"):
            return self.application(scope, receive, send)
        scope["root_path"] = "/fhir"
        return self.interface(scope, receive, send)
