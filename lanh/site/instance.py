"""One installation's data folder: what lies where, who holds it, and how it is doing."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import secrets
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import IO, Any

from lanh.core.database import Cluster
from lanh.site.settings import Settings


@dataclass(slots=True)
class Status:
    """What the supervisor last said about itself; holds no secret and nothing about people."""

    state: str  # starting | ready | failed | stopping | stopped
    pid: int = 0
    url: str = ""
    step: str = ""
    done: int = 0
    total: int = 0
    message: dict[str, str] = field(default_factory=dict)  # of a failure: vi, en
    children: dict[str, dict[str, Any]] = field(default_factory=dict)


def process_runs(pid: int) -> bool:
    """Whether a process of this id exists."""
    if pid <= 0:
        return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _is_ours(pid: int) -> bool:
    try:
        return b"lanh" in Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return True  # no /proc on this system


class Instance:
    """The data folder of an installation and its files."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.folder = settings.data
        self.logs = self.folder / "logs"
        self.lake = self.folder / "lake"
        self.keys = self.folder / "keys"
        self.bulk = self.folder / "bulk"
        self._lock: IO[str] | None = None

    def make(self) -> None:
        """Make the folder and its parts. Raises OSError where that is not allowed."""
        self.folder.mkdir(parents=True, exist_ok=True)
        for path in (self.logs, self.lake, self.keys, self.bulk):
            path.mkdir(mode=0o700, exist_ok=True)

    def lock(self) -> bool:
        """Take the folder for this process until it ends; False where another holds it."""
        file = (self.folder / "instance.lock").open("a+")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.close()
            return False
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        self._lock = file
        return True

    @property
    def holder(self) -> int:
        """The process that holds the folder; 0 where none does or it is not known yet.

        A process id is used again by the system after a while: one that stood in the file before
        a kill must not be taken for the holder, so its command line is looked at where it can be.
        """
        if not self.held:
            return 0
        try:
            pid = int((self.folder / "instance.lock").read_text())
        except (OSError, ValueError):
            return 0
        return pid if process_runs(pid) and _is_ours(pid) else 0

    @property
    def held(self) -> bool:
        """Whether a supervisor, in this process or another, holds the folder now."""
        if self._lock is not None:
            return True
        path = self.folder / "instance.lock"
        try:
            file = path.open("r")
        except OSError:
            return False
        with file:
            try:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                return True
        return False

    def wait_until_free(self, seconds: float) -> bool:
        """Wait for the holder to end; False where it still holds the folder after `seconds`."""
        deadline = time.monotonic() + seconds
        while self.held:
            if time.monotonic() > deadline:
                return False
            time.sleep(0.05)
        return True

    def write_status(self, status: Status) -> None:
        """Replace the status file in one step, so that a reader never sees half of it."""
        path = self.folder / "status.json"
        partial = path.with_suffix(f".{os.getpid()}")
        partial.write_text(json.dumps(asdict(status), ensure_ascii=False))
        partial.replace(path)

    def status(self) -> Status | None:
        """The last status, or None where there is none yet."""
        try:
            return Status(**json.loads((self.folder / "status.json").read_text()))
        except (OSError, ValueError, TypeError):
            return None

    def secret(self, name: str) -> str:
        """A random secret of this installation, made at its first use and readable by us only."""
        path = self.keys / name
        with contextlib.suppress(FileExistsError):
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "w") as file:
                file.write(secrets.token_urlsafe(48))
        return path.read_text().strip()

    def cluster(self) -> Cluster | None:
        """The embedded PostgreSQL of this folder, or None where a URL was given."""
        if self.settings.database_url is not None:
            return None
        return Cluster(self.folder, settings=CLUSTER_SETTINGS)

    def database_url(self) -> str:
        """The URL of the database. Raises FileNotFoundError before the first start."""
        cluster = self.cluster()
        return cluster.url() if cluster else str(self.settings.database_url)


# PostgreSQL writes and rotates its own log. Terse: DETAIL and CONTEXT would quote the values of
# the rows at fault, and a failed statement is never quoted either, so no person is in the log.
CLUSTER_SETTINGS = {
    "logging_collector": "on",
    "log_directory": "log",
    "log_filename": "postgresql-%a.log",
    "log_truncate_on_rotation": "on",
    "log_rotation_age": "1d",
    "log_rotation_size": "0",
    "log_error_verbosity": "terse",
    "log_min_error_statement": "panic",
}
