"""Value sets and hierarchies of codes for searches: the store's port on the terminology."""

from __future__ import annotations

from collections.abc import Sequence

from lanh.core.database import Plan
from lanh.core.terminology import Terminology, TerminologyError

Code = tuple[str, str]


class SearchCodes:
    """What `:in`, `:not-in`, `:below` and `:above` stand for; None for what is not known."""

    def __init__(self, terminology: Terminology) -> None:
        self._terminology = terminology

    def members(self, value_set: str) -> Plan[Sequence[Code] | None]:
        """The codes of a value set today."""
        return _known(self._terminology.expand_codes(value_set))

    def below(self, system: str, code: str) -> Plan[Sequence[Code] | None]:
        """A code and every code below it today."""
        return _known(self._terminology.descendants(system, code))

    def above(self, system: str, code: str) -> Plan[Sequence[Code] | None]:
        """A code and every code above it today."""
        return _known(self._terminology.ancestors(system, code))


def _known(asked: Plan[list[Code]]) -> Plan[Sequence[Code] | None]:
    try:
        found = yield from asked
    except TerminologyError:
        return None
    return found
