"""What is held: dated lists, stored resources, the packaged R4; and which of several is meant.

A process keeps tables in memory by the stamp of their content, and asks the database for the stamp
each time, so that it never answers from what has been replaced.
"""

from __future__ import annotations

import json
import re
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any

import zstandard

from lanh.core.database import Plan, fetch
from lanh.core.fhir import loads
from lanh.core.terminology.grammars import grammar
from lanh.core.terminology.packaged import (
    Kind,
    packaged,
    packaged_by_id,
    packaged_maps,
    system_of_all,
)
from lanh.core.terminology.reading import supplemented, table_of, table_of_rows
from lanh.core.terminology.recent import Recent
from lanh.core.terminology.table import CodeTable, Identity

Json = dict[str, Any]
_DIGITS = re.compile(r"(\d+)")
_BODIES = 256  # value sets and maps kept in memory
_ANY = ("x", "X", "*")  # stands for any part of a version
_NO_CONCEPTS = frozenset({"supplement", "not-present"})

_STORED = """
SELECT id, url, version, status, content, dated, custodian, first_at, stamp::text
FROM terminology.resource WHERE kind = $1 AND url = $2
"""
_LIST = """
SELECT s.name, s.title_vi, s.content, s.value_set, s.parent_property, s.kinds::text, s.stamp::text,
    s.source,
    (SELECT jsonb_agg(jsonb_build_array(e.version, e.starts_on, e.source)
                      ORDER BY e.starts_on, e.version)::text
     FROM terminology.edition e WHERE e.system = s.system)
FROM terminology.code_system s WHERE s.system = $1
"""
_CONCEPTS = """
SELECT code, display_vi, display_en, valid_from, valid_to, properties::text
FROM terminology.concept
WHERE system = $1 AND valid_from <= $2::date AND (valid_to IS NULL OR valid_to > $2::date)
ORDER BY code
"""
_TURNS = """
SELECT valid_from FROM terminology.concept WHERE system = $1
UNION SELECT valid_to FROM terminology.concept WHERE system = $1 AND valid_to IS NOT NULL
ORDER BY 1
"""


@dataclass(frozen=True, slots=True)
class Standing:
    """A stored resource as the choice between several sees it."""

    id: str
    url: str
    version: str
    status: str
    content: str
    dated: date | None
    custodian: str | None
    first_at: Any
    stamp: str


def newest(rows: Sequence[Standing], version: str | None, day: date | None) -> Standing | None:
    """The resource that a canonical means: of the url's owner, the version asked for or the last.

    A url belongs to the country where the country has written it, else to who wrote it first:
    nobody else's resource of the same url can take its place.
    """
    if not rows:
        return None
    owner = min(rows, key=lambda row: (row.custodian is not None, row.first_at, row.id)).custodian
    own = [row for row in rows if row.custodian == owner]
    if version is not None:
        own = [row for row in own if version_fits(row.version, version)]
    elif day is not None:
        own = [row for row in own if row.dated is None or row.dated <= day] or own
    return max(
        own,
        key=lambda row: (
            row.status != "retired",
            row.dated or date.min,
            version_key(row.version),
            row.id,
        ),
        default=None,
    )


def version_fits(version: str | None, asked: str | None) -> bool:
    """Whether a version is the one asked for: the same, or of a pattern ("1.x", "1.0.x")."""
    if asked is None or version == asked:
        return True
    own, wanted = (version or "").split("."), asked.split(".")
    if len(wanted) > len(own) or wanted[-1] not in _ANY:
        return False
    return all(w in (*_ANY, o) for w, o in zip(wanted, own, strict=False))


def version_key(version: str) -> list[tuple[int, int | str]]:
    """A key under which version 10 comes after version 9."""
    return [(1, int(p)) if p.isdigit() else (0, p) for p in _DIGITS.split(version) if p]


class Holdings:
    """Code tables and resources, read by plans. `memory` bounds the concepts kept in memory."""

    def __init__(self, memory: int = 400_000) -> None:
        self._tables: Recent[CodeTable] = Recent(memory)
        self._bodies: Recent[Json] = Recent(_BODIES)
        self.listings: Recent[Any] = Recent(memory)
        self._turns: dict[str, tuple[str, list[date]]] = {}

    def code_system(self, url: str, version: str | None, day: date) -> Plan[CodeTable | None]:
        """The table of a code system, at a version or as it stands on a day; None if unknown."""
        stored = yield from self._stored("CodeSystem", url)
        stored = [row for row in stored if row.content not in _NO_CONCEPTS]
        national = [row for row in stored if row.custodian is None]
        listed = yield from self._listed(url, version, day)
        if listed is not None and listed.complete:
            return listed
        for rows in (national, None, stored):
            if rows is None:
                found = self._packaged(url, version, listed)
                if found is not None:
                    return found
                if listed is not None:
                    return listed
                continue
            chosen = newest(rows, version, day)
            if chosen is not None and not (listed is not None and chosen.content != "complete"):
                return (yield from self._table(chosen))
        return listed

    def value_set(self, url: str, version: str | None, day: date) -> Plan[Json | None]:
        """A value set by its url; one that a url means by itself (all of a system's codes) too."""
        found = yield from self._resource("ValueSet", url, version, day)
        if found is not None:
            return found
        system, mark, query = url.partition("?fhir_vs")
        if mark:
            return _implied(url, system, query, version)
        of_all = system_of_all(url)
        if of_all is None:
            rows = yield from fetch(
                "SELECT url FROM terminology.resource WHERE value_set = $1"
                " UNION ALL SELECT system FROM terminology.code_system WHERE value_set = $1"
                " ORDER BY 1 LIMIT 1",
                url,
            )
            of_all = rows[0][0] if rows else None
        if of_all is None or (yield from self.code_system(of_all, version, day)) is None:
            return None
        return _implied(url, of_all, "", version)

    def concept_map(self, url: str, version: str | None, day: date) -> Plan[Json | None]:
        """A concept map by its url."""
        return self._resource("ConceptMap", url, version, day)

    def maps_between(self, source: str | None, target: str | None) -> Plan[list[Json]]:
        """Every map that has a group from or to these systems (None: whichever), by url."""
        rows = yield from fetch(
            "SELECT id, url, version, status, content, dated, custodian, first_at, stamp::text"
            " FROM terminology.resource WHERE kind = 'ConceptMap'"
            " AND ($1::text IS NULL OR sources @> ARRAY[$1::text])"
            " AND ($2::text IS NULL OR targets @> ARRAY[$2::text])",
            source, target,
        )  # fmt: skip
        by_url: dict[str, list[Standing]] = {}
        for row in rows:
            by_url.setdefault(row[1] or f"#{row[0]}", []).append(Standing(*row))
        found: list[Json] = []
        for url in sorted(by_url):
            chosen = newest(by_url[url], None, None)
            if chosen is not None:
                found.append((yield from self._body("ConceptMap", chosen)))
        known = {each.get("url") for each in found}
        found += [
            each
            for each in packaged_maps()
            if each["url"] not in known and _joins(each, source, target)
        ]
        return found

    def by_id(self, kind: Kind, id: str) -> Plan[Json | None]:
        """A resource by its logical id: a stored one, else a packaged one."""
        rows = yield from fetch(
            "SELECT id, url, version, status, content, dated, custodian, first_at, stamp::text"
            " FROM terminology.resource WHERE kind = $1 AND id = $2",
            kind, id,
        )  # fmt: skip
        if rows:
            return (yield from self._body(kind, Standing(*rows[0])))
        return packaged_by_id(kind, id)

    def supplement(self, url: str, version: str | None, day: date) -> Plan[Json | None]:
        """A CodeSystem that adds to another, by its url."""
        found = yield from self._resource("CodeSystem", url, version, day)
        return found if found is not None and found.get("content") == "supplement" else None

    def spans(self, system: str, code: str) -> Plan[list[tuple[date, date | None]]]:
        """The spans of days on which a code of a dated list holds; none for any other system."""
        rows = yield from fetch(
            "SELECT valid_from, valid_to FROM terminology.concept"
            " WHERE system = $1 AND code = $2 ORDER BY valid_from",
            system, code,
        )  # fmt: skip
        return [(row[0], row[1]) for row in rows]

    def _resource(self, kind: Kind, url: str, version: str | None, day: date) -> Plan[Json | None]:
        stored = yield from self._stored(kind, url)
        chosen = newest([row for row in stored if row.custodian is None], version, day)
        if chosen is None:
            from_package = packaged(kind, url)
            if from_package is not None and version_fits(from_package.get("version"), version):
                return from_package
            chosen = newest(stored, version, day)
        return None if chosen is None else (yield from self._body(kind, chosen))

    def _stored(self, kind: Kind, url: str) -> Plan[list[Standing]]:
        rows = yield from fetch(_STORED, kind, url)
        return [Standing(*row) for row in rows]

    def _body(self, kind: Kind, chosen: Standing) -> Plan[Json]:
        kept = self._bodies.get(chosen.stamp)
        if kept is None:
            rows = yield from fetch(
                "SELECT body FROM terminology.resource WHERE kind = $1 AND id = $2",
                kind, chosen.id,
            )  # fmt: skip
            data = zstandard.ZstdDecompressor().decompress(bytes(rows[0][0])) if rows else b"{}"
            kept = self._bodies.keep(chosen.stamp, loads(data))
        return kept

    def _table(self, chosen: Standing) -> Plan[CodeTable]:
        kept = self._tables.get(chosen.stamp)
        if kept is None:
            body = yield from self._body("CodeSystem", chosen)
            kept = self._keep(chosen.stamp, table_of(body, chosen.stamp))
        return kept

    def _keep(self, key: Hashable, table: CodeTable) -> CodeTable:
        return self._tables.keep(key, table, len(table.nodes) + 1)

    def _packaged(self, url: str, version: str | None, names: CodeTable | None) -> CodeTable | None:
        """The packaged table, with the Vietnamese names that a list of the platform has for it."""
        mark = names.identity.stamp if names is not None else ""
        resource = packaged("CodeSystem", url)
        if resource is None and version is None:
            return grammar(url)
        if resource is None or not version_fits(resource.get("version"), version):
            return None
        if resource.get("content") in _NO_CONCEPTS:
            return None
        kept = self._tables.get((url, mark))
        if kept is None:
            table = table_of(resource, f"r4 {url}")
            if names is not None:
                table = supplemented(table, _as_supplement(names))
            kept = self._keep((url, mark), table)
        return kept

    def _listed(self, url: str, version: str | None, day: date) -> Plan[CodeTable | None]:
        """The table of a dated list on a day, or of an edition on its last day."""
        rows = yield from fetch(_LIST, url)
        if not rows:
            return None
        name, title, content, value_set, parent, kinds, stamp, source, editions_text = rows[0]
        editions = [(v, date.fromisoformat(d), s) for v, d, s in json.loads(editions_text or "[]")]
        edition, on = _edition(editions, version, day)
        if edition is None:
            return None
        turns = yield from self._turning(url, stamp)
        epoch = max((turn for turn in turns if turn <= on), default=date.min)
        mark = f"{epoch} {edition[0]}"
        kept = self._tables.get((stamp, mark))
        if kept is None:
            identity = Identity(
                url, edition[0], name, title, content, f"{stamp} {mark}", language="vi",
                value_set=value_set, source=edition[2] or source or None,
            )  # fmt: skip
            concepts = yield from fetch(_CONCEPTS, url, on)
            table = table_of_rows(identity, concepts, json.loads(kinds), parent)
            kept = self._keep((stamp, mark), table)
        return kept

    def _turning(self, url: str, stamp: str) -> Plan[list[date]]:
        kept = self._turns.get(url)
        if kept is None or kept[0] != stamp:
            rows = yield from fetch(_TURNS, url)
            kept = self._turns[url] = (stamp, [row[0] for row in rows])
        return kept[1]


def _edition(
    editions: Sequence[tuple[str, date, str]], version: str | None, day: date
) -> tuple[tuple[str, date, str] | None, date]:
    """The edition asked for or in force, and the day on which to read it."""
    if version is None:
        past = [each for each in editions if each[1] <= day]
        return (past[-1] if past else editions[0] if editions else None), day
    for place, each in reversed(list(enumerate(editions))):
        if version_fits(each[0], version):
            after = editions[place + 1][1] if place + 1 < len(editions) else None
            last = day if after is None else min(day, date.fromordinal(after.toordinal() - 1))
            return each, max(last, each[1])
    return None, day


@lru_cache(maxsize=1024)
def _implied(url: str, system: str, query: str, version: str | None) -> Json:
    include: Json = {"system": system}
    if version is not None:
        include["version"] = version
    if query.startswith("=isa/"):
        include["filter"] = [{"property": "concept", "op": "is-a", "value": query[5:]}]
    return {"resourceType": "ValueSet", "url": url, "status": "active",
            "compose": {"include": [include]}}  # fmt: skip


def all_of(system: str, version: str | None) -> Json:
    """The value set of all codes of a system."""
    return _implied(f"{system}?fhir_vs", system, "", version)


def _joins(found: Mapping[str, Any], source: str | None, target: str | None) -> bool:
    return any(
        source in (None, group.get("source")) and target in (None, group.get("target"))
        for group in found.get("group", ())
    )


def _as_supplement(names: CodeTable) -> Json:
    return {
        "language": names.identity.language,
        "concept": [{"code": node.code, "display": node.display} for node in names.nodes.values()],
    }
