"""What can be wrong with a key, a certificate or a signature, said in both languages."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lanh.core.text import Catalogue, Message

MESSAGES = Catalogue.load(Path(__file__).with_name("messages.yaml"))


class SigningFault(ValueError):
    """What was asked cannot be done; `message` says what, where and how to mend it.

    `code` is for machines and is stable: the key of the message.
    """

    def __init__(self, code: str, **parameters: Any) -> None:
        self.code = code
        self.message: Message = MESSAGES.message(code, **parameters)
        super().__init__(self.message.en)


class KeyFault(SigningFault):
    """A key cannot be opened or cannot sign."""


class Unreadable(SigningFault):
    """The bytes are not a document that signatures can be looked for in."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One reason why a signature is not valid, or one thing that could not be looked into."""

    code: str
    message: Message


def problem(code: str, **parameters: Any) -> Problem:
    """A Problem with the words of `code`."""
    return Problem(code, MESSAGES.message(code, **parameters))
