"""What a suite is, and how its outcome is held against the list of known failures."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import yaml

KNOWN = Path(__file__).with_name("known.yaml")

Results = Mapping[str, str | None]
"""Case -> why it fails, or None where it passes."""


class Absent(Exception):
    """The material of a suite is not at hand; says what is missing."""


@dataclass(frozen=True)
class Suite:
    """A suite: what it is about, how it runs, and how many of its cases there must be at least.

    `light` suites run with the tests of every day. `least`: cases that are lost would go
    unnoticed otherwise. `listed`: known failures that stand elsewhere than in KNOWN. `explain`
    gives the reason of a failure by what it says, where failures are of a few kinds; `share`:
    the least part of the cases that passes.
    """

    key: str
    title: str
    run: Callable[[], Results]
    least: int
    light: bool = True
    listed: dict[str, str] | None = None
    explain: Callable[[str, str], str | None] | None = None
    share: float = 0.0


@dataclass(frozen=True)
class Report:
    """The outcome of a suite beside the list of known failures."""

    suite: Suite
    passed: int
    total: int
    known: dict[str, str]
    unlisted: dict[str, str] = field(default_factory=dict)
    stale: list[str] = field(default_factory=list)

    @property
    def good(self) -> bool:
        """Whether nothing fails without a listed reason, and nothing listed passes."""
        return not self.unlisted and not self.stale and self.enough

    @property
    def enough(self) -> bool:
        """Whether as many cases ran, and as large a part of them passed, as there must be."""
        least = max(self.suite.least, 1)
        return self.total >= least and self.passed >= self.suite.share * self.total


def judged(suite: Suite) -> Report:
    """Run a suite. Raises Absent where its material is not at hand."""
    results = suite.run()
    failed = {name: why for name, why in results.items() if why is not None}
    known = _known(suite, failed)
    return Report(
        suite,
        len(results) - len(failed),
        len(results),
        {name: why for name, why in known.items() if name in failed},
        {name: why for name, why in failed.items() if name not in known},
        sorted(known.keys() - failed.keys()),
    )


def _known(suite: Suite, failed: dict[str, str]) -> dict[str, str]:
    if suite.explain is not None:
        reasons = {name: suite.explain(name, why) for name, why in failed.items()}
        return {name: reason for name, reason in reasons.items() if reason is not None}
    return known_failures(suite.key) if suite.listed is None else suite.listed


@cache
def _lists() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(KNOWN.read_text(encoding="utf-8"))
    return found


def known_failures(key: str) -> dict[str, str]:
    """The cases of a suite that are known to fail, each with the reason."""
    groups = _lists()["suites"].get(key) or []
    return {case: group["reason"] for group in groups for case in group["cases"]}


def packages(key: str) -> dict[str, str]:
    """The known failures that rest on a package which is not FHIR R4, each with its name."""
    groups = _lists()["suites"].get(key) or []
    return {c: group["package"] for group in groups if "package" in group for c in group["cases"]}


def shared(name: str) -> Path:
    """A folder of LANH_TEST_DATA. Raises Absent."""
    return _below("LANH_TEST_DATA", name)


def checkout(name: str) -> Path:
    """The checkout of a public repository in the folder LANH_CONFORMANCE. Raises Absent."""
    return _below("LANH_CONFORMANCE", name)


def _below(variable: str, name: str) -> Path:
    root = os.environ.get(variable)
    if not root:
        raise Absent(f"{variable} is not set")
    folder = Path(root) / name
    if not folder.exists():
        raise Absent(f"{variable} has no {name}")
    return folder
