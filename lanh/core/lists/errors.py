"""What is wrong with the state of a list, or with what somebody asks of one."""

from __future__ import annotations

from pathlib import Path

from lanh.core.text import Catalogue, Message

MESSAGES = Catalogue.load(Path(__file__).with_name("messages.yaml"))


class ListRefused(Exception):
    """An act on a list or a spreadsheet that is not taken; `code` is one of IssueType."""

    def __init__(self, code: str, key: str, /, **parameters: object) -> None:
        self.code = code
        self.key = key
        self.message: Message = MESSAGES.message(key, **parameters)
        super().__init__(self.message.en)
