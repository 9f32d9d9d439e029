"""The definitions of an installation, every version that cases still go by."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from lanh.core.database import Plan, fetch
from lanh.core.workflow.definition import Definition, DefinitionFault
from lanh.core.workflow.errors import UnknownVersion


@dataclass(frozen=True, slots=True)
class Migration:
    """How cases of one version go over to another: for each state that is not final, where to."""

    key: str
    source: int
    target: int
    states: Mapping[str, str]


class Definitions:
    """Definitions by key and version. Cases are opened by the newest.

    Raises DefinitionFault where a version stands twice or the record type of a key differs.
    """

    def __init__(self, definitions: Iterable[Definition]) -> None:
        self._all: dict[tuple[str, int], Definition] = {}
        self._newest: dict[str, Definition] = {}
        for each in sorted(definitions, key=lambda d: (d.key, d.version)):
            if (each.key, each.version) in self._all:
                raise DefinitionFault(f"{each.key} {each.version} stands twice")
            older = self._newest.get(each.key)
            if older is not None and older.record_type != each.record_type:
                raise DefinitionFault(f"{each.key} {each.version}: another record type than before")
            self._all[each.key, each.version] = each
            self._newest[each.key] = each

    def __iter__(self) -> Iterator[Definition]:
        return iter(self._all.values())

    def newest(self, key: str) -> Definition:
        """The version by which cases are opened. Raises KeyError."""
        return self._newest[key]

    def of(self, key: str, version: int) -> Definition:
        """A version. Raises UnknownVersion."""
        found = self._all.get((key, version))
        if found is None:
            raise UnknownVersion("unknown-version", definition=key, version=version, count=1)
        return found

    def types(self) -> dict[str, list[str]]:
        """Record types and the keys of the definitions that go by them."""
        found: dict[str, list[str]] = {}
        for definition in self._newest.values():
            found.setdefault(definition.record_type, []).append(definition.key)
        return found

    def check_migration(self, migration: Migration) -> tuple[Definition, Definition]:
        """The two versions of a migration. Raises DefinitionFault where a state is left out."""
        source = self.of(migration.key, migration.source)
        target = self.of(migration.key, migration.target)
        known = {each.name for each in target.states if not each.final}
        for state in source.states:
            if not state.final and migration.states.get(state.name) not in known:
                raise DefinitionFault(
                    f"{migration.key} {migration.source} to {migration.target}:"
                    f" where cases in {state.name} go is not said"
                )
        return source, target

    def check_in_flight(self) -> Plan[None]:
        """See that every version that an open case goes by is installed. Raises UnknownVersion."""
        rows = yield from fetch(
            "SELECT definition, version, count(*) FROM workflow.cases WHERE closed_at IS NULL"
            " GROUP BY definition, version ORDER BY definition, version"
        )
        for key, version, count in rows:
            if (key, version) not in self._all:
                raise UnknownVersion(
                    "unknown-version", definition=key, version=version, count=count
                )
