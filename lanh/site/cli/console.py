"""How the command line speaks: one language, answers on stdout, progress and faults on stderr."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Mapping
from enum import IntEnum
from typing import Any, TextIO

from lanh.core.text import Language, Message
from lanh.site.words import WORDS

_PLAIN_EVERY = 5.0  # seconds between two lines of progress where nobody watches a screen


class Exit(IntEnum):
    """What a script may rely on."""

    OK = 0
    REFUSED = 1
    USAGE = 2
    NOT_RUNNING = 3
    INTERRUPTED = 130


def language_of(environment: Mapping[str, str]) -> Language:
    """Vietnamese where the user's locale is Vietnamese, else English."""
    for name in ("LANH_LANG", "LC_ALL", "LC_MESSAGES", "LANG"):
        if value := environment.get(name):
            return "vi" if value.lower().startswith("vi") else "en"
    return "en"


class Console:
    """Where a command writes, and in which language."""

    def __init__(
        self, language: Language, out: TextIO | None = None, error: TextIO | None = None
    ) -> None:
        self.language = language
        self.out = out or sys.stdout
        self.error = error or sys.stderr
        self._live = self.error.isatty() and os.environ.get("TERM") != "dumb"
        self._shown = ""
        self._said_at = 0.0

    def words(self, key: str, /, **parameters: Any) -> str:
        """The text of a key in the reader's language."""
        return WORDS[key].say(self.language, **parameters)

    def write(self, text: str) -> None:
        """An answer, on stdout."""
        self.end_progress()
        print(text, file=self.out, flush=True)

    def say(self, key: str, /, **parameters: Any) -> None:
        """An answer in the reader's language, on stdout."""
        self.write(self.words(key, **parameters))

    def note(self, text: str) -> None:
        """A remark that is no answer, on stderr."""
        self.end_progress()
        print(text, file=self.error, flush=True)

    def fail(self, key: str, /, **parameters: Any) -> None:
        """What went wrong, on stderr."""
        self.note(self.words(key, **parameters))

    def fault(self, message: Message) -> None:
        """What went wrong, told by an engine, on stderr."""
        self.note(message.say(self.language))

    def progress(self, step: str, done: int = 0, total: int = 0) -> None:
        """How far a long work is: one moving line on a screen, a line now and then elsewhere."""
        text = self.words(step) if step in WORDS else step
        counted = f"{text} {done}/{total}" if total else text
        if self._live:
            self.error.write("\r\x1b[2K" + counted)
            self.error.flush()
        elif counted != self._shown and (
            not self._shown.startswith(text) or time.monotonic() - self._said_at > _PLAIN_EVERY
        ):
            print(counted, file=self.error, flush=True)
            self._said_at = time.monotonic()
            self._shown = counted
        if self._live:
            self._shown = counted

    def end_progress(self) -> None:
        """Leave the moving line."""
        if self._shown and self._live:
            self.error.write("\r\x1b[2K")
            self.error.flush()
        self._shown = ""
