"""Issues about a resource, and the OperationOutcome that carries them (R4 2.9)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal, TypeAlias

from lanh.core.text import Catalogue, Language, Message

Severity: TypeAlias = Literal["fatal", "error", "warning", "information"]

_UNTELLABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_TRANSLATION = "http://hl7.org/fhir/StructureDefinition/translation"


@lru_cache(maxsize=1)
def catalogue() -> Catalogue:
    """The messages of this engine, read when the first is needed."""
    folder = Path(__file__).parent
    own = Catalogue.load(folder / "messages.yaml")
    return own.merged(Catalogue.load(folder / "validation" / "messages.yaml"))


@dataclass(frozen=True, slots=True)
class Issue:
    """One thing to tell about a resource.

    `code` is a code of IssueType, `expression` a FHIRPath to the element concerned, empty where
    the fault has no place in a resource. `rule` is the code of the published rule that was broken,
    where the format has such.
    """

    severity: Severity
    code: str
    expression: str
    message: Message
    rule: str = ""


class ParseError(ValueError):
    """The bytes cannot be taken as FHIR; `message` says why in both languages."""

    def __init__(self, message: Message, *, code: str = "structure", expression: str = "") -> None:
        super().__init__(message.en)
        self.message = message
        self.issue = Issue("fatal", code, expression, message)


def operation_outcome(issues: Iterable[Issue], language: Language = "vi") -> dict[str, Any]:
    """An OperationOutcome: text in `language`, the other language as a translation extension.

    Without issues it says that all is well, since an OperationOutcome needs one issue (R4).
    """
    rows = [_row(issue, language) for issue in issues]
    if not rows:
        well = Issue("information", "informational", "", catalogue().message("all-well"))
        rows = [_row(well, language)]
    return {"resourceType": "OperationOutcome", "issue": rows}


def _row(issue: Issue, language: Language) -> dict[str, Any]:
    other: Language = "en" if language == "vi" else "vi"
    row: dict[str, Any] = {
        "severity": issue.severity,
        "code": issue.code,
        "details": {
            "text": _tellable(issue.message.say(language)),
            "_text": {
                "extension": [
                    {
                        "url": _TRANSLATION,
                        "extension": [
                            {"url": "lang", "valueCode": other},
                            {"url": "content", "valueString": _tellable(issue.message.say(other))},
                        ],
                    }
                ]
            },
        },
    }
    if issue.expression:
        row["expression"] = [_tellable(issue.expression)]
    return row


def _tellable(text: str) -> str:
    """The text without signs that no FHIR string may hold: messages repeat what was asked."""
    return _UNTELLABLE.sub("\ufffd", text)
