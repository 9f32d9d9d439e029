"""What the supervisor's children run, a module each."""

from __future__ import annotations

import json
import sys

from lanh.core.text import Message
from lanh.site.logging import configure
from lanh.site.settings import Settings
from lanh.site.supervision.lifeline import hold_on


def begin(name: str) -> Settings:
    """The first act of a child: its log, its lifeline, its settings."""
    configure(name)
    hold_on()
    return Settings.from_environment()


def progress(step: str, done: int = 0, total: int = 0) -> None:
    """Tell the supervisor how far a task is."""
    _tell({"event": "progress", "step": step, "done": done, "total": total})


def first_start() -> None:
    """Tell the supervisor that the demonstration data is wanted and not complete."""
    _tell({"event": "first start"})


def fault(message: Message) -> None:
    """Tell the supervisor, for the reader, why a task cannot be done."""
    _tell({"event": "fault", "vi": message.vi, "en": message.en})


def _tell(event: dict[str, object]) -> None:
    sys.stdout.write(json.dumps(event, ensure_ascii=False) + "\n")
    sys.stdout.flush()
