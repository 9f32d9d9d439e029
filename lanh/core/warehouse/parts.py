"""Writing parts: records to Parquet, through the views, and compaction of changes into the base."""

from __future__ import annotations

from datetime import UTC
from pathlib import Path
from typing import Any, BinaryIO

import msgspec

from lanh.core.store import Stored
from lanh.core.warehouse.indicators import Definitions
from lanh.core.warehouse.lake import Lake, Part, TypeParts, sync
from lanh.core.warehouse.relations import ENVELOPE, parquet, quoted
from lanh.core.warehouse.views import ViewDefinition, compile_view, exact_text

_COLUMNS = {
    "id": "VARCHAR", "version": "BIGINT", "updated": "TIMESTAMP",
    "deleted": "BOOLEAN", "patient": "VARCHAR", "custodian": "VARCHAR", "commune": "VARCHAR",
    "source": "VARCHAR", "sensitivity": "VARCHAR", "resource": "VARCHAR",
}  # fmt: skip
_RECORD = ", ".join(_COLUMNS)
_ENCODER = msgspec.json.Encoder()
# A type is compacted when its changes pass this share of its base, or this many parts.
_CHANGED_SHARE = 0.2
_CHANGE_PARTS = 16
_BASE_PARTS = 12
_SMALL_PART = 200_000


def batch_line(stored: Stored) -> bytes:
    """A record as a line of the file from which a part is written."""
    text = stored.body.decode() if not stored.deleted else None
    row = {
        "id": stored.id,
        "version": stored.version,
        "updated": stored.updated.astimezone(UTC).replace(tzinfo=None).isoformat(),
        "deleted": stored.deleted,
        "patient": stored.patient,
        "custodian": stored.custodian,
        "commune": stored.commune,
        "source": None if stored.deleted else stored.source,
        "sensitivity": stored.sensitivity,
        "resource": text,
        "exact": None if text is None else exact_text(text),
    }
    return _ENCODER.encode(row) + b"\n"


class PartWriter:
    """Writes the parts of one refresh with a DuckDB connection of its own."""

    def __init__(self, connection: Any, lake: Lake, definitions: Definitions) -> None:
        self.connection = connection
        self.lake = lake
        self.definitions = definitions
        self._files: dict[str, BinaryIO] = {}
        self._number = 0

    def views_of(self, resource_type: str) -> list[ViewDefinition]:
        """The views over a type."""
        return [view for view in self.definitions.views if view.resource == resource_type]

    def prepare(self) -> None:
        """Write the empty parts, by which a view has its columns before there is any record."""
        nothing = self.lake.scratch / "empty.ndjson"
        nothing.write_bytes(b"")
        self._load(nothing)
        if not self.lake.data("none", "empty").exists():
            self._copy(f"SELECT {_RECORD} FROM batch", self.lake.data("none", "empty"))  # noqa: S608
        for view in self.definitions.views:
            path = self.lake.view(view.name, self.definitions.view_digest(view), "empty")
            if not path.exists():
                self._copy(self._through(view, "batch"), path)

    def add(self, stored: Stored) -> None:
        """Keep a record for the next `write`."""
        file = self._files.get(stored.type)
        if file is None:
            file = (self.lake.scratch / f"{stored.type}.ndjson").open("wb")
            self._files[stored.type] = file
        file.write(batch_line(stored))

    def write(self, sequence: int, types: dict[str, TypeParts]) -> dict[str, TypeParts]:
        """Write what was added as change parts; return the parts of every type.

        A record whose version the lake has already is left out, so reading a stretch of the feed
        twice adds nothing. What was added stands in the temporary table `changed` (type, id).
        """
        found = dict(types)
        self.connection.execute("CREATE OR REPLACE TEMP TABLE changed (type VARCHAR, id VARCHAR)")
        for resource_type, file in self._files.items():
            file.close()
            parts = found.get(resource_type, TypeParts())
            self._load(self.lake.scratch / f"{resource_type}.ndjson")
            known = [self.lake.data(resource_type, name) for name in parts.names]
            source = parquet([*known, self.lake.data("none", "empty")])
            self.connection.execute(
                "CREATE OR REPLACE TEMP TABLE fresh AS SELECT * FROM (SELECT * FROM batch"  # noqa: S608
                " QUALIFY row_number() OVER (PARTITION BY id ORDER BY version DESC) = 1) b"
                f" WHERE NOT EXISTS (SELECT 1 FROM {source} k"
                " WHERE k.id = b.id AND k.version >= b.version)"
            )
            rows = self._count("SELECT count(*) FROM fresh")
            self.connection.execute("INSERT INTO changed SELECT $1, id FROM fresh", [resource_type])
            if rows:
                part = self._name(sequence)
                self._copy(f"SELECT {_RECORD} FROM fresh ORDER BY id",  # noqa: S608
                           self.lake.data(resource_type, part))  # fmt: skip
                for view in self.views_of(resource_type):
                    self._copy(self._through(view, "fresh"), self._view_path(view, part))
                changes = (*parts.changes, Part(part, rows))
                found[resource_type] = TypeParts(parts.base, changes)
        self._files.clear()
        return found

    def fill_views(self, types: dict[str, TypeParts]) -> int:
        """Write the view files that are missing: of views that are new or were changed."""
        written = 0
        for view in self.definitions.views:
            for name in types.get(view.resource, TypeParts()).names:
                path = self._view_path(view, name)
                if not path.exists():
                    self._load_part(view.resource, name)
                    self._copy(self._through(view, "batch"), path)
                    written += 1
        return written

    def compact(
        self, sequence: int, types: dict[str, TypeParts], *, everything: bool = False
    ) -> dict[str, TypeParts]:
        """Bring changes into the base where they are many, or where something was deleted.

        A deletion is always compacted at once: the files with what was deleted are then no longer
        part of the lake, and are removed after the commit.
        """
        found = dict(types)
        for resource_type, parts in types.items():
            if parts.changes and (everything or self._is_due(resource_type, parts)):
                found[resource_type] = self._compacted(sequence, resource_type, parts)
        return found

    def _is_due(self, resource_type: str, parts: TypeParts) -> bool:
        changed = sum(part.rows for part in parts.changes)
        base = sum(part.rows for part in parts.base)
        if len(parts.changes) > _CHANGE_PARTS or changed > base * _CHANGED_SHARE:
            return True
        files = parquet([self.lake.data(resource_type, part.name) for part in parts.changes])
        return self._count(f"SELECT count(*) FROM {files} WHERE deleted") > 0  # noqa: S608

    def _compacted(self, sequence: int, resource_type: str, parts: TypeParts) -> TypeParts:
        changes = parquet([self.lake.data(resource_type, part.name) for part in parts.changes])
        self.connection.execute(
            f"CREATE OR REPLACE TEMP TABLE newest AS SELECT id, version, deleted FROM {changes}"  # noqa: S608
            " QUALIFY row_number() OVER (PARTITION BY id ORDER BY version DESC) = 1"
        )
        kept: list[Part] = []
        merged: list[tuple[list[Part], str]] = []
        unchanged = "NOT EXISTS (SELECT 1 FROM newest n WHERE n.id = r.id)"
        current = (
            "EXISTS (SELECT 1 FROM newest n WHERE n.id = r.id AND n.version = r.version"
            " AND NOT n.deleted)"
        )
        small = [part for part in parts.base if part.rows < _SMALL_PART]
        merging = len(parts.base) >= _BASE_PARTS or len(small) == len(parts.base)
        for part in parts.base:
            file = parquet([self.lake.data(resource_type, part.name)])
            touched = self._count(
                f"SELECT count(*) FROM {file} r SEMI JOIN newest USING (id)"  # noqa: S608
            )
            if not touched and not (merging and part in small):
                kept.append(part)
            elif not (merging and part in small):
                merged.append(([part], unchanged))
        if merging and small:
            merged.append((small, unchanged))
        merged.append((list(parts.changes), current))
        joined = merged[-2:] if merging and small else merged[-1:]
        apart = merged[: len(merged) - len(joined)]
        for sources in [[each] for each in apart] + [joined]:
            part_ = self._rewritten(sequence, resource_type, sources)
            if part_ is not None:
                kept.append(part_)
        return TypeParts(tuple(kept), ())

    def _rewritten(
        self, sequence: int, resource_type: str, sources: list[tuple[list[Part], str]]
    ) -> Part | None:
        """One base part of the rows of other parts that meet a condition; None where none does."""

        def query(columns: str, paths: list[list[Path]]) -> str:
            selects = [
                f"SELECT {columns} FROM {parquet(files)} r WHERE {condition}"  # noqa: S608
                for files, (_, condition) in zip(paths, sources, strict=True)
            ]
            return " UNION ALL ".join(selects) + " ORDER BY id"

        name = self._name(sequence)
        data = [[self.lake.data(resource_type, p.name) for p in parts] for parts, _ in sources]
        path = self.lake.data(resource_type, name)
        self._copy(query("*", data), path)
        rows = self._count(f"SELECT count(*) FROM {parquet([path])}")  # noqa: S608
        if not rows:
            path.unlink()
            return None
        for view in self.views_of(resource_type):
            files = [[self._view_path(view, p.name) for p in parts] for parts, _ in sources]
            self._copy(query("*", files), self._view_path(view, name))
        return Part(name, rows)

    def _through(self, view: ViewDefinition, table: str) -> str:
        return compile_view(
            view,
            table=f"(SELECT * FROM {table} WHERE NOT deleted)",  # noqa: S608
            text="exact",
            keep=ENVELOPE,
            zone_minutes=self.definitions.zone_minutes,
        ).sql

    def _view_path(self, view: ViewDefinition, part: str) -> Path:
        return self.lake.view(view.name, self.definitions.view_digest(view), part)

    def _name(self, sequence: int) -> str:
        self._number += 1
        return f"{sequence:08d}.{self._number}"

    def _load(self, path: Path) -> None:
        columns = ", ".join(f"{n}: '{k}'" for n, k in {**_COLUMNS, "exact": "VARCHAR"}.items())
        self.connection.execute(
            "CREATE OR REPLACE TEMP TABLE batch AS SELECT * FROM read_json("  # noqa: S608
            f"{quoted(str(path))}, format = 'newline_delimited', columns = {{{columns}}},"
            " maximum_object_size = 268435456)"
        )

    def _load_part(self, resource_type: str, part: str) -> None:
        """Read a part's records back as a batch, in the form that views are computed from."""
        path = self.lake.scratch / "rebuilt.ndjson"
        rows = self.connection.cursor().execute(
            f"SELECT {_RECORD} FROM {parquet([self.lake.data(resource_type, part)])}"  # noqa: S608
        )
        with path.open("wb") as file:
            while chunk := rows.fetchmany(10_000):
                for row in chunk:
                    record = dict(zip(_COLUMNS, row, strict=True))
                    record["updated"] = record["updated"].isoformat()
                    text = record["resource"]
                    record["exact"] = None if text is None else exact_text(text)
                    file.write(_ENCODER.encode(record) + b"\n")
        self._load(path)

    def _copy(self, query: str, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self.connection.execute(
            f"COPY ({query}) TO {quoted(str(path))} (FORMAT parquet, COMPRESSION zstd)"
        )
        sync(path)
        sync(path.parent)

    def _count(self, query: str) -> int:
        return int(self.connection.execute(query).fetchone()[0])
