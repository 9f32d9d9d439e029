"""What can be wrong with a paper, said in both languages."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from lanh.core.text import Catalogue, Message

MESSAGES = Catalogue.load(Path(__file__).with_name("messages.yaml"))


class PaperFault(ValueError):
    """A paper that cannot be made; `code` is the key of the message. It tells no facts."""

    def __init__(self, code: str, **parameters: Any) -> None:
        self.code = code
        self.message: Message = MESSAGES.message(code, **parameters)
        super().__init__(self.message.en)
