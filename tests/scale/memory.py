"""What the processes of an installation hold in memory, sampled while it works."""

from __future__ import annotations

import statistics
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

from lanh.core.database import LIFETIME
from lanh.site.tests.installation import Installation

MIB = 1024 * 1024


def _told(pid: int) -> dict[str, int]:
    """The memory lines of /proc/PID/status in bytes; empty where the process is gone."""
    try:
        text = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return {}
    found = {}
    for line in text.splitlines():
        name, _, value = line.partition(":")
        if value.strip().endswith("kB"):
            found[name] = int(value.split()[0]) * 1024
    return found


def _children(pid: int) -> list[int]:
    """The processes that a process started."""
    try:
        listed = Path(f"/proc/{pid}/task/{pid}/children").read_text()
    except OSError:
        return []
    return [int(each) for each in listed.split()]


@dataclass
class Sampler:
    """Samples (seconds since the start, bytes) by process.

    Of a Python process the resident set counts. PostgreSQL's processes share their buffers, which
    fill as they should: what counts is what they hold of their own, all together; the largest of
    them is kept apart with what it shares.
    """

    installation: Installation
    every: float = 2.0
    samples: dict[str, list[tuple[float, int]]] = field(default_factory=dict)
    largest: int = 0
    pids: dict[str, set[int]] = field(default_factory=dict)
    _stop: threading.Event = field(default_factory=threading.Event)

    def run(self) -> None:
        """Sample until told to stop."""
        began = time.monotonic()
        while not self._stop.wait(self.every):
            self._sample(time.monotonic() - began)

    def stop(self) -> None:
        """End `run`."""
        self._stop.set()

    def _sample(self, at: float) -> None:
        status = self.installation.status()
        named = {"supervisor": int(status["pid"])}
        named |= {name: int(child["pid"]) for name, child in status["children"].items()}
        for name, pid in named.items():
            told = _told(pid)
            self.pids.setdefault(name, set()).add(pid)
            if told:
                self.samples.setdefault(name, []).append((at, told["VmRSS"]))
                self.largest = max(self.largest, told["VmRSS"])
        server = self.installation.pid("postgresql")
        own = 0
        for pid in (server, *_children(server)):
            told = _told(pid)
            own += told.get("RssAnon", 0)
            self.largest = max(self.largest, told.get("VmRSS", 0))
        self.pids.setdefault("postgresql", set()).add(server)
        self.samples.setdefault("postgresql", []).append((at, own))

    def between(self, name: str, start: float, end: float) -> int:
        """The median of a process's samples in a stretch of time."""
        found = [held for at, held in self.samples[name] if start <= at < end]
        return int(statistics.median(found))

    def tenths(self, name: str, end: float) -> list[int]:
        """The median of a process's samples in each tenth of the time."""
        step = end / 10
        return [self.between(name, at * step, (at + 1) * step) for at in range(10)]

    def growth(self, warm: float, end: float) -> dict[str, tuple[int, int]]:
        """By process: its mean over four lives of a connection after warm-up, and over the last.

        A server's memory goes up and down with the age of its connections, which end each at a
        time of its own: one life alone shows the phase that it began in.
        """
        lives = min(4 * LIFETIME, (end - warm) / 2)
        return {
            name: (self._mean(name, warm, warm + lives), self._mean(name, end - lives, end + 1))
            for name in self.samples
        }

    def _mean(self, name: str, start: float, end: float) -> int:
        return int(statistics.mean(held for at, held in self.samples[name] if start <= at < end))
