"""Where an import reads from: what was uploaded, or an https source that the operator allows."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from lanh.core.bulk.errors import BulkRefused
from lanh.core.bulk.orders import FORMATS
from lanh.core.fhir import RESOURCE_TYPES
from lanh.core.jobs import DeliveryFailed, DestinationRefused, Destinations, download

MOST_INPUTS = 1000
LONGEST_LINE = 16 * 1024 * 1024  # bytes


@dataclass(frozen=True, slots=True)
class Sources:
    """What may be fetched: addresses that begin with one of `prefixes`, up to `limit` bytes each.

    A prefix is an https origin, with or without a path ("https://his.example.vn/bulk/").
    """

    prefixes: tuple[str, ...] = ()
    destinations: Destinations = field(default_factory=Destinations)
    limit: int = 4 * 1024**3

    def check(self, url: str) -> None:
        """Raise BulkRefused where an address may not be fetched."""
        try:
            self.destinations.check(url)
        except DestinationRefused as error:
            raise BulkRefused(422, "security", "import.source", value=url[:200]) from error
        if not any(_within(url, prefix) for prefix in self.prefixes):
            raise BulkRefused(422, "security", "import.source", value=url[:200])

    def fetch(self, url: str, target: Path) -> None:
        """Fetch a source into a file, whole or not at all. Raises DeliveryFailed."""
        partial = target.with_suffix(".partial")
        asyncio.run(self._fetch(url, partial))
        partial.replace(target)

    async def _fetch(self, url: str, partial: Path) -> None:
        size = 0
        descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            async with download(self.destinations, url) as pieces:
                async for piece in pieces:
                    size += len(piece)
                    if size > self.limit:
                        raise DeliveryFailed("too large", give_up=True)
                    file.write(piece)


def _within(url: str, prefix: str) -> bool:
    given, allowed = urlsplit(url), urlsplit(prefix)
    if (given.scheme, given.netloc) != (allowed.scheme, allowed.netloc):
        return False
    path = allowed.path.rstrip("/") + "/"
    return ".." not in given.path.split("/") and f"{given.path}/".startswith(path)


@dataclass(frozen=True, slots=True)
class Input:
    """One file of an import: its resource type where that is known, and where it comes from."""

    url: str
    type: str | None = None


def read_manifest(body: Mapping[str, Any], sources: Sources) -> tuple[list[Input], str | None]:
    """The inputs and the inputSource of the JSON body of the SMART bulk import proposal.

    Raises BulkRefused.
    """
    given = body.get("inputFormat")
    if given not in FORMATS:
        raise BulkRefused(422, "not-supported", "import.format", value=str(given)[:100])
    listed = body.get("input")
    if not isinstance(listed, list) or not 0 < len(listed) <= MOST_INPUTS:
        raise BulkRefused(422, "required", "import.inputs", most=MOST_INPUTS)
    inputs = []
    for each in listed:
        known = isinstance(each, dict) and isinstance(each.get("url"), str)
        if not known or each.get("type") not in RESOURCE_TYPES:
            raise BulkRefused(422, "value", "import.inputs", most=MOST_INPUTS)
        sources.check(each["url"])
        inputs.append(Input(each["url"], each["type"]))
    source = body.get("inputSource")
    return inputs, source if isinstance(source, str) and len(source) <= 500 else None


def manifest_of(parameters: Mapping[str, Any]) -> dict[str, Any]:
    """The same as JSON, of a Parameters resource: inputFormat, inputSource, input (type, url)."""
    found: dict[str, Any] = {"input": []}
    for each in parameters.get("parameter") or ():
        name, value = each.get("name"), _value(each)
        if name == "input":
            found["input"].append({p.get("name"): _value(p) for p in each.get("part") or ()})
        elif isinstance(name, str) and value is not None:
            found[name] = value
    return found


def _value(parameter: Mapping[str, Any]) -> Any:
    values = (value for name, value in parameter.items() if name.startswith("value"))
    return next(values, None)


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a source: its number from 1, its bytes (None: too long), and where it ends."""

    number: int
    text: bytes | None
    end: int


def lines(path: Path, offset: int, number: int) -> Iterator[Line]:
    """The lines of a file from an offset, at which line `number` + 1 begins; blank ones too."""
    with path.open("rb") as file:
        file.seek(offset)
        while text := file.readline(LONGEST_LINE + 1):
            number += 1
            whole: bytes | None = text
            if len(text) > LONGEST_LINE and not text.endswith(b"\n"):
                whole = None
                while (rest := file.readline(LONGEST_LINE)) and not rest.endswith(b"\n"):
                    pass
            yield Line(number, whole.strip() if whole is not None else None, file.tell())


def uploaded(name: str) -> Sequence[Input]:
    """The one input of an import whose resources came with the request."""
    return [Input(f"urn:lanh:upload:{name}")]
