"""Loading code systems into dated rows, and asking them: plans only."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from lanh.core.database import Plan, Row, execute, fetch, fetch_one
from lanh.core.terminology.code_system import CodeSystem, Concept
from lanh.core.text import Words, collation_key, fold, fold_words


@dataclass(frozen=True, slots=True)
class Loaded:
    """What loading changed: codes opened for the first time, reworded, closed."""

    system: str
    opened: int = 0
    changed: int = 0
    closed: int = 0
    skipped: bool = False


@dataclass(frozen=True, slots=True)
class Entry:
    """A concept as it reads on a day."""

    system: str
    code: str
    display: Words
    valid_from: date
    valid_to: date | None
    properties: dict[str, Any]


_SYSTEM = """
INSERT INTO terminology.code_system
    (system, name, version, title_vi, title_en, content, source, value_set, parent_property, kinds,
     digest)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10::jsonb, $11)
ON CONFLICT (system) DO UPDATE SET
    name = excluded.name, version = excluded.version, title_vi = excluded.title_vi,
    title_en = excluded.title_en, content = excluded.content, source = excluded.source,
    value_set = excluded.value_set, parent_property = excluded.parent_property,
    kinds = excluded.kinds, digest = excluded.digest, stamp = gen_random_uuid(), loaded_at = now()
"""
_COLUMNS = "system, code, display_vi, display_en, valid_from, valid_to, properties::text"
_ON = "valid_from <= $2::date AND (valid_to IS NULL OR valid_to > $2::date)"


def _entry(row: Row) -> Entry:
    system, code, vi, en, valid_from, valid_to, properties = row
    return Entry(system, code, Words(vi, en), valid_from, valid_to, json.loads(properties))


def load(code_system: CodeSystem, on: date) -> Plan[Loaded]:
    """Bring the tables to `code_system` as of `on`; loading the same list again changes nothing.

    A new code opens on its own valid_from (or the system's date). A reworded one closes on `on`
    and opens again from that day; a correction on the day it opened replaces the row, since nobody
    was told otherwise for a whole day. A code that a complete list no longer has closes on `on`.
    A fragment leaves a complete list alone.
    """
    digest = code_system.digest()
    # Two processes that start at once load one after the other.
    yield from execute(
        "SELECT pg_advisory_xact_lock(hashtextextended('terminology ' || $1, 0))", code_system.url
    )
    standing = yield from fetch_one(
        "SELECT content, digest FROM terminology.code_system WHERE system = $1", code_system.url
    )
    if standing is not None:
        fragment = standing[0] == "complete" and code_system.content == "fragment"
        if fragment or standing[1] == digest:
            return Loaded(code_system.url, skipped=True)
    yield from execute(
        _SYSTEM, code_system.url, code_system.name, code_system.version, code_system.title.vi,
        code_system.title.en, code_system.content, code_system.source, code_system.value_set,
        code_system.parent_property, json.dumps(dict(code_system.kinds)), digest,
    )  # fmt: skip
    yield from execute(
        "INSERT INTO terminology.edition (system, version, starts_on, source)"
        " VALUES ($1, $2, $3::date, $4) ON CONFLICT DO NOTHING",
        code_system.url, code_system.version,
        code_system.valid_from if standing is None else max(on, code_system.valid_from),
        code_system.source,
    )  # fmt: skip
    loaded = yield from _bring(code_system, on)
    return loaded


def _bring(code_system: CodeSystem, on: date) -> Plan[Loaded]:
    rows = yield from fetch(
        "SELECT DISTINCT ON (code) code, display_vi, display_en, valid_from, valid_to,"
        " properties::text FROM terminology.concept WHERE system = $1"
        " ORDER BY code, valid_from DESC",
        code_system.url,
    )
    latest = {row[0]: row for row in rows}
    opened: list[tuple[Concept, date]] = []
    replaced: list[str] = []
    closed: list[tuple[str, date]] = []
    new = changed = 0
    for concept in code_system.concepts:
        row = latest.get(concept.code)
        if row is None:
            new += 1
            opened.append((concept, concept.valid_from or code_system.valid_from))
        elif _reads_same(row, concept):
            if row[4] is None and concept.valid_to is not None:
                closed.append((concept.code, concept.valid_to))
            elif row[4] is not None and concept.valid_to is None:
                opened.append((concept, max(on, row[4])))
        elif concept.valid_to is None or concept.valid_to > on:
            changed += 1
            if row[4] is None and row[3] >= on:
                replaced.append(concept.code)
                opened.append((concept, row[3]))
            else:
                if row[4] is None:
                    closed.append((concept.code, on))
                opened.append((concept, max(on, row[4] or on)))
    if code_system.content == "complete":
        kept = {concept.code for concept in code_system.concepts}
        closed += [
            (code, max(on, row[3] + timedelta(days=1)))
            for code, row in latest.items()
            if code not in kept and row[4] is None
        ]
    yield from _write(code_system.url, replaced, closed, opened)
    reworded = changed - len(replaced)
    return Loaded(code_system.url, new, changed, max(0, len(closed) - reworded))


def _reads_same(row: Row, concept: Concept) -> bool:
    wanted = json.loads(_properties(concept))
    texts = (row[1], row[2]) == (concept.display.vi, concept.display.en)
    return bool(texts and json.loads(row[5]) == wanted)


def _properties(concept: Concept) -> str:
    # A Decimal goes in as text: JSON numbers would lose the trailing zeros of a price.
    plain = {
        name: value if isinstance(value, bool | int) else str(value)
        for name, value in concept.properties.items()
    }
    return json.dumps(plain, ensure_ascii=False)


def _write(
    system: str,
    replaced: Sequence[str],
    closed: Sequence[tuple[str, date]],
    opened: Sequence[tuple[Concept, date]],
) -> Plan[None]:
    if replaced:
        yield from execute(
            "DELETE FROM terminology.concept"
            " WHERE system = $1 AND code = ANY($2::text[]) AND valid_to IS NULL",
            system, list(replaced),
        )  # fmt: skip
    if closed:
        yield from execute(
            "UPDATE terminology.concept c SET valid_to = n.day"
            " FROM unnest($2::text[], $3::date[]) AS n(code, day)"
            " WHERE c.system = $1 AND c.code = n.code AND c.valid_to IS NULL",
            system, [code for code, _ in closed], [day for _, day in closed],
        )  # fmt: skip
    if opened:
        concepts = [concept for concept, _ in opened]
        yield from execute(
            "INSERT INTO terminology.concept (system, code, valid_from, valid_to, display_vi,"
            " display_en, folded, sort_key, properties)"
            " SELECT $1, * FROM unnest($2::text[], $3::date[], $4::date[], $5::text[], $6::text[],"
            " $7::text[], $8::text[], $9::jsonb[])",
            system,
            [c.code for c in concepts],
            [day for _, day in opened],
            [c.valid_to for c in concepts],
            [c.display.vi for c in concepts],
            [c.display.en for c in concepts],
            [fold(f"{c.code} {c.display.vi} {c.display.en}") for c in concepts],
            [collation_key(c.display.vi) for c in concepts],
            [_properties(c) for c in concepts],
        )


def lookup(system: str, code: str, on: date) -> Plan[Entry | None]:
    """The concept as it reads on a day, or None where the code does not hold then."""
    row = yield from fetch_one(
        f"SELECT {_COLUMNS} FROM terminology.concept"  # noqa: S608 - constants
        f" WHERE system = $1 AND {_ON} AND code = $3",
        system, on, code,
    )  # fmt: skip
    return None if row is None else _entry(row)


def displays(codings: Iterable[tuple[str, str]], on: date) -> Plan[dict[tuple[str, str], Words]]:
    """The displays of many (system, code) pairs on a day; pairs that do not hold are left out."""
    wanted = list(dict.fromkeys(codings))
    if not wanted:
        return {}
    rows = yield from fetch(
        "SELECT c.system, c.code, c.display_vi, c.display_en"  # noqa: S608 - constants
        " FROM terminology.concept c"
        " JOIN unnest($1::text[], $3::text[]) AS w(system, code) USING (system, code)"
        f" WHERE {_ON}",
        [system for system, _ in wanted], on, [code for _, code in wanted],
    )  # fmt: skip
    return {(row[0], row[1]): Words(row[2], row[3]) for row in rows}


def search(system: str, text: str, on: date, *, limit: int = 20) -> Plan[list[Entry]]:
    """Concepts whose code or displays hold every word of `text`, with or without marks.

    A code that starts with the text comes first, then displays that start with it, then the rest
    in Vietnamese order. An empty text lists the system in that order.
    """
    whole = fold(text)
    rows = yield from fetch(
        f"SELECT {_COLUMNS} FROM terminology.concept"  # noqa: S608 - constants
        f" WHERE system = $1 AND {_ON} AND NOT EXISTS"
        " (SELECT 1 FROM unnest($3::text[]) AS w(word) WHERE position(w.word IN folded) = 0)"
        " ORDER BY NOT starts_with(folded, $4),"
        " NOT starts_with(substr(folded, length(code) + 2), $4), sort_key, code LIMIT $5::integer",
        system, on, fold_words(text), whole, limit,
    )  # fmt: skip
    return [_entry(row) for row in rows]


def systems() -> Plan[list[tuple[str, Words, str, str, int]]]:
    """Every loaded code system: url, title, version, content, number of codes that are open."""
    rows = yield from fetch(
        "SELECT s.system, s.title_vi, s.title_en, s.version, s.content,"
        " (SELECT count(*) FROM terminology.concept c"
        "  WHERE c.system = s.system AND c.valid_to IS NULL)"
        " FROM terminology.code_system s ORDER BY s.system"
    )
    return [(row[0], Words(row[1], row[2]), row[3], row[4], row[5]) for row in rows]
