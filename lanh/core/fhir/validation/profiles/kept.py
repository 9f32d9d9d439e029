"""Resources with a canonical address that are given beside a resource, and what their codes are."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, TypeAlias

Json: TypeAlias = dict[str, Any]
Member: TypeAlias = Callable[[str, "str | None", str], "bool | None"]


class Kept:
    """Resources by type and address. Value sets and code systems among them answer for their
    codes as far as these are listed."""

    def __init__(self) -> None:
        self._by_url: dict[tuple[str, str], Json] = {}
        self._codes: dict[str, frozenset[str] | None] = {}
        self._called: dict[tuple[str, str], frozenset[str]] = {}
        self.systems = False

    def add(self, resource: Json) -> None:
        """Keep a resource; one without type and address is not looked for by anyone."""
        kind, url, version = (resource.get(k) for k in ("resourceType", "url", "version"))
        if type(kind) is str and type(url) is str:
            self._by_url[kind, url] = resource
            if type(version) is str:
                self._by_url[kind, f"{url}|{version}"] = resource
            self._codes.clear()
            self.systems = self.systems or kind == "CodeSystem"

        if kind == "ValueSet":
            self.note_names(resource)

    def note_names(self, value_set: Json) -> None:
        """Note what a value set calls the codes that it lists."""
        compose, expansion = value_set.get("compose"), value_set.get("expansion")
        given = compose.get("include") if type(compose) is dict else None
        for part in given if type(given) is list else ():
            for row in _below(part.get("concept"), "") if type(part) is dict else ():
                self._note(part.get("system"), row)
        for row in _below(expansion.get("contains"), "contains") if type(expansion) is dict else ():
            self._note(row.get("system"), row)

    def _note(self, system: Any, row: Json) -> None:
        names, key = frozenset(names_of(row)), (str(system), str(row.get("code")))
        if names:
            self._called[key] = self._called.get(key, frozenset()) | names

    def find(self, kind: str, canonical: str) -> Json | None:
        """The resource of an address, `url` or `url|version`."""
        return self._by_url.get((kind, canonical))

    def codes(self, system: str) -> frozenset[str] | None:
        """Every code of a complete code system that is kept."""
        if system not in self._codes:
            found = self.find("CodeSystem", system)
            complete = found is not None and found.get("content") == "complete"
            self._codes[system] = frozenset(_codes(found)) if found and complete else None
        return self._codes[system]

    def displays(self, system: str, code: str) -> frozenset[str] | None:
        """What a kept code system calls a code; None where it does not have the code."""
        found = self.find("CodeSystem", system)
        for row in _below(found.get("concept"), "concept") if found is not None else ():
            if row.get("code") == code:
                return frozenset(names_of(row))
        return None

    def also(self, system: str, code: str) -> frozenset[str]:
        """What value sets call a code beside its code system."""
        return self._called.get((system, code), frozenset())

    def member(self, url: str, system: str | None, code: str, ask: Member) -> bool | None:
        """Whether a code is in a kept value set; None where that cannot be told."""
        found = self.find("ValueSet", url)
        if found is None:
            return None
        compose = found.get("compose")
        if type(compose) is not dict:
            return _contained(found.get("expansion"), system, code)
        taken = self._parts(compose.get("include"), system, code, ask)
        left = self._parts(compose.get("exclude"), system, code, ask)
        if taken is False or left is True:
            return False
        return True if taken and left is False else None

    def _parts(self, rows: Any, system: str | None, code: str, ask: Member) -> bool | None:
        """Whether any of the includes (or excludes) has the code."""
        answers = [
            self._part(row, system, code, ask)
            for row in (rows if type(rows) is list else ())
            if type(row) is dict
        ]
        return True if True in answers else (None if None in answers else False)

    def _part(self, row: Json, system: str | None, code: str, ask: Member) -> bool | None:
        answers = [ask(str(url).partition("|")[0], system, code) for url in row.get("valueSet", ())]
        own = row.get("system")
        if type(own) is str:
            answers.append(self._listed(row, own, system, code))
        return False if False in answers else (None if None in answers else bool(answers))

    def _listed(self, row: Json, own: str, system: str | None, code: str) -> bool | None:
        if system is not None and system != own:
            return False
        if type(row.get("concept")) is list:
            return any(type(c) is dict and c.get("code") == code for c in row["concept"])
        codes = self.codes(own)
        if codes is None:
            return None
        if code not in codes:
            return False
        return None if row.get("filter") else True


def _contained(expansion: Any, system: str | None, code: str) -> bool | None:
    if type(expansion) is not dict:
        return None
    return any(
        row.get("code") == code and system in (None, row.get("system"))
        for row in _below(expansion.get("contains"), "contains")
    )


def names_of(concept: Json) -> Iterator[str]:
    """The display of a concept of a code system and its designations."""
    if type(concept.get("display")) is str:
        yield concept["display"]
    given = concept.get("designation")
    for row in given if type(given) is list else ():
        if type(row) is dict and type(row.get("value")) is str:
            yield row["value"]


def _codes(system: Json) -> Iterator[str]:
    for row in _below(system.get("concept"), "concept"):
        if type(row.get("code")) is str:
            yield row["code"]


def _below(rows: Any, name: str) -> Iterator[Json]:
    stack = list(rows) if type(rows) is list else []
    while stack:
        row = stack.pop()
        if type(row) is dict:
            yield row
            inner = row.get(name)
            stack += inner if type(inner) is list else []
