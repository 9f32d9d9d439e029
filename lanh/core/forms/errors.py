"""What is wrong with a form, its notation or what was sent in for it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lanh.core.text import Catalogue, Language, Message

MESSAGES = Catalogue.load(Path(__file__).with_name("messages.yaml"))


@dataclass(frozen=True, slots=True)
class DefinitionFault:
    """A fault in a form's definition: a code of IssueType, where it stands, what to do, and the
    rule's own name."""

    code: str
    where: str
    message: Message
    key: str = ""


class FormInvalid(ValueError):
    """A form that cannot be used; `faults` holds every reason that was found."""

    def __init__(self, faults: Sequence[DefinitionFault]) -> None:
        self.faults = tuple(faults)
        super().__init__("; ".join(f"{fault.where}: {fault.message.en}" for fault in faults))

    def say(self, language: Language) -> list[str]:
        """The reasons in a language."""
        return [f"{fault.where}: {fault.message.say(language)}" for fault in self.faults]


class Refused(Exception):
    """An act on a draft or submission that is not taken; `code` is one of IssueType."""

    def __init__(self, code: str, key: str, /, **parameters: Any) -> None:
        self.code = code
        self.key = key
        self.message = MESSAGES.message(key, **parameters)
        super().__init__(self.message.en)


def fault(code: str, where: str, key: str, /, **parameters: Any) -> DefinitionFault:
    """A fault of a definition by the key of its message."""
    return DefinitionFault(code, where, MESSAGES.message(key, **parameters), key)
