"""Search parameters of this installation: SearchParameter resources that rows are indexed by."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Literal, TypeAlias

from lanh.core import fhir
from lanh.core.database import Plan, Row, fetch
from lanh.core.store.layout import TYPES
from lanh.core.store.records import Resource

State: TypeAlias = Literal["waiting", "indexing", "active", "unusable"]

KNOWN_FOR = 5.0  # seconds that a process goes by what it last read
_ALL = """
SELECT number, type, name, resource, url, kind, expression, targets, state, reason, done, total
FROM store.search_parameter ORDER BY number
"""


@dataclass(frozen=True)
class OwnParameter:
    """One definition for one type.

    `key` is the name under which rows hold its values: a changed definition has another, so that
    the old one answers rightly until every row is indexed by the new one.
    """

    number: int
    type: str
    name: str
    resource: str
    url: str
    kind: str
    expression: str
    targets: tuple[str, ...]
    state: State
    reason: str | None
    done: int = 0
    total: int = 0

    @property
    def key(self) -> str:
        """The name in tokens, strings and parts."""
        return f"{self.name}@{self.number}"


@lru_cache(maxsize=1024)
def _expression(key: str, kind: str, text: str) -> fhir.OwnExpression:
    return fhir.OwnExpression.of(key, kind, text)


def own_values(own: Sequence[OwnParameter], resource: Resource) -> fhir.SearchValues | None:
    """The values of a resource by parameters of its type, by their keys."""
    if not own:
        return None
    expressions = [_expression(each.key, each.kind, each.expression) for each in own]
    return fhir.extract_own(expressions, resource)


@dataclass
class OwnParameters:
    """What this process knows of them; `refresh` reads them again when it is older than 5 s.

    A writer may go by an older state for that long: whoever indexes rows waits until no such
    writer can be left.
    """

    listed: list[OwnParameter] = field(default_factory=list)
    read_at: float = float("-inf")

    def written(self, kind: str) -> list[OwnParameter]:
        """Those by which rows of a type are indexed when they are written."""
        return [each for each in self.listed if each.type == kind and each.state != "unusable"]

    def answered(self, kind: str) -> dict[str, OwnParameter]:
        """Those that can be searched by: the newest definition that is active, by name."""
        return {
            each.name: each for each in self.listed if each.type == kind and each.state == "active"
        }

    def coming(self, kind: str) -> dict[str, OwnParameter]:
        """Those whose rows are being indexed, by name."""
        return {
            each.name: each
            for each in self.listed
            if each.type == kind and each.state in ("waiting", "indexing")
        }

    def refresh(self) -> Plan[None]:
        """Read them again where what is known is too old."""
        if time.monotonic() - self.read_at < KNOWN_FOR:
            return
        read_at = time.monotonic()
        self.listed = yield from own_parameters()
        self.read_at = read_at


def own_parameters() -> Plan[list[OwnParameter]]:
    """Every definition, in the order in which they came."""
    rows = yield from fetch(_ALL)
    return [_own(row) for row in rows]


def _own(row: Row) -> OwnParameter:
    number, kind, name, resource, url, type_, expression, targets, state, reason, done, total = row
    return OwnParameter(
        number, TYPES[kind], name, resource, url, type_, expression, tuple(targets), state,
        reason, done, total,
    )  # fmt: skip
