"""The terminology as searches ask it: `:in`, `:not-in`, `:below`, `:above` (R4 3.1.1.4.10)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias, TypeVar

from lanh.core.database import Plan
from lanh.core.store import Invalid
from lanh.core.terminology.errors import TerminologyError, Unknown
from lanh.core.terminology.service import Pair, Terminology

T = TypeVar("T")
Codes: TypeAlias = Sequence[Pair] | None


class SearchTerminology:
    """Fills the store's port `Terminology`: by what holds today, since a search names no day.

    What is not known is None. Raises Invalid, with the terminology's own reason, where a value
    set is known and its codes cannot be told (too many, not licensed, faulty).
    """

    def __init__(self, service: Terminology) -> None:
        self._service = service

    def members(self, value_set: str) -> Plan[Codes]:
        """The codes of a value set, by its url (with or without version) or `ValueSet/id`."""
        return _known(self._members(value_set))

    def _members(self, value_set: str) -> Plan[Codes]:
        kind, _, name = value_set.partition("/")
        if kind == "ValueSet" and name:
            found = yield from self._service.holdings.by_id("ValueSet", name)
            return None if found is None else (yield from self._service.codes_of(found))
        return (yield from self._service.expand_codes(value_set))

    def below(self, system: str, code: str) -> Plan[Codes]:
        """A code and those that it subsumes."""
        return _known(self._service.descendants(system, code))

    def above(self, system: str, code: str) -> Plan[Codes]:
        """A code and those that subsume it."""
        return _known(self._service.ancestors(system, code))


def _known(plan: Plan[T]) -> Plan[T | None]:
    try:
        return (yield from plan)
    except Unknown:
        return None
    except TerminologyError as error:
        raise Invalid(error.issue) from error
