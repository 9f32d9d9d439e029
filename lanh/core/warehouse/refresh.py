"""From the change feed to the lake: incremental, whole or not at all, erasures included."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol, TypeVar

import duckdb

from lanh.core.database import Plan
from lanh.core.store import Change, NotKept, Position, Stored
from lanh.core.warehouse.indicators import Definitions
from lanh.core.warehouse.lake import Lake, Manifest
from lanh.core.warehouse.parts import PartWriter
from lanh.core.warehouse.rollup import Rollup

T = TypeVar("T")

_PAGE = 2_000  # changes read at a time
_COMMIT = 200_000  # records after which a long refresh commits what it has
READER = "warehouse"  # its name among the readers of the change feed


class Feed(Protocol):
    """The change feed: `lanh.core.store.Store`."""

    def changes(self, after: Position, limit: int) -> Plan[tuple[list[Change], Position]]:
        """The next changes, and the position after them."""
        ...

    def bodies(self, changes: Sequence[Change]) -> Plan[list[Stored]]:
        """The current state of what changed, deleted records as such."""
        ...

    def end(self) -> Plan[Position]:
        """Where a full scan begins: every change before it can be read by `current`."""
        ...

    def current(self, type: str, after: str, limit: int) -> Plan[tuple[list[Stored], str | None]]:
        """A type's records as they are, by id, and the id to go on after."""
        ...

    def hold(self, name: str, position: Position) -> Plan[None]:
        """Keep the feed from a position on."""
        ...


class Runner(Protocol):
    """Runs plans: `lanh.core.database.SyncDatabase`."""

    def read(self, plan: Plan[T]) -> T:
        """Run reads that need no common snapshot."""
        ...

    def transact(self, plan: Plan[T]) -> T:
        """Run a plan in one transaction."""
        ...


@dataclass(frozen=True, slots=True)
class Ports:
    """What the refresh needs from others: the feed and what is to be computed."""

    feed: Feed
    definitions: Definitions


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a refresh is: changes read since it began, and the time of the newest."""

    changes: int
    until: datetime | None


@dataclass(frozen=True, slots=True)
class RefreshReport:
    """What a refresh did. `until` is the time up to which the lake holds every change."""

    changes: int
    records: int
    erased: int
    commits: int
    rebuilt: bool
    until: datetime | None
    seconds: float


def refresh(
    database: Runner,
    folder: Path,
    ports: Ports,
    progress: Callable[[Progress], None] | None = None,
    *,
    commit_every: int = _COMMIT,
) -> RefreshReport:
    """Bring the lake up to the end of the change feed.

    Each commit holds a stretch of the feed with its watermark, the views and the figures over it:
    a process that is killed loses the stretch it was at and reads it again. Where the feed does
    not reach back to the lake (it was dropped, or the database was restored to an earlier moment)
    the lake is built again from the records. Raises LakeError where another process refreshes it.
    """
    lake = Lake(folder)
    with lake.writing():
        try:
            return _Refresh(database, lake, ports, progress, commit_every).run()
        except NotKept:
            return _Refresh(database, lake, ports, progress, commit_every).run(scan=True)


class _Refresh:
    def __init__(
        self,
        database: Runner,
        lake: Lake,
        ports: Ports,
        progress: Callable[[Progress], None] | None,
        commit_every: int,
    ) -> None:
        self.database = database
        self.lake = lake
        self.ports = ports
        self.progress = progress
        self.commit_every = commit_every
        self.types = {view.resource for view in ports.definitions.views}
        self.changes = self.records = self.erased = self.commits = 0
        self.rebuilt = False

    def run(self, *, scan: bool = False) -> RefreshReport:
        started = datetime.now(UTC)
        manifest = self.lake.manifest()
        self.lake.sweep(manifest)
        if scan:
            manifest = self._scan(manifest)
        self._hold(manifest.position)
        ended = False
        while not ended:
            connection = self._connect()
            writer = PartWriter(connection, self.lake, self.ports.definitions)
            writer.prepare()
            asked = datetime.now(UTC)
            position, newest, ended, read = self._read(writer, manifest.position)
            until = asked if ended else newest
            if read or self._is_new(manifest):
                manifest = self._commit(connection, writer, manifest, position, until)
            else:
                manifest = replace(manifest, position=position, data_until=until)
                self.lake.commit(manifest)
            connection.close()
            self._hold(manifest.position)
            self.lake.sweep(manifest)
        seconds = (datetime.now(UTC) - started).total_seconds()
        return RefreshReport(
            self.changes, self.records, self.erased, self.commits, self.rebuilt,
            manifest.data_until, seconds,
        )  # fmt: skip

    def _hold(self, position: Position) -> None:
        """After the commit: a kill between the two only keeps more of the feed."""
        self.database.transact(self.ports.feed.hold(READER, position))

    def _scan(self, old: Manifest) -> Manifest:
        """A lake of all records as they are, which takes the place of the old one in one step.

        The feed is held from where the scan begins; what changes meanwhile is read again from it.
        """
        begins = self.database.read(self.ports.feed.end())
        self._hold(begins)
        asked = datetime.now(UTC)
        made = Manifest(sequence=old.sequence)
        for resource_type in sorted(self.types):
            after: str | None = ""
            while after is not None:
                connection = self._connect()
                writer = PartWriter(connection, self.lake, self.ports.definitions)
                writer.prepare()
                after = self._stretch(writer, resource_type, after)
                sequence = made.sequence + 1
                types = writer.write(sequence, made.types)
                types = writer.compact(sequence, types)
                made = replace(made, sequence=sequence, types=types)
                connection.close()
        connection = self._connect()
        writer = PartWriter(connection, self.lake, self.ports.definitions)
        writer.prepare()
        whole = self._commit(connection, writer, made, begins, asked)
        connection.close()
        self.lake.sweep(whole)
        return whole

    def _stretch(self, writer: PartWriter, resource_type: str, after: str) -> str | None:
        """Records of a type into the writer; the id to go on after."""
        read = 0
        following: str | None = after
        while following is not None and read < self.commit_every:
            page, following = self.database.read(
                self.ports.feed.current(resource_type, following, _PAGE)
            )
            for stored in page:
                writer.add(stored)
            read += len(page)
            self.records += len(page)
            if self.progress is not None:
                self.progress(Progress(self.records, None))
        return following

    def _connect(self) -> Any:
        connection = duckdb.connect(":memory:")
        connection.execute("SET TimeZone = 'UTC'")
        connection.execute(f"SET temp_directory = '{self.lake.scratch}'")
        connection.execute("SET preserve_insertion_order = false")
        return connection

    def _is_new(self, manifest: Manifest) -> bool:
        """Whether there is no state yet, or one of other definitions."""
        return manifest.sequence == 0 or manifest.definitions != self.ports.definitions.digest

    def _read(
        self, writer: PartWriter, position: Position
    ) -> tuple[Position, datetime | None, bool, int]:
        """A stretch of the feed into the writer: where it ends, and whether the feed ends there."""
        read = 0
        newest: datetime | None = None
        while read < self.commit_every:
            changes, after = self.database.read(self.ports.feed.changes(position, _PAGE))
            if not changes:
                return after, newest, True, read
            wanted = [change for change in changes if change.type in self.types]
            if wanted:
                for stored in self.database.read(self.ports.feed.bodies(wanted)):
                    writer.add(stored)
                    self.records += 1
                    self.erased += stored.deleted
            read += len(wanted)
            self.changes += len(changes)
            newest = changes[-1].at
            position = after
            if self.progress is not None:
                self.progress(Progress(self.changes, newest))
        return position, newest, False, read

    def _commit(
        self,
        connection: Any,
        writer: PartWriter,
        old: Manifest,
        position: Position,
        until: datetime | None,
    ) -> Manifest:
        definitions = self.ports.definitions
        sequence = old.sequence + 1
        writer.fill_views(old.types)
        types = writer.write(sequence, old.types)
        types = writer.compact(sequence, types)
        new = Manifest(
            sequence=sequence,
            position=position,
            data_until=until,
            types=types,
            views={view.name: definitions.view_digest(view) for view in definitions.views},
            definitions=definitions.digest,
        )
        built_on = Rollup(connection, self.lake, definitions).write(old, new)
        self.rebuilt = self.rebuilt or not built_on
        self.lake.commit(new)
        self.commits += 1
        return new


def rebuild(
    database: Runner,
    folder: Path,
    ports: Ports,
    progress: Callable[[Progress], None] | None = None,
) -> RefreshReport:
    """Build the lake again from the records; the old one is shown until the new one is whole."""
    lake = Lake(folder)
    with lake.writing():
        return _Refresh(database, lake, ports, progress, _COMMIT).run(scan=True)
