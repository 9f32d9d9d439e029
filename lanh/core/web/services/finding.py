"""What the pages need of the one search box; see `services`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from lanh.core.database import Plan
from lanh.core.desks import Visitor


@dataclass(frozen=True, slots=True)
class FoundThing:
    """Something found: a record (`Type/id`) of a desk, or a page by its address."""

    title: str
    detail: str = ""
    desk: str = ""
    record: str = ""
    address: str = ""


@dataclass(frozen=True, slots=True)
class FoundGroup:
    """Things of one kind; `more` is the address of all of them, where there are others."""

    title: str
    things: Sequence[FoundThing]
    more: str = ""


class Finder(Protocol):
    """Finds things other than people, by kinds, within what the visitor may see."""

    def find(self, text: str, visitor: Visitor) -> Plan[Sequence[FoundGroup]]:
        """The kinds in which anything was found, each with at most five things. What is about
        people is audited by the callee."""
        ...
