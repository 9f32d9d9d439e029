"""An installation of its own for a test: its data folder, its ports, its commands."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import httpx
import psycopg

from lanh.core.database import Cluster

ROOT = Path(__file__).parents[3]


def free_ports(count: int) -> list[int]:
    """Ports that nobody listens on now."""
    taken = [socket.socket() for _ in range(count)]
    for one in taken:
        one.bind(("127.0.0.1", 0))
    ports = [one.getsockname()[1] for one in taken]
    for one in taken:
        one.close()
    return ports


def eventually(what: Callable[[], Any], *, seconds: float = 30.0) -> Any:
    """The first true answer of `what`; an error is no answer. Fails when the time is over."""
    deadline = time.monotonic() + seconds
    while True:
        fault: Exception | None = None
        try:
            if answer := what():
                return answer
        except Exception as error:
            fault = error
        assert time.monotonic() < deadline, fault
        time.sleep(0.05)


def alive(pid: int) -> bool:
    """Whether a process runs (one that has ended and was not collected does not)."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except OSError:
        return False
    return state != "Z"


class Installation:
    """A temporary installation; nothing of it is left behind after `remove`."""

    def __init__(
        self,
        *,
        user: str | None = None,
        python: str = sys.executable,
        path: str = "",
        **variables: str,
    ) -> None:
        self.user = user
        self.python = python
        self.folder = Path(tempfile.mkdtemp(prefix="lanh-up-", dir="/var/tmp"))
        self.folder.chmod(0o755)
        if user:
            shutil.chown(self.folder, user)
        self.port, self.mllp_port = free_ports(2)
        self.variables: Mapping[str, str] = {
            "LANH_DATA": str(self.folder / "data"),
            "LANH_PORT": str(self.port),
            "LANH_MLLP_PORT": str(self.mllp_port),
            "LANH_PEOPLE": "0",
            "LANH_LANG": "en",
            "PYTHONPATH": path or str(ROOT),
            **variables,
        }

    @property
    def data(self) -> Path:
        """Its data folder."""
        return Path(self.variables["LANH_DATA"])

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def database_url(self) -> str:
        """Its database."""
        return self.variables.get("LANH_DATABASE_URL") or Cluster(self.data).url()

    def command(self, *arguments: str) -> list[str]:
        """The command line of `lanh` with these arguments, as the installation's user."""
        command = [self.python, "-m", "lanh.site.cli", *arguments]
        if self.user is None:
            return command
        given = [f"{name}={value}" for name, value in self.variables.items()]
        return ["runuser", "-u", self.user, "--", "env", "-u", "XDG_DATA_HOME", *given, *command]

    def lanh(self, *arguments: str, seconds: float = 240) -> subprocess.CompletedProcess[str]:
        """Run `lanh` and wait for it."""
        environment = {k: v for k, v in os.environ.items() if not k.startswith("LANH_")}
        return subprocess.run(
            self.command(*arguments),
            env={**environment, **self.variables},
            cwd="/",
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=seconds,
        )

    def up(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """`lanh up`, which must succeed."""
        done = self.lanh("up", *arguments)
        assert done.returncode == 0, done.stdout + done.stderr + self.logged()
        return done

    def logged(self) -> str:
        """The end of every log, for the report of a failure."""
        logs = sorted((self.data / "logs").glob("*")) if self.data.exists() else []
        return "".join(f"\n{log.name}: {log.read_text()[-2000:]}" for log in logs)

    def status(self) -> dict[str, Any]:
        """What the supervisor says of itself."""
        found: dict[str, Any] = json.loads((self.data / "status.json").read_text())
        return found

    def pid(self, child: str) -> int:
        """The process of a child, of `supervisor` or of `postgresql`; 0 where there is none."""
        if child == "supervisor":
            return int(self.status()["pid"])
        if child == "postgresql":
            return Cluster(self.data).pid or 0
        return int(self.status()["children"][child]["pid"])

    def kill(self, child: str) -> int:
        """SIGKILL a process; returns the id that it had."""
        pid = int(eventually(lambda: self.pid(child)))
        os.kill(pid, signal.SIGKILL)
        return pid

    def ready(self) -> bool:
        """Whether the front door says that it is ready."""
        return httpx.get(f"{self.url}/readyz", timeout=30).status_code == 200

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        """Ask the database directly."""
        with psycopg.connect(self.database_url, autocommit=True) as connection:
            cursor = connection.execute(sql.encode())
            return cursor.fetchall() if cursor.description else []

    def remove(self) -> None:
        """Stop it, whatever state it is in, and delete it."""
        self.lanh("down")
        shutil.rmtree(self.folder, ignore_errors=True)
