"""The drill: a base backup and its log give back any moment; a dump needs its counter set."""

from __future__ import annotations

import os
import shlex
import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from lanh.core import audit
from lanh.core.access import system_access
from lanh.core.database import Cluster, SyncDatabase, connected, fetch
from lanh.core.store import Context, Position, Write
from lanh.nation import erasure
from lanh.site.preparation import clock_fault, migrations
from lanh.site.wiring import open_records

_PLATFORM = Context(system_access("test"))
_OLDEST = Path("/usr/lib/postgresql/15")


@pytest.fixture
def place() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="lanh-drill-", dir="/var/tmp"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


def _cluster(root: Path, **settings: str) -> Cluster:
    other = os.environ.get("LANH_TEST_POSTGRESQL")
    return Cluster(root, settings=settings, installation=Path(other) if other else None)


def _tool(cluster: Cluster, name: str, *arguments: str) -> None:
    """Run a tool of the server, as its user."""
    cluster._run(cluster._bin() / name, *arguments)


def _write(database: SyncDatabase, *names: str) -> None:
    for name in names:
        body = {"resourceType": "Patient", "id": name, "active": True}
        write = Write("update", "Patient", name, body)
        database.transact(open_records().store.write([write], _PLATFORM))
    database.transact(audit.seal())


def _state(database: SyncDatabase) -> dict[str, Any]:
    """What must be the same after a restore."""
    store = open_records().store
    return {
        "rows": database.read(
            fetch("SELECT id, version, deleted, body FROM store.patient ORDER BY patient.id")
        ),
        "history": database.read(fetch("SELECT count(*) FROM store.history")),
        "feed": database.read(store.changes(Position())),
        "entries": database.read(fetch("SELECT * FROM audit.entry ORDER BY xid, number")),
        "head": database.read(audit.head()),
    }


def _whole(database: SyncDatabase, before: dict[str, Any]) -> None:
    assert _state(database) == before
    assert database.read(audit.verify()).sound
    assert before["head"] is not None and database.read(audit.unlike([before["head"]])) == []
    assert clock_fault(database) is None


def _erase(database: SyncDatabase, order: str | None, patient: str) -> str:
    records = open_records()
    plan = erasure.order(records.store, _PLATFORM.access, [patient], "basis", "reason", id=order)
    made = database.transact(plan)
    erasure.carry_out(database, records.store, records.linking, [])
    assert database.read(fetch("SELECT count(*) FROM store.patient WHERE id = $1 AND body IS NULL",
                               patient)) == [(1,)]  # fmt: skip
    return str(made)


class _BaseBackup:
    """pg_basebackup, and the log copied file by file."""

    def __init__(self, place: Path) -> None:
        self.archive, self.base = place / "archive", place / "base"

    def open(self, first: Cluster) -> None:
        for folder in (self.archive, self.base):
            folder.mkdir()
            first._own(folder)

    def settings(self, first: Path) -> dict[str, str]:
        return {"archive_mode": "on", "archive_command": f"cp %p {self.archive}/%f"}

    def take(self, first: Cluster) -> None:
        _tool(first, "pg_basebackup", "-D", str(self.base), "-d", first.url("postgres"), "-c",
              "fast", "-X", "none")  # fmt: skip

    def restore(self, second: Cluster, moment: str) -> Cluster:
        self.base.rename(second.data)
        second.data.chmod(0o700)
        (second.data / "recovery.signal").touch()
        return _cluster(
            second.root, restore_command=f"cp {self.archive}/%f %p",
            recovery_target_time=moment, recovery_target_action="promote",
        )  # fmt: skip


class _PgBackRest:
    """Debian's pgBackRest, which knows the servers that Debian has."""

    def __init__(self, place: Path) -> None:
        self.place = place
        self.configuration = place / "pgbackrest.conf"
        self.password = place / "pgpass"

    def _command(self, *arguments: str) -> str:
        return shlex.join(
            ["pgbackrest", f"--config={self.configuration}", "--stanza=lanh", *arguments]
        )

    def _run(self, cluster: Cluster, *arguments: str) -> None:
        words = shlex.split(self._command(*arguments))
        cluster._run("/usr/bin/env", f"PGPASSFILE={self.password}", *words)

    def open(self, first: Cluster) -> None:
        for name in ("repository", "log", "lock", "spool"):
            (self.place / name).mkdir()
            first._own(self.place / name)
        self._configure(first)

    def _configure(self, cluster: Cluster) -> None:
        place = self.place
        self.configuration.write_text(
            f"[global]\nrepo1-path={place}/repository\nlog-path={place}/log\n"
            f"lock-path={place}/lock\nspool-path={place}/spool\nstart-fast=y\n"
            f"[lanh]\npg1-path={cluster.data}\npg1-socket-path={cluster.socket_folder}\n"
            "pg1-user=lanh\npg1-database=postgres\n"
        )
        cluster._own(self.configuration)

    def settings(self, first: Path) -> dict[str, str]:
        return {"archive_mode": "on", "archive_command": self._command("archive-push") + " %p"}

    def take(self, first: Cluster) -> None:
        word = (first.root / "postgresql.password").read_text().strip()
        self.password.write_text(f"*:*:*:lanh:{word}\n")
        self.password.chmod(0o600)
        first._own(self.password)
        for order in ("stanza-create", "check", "backup"):
            self._run(first, order)
        time.sleep(1.5)  # it tells the end of a backup, and so what came after it, by seconds

    def restore(self, second: Cluster, moment: str) -> Cluster:
        second.data.mkdir(mode=0o700)
        second._own(second.data)
        self._configure(second)
        self._run(second, "restore", "--type=time", f"--target={moment}",
                  "--target-action=promote")  # fmt: skip
        return second


def _drill(place: Path, backup: _BaseBackup | _PgBackRest) -> None:
    """Write, back up, write, erase and write; then go back to before the erasure."""
    first = _cluster(place / "first", **backup.settings(place / "first"))
    backup.open(first)
    url = first.start()
    try:
        migrations(url)
        with connected(url) as database:
            _write(database, "a", "b")
            backup.take(first)
            _write(database, "c", "a")
            before = _state(database)
            moment = database.read(fetch("SELECT clock_timestamp()::text"))[0][0]
            time.sleep(0.2)
            order = _erase(database, None, "b")
            _write(database, "too-late")
            database.read(fetch("SELECT pg_switch_wal()::text"))
    finally:
        first.stop()
    made = _cluster(place / "second")
    made.root.mkdir()
    made.root.chmod(0o711)
    shutil.copy(first.root / "postgresql.password", made.root)
    second = backup.restore(made, moment)
    url = second.start()
    try:
        with connected(url) as database:
            ends = time.monotonic() + 30
            while database.read(fetch("SELECT pg_is_in_recovery()"))[0][0]:
                assert time.monotonic() < ends
                time.sleep(0.1)
            _whole(database, before)
            _erase(database, order, "b")
            _write(database, "after")
            assert database.read(audit.verify()).sound
    finally:
        second.stop()


def test_any_moment_comes_back_and_who_was_erased_stays_erased(place: Path) -> None:
    _drill(place, _BaseBackup(place))


@pytest.mark.skipif(
    shutil.which("pgbackrest") is None or not (_OLDEST / "bin/postgres").exists(),
    reason="pgBackRest or the PostgreSQL 15 that it knows is not installed",
)
def test_pgbackrest_gives_any_moment_back(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LANH_TEST_POSTGRESQL", str(_OLDEST))
    _drill(place, _PgBackRest(place))


def test_a_dump_is_refused_until_the_counter_is_set(place: Path) -> None:
    first, second = _cluster(place / "first"), _cluster(place / "second")
    dump = place / "dump"
    dump.mkdir()
    first._own(dump)
    url = first.start()
    try:
        migrations(url)
        with connected(url) as database:
            database.read(fetch("SELECT 1"))
            for _ in range(40):
                _write(database, "a")
                _write(database, "b")
            for _ in range(2000):
                database.transact(fetch("SELECT pg_current_xact_id()::text"))
            _write(database, "c")
            before = _state(database)
            _tool(first, "pg_dump", "-Fc", "-f", str(dump / "lanh"), "-d", url)
    finally:
        first.stop()
    url = second.start()
    try:
        _tool(second, "pg_restore", "--exit-on-error", "-d", url, str(dump / "lanh"))
        with connected(url) as database:
            reason = clock_fault(database)
        assert reason is not None and "pg_resetwal -e 1" in reason.en
        second.stop()
        _tool(second, "pg_resetwal", "-e", "1", "-D", str(second.data))
        url = second.start()
        with connected(url) as database:
            _whole(database, before)
            store = open_records().store
            after = database.read(store.end())
            _write(database, "d")
            changes, _ = database.read(store.changes(after))
            assert changes[0].id == "d"  # and then the Person that it was linked to
            assert database.read(audit.verify()).sound
            assert database.read(audit.lag()).entries == 0
    finally:
        second.stop()
