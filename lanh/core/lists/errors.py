"""What is wrong with the state of a list, or with what somebody asks of one."""

from __future__ import annotations

from pathlib import Path

from lanh.core.text import Catalogue, Message, Words

MESSAGES = Catalogue.load(Path(__file__).with_name("messages.yaml"))


def message(key: str, /, **parameters: object) -> Message:
    """The message of a key; parameters that are messages themselves are said in each language."""
    words = MESSAGES[key]
    if not any(isinstance(each, Message) for each in parameters.values()):
        return Message(words, parameters)
    vi = {name: each.vi if isinstance(each, Message) else each for name, each in parameters.items()}
    en = {name: each.en if isinstance(each, Message) else each for name, each in parameters.items()}
    return Message(Words(words.say("vi", **vi), words.say("en", **en)))


class ListRefused(Exception):
    """An act on a list or a spreadsheet that is not taken; `code` is one of IssueType."""

    def __init__(self, code: str, key: str, /, **parameters: object) -> None:
        self.code = code
        self.key = key
        self.message = message(key, **parameters)
        super().__init__(self.message.en)
