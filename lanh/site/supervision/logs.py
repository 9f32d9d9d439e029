"""Log files that are cut off in time: a child's output goes through the supervisor."""

from __future__ import annotations

from pathlib import Path


class RotatingFile:
    """Bytes appended to a file that is moved aside (`.1`, `.2`, …) when it is full."""

    def __init__(self, path: Path, *, limit: int = 10_000_000, kept: int = 5) -> None:
        self.path = path
        self._limit = limit
        self._kept = kept
        self._file = path.open("ab")
        path.chmod(0o600)

    def write(self, line: bytes) -> None:
        """Append one line and let it reach the file."""
        if self._file.tell() + len(line) > self._limit:
            self._turn()
        self._file.write(line)
        self._file.flush()

    def _turn(self) -> None:
        self._file.close()
        for number in range(self._kept - 1, 0, -1):
            older = self._name(number)
            if older.exists():
                older.replace(self._name(number + 1))
        self.path.replace(self._name(1))
        self._file = self.path.open("ab")
        self.path.chmod(0o600)

    def _name(self, number: int) -> Path:
        return self.path.with_name(f"{self.path.name}.{number}")

    def close(self) -> None:
        """Close the file."""
        self._file.close()
