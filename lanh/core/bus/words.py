"""The texts of the bus."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from lanh.core.fhir import Issue, Severity
from lanh.core.text import Catalogue, Message

WORDS = Catalogue.load(Path(__file__).parent / "messages.yaml")


def message(key: str, **parameters: Any) -> Message:
    """A text of this package's catalogue."""
    return WORDS.message(key, **parameters)


def issue(
    key: str, code: str, expression: str = "", severity: Severity = "error", **parameters: Any
) -> Issue:
    """An issue whose text stands in this package's catalogue."""
    return Issue(severity, code, expression, WORDS.message(key, **parameters))


def as_json(issues: list[Issue]) -> list[dict[str, str]]:
    """Issues as they stand in receipts."""
    return [
        {
            "severity": item.severity,
            "code": item.code,
            "rule": item.rule or item.message.key,
            "expression": item.expression,
            "vi": item.message.vi,
            "en": item.message.en,
        }
        for item in issues
    ]
