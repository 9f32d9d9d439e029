"""What an expression sees besides its input, and how much work it may do."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from lanh.core.fhir.path.nodes import Items, PathError
from lanh.core.fhir.path.ports import NOTHING, Environment, moment_of
from lanh.core.fhir.path.temporal import Temporal

MAX_WORK = 2_000_000
"""Items that one evaluation may go through: seconds of work, far above what a resource needs."""


class Run:
    """One evaluation: its variables and ports, and the work that is left to it."""

    __slots__ = ("_moment", "environment", "left", "variables")

    def __init__(self, variables: Mapping[str, Items], environment: Environment = NOTHING) -> None:
        self.variables = variables
        self.environment = environment
        self.left = MAX_WORK
        self._moment: Temporal | None = None

    def spend(self, amount: int) -> None:
        """Counts work. Raises PathError where the bound is passed."""
        self.left -= amount
        if self.left < 0:
            raise PathError("the expression needs too much work on this input")

    @property
    def moment(self) -> Temporal:
        """The moment of `now()`, the same throughout the evaluation (FHIRPath 5.9)."""
        if self._moment is None:
            self._moment = moment_of(self.environment.clock)
        return self._moment


class Scope:
    """`$this`, `$index` and `$total` at one place of an expression."""

    __slots__ = ("index", "run", "this", "total")

    def __init__(self, this: Any, run: Run, index: int = 0, total: Items | None = None) -> None:
        self.this = this
        self.run = run
        self.index = index
        self.total = total if total is not None else []

    def inner(self, this: Any, index: int, total: Items | None = None) -> Scope:
        """The scope of one item in a function that goes through items. Raises PathError."""
        run = self.run
        run.left -= 1
        if run.left < 0:
            run.spend(0)
        return Scope(this, run, index, total if total is not None else self.total)


Evaluate: TypeAlias = Callable[[Items, Scope], Items]
Arguments: TypeAlias = tuple[Evaluate, ...]
Function: TypeAlias = Callable[[Items, Scope, Arguments], Items]
