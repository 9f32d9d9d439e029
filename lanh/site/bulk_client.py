"""A client's side of bulk data: order, wait, fetch (FHIR Bulk Data Access IG 2.0, SMART import)."""

from __future__ import annotations

import gzip
import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any
from urllib.parse import urlsplit

import httpx

from lanh.site.private_files import written

_NDJSON = "application/fhir+ndjson"
_ASYNC = {"Prefer": "respond-async", "Accept": "application/fhir+json"}
_PIECE = 1 << 20
_LONGEST_PAUSE = 5.0
Progress = Callable[[str], None]


class BulkFailed(RuntimeError):
    """The server refused an order, or could not do it. `issues` are those of its answer."""

    def __init__(self, status: int, issues: Sequence[Mapping[str, Any]]) -> None:
        self.status = status
        self.issues = tuple(issues)
        super().__init__(f"HTTP {status}")

    def reasons(self) -> Iterator[str]:
        """The text of each issue, in the language that was asked for."""
        for issue in self.issues:
            yield str((issue.get("details") or {}).get("text") or issue.get("diagnostics") or "")


def _checked(answer: httpx.Response, *right: int) -> httpx.Response:
    if answer.status_code in right:
        return answer
    try:
        issues = answer.json().get("issue", [])
    except (ValueError, AttributeError):
        issues = []
    raise BulkFailed(answer.status_code, issues)


class BulkClient:
    """Orders to one server. Raises BulkFailed, httpx.HTTPError, OSError, TokenRefused."""

    def __init__(self, url: str, authentication: httpx.Auth, language: str) -> None:
        headers = {"Accept-Language": language}
        self._http = httpx.Client(
            base_url=url, auth=authentication, headers=headers, timeout=httpx.Timeout(60, write=600)
        )

    def close(self) -> None:
        """End the connections."""
        self._http.close()

    def order_export(self, parameters: Sequence[tuple[str, str]], group: str | None) -> str:
        """Order an export of everything that the client may see, or of a Group; its address."""
        path = f"/fhir/Group/{group}/$export" if group else "/fhir/$export"
        answer = self._http.get(path, params=list(parameters), headers=_ASYNC)
        return _checked(answer, 202).headers["content-location"]

    def order_import(self, path: Path) -> str:
        """Send an NDJSON file (gzip too) as the resources of an import; its address."""
        headers = {**_ASYNC, "Content-Type": _NDJSON}
        with _opened(path) as file:
            pieces = iter(lambda: file.read(_PIECE), b"")
            answer = self._http.post("/fhir/$import", content=pieces, headers=headers)
        return _checked(answer, 202).headers["content-location"]

    def wait(self, address: str, progress: Progress) -> dict[str, Any]:
        """The manifest of an order, when it is done."""
        pause = 0.2
        while True:
            answer = _checked(self._http.get(_path(address)), 200, 202)
            if answer.status_code == 200:
                manifest: dict[str, Any] = answer.json()
                return manifest
            progress(answer.headers.get("x-progress", ""))
            time.sleep(pause)
            pause = min(pause * 1.5, _LONGEST_PAUSE)

    def cancel(self, address: str) -> None:
        """Give an order back, with what was made of it."""
        self._http.delete(_path(address))

    def lines(self, address: str) -> list[dict[str, Any]]:
        """A small file of the manifest, read: one resource a line."""
        answer = _checked(self._http.get(_path(address)), 200)
        return [json.loads(line) for line in answer.text.splitlines() if line]

    def fetch(self, address: str, target: Path) -> None:
        """A file of the manifest, whole or not at all; readable by its owner only."""
        with written(target) as file, self._http.stream("GET", _path(address)) as answer:
            if answer.status_code != 200:
                answer.read()
            for piece in _checked(answer, 200).iter_bytes(_PIECE):
                file.write(piece)


def _path(address: str) -> str:
    """An address on this server: what it tells of its own name may be another behind a proxy."""
    return urlsplit(address).path


@contextmanager
def _opened(path: Path) -> Iterator[IO[bytes]]:
    with path.open("rb") as raw:
        packed = raw.read(2) == b"\x1f\x8b"
        raw.seek(0)
        if not packed:
            yield raw
            return
        with gzip.GzipFile(fileobj=raw) as file:
            yield file  # type: ignore[misc]
