"""The simulated registry as a process, and a worker that serves the outbox as another."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

TOKEN = "synthetic-token"
MESSAGE = """<DeathNotification xmlns="urn:lanh:exchange:death-notification:1"><Notice Id="notice"
 record="{record}" message="{message}"><Deceased/><Death/></Notice><Signatures
 xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><ds:Signature/><ds:Signature/></Signatures>
</DeathNotification>"""


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@dataclass
class Simulator:
    """The registry; what it holds outlives its process."""

    data: Path
    arguments: tuple[str, ...] = ()
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "simulators.civil_registry", "--data", str(self.data),
             "--port", str(self.port), "--token", TOKEN, *self.arguments],
            stdout=subprocess.DEVNULL,
        )  # fmt: skip
        for _ in range(100):
            try:
                self.register()
                return
            except OSError:
                time.sleep(0.05)
        raise AssertionError("the simulator does not answer")

    def kill(self) -> None:
        if self.process is not None:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait()
            self.process = None

    def register(self) -> list[dict[str, Any]]:
        request = urllib.request.Request(
            f"{self.address}/register", headers={"Authorization": f"Bearer {TOKEN}"}
        )
        with urllib.request.urlopen(request, timeout=5) as answer:
            found: list[dict[str, Any]] = json.load(answer)
            return found


def start_worker(module: str, *arguments: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-m", module, *arguments], env={**os.environ})


def kill(worker: subprocess.Popen[bytes]) -> None:
    worker.send_signal(signal.SIGKILL)
    worker.wait()
