"""What the conditions of one type are compiled in: its rows' alias, and what they share."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import count

from lanh.core.access import Predicate
from lanh.core.store.errors import Invalid
from lanh.core.store.layout import Layout, layout
from lanh.core.store.own_parameters import OwnParameter
from lanh.core.store.permission import Arguments
from lanh.core.store.query import bad_value, unescape
from lanh.core.store.searchable import Names
from lanh.core.store.vocabulary import Entry

# The predicate of searching a type; Nothing where its rows may not be searched.
Rules = Callable[[str], Predicate]


@dataclass(frozen=True)
class Shared:
    """What every part of one statement has in common."""

    arguments: Arguments
    rules: Rules
    names: Names = field(default_factory=Names)
    units: Sequence[Entry] = ()
    base: str = ""
    _numbers: count[int] = field(default_factory=lambda: count(1))

    def alias(self) -> str:
        """A name for one more table of the statement."""
        return f"r{next(self._numbers)}"


@dataclass(frozen=True)
class Scope:
    """One type's rows in a statement, under an alias.

    `few` says that other conditions leave few rows, so that these should be filters rather than
    ways into the table.
    """

    shape: Layout
    alias: str
    shared: Shared
    few: bool = False

    @property
    def arguments(self) -> Arguments:
        """The arguments of the whole statement."""
        return self.shared.arguments

    def inner(self, kind: str) -> Scope:
        """The scope of another type's rows within the statement."""
        return Scope(layout(kind), self.shared.alias(), self.shared)

    def own(self, name: str) -> OwnParameter | None:
        """The installation's parameter of a name."""
        return self.shared.names.own(self.shape, name)

    def key(self, name: str) -> str:
        """The name under which rows hold a parameter's values."""
        own = self.own(name)
        return name if own is None else own.key

    def kind(self, name: str) -> str:
        """The kind of a parameter. Raises Invalid where there is none."""
        found = self.shared.names.kind(self.shape, name)
        if found is None:
            raise Invalid.because("unknown_parameter", type=self.shape.type, name=name)
        return found


@dataclass
class Hashes:
    """Hashes that a row's tokens may hold: known ones, and selections from the vocabulary."""

    known: list[int] = field(default_factory=list)
    selected: list[str] = field(default_factory=list)


def any_token(scope: Scope, hashes: Hashes) -> str:
    """Rows that hold one of the hashes; with `few` the planner should not go by the GIN index."""
    found = f"{scope.alias}.tokens && {array(scope, hashes)}"
    return f"({found}) IS TRUE" if scope.few else found


def array(scope: Scope, hashes: Hashes, kind: str = "bigint") -> str:
    """The hashes as an SQL array, of bigints or of texts."""
    parts = []
    if hashes.known or not hashes.selected:
        values = hashes.known if kind == "bigint" else [str(each) for each in hashes.known]
        parts.append(scope.arguments.add(values, f"{kind}[]"))
    for where in hashes.selected:
        parts.append(f"ARRAY(SELECT v.hash::{kind} FROM store.vocabulary v WHERE {where})")  # noqa: S608
    return f"({' || '.join(parts)})" if len(parts) > 1 else parts[0]


def texts_of(name: str, values: Sequence[str]) -> list[str]:
    """The alternatives, unescaped. Raises Invalid where one is empty."""
    texts = [unescape(value) for value in values]
    if not texts or not all(texts):
        raise bad_value(name, "", "value")
    return texts
