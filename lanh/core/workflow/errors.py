"""What the engine refuses, said in both languages."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from lanh.core.text import Catalogue, Language, Message, Words

MESSAGES = Catalogue.load(Path(__file__).with_name("messages.yaml"))


class WorkflowError(Exception):
    """An act that was refused; `key` and `status` are for machines, `message` for people.

    It undoes the unit of work that it is raised in: nothing of the act is kept. `by` is who was
    first, as an opaque id, where that is the reason. Parameters that are Words are said in each
    language.
    """

    status = 400
    code = "processing"

    def __init__(self, key: str, /, by: str | None = None, **parameters: Any) -> None:
        self.key = key
        self.by = by
        self.message = _message(MESSAGES[key], parameters)
        super().__init__(self.message.en)


def _message(words: Words, parameters: dict[str, Any]) -> Message:
    def said(language: Language) -> str:
        each = {k: v.say(language) if isinstance(v, Words) else v for k, v in parameters.items()}
        return words.say(language, **each)

    return Message(Words(said("vi"), said("en")))


class NotFound(WorkflowError):
    """There is no such case or task, or it may not be seen: the two look the same."""

    status = 404
    code = "not-found"


class Forbidden(WorkflowError):
    """No grant of the roles that may do it reaches the case."""

    status = 403
    code = "forbidden"


class Conflict(WorkflowError):
    """Somebody else was first: the case changed since it was seen, or another holds its task."""

    status = 409
    code = "conflict"


class Refused(WorkflowError):
    """The case is not so that this could be done."""

    status = 422
    code = "business-rule"


class GuardRefused(Refused):
    """A guard of the transition does not hold: `key` is the guard's code, the text its own."""

    def __init__(self, code: str, refusal: Words) -> None:
        Exception.__init__(self, refusal.en)
        self.key = code
        self.by = None
        self.message = Message(refusal)


class UnknownVersion(WorkflowError):
    """Cases go by a definition that is not installed."""

    status = 500
    code = "exception"
