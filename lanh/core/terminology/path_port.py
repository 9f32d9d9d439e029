"""The terminology as FHIRPath asks it (`memberOf`, `subsumes`), while an expression runs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

from lanh.core.database import Plan
from lanh.core.terminology.errors import TerminologyError, Unknown
from lanh.core.terminology.service import Terminology

Run: TypeAlias = Callable[[Plan[Any]], Any]


def from_package(plan: Plan[Any]) -> Any:
    """Run a plan as if nothing were stored: only what R4 publishes answers, without a database."""
    try:
        next(plan)
        while True:
            plan.send([])
    except StopIteration as stop:
        return stop.value


class PathTerminology:
    """Fills `lanh.core.fhir`'s port `Terminology`.

    `run` runs a plan of reads at once, as `SyncDatabase.read` does; the default asks only the
    packaged R4. What is not known is None, so that nothing is judged by guess.
    """

    def __init__(self, service: Terminology, run: Run = from_package) -> None:
        self._service = service
        self._run = run

    def member_of(self, value_set: str, system: str | None, code: str) -> bool | None:
        """Whether a code is in a value set; None where that cannot be known here."""
        try:
            found: bool | None = self._run(self._service.known_member(value_set, system, code))
        except TerminologyError:
            return None
        return found

    def subsumes(self, system: str, ancestor: str, descendant: str) -> bool | None:
        """Whether a code is or stands above another; None where one of them is not known."""
        try:
            found: bool = self._run(self._service.subsumes(system, ancestor, descendant))
        except Unknown:
            return None
        return found
