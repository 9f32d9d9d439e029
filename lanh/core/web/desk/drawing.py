"""What the parts of a form's page share: its language, where it is sent, what was found."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from lanh.core import ui
from lanh.core.forms import Block
from lanh.core.text import Language
from lanh.core.ui import entry
from lanh.core.web.words import WORDS


@dataclass(frozen=True, slots=True)
class Drawing:
    """A form being drawn. `at` is the draft's address; `found` are codes looked for without
    script, by field; `files` tells of attachments by their reference (name, bytes); `typed` is what
    was written into fields that search; `favourites` are the reader's (value set, token)."""

    language: Language
    at: str
    found: Mapping[str, Sequence[entry.Option]] = field(default_factory=dict)
    files: Mapping[str, tuple[str, int]] = field(default_factory=dict)
    typed: Mapping[str, str] = field(default_factory=dict)
    favourites: frozenset[tuple[str, str]] = frozenset()

    def say(self, key: str, /, **parameters: Any) -> str:
        """A text in the reader's language."""
        return WORDS[key].say(self.language, **parameters)

    @property
    def save(self) -> str:
        """Where acts on the draft are sent."""
        return f"{self.at}/save"

    def act(
        self, act: str, key: str, *, symbol: str = "", tone: str = "quiet", about: str = ""
    ) -> ui.Html:
        """A button of an act on the draft."""
        return entry.act_button(
            act, self.say(key), self.save, symbol=symbol, tone=tone, about=about
        )


def label_of(block: Block) -> str:
    """How a reader knows a question."""
    return block.label or block.item.link_id
