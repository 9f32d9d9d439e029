"""Files to the bus: each as one message, in the order given, and what was answered."""

from __future__ import annotations

import gzip
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

_TYPES = {
    ".json": "application/fhir+json",
    ".ndjson": "application/fhir+ndjson",
    ".xml": "application/xml",
    ".hl7": "x-application/hl7-v2+er7",
}
_UNKNOWN = "application/octet-stream"  # the bus looks at the content


@dataclass(frozen=True, slots=True)
class Answer:
    """What the bus said to one file: a receipt, or a problem where there is none."""

    path: Path
    status: int
    body: dict[str, Any]

    @property
    def state(self) -> str:
        """The receipt's state, or `http-NNN`."""
        return str(self.body.get("state", f"http-{self.status}"))

    @property
    def taken(self) -> bool:
        """Whether everything in the file was accepted, or is kept to be settled later."""
        return self.state in ("accepted", "received")

    def reasons(self) -> Iterator[tuple[str, str, str]]:
        """(place, vi, en) of each error, the message's first, then its parts'."""
        if "vi" in self.body:
            yield "", str(self.body["vi"]), str(self.body.get("title", ""))
        for part in [self.body, *self.body.get("parts", ())]:
            for issue in part.get("issues", ()):
                if issue["severity"] in ("error", "fatal"):
                    yield issue["expression"], issue["vi"], issue["en"]


def content_type(path: Path) -> str:
    """The media type that a file's name says; `.gz` is passed over."""
    name = path.name.removesuffix(".gz")
    return _TYPES.get(Path(name).suffix.lower(), _UNKNOWN)


def files_in(paths: Sequence[Path]) -> list[Path]:
    """The files named, and those under the folders named, sorted by path within each folder."""
    found: list[Path] = []
    for path in paths:
        if path.is_dir():
            found += sorted(entry for entry in path.rglob("*") if entry.is_file())
        else:
            found.append(path)
    return found


def send_files(
    base_url: str, paths: Sequence[Path], authentication: httpx.Auth
) -> Iterator[Answer]:
    """Send each file and give its answer. Raises OSError, httpx.HTTPError, TokenRefused.

    A file ending in `.gz` goes as it is, with `Content-Encoding: gzip`.
    """
    with httpx.Client(base_url=base_url, auth=authentication, timeout=300) as client:
        for path in paths:
            content = path.read_bytes()
            headers = {"Content-Type": content_type(path)}
            if content[:2] == b"\x1f\x8b":
                headers["Content-Encoding"] = "gzip"
            elif path.suffix == ".gz":
                raise gzip.BadGzipFile(f"{path}: not gzip")
            response = client.post("/bus", content=content, headers=headers)
            try:
                body = response.json()
            except ValueError:
                body = {}
            yield Answer(path, response.status_code, body if isinstance(body, dict) else {})
