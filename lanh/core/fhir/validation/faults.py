"""Faults found in a value, placed while the checks return from the inside out."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, TypeAlias

from lanh.core.fhir.issues import Issue, Severity, catalogue
from lanh.core.fhir.validation.options import PLAIN, Options

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_SHOWN = 60


class Fault:
    """A fault: an IssueType code, a message key with parameters, and where (innermost first)."""

    __slots__ = ("code", "key", "parameters", "path", "severity")

    def __init__(
        self, code: str, key: str, severity: Severity = "error", /, **parameters: Any
    ) -> None:
        self.code = code
        self.key = key
        self.severity: Severity = severity
        self.parameters = parameters
        self.path: list[str | int] = []

    def at(self, *segments: str | int) -> Fault:
        """The same fault, one or more levels further out."""
        self.path.extend(segments)
        return self

    def again(self) -> Fault:
        """The same fault, to be placed anew."""
        made = Fault(self.code, self.key, self.severity, **self.parameters)
        made.path = list(self.path)
        return made


class Scope:
    """What checks of a whole resource need to hear from the checks inside it, and what the
    caller asks of them; `warnings` where rules of lesser severity are to be told too."""

    __slots__ = ("local", "options", "root", "warnings")

    def __init__(self, root: Any = None, options: Options = PLAIN) -> None:
        self.local: list[str] = []
        self.root = root
        self.options = options
        self.warnings = options.warnings


Faults: TypeAlias = list[Fault]
Check: TypeAlias = Callable[[Any, Scope], "Faults | None"]
Rule: TypeAlias = Callable[[Any, Scope], "Fault | None"]


def within(faults: Faults, segment: str | int) -> Faults:
    """The faults seen from one level further out."""
    for fault in faults:
        fault.path.append(segment)
    return faults


def shown(value: Any) -> str:
    """A value as a message may show it: short, on one line."""
    text = value if isinstance(value, str) else repr(value)
    text = " ".join(text.split())
    return text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"


def kind_of(value: Any) -> str:
    """The JSON type of a value."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, dict):
        return "object"
    if isinstance(value, list):
        return "list"
    return "string" if isinstance(value, str) else "number"


def issue(fault: Fault, root: str) -> Issue:
    """The fault as an issue about a resource of type `root`."""
    expression = root
    for segment in reversed(fault.path):
        if isinstance(segment, int):
            expression += f"[{segment}]"
        elif _NAME.fullmatch(segment):
            expression += "." + segment
    message = catalogue().message(fault.key, where=expression, **fault.parameters)
    return Issue(fault.severity, fault.code, expression, message)
