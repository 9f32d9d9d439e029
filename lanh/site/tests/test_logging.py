"""Logs are JSON, a line an event, and never quote what an exception was about."""

from __future__ import annotations

import json
import logging as library
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog

from lanh.site.logging import configure
from lanh.site.supervision.logs import RotatingFile


class _Lines:
    def __init__(self) -> None:
        self.lines: list[bytes] = []

    def write(self, line: bytes) -> None:
        self.lines.append(line)


@pytest.fixture
def lines() -> Iterator[_Lines]:
    sink = _Lines()
    hooks = sys.excepthook, threading.excepthook
    configure("test", sink)
    yield sink
    sys.excepthook, threading.excepthook = hooks
    structlog.reset_defaults()
    library.basicConfig(force=True)


def test_an_exception_is_told_by_its_kind_and_place(lines: _Lines) -> None:
    try:
        raise ValueError("Nguyễn Văn A, 099204000123")
    except ValueError as error:
        structlog.get_logger().error("failed", exc_info=error)
        library.getLogger("elsewhere").exception("in a library")
    first, second = (json.loads(line) for line in lines.lines)
    assert first["error"] == second["error"] == "ValueError"
    assert "test_logging.py" in first["at"][0]
    assert "099204" not in str(lines.lines)
    assert first["process"] == "test"


def test_the_error_that_ends_a_process_or_a_thread_is_told_the_same_way(lines: _Lines) -> None:
    def fail() -> None:
        raise ValueError("Nguyễn Văn A, 099204000123")

    thread = threading.Thread(target=fail)
    thread.start()
    thread.join()
    try:
        fail()
    except ValueError as error:
        sys.excepthook(ValueError, error, error.__traceback__)
    told = [json.loads(line) for line in lines.lines]
    assert [line["error"] for line in told] == ["ValueError", "ValueError"]
    assert all(line["level"] == "critical" and "at" in line for line in told)
    assert "099204" not in str(lines.lines)


def test_a_full_file_is_moved_aside_and_old_ones_go(tmp_path: Path) -> None:
    file = RotatingFile(tmp_path / "a.log", limit=100, kept=2)
    for number in range(30):
        file.write(f"{number:09d}\n".encode())
    file.close()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.log", "a.log.1", "a.log.2"]
    kept = "".join((tmp_path / name).read_text() for name in ("a.log.2", "a.log.1", "a.log"))
    assert kept.split() == [f"{number:09d}" for number in range(30)]
    assert (tmp_path / "a.log").stat().st_mode & 0o777 == 0o600
