"""Why a message was not taken, as names that can be counted: a rule and a place, no content."""

from __future__ import annotations

import re
from collections.abc import Mapping

from lanh.core.bus.port import Judged
from lanh.core.fhir import Issue

_MOST = 20
_INDEX = re.compile(r"\[\d+\]")
_FOLLOWING = frozenset({"group-refused", "needed-refused"})


def cause_of(issue: Issue) -> str:
    """The rule that was broken and where, without counters: "sex-unknown PID-8"."""
    return _named(issue.rule or issue.message.key or issue.code, issue.expression)


def cause_told(issue: Mapping[str, str]) -> str:
    """The cause of an issue as receipts have it."""
    return _named(issue.get("rule") or issue["code"], issue["expression"])


def _named(rule: str, expression: str) -> str:
    place = "" if expression.startswith("line ") else _INDEX.sub("", expression)
    return f"{rule} {place}".strip()[:200]


def causes_of(judged: Judged) -> list[str]:
    """The causes of everything that was refused.

    Parts that fell only because another did count where nothing else is known.
    """
    every = [*judged.issues, *(each for part in judged.parts for each in part.issues)]
    errors = [issue for issue in every if issue.severity in ("error", "fatal")]
    own = [issue for issue in errors if issue.message.key not in _FOLLOWING]
    return sorted({cause_of(issue) for issue in own or errors})[:_MOST]
