"""The store's front: its plans, with the ports that site wires."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from lanh.core.database import Plan
from lanh.core.store import conditions as finding
from lanh.core.store import (
    erasing,
    feed,
    reading,
    reindexing,
    repeating,
    searching,
    several,
    writing,
)
from lanh.core.store.identity import bucket_of, new_id, new_person_id
from lanh.core.store.own_parameters import OwnParameter, OwnParameters, own_parameters
from lanh.core.store.query import parse_leniently, parse_search
from lanh.core.store.records import (
    Admission,
    Change,
    Context,
    Hook,
    Outcome,
    Page,
    Position,
    Resource,
    Search,
    Stored,
    Withheld,
    Write,
)
from lanh.core.store.resolving import Terminology
from lanh.core.text import Message


def _nowhere(_: Resource) -> str | None:
    return None


class Store:
    """Plans on versioned records.

    `hooks` are run in the same transaction after each batch that changed something, with what
    changed and its context. `residence` tells the commune code where a Patient lives.
    `terminology` answers for value sets and hierarchies of codes in searches. `admission` may
    refuse a batch, `withheld` says by type what of a resource its record does not keep.
    """

    def __init__(
        self,
        hooks: Sequence[Hook] = (),
        residence: Callable[[Resource], str | None] | None = None,
        terminology: Terminology | None = None,
        admission: Admission | None = None,
        withheld: Mapping[str, Withheld] | None = None,
    ) -> None:
        self._asking = searching.Asking(terminology, OwnParameters())
        self._texts = repeating.Texts()
        self._ports = writing.Ports(
            tuple(hooks), residence or _nowhere, self._asking,
            admission=admission, withheld=withheld or {},
        )  # fmt: skip

    def write(self, writes: Sequence[Write], context: Context) -> Plan[list[Outcome]]:
        """Write all or none, within the current transaction; outcomes in the order of writes.

        An update that says what stands already is "unchanged": no version, no feed entry. Equal
        writes of one row in a batch are joined. Raises StoreError (Conflict, Forbidden, Gone,
        Invalid, NotFound, PreconditionFailed), whose `index` is the place of the write.
        """
        return self.write_each([(write, context) for write in writes])

    def write_each(self, writes: Sequence[tuple[Write, Context]]) -> Plan[list[Outcome]]:
        """Write a batch whose writes come under contexts of their own."""
        return writing.write_each(self._ports, writes)

    def read(
        self, type: str, id: str, context: Context, version: int | None = None
    ) -> Plan[Stored | None]:
        """One row, or a version of it; a deleted one as a tombstone; None for none or not seen."""
        return reading.read(type, id, context, version)

    def read_many(self, keys: Sequence[tuple[str, str]], context: Context) -> Plan[list[Stored]]:
        """Rows by (type, id), in that order; those absent or hidden are left out."""
        return reading.read_many(keys, context)

    def search(self, search: Search, context: Context) -> Plan[Page]:
        """A page of the rows that answer a search and that may be found."""
        return searching.search(search, context, self._asking)

    def every(self, search: Search, context: Context) -> Plan[list[Stored]]:
        """All rows that answer a search, page after page: for searches that are known to be
        bounded."""
        return searching.every(search, context, self._asking)

    def tally(self, search: Search, context: Context) -> Plan[dict[str, int]]:
        """How many of the rows that answer a search, and that may be found, stand in each commune,
        by its code ("" for none)."""
        return searching.tally(search, context, self._asking)

    def repeated(self, search: Search, context: Context) -> repeating.Repeated | None:
        """A search by its form, for `search_each`; None where it has none that is common. Raises
        Invalid."""
        return repeating.repeated(search, context, self._asking)

    def search_each(self, searches: Sequence[repeating.Repeated]) -> Plan[list[Page | None]]:
        """The pages of many searches, one statement for each form and predicate; None where a
        search must go by itself, by `search`."""
        return repeating.search_each(self._texts, searches, self._asking)

    def parse(
        self,
        type: str,
        pairs: Sequence[tuple[str, str]],
        *,
        lenient: bool = False,
        base: str = "",
    ) -> Plan[tuple[Search, list[Message]]]:
        """The search of a query string, the installation's own parameters known; with a message
        for each parameter that was passed over, which only `lenient` allows. Raises Invalid."""
        yield from self._asking.own.refresh()
        return self.parse_known(type, pairs, lenient=lenient, base=base)

    def refresh(self) -> Plan[None]:
        """Hear of the installation's parameters where what is known of them is some seconds old."""
        return self._asking.own.refresh()

    def parse_known(
        self,
        type: str,
        pairs: Sequence[tuple[str, str]],
        *,
        lenient: bool = False,
        base: str = "",
    ) -> tuple[Search, list[Message]]:
        """As `parse`, by what this process knows of the installation's parameters already."""
        own = self._asking.own
        if lenient:
            return parse_leniently(type, pairs, base=base, own=own)
        return parse_search(type, pairs, base=base, own=own), []

    def parse_several(
        self,
        pairs: Sequence[tuple[str, str]],
        *,
        within: tuple[str, str] | None = None,
        lenient: bool = False,
        base: str = "",
    ) -> Plan[tuple[list[Search], list[Message]]]:
        """The searches, one a type, of a query on several types (`_type`, else all), or on those
        of a compartment `within`. Raises Invalid."""
        yield from self._asking.own.refresh()
        return several.parse(pairs, lenient=lenient, base=base, own=self._asking.own, within=within)

    def search_several(self, searches: Sequence[Search], context: Context) -> Plan[Page]:
        """A page of the rows of several types that answer and that may be found."""
        return several.search(searches, context, self._asking)

    def reindex(self, limit: int = reindexing.STEP) -> Plan[bool | None]:
        """One step of indexing rows by new search parameters, a transaction of its own: True where
        there is more to do at once, False where writers must end first, None where nothing is."""
        return reindexing.reindex(self._asking.own, self._ports.known, limit)

    def own_parameters(self) -> Plan[list[OwnParameter]]:
        """The search parameters of this installation and how far their rows are indexed."""
        return own_parameters()

    def new_id(self, type: str, patient: str | None) -> str:
        """A new id for a row about a patient (None: about none), for a Write that is `fresh`."""
        own = patient is None or type == "Patient"
        return new_person_id()[0] if own else new_id(bucket_of(patient or ""))

    def find_all(
        self, conditions: Sequence[tuple[str, tuple[tuple[str, str], ...]]], context: Context
    ) -> Plan[dict[tuple[str, tuple[tuple[str, str], ...]], list[Outcome]]]:
        """What each of many conditions (type, pairs) finds: at most two rows, under a lock."""
        return finding.find_all(conditions, context, self._asking)

    def matching(
        self, type: str, pairs: Sequence[tuple[str, str]], context: Context
    ) -> Plan[list[Outcome]]:
        """The rows (at most two) that a condition finds, locked against the same condition."""
        key = (type, tuple(pairs))
        found = yield from finding.find_all([key], context, self._asking)
        return found[key]

    def history(
        self, type: str, id: str, context: Context, limit: int = 1000
    ) -> Plan[list[Stored]]:
        """The versions of a row, newest first, deletions as tombstones."""
        return reading.history(type, id, context, limit)

    def owners(self, keys: Sequence[tuple[str, str]]) -> Plan[dict[tuple[str, str], str | None]]:
        """Which custodian first wrote each id that a client chose; free ids are absent."""
        return reading.owners(keys)

    def changes(self, after: Position, limit: int = 1000) -> Plan[tuple[list[Change], Position]]:
        """The change feed after a position, without gaps. Raises NotKept."""
        return feed.changes(after, limit)

    def end(self) -> Plan[Position]:
        """Where a full scan by `current` begins: the reader goes on with `changes` from there."""
        return feed.end()

    def current(
        self, type: str, after: str = "", limit: int = 1000
    ) -> Plan[tuple[list[Stored], str | None]]:
        """A type's rows as they are, by id, and the id to go on after (no predicate)."""
        return feed.current(type, after, limit)

    def hold(self, name: str, position: Position) -> Plan[None]:
        """Keep the feed from `position` on for the reader `name`. Raises NotKept."""
        return feed.hold(name, position)

    def bodies(self, changes: Sequence[Change]) -> Plan[list[Stored]]:
        """What changed rows look like now, for the platform's own derivations (no predicate)."""
        return reading.bodies(changes)

    def forbid(self, patients: Sequence[str]) -> Plan[None]:
        """Refuse from the commit on every write about these Patients: the first step of erasing."""
        return erasing.forbid(patients)

    def forbidden_for_all(self, patients: Sequence[str]) -> Plan[bool]:
        """Whether every write that began before `forbid` has ended."""
        return erasing.forbidden_for_all(patients)

    def erase(
        self,
        patients: Sequence[str],
        context: Context,
        *,
        also: Sequence[tuple[str, str]] = (),
        past: Sequence[tuple[str, str]] = (),
    ) -> Plan[erasing.Erased]:
        """Empty every record about these Patients and those `also`; tombstones stay.

        Of the records `past` only the old versions are emptied.
        """
        return erasing.erase(self._ports, patients, context, also=also, past=past)
