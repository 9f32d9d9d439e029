"""What a process knows of stored profiles: definitions by url, loaded when first named."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, TypeAlias

import structlog
import zstandard

from lanh.core import fhir
from lanh.core.database import Plan, fetch, fetch_one
from lanh.core.fhir import Profiles, Unusable

Json: TypeAlias = dict[str, Any]
MOST_KEPT = 5_000  # definitions, and urls known to be none; beyond that it begins anew
_MOST_LINKED = 500  # definitions that one leads to
_MOST_VERSIONS = 50
_CONFORMS = re.compile(r"conformsTo\(\s*'([^']+)'")
_DIGITS = re.compile(r"(\d+)")

_STAMP = "SELECT stamp::text FROM profiles.state"
_BOUND = """
SELECT DISTINCT b.type, b.profile FROM profiles.resource r, unnest(r.types, r.profiles)
    AS b (type, profile)
WHERE r.kind = 'ImplementationGuide' AND r.national AND r.status = 'active' ORDER BY 1, 2
"""
_EXTENSIONS = """
SELECT DISTINCT url FROM profiles.resource
WHERE kind = 'StructureDefinition' AND national AND type = 'Extension' AND status <> 'retired'
"""
_BY_URL = """
SELECT id, url, version, status, dated, custodian, national, first_at, body FROM profiles.resource
WHERE kind = 'StructureDefinition' AND url = ANY ($1::text[])
"""
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class _Standing:
    id: str
    url: str
    version: str
    status: str
    dated: date | None
    custodian: str | None
    national: bool
    first_at: Any
    body: bytes

    @property
    def age(self) -> tuple[bool, date, list[tuple[int, int | str]], str]:
        """A key by which the one that a url means without a version comes last."""
        parts = [(1, int(p)) if p.isdigit() else (0, p) for p in _DIGITS.split(self.version) if p]
        return self.status != "retired", self.dated or date.min, parts, self.id


def _unanswered(value_set: str, system: str | None, code: str) -> None:
    """Makes the registry leave bindings to sets that it does not list to the full judgement."""


@dataclass
class Library:
    """The profiles at one stamp of the database; definitions are added as they are named."""

    stamp: str
    registry: Profiles = field(default_factory=lambda: Profiles(member=_unanswered))
    bound: frozenset[str] = frozenset()
    extensions: frozenset[str] = frozenset()
    stored: set[str] = field(default_factory=set)
    _absent: set[str] = field(default_factory=set)

    @property
    def binds(self) -> bool:
        """Whether anything judges resources that name no profile."""
        return bool(self.bound or self.extensions)

    @property
    def full(self) -> bool:
        """Whether it holds more than is good for the memory."""
        return len(self.stored) > MOST_KEPT or len(self._absent) > MOST_KEPT

    def load(self, canonicals: Iterable[str]) -> Plan[None]:
        """Make definitions known that are stored, with those that they lead to."""
        wanted = {canonical.partition("|")[0] for canonical in canonicals}
        found: list[tuple[Json, bool]] = []
        while new := sorted(wanted - self.stored - self._absent):
            rows = yield from fetch(_BY_URL, new)
            by_url: dict[str, list[_Standing]] = {}
            for row in rows:
                by_url.setdefault(row[1], []).append(_Standing(*row))
            self._absent.update(url for url in new if url not in by_url)
            wanted = set()
            for url, standing in by_url.items():
                self.stored.add(url)
                for definition, national in _owners(url, standing):
                    found.append((definition, national))
                    wanted.update(_leads_to(definition))
            if len(found) > _MOST_LINKED:
                break
        for definition, national in found:
            try:
                self.registry.add(definition, everywhere=national)
            except Unusable as error:
                _log.warning("a stored profile is unusable", id=definition.get("id"), error=error)


def current(known: Library | None) -> Plan[Library]:
    """What is stored now: the library known already, or a new one where anything has changed."""
    row = yield from fetch_one(_STAMP)
    stamp: str = row[0] if row is not None else ""
    if known is not None and known.stamp == stamp and not known.full:
        return known
    library = Library(stamp)
    bound = yield from fetch(_BOUND)
    extensions = yield from fetch(_EXTENSIONS)
    library.extensions = frozenset(row[0] for row in extensions)
    yield from library.load([*(row[1] for row in bound), *library.extensions])
    for type_name, profile in bound:
        library.registry.bind(type_name, profile)
    library.bound = frozenset(row[0] for row in bound)
    return library


def _owners(url: str, rows: Sequence[_Standing]) -> list[tuple[Json, bool]]:
    """The versions of a definition by the owner of its url, the one it means by itself last.

    A url belongs to the country where the country has written it, then to FHIR where it is
    published there, else to who wrote it first. A type of R4 cannot be defined again.
    """
    owner = min(rows, key=lambda row: (not row.national, row.first_at, row.id))
    published = Profiles()
    if published.tree(url) is not None:
        is_type = published.definition(url) is None
        if is_type or not owner.national:
            return []
    own = [r for r in rows if (r.national, r.custodian) == (owner.national, owner.custodian)]
    own.sort(key=lambda row: row.age)
    unpack = zstandard.ZstdDecompressor().decompress
    return [(fhir.loads(unpack(bytes(r.body))), r.national) for r in own[-_MOST_VERSIONS:]]


def _leads_to(definition: Json) -> Iterator[str]:
    """The definitions that one is built on or asks for."""
    if isinstance(definition.get("baseDefinition"), str):
        yield definition["baseDefinition"].partition("|")[0]
    for part in ("snapshot", "differential"):
        for row in (definition.get(part) or {}).get("element") or ():
            for option in row.get("type") or ():
                for url in (*option.get("profile", ()), *option.get("targetProfile", ())):
                    yield url.partition("|")[0]
                if ":" in str(option.get("code")):
                    yield option["code"]
            for rule in row.get("constraint") or ():
                for url in _CONFORMS.findall(str(rule.get("expression"))):
                    yield url.partition("|")[0]
