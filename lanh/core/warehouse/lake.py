"""The lake's files and its one manifest: what is in the lake is what the manifest names.

    lake.json                     the manifest, replaced by one rename: the commit
    data/TYPE/PART.parquet        records: envelope columns and the resource as JSON
    views/VIEW/PART-MARK.parquet  the same records through a view
    rollups/SEQUENCE/*.parquet    figures by day and place

A part is written once and never changed. Files that no manifest names are what a killed refresh
left behind, and are removed by the next one.
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from lanh.core.store import Position

_FORMAT = 1


class LakeError(RuntimeError):
    """The lake cannot be read or is being refreshed by another process."""


@dataclass(frozen=True, slots=True)
class Part:
    """A set of files that hold the same records: `base` rows are current unless a change has them.

    `rows` counts the records of the part, deletions among changes too.
    """

    name: str
    rows: int


@dataclass(frozen=True, slots=True)
class TypeParts:
    """The parts of one resource type."""

    base: tuple[Part, ...] = ()
    changes: tuple[Part, ...] = ()

    @property
    def names(self) -> list[str]:
        """The names of all parts."""
        return [part.name for part in (*self.base, *self.changes)]


@dataclass(frozen=True, slots=True)
class Manifest:
    """One state of the lake. `position` is the place in the change feed up to which it holds."""

    sequence: int = 0
    position: Position = field(default_factory=Position)
    data_until: datetime | None = None
    types: dict[str, TypeParts] = field(default_factory=dict)
    views: dict[str, str] = field(default_factory=dict)
    definitions: str = ""

    def to_json(self) -> str:
        """The manifest as it is written."""
        until = self.data_until.isoformat() if self.data_until else None
        return json.dumps(
            {
                "format": _FORMAT,
                "sequence": self.sequence,
                "position": list(self.position),
                "data_until": until,
                "types": {name: asdict(parts) for name, parts in sorted(self.types.items())},
                "views": self.views,
                "definitions": self.definitions,
            },
            indent=1,
        )

    @classmethod
    def from_json(cls, text: str) -> Manifest:
        """Read what `to_json` wrote. Raises LakeError for another format."""
        given = json.loads(text)
        if given.get("format") != _FORMAT:
            raise LakeError(f"the lake has format {given.get('format')}, this program {_FORMAT}")
        until = given["data_until"]
        return cls(
            sequence=given["sequence"],
            position=Position(*given["position"]),
            data_until=datetime.fromisoformat(until) if until else None,
            types={
                name: TypeParts(_parts(parts["base"]), _parts(parts["changes"]))
                for name, parts in given["types"].items()
            },
            views=given["views"],
            definitions=given["definitions"],
        )


def _parts(given: list[dict[str, Any]]) -> tuple[Part, ...]:
    return tuple(Part(part["name"], part["rows"]) for part in given)


class Lake:
    """The folder of a lake."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.manifest_path = folder / "lake.json"
        self.scratch = folder / "scratch"

    def manifest(self) -> Manifest:
        """The committed state; an empty one where nothing was refreshed yet."""
        try:
            return Manifest.from_json(self.manifest_path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return Manifest()

    def data(self, resource_type: str, part: str) -> Path:
        """The file of a part's records."""
        return self.folder / "data" / resource_type / f"{part}.parquet"

    def view(self, view: str, mark: str, part: str) -> Path:
        """The file of a part's rows through a view."""
        return self.folder / "views" / view / f"{part}-{mark}.parquet"

    def rollups(self, sequence: int) -> Path:
        """The folder of the rollups of a state."""
        return self.folder / "rollups" / f"{sequence:08d}"

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Hold the lake for one writer; raises LakeError where another process has it."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / "lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise LakeError(f"{self.folder} is being refreshed by another process") from error
            shutil.rmtree(self.scratch, ignore_errors=True)
            self.scratch.mkdir()
            try:
                yield
            finally:
                shutil.rmtree(self.scratch, ignore_errors=True)

    def commit(self, manifest: Manifest) -> None:
        """Make a state the current one, all of it at once; its files are on the disk already."""
        partial = self.manifest_path.with_suffix(".partial")
        with partial.open("w", encoding="utf-8") as file:
            file.write(manifest.to_json())
            file.flush()
            os.fsync(file.fileno())
        partial.replace(self.manifest_path)
        sync(self.folder)

    def sweep(self, manifest: Manifest) -> int:
        """Remove every file that a state does not name; return how many were removed."""
        named = {part for parts in manifest.types.values() for part in parts.names} | {"empty"}
        marks = set(manifest.views.values())
        removed = 0
        for path in (self.folder / "data").glob("*/*.parquet"):
            if path.stem not in named:
                path.unlink()
                removed += 1
        for path in (self.folder / "views").glob("*/*.parquet"):
            part, _, mark = path.stem.rpartition("-")
            if part not in named or mark not in marks:
                path.unlink()
                removed += 1
        for path in (self.folder / "rollups").glob("*"):
            if path != self.rollups(manifest.sequence):
                shutil.rmtree(path)
                removed += 1
        return removed


def sync(path: Path) -> None:
    """Make sure that a file, or the names in a folder, are on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
