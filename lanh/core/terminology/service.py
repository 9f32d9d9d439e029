"""The terminology of an installation: its operations, and the ports that other engines are given.

All of it is plans. Search and FHIRPath take `member`, `expand_codes` and `descendants`; forms take
`find`; the record store takes `hook`; the API takes the rest.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone
from typing import TypeAlias

from lanh.core.database import Plan
from lanh.core.store import Context, Written
from lanh.core.terminology import expansion, registering
from lanh.core.terminology.errors import Unknown
from lanh.core.terminology.expansion import Wanted, display_of
from lanh.core.terminology.holdings import Holdings, all_of
from lanh.core.terminology.listing import Listing, listing
from lanh.core.terminology.lookup import relation
from lanh.core.terminology.membership import Asker
from lanh.core.terminology.scope import Json, Scope, split

Pair: TypeAlias = tuple[str, str]
_LOCAL = timezone(timedelta(hours=7))  # calendar days are Vietnam's, whatever the server's clock


@dataclass(frozen=True, slots=True)
class Choice:
    """A code as a form offers it."""

    system: str
    code: str
    display: str


@dataclass(frozen=True, slots=True)
class Choices:
    """A page of codes that fit what was typed; `total` is the number of all that do."""

    rows: tuple[Choice, ...]
    total: int


def today() -> date:
    """The calendar day in Vietnam."""
    return datetime.now(UTC).astimezone(_LOCAL).date()


class Terminology:
    """Code systems, value sets and maps: from dated lists, the record store and packaged R4.

    One a process: it keeps tables in memory, `memory` concepts at most, and is never stale, since
    each plan asks the database what is current.
    """

    def __init__(self, clock: Callable[[], date] = today, memory: int = 400_000) -> None:
        self.holdings = Holdings(memory)
        self._clock = clock

    def scope(self, on: date | None = None) -> Scope:
        """A request's view on a day, today by default."""
        return Scope(self.holdings, on or self._clock())

    def hook(self, records: Sequence[Written], context: Context) -> Plan[None]:
        """For `Store(hooks=...)`: brings what operations read up to date with each write."""
        return registering.register(records, context)

    def member(self, value_set: str, system: str, code: str, on: date | None = None) -> Plan[bool]:
        """Whether a value set holds a code on a day. Raises TerminologyError (Unknown above all).

        A code of a system of which only a part is held counts as held where the value set takes
        the whole system, since nothing says that it is wrong.
        """
        scope = self.scope(on)
        found = yield from scope.value_set(value_set)
        held = yield from Asker(scope, system, code).held_by(found)
        return held is not None

    def known_member(
        self, value_set: str, system: str | None, code: str, on: date | None = None
    ) -> Plan[bool | None]:
        """As `member`, without a system too; None where only a part of the system is held, so
        that nothing is judged by guess. Raises TerminologyError."""
        scope = self.scope(on)
        found = yield from scope.value_set(value_set)
        held = yield from Asker(scope, system, code).held_by(found)
        if held is not None and held.node is None and held.table is not None:
            return None if held.display is None else True
        return held is not None

    def expand_codes(self, value_set: str, on: date | None = None) -> Plan[list[Pair]]:
        """Every (system, code) of a value set. Raises TerminologyError."""
        scope = self.scope(on)
        found = yield from scope.value_set(value_set)
        return (yield from _codes(found, scope))

    def codes_of(self, value_set: Json, on: date | None = None) -> Plan[list[Pair]]:
        """Every (system, code) of a ValueSet resource. Raises TerminologyError."""
        return _codes(value_set, self.scope(on))

    def descendants(self, system: str, code: str, on: date | None = None) -> Plan[list[Pair]]:
        """A code and every code below it (search `:below`). Raises Unknown for another system."""
        return self._relatives(system, code, on, below=True)

    def ancestors(self, system: str, code: str, on: date | None = None) -> Plan[list[Pair]]:
        """A code and every code above it (search `:above`). Raises Unknown for another system."""
        return self._relatives(system, code, on, below=False)

    def _relatives(
        self, system: str, code: str, on: date | None, *, below: bool
    ) -> Plan[list[Pair]]:
        scope = self.scope(on)
        table = yield from scope.code_system(*split(system))
        if table is None:
            raise Unknown.because("unknown-system", system=system)
        own = table.anchor(code) or code
        others = table.descendants(own) if below else table.ancestors(own)
        return [(table.url, own), *((table.url, each) for each in sorted(others))]

    def subsumes(self, system: str, one: str, other: str, on: date | None = None) -> Plan[bool]:
        """Whether `one` is `other` or stands above it. Raises Unknown."""
        how = yield from relation(self.scope(on), system, one, other, None)
        return how in ("equivalent", "subsumes")

    def find(
        self,
        within: str,
        text: str,
        on: date | None = None,
        *,
        language: str = "vi",
        offset: int = 0,
        count: int = 20,
    ) -> Plan[Choices]:
        """Codes for what was typed into a form, best first, with or without marks.

        `within` is the canonical of a value set, or of a code system (all of its codes). Only
        codes that may be used on the day and selected are offered. Raises TerminologyError.
        """
        every = yield from self._listed(within, on)
        wanted = Wanted(text=text, active_only=True, selectable_only=True)
        rows = expansion.select(every, wanted)
        page = rows[offset : offset + min(count, expansion.LARGEST_PAGE)]
        choices = (Choice(m.system, m.code, display_of(m, (language,)) or m.code) for m in page)
        return Choices(tuple(choices), len(rows))

    def choices_of(
        self,
        within: str,
        codes: Collection[tuple[str, str]],
        on: date | None = None,
        *,
        language: str = "vi",
    ) -> Plan[list[Choice]]:
        """Those of these codes (system, code) that `find` may offer on the day, in their order.
        Raises TerminologyError."""
        every = yield from self._listed(within, on)
        rows = [every.by_code[pair] for pair in codes if pair in every.by_code]
        usable = [m for m in rows if m.node is None or not (m.node.inactive or m.node.abstract)]
        return [Choice(m.system, m.code, display_of(m, (language,)) or m.code) for m in usable]

    def _listed(self, within: str, on: date | None) -> Plan[Listing]:
        scope = self.scope(on)
        try:
            found = yield from scope.value_set(within)
        except Unknown:
            system, version = split(within)
            found = all_of(system, version)
        every = yield from listing(found, scope)
        return every


def _codes(value_set: Json, scope: Scope) -> Plan[list[Pair]]:
    every = yield from listing(value_set, scope)
    return list(dict.fromkeys((row.system, row.code) for row in every.rows))
