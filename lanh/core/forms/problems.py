"""What is wrong with answers, as a page tells it: which field, which question, how to mend."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from lanh.core.fhir import Issue
from lanh.core.forms.errors import MESSAGES
from lanh.core.forms.model import Item
from lanh.core.text import Language, Message


@dataclass(frozen=True, slots=True)
class Problem:
    """One fault of an answer.

    `name` is the field's, to which a summary links; `path` the linkIds that lead to the question;
    `code` one of IssueType; `item` None where no question is concerned.
    """

    name: str
    path: tuple[str, ...]
    code: str
    message: Message
    item: Item | None = None
    severity: str = "error"

    def say(self, language: Language) -> str:
        """Which question and what to do, in one line for a summary."""
        told = self.message.say(language)
        return f"{self.item.label(language)}: {told}" if self.item is not None else told


@dataclass(frozen=True, slots=True)
class Summary:
    """All faults of a submission in the order of the form; `heading` says how many there are."""

    problems: tuple[Problem, ...]

    @property
    def blocking(self) -> bool:
        """Whether anything has to be mended before the answers can be taken."""
        return any(problem.severity == "error" for problem in self.problems)

    def heading(self, language: Language) -> str:
        """The line above the list."""
        return MESSAGES["summary"].say(language, count=len(self.problems))

    def lines(self, language: Language) -> list[tuple[str, str]]:
        """(field name, text) of each fault."""
        return [(problem.name, problem.say(language)) for problem in self.problems]

    def of(self, name: str) -> tuple[Problem, ...]:
        """The faults of one field."""
        return tuple(problem for problem in self.problems if problem.name == name)

    def issues(self) -> list[Issue]:
        """The faults as issues, each with the linkIds that lead to it."""
        severity = {"error": "error", "warning": "warning"}
        return [
            Issue(
                "error" if severity.get(p.severity) == "error" else "warning",
                p.code,
                "QuestionnaireResponse" + "".join(f".item('{link}')" for link in p.path),
                p.message,
            )
            for p in self.problems
        ]


def problem(code: str, key: str, name: str, item: Item | None, /, **told: Any) -> Problem:
    """A fault at a field, by the key of its message."""
    path = item.path if item is not None else ()
    return Problem(name, path, code, MESSAGES.message(key, **told), item)


def summary(problems: Sequence[Problem]) -> Summary:
    """The faults, each told once."""
    seen: dict[tuple[str, str], Problem] = {}
    for each in problems:
        seen.setdefault((each.name, each.message.en), each)
    return Summary(tuple(seen.values()))
