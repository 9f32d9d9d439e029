"""Static files: read once, compressed once, named by their content, kept by browsers for a year."""

from __future__ import annotations

import gzip
import hashlib
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import django_htmx

from lanh.core import ui

_OWN = Path(ui.__file__).with_name("assets")
_HTMX = Path(django_htmx.__file__).parent / "static" / "django_htmx" / "htmx-2.min.js"

_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".woff2": "font/woff2",
    ".txt": "text/plain; charset=utf-8",
}


@dataclass(frozen=True, slots=True)
class Asset:
    """A file as it is sent; `packed` is its gzip form where that is smaller."""

    kind: str
    body: bytes
    packed: bytes | None


@cache
def _files() -> dict[str, Path]:
    files = {
        path.relative_to(_OWN).as_posix(): path
        for path in _OWN.rglob("*")
        if path.suffix in _TYPES and path.is_file()
    }
    return files | {"htmx.js": _HTMX}


@cache
def version() -> str:
    """One short hash of all files: an address with it never changes its content."""
    digest = hashlib.sha256()
    for name, path in sorted(_files().items()):
        digest.update(name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:12]


def href(name: str) -> str:
    """The address of a file. Raises KeyError for a name that does not exist."""
    if name not in _files():
        raise KeyError(name)
    return f"/static/{version()}/{name}"


@cache
def load(name: str) -> Asset | None:
    """A file by its name; None where there is none."""
    path = _files().get(name)
    if path is None:
        return None
    body = path.read_bytes()
    if path.suffix == ".css":
        body = _lean(body.decode()).encode()
    packed = gzip.compress(body, 9, mtime=0) if path.suffix != ".woff2" else None
    return Asset(_TYPES[path.suffix], body, packed if packed and len(packed) < len(body) else None)


def _lean(sheet: str) -> str:
    """The stylesheet without comments and line ends."""
    return re.sub(r"\n+", "", re.sub(r"/\*.*?\*/", "", sheet, flags=re.DOTALL))
