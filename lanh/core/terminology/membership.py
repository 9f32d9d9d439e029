"""Whether a value set holds one code, without listing all of it."""

from __future__ import annotations

from lanh.core.database import Plan
from lanh.core.terminology.composition import (
    listed_member,
    name_of,
    refuse_undistributed,
    tests_of,
)
from lanh.core.terminology.errors import Unusable
from lanh.core.terminology.holdings import version_fits
from lanh.core.terminology.scope import Json, Member, Scope
from lanh.core.terminology.table import CodeTable


class Asker:
    """Asks value sets for one code; each value set is asked once, however often it is imported.

    `system` None asks for the code in whatever system the value set takes it from.
    """

    def __init__(
        self, scope: Scope, system: str | None, code: str, version: str | None = None
    ) -> None:
        self._scope = scope
        self._system = system
        self._code = code
        self._version = version
        self._known: dict[str, Member | None] = {}
        self.systems: dict[str, None] = {}

    def held_by(self, value_set: Json) -> Plan[Member | None]:
        """The code as a value set holds it, or None. Raises TerminologyError."""
        name = name_of(value_set)
        if name in self._known:
            return self._known[name]
        self._scope.enter(value_set, name)
        compose = value_set.get("compose")
        if compose is None:
            found = self._in_expansion(value_set)
        else:
            found = None
            for include in compose.get("include", ()):
                # Without a system every include is asked, to see whether several have the code.
                if found is None or self._system is None:
                    other = yield from self._in_part(include, value_set)
                    found = found or other
            for exclude in compose.get("exclude", ()) if found is not None else ():
                if (yield from self._in_part(exclude, value_set)) is not None:
                    found = None
                    break
            dropped = compose.get("inactive") is False
            if dropped and found is not None and found.node is not None and found.node.inactive:
                found = None
        self._scope.open.pop()
        self._known[name] = found
        return found

    def _in_part(self, include: Json, value_set: Json) -> Plan[Member | None]:
        found: Member | None = None
        if "system" in include:
            found = yield from self._in_system(include)
            if found is None:
                return None
            self.systems[found.system] = None
        elif not include.get("valueSet"):
            raise Unusable.because("include-empty", value_set=name_of(value_set))
        for canonical in include.get("valueSet", ()):
            imported = yield from self._scope.value_set(canonical, value_set)
            other = yield from self.held_by(imported)
            if other is None:
                return None
            found = found or other
        return found

    def _in_system(self, include: Json) -> Plan[Member | None]:
        system, version = include["system"], include.get("version")
        if self._system not in (None, system) or system in self._scope.excluded:
            return None
        refuse_undistributed(include)
        version = self._scope.forced.get(system) or version
        if version is not None and self._version is not None:
            if not version_fits(self._version, version):
                return None
            version = self._version  # the include takes any version of a pattern
        table = yield from self._scope.code_system(system, version)
        if table is not None and not version_fits(table.identity.version, self._version):
            return None
        if "concept" in include:
            return self._among(include, table)
        if table is None:
            if self._system is None:
                return None
            self._scope.refuse_unheld(system, version)
            return None
        node = table.get(self._code)
        label = table.identity.version
        if node is None:
            open_ended = not table.complete and not include.get("filter")
            if open_ended and self._system is not None:
                return Member(system, label, self._code, table)
            return None
        if not all(test(node) for test in tests_of(include, table)):
            return None
        return Member(system, label, node.code, table, node)

    def _among(self, include: Json, table: CodeTable | None) -> Member | None:
        wanted = self._code
        if table is not None:
            node = table.get(wanted)
            wanted = node.code if node is not None else wanted
        for item in include["concept"]:
            member = listed_member(item, include["system"], include.get("version"), table)
            if member is None or member.code != wanted:
                continue
            if table is None or not include.get("filter"):
                return member
            node = member.node
            if node is not None and all(test(node) for test in tests_of(include, table)):
                return member
        return None

    def _in_expansion(self, value_set: Json) -> Member | None:
        waiting = list(value_set.get("expansion", {}).get("contains", ()))
        while waiting:
            item = waiting.pop()
            waiting += item.get("contains", ())
            if item.get("code") != self._code or not item.get("system"):
                continue
            if self._system in (None, item["system"]) and not item.get("abstract"):
                return Member(
                    item["system"], item.get("version"), item["code"], None, None,
                    item.get("display"),
                )  # fmt: skip
        return None
