"""The records that a batch has to be compared with, read in one statement."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace

from lanh.core.database import Plan, Row, fetch
from lanh.core.matching.decision import Candidate
from lanh.core.matching.features import Features

_PER_BLOCK = 200  # how many records of one block are compared
_PER_PERSON = 100  # how many records of one person are

_LINKED = """
SELECT feature.record_id, feature.name, feature.written, feature.birth, feature.sex, feature.place,
       feature.phone, feature.parent, feature.birth_order, feature.infant,
       feature.identifiers::text
FROM matching.features AS feature
WHERE feature.record_id = ANY($1::text[])
  AND EXISTS (SELECT 1 FROM matching.person_link AS link
              WHERE link.record_id = feature.record_id)
"""

_POOL = """
WITH met AS MATERIALIZED (
    SELECT wanted.key, found.record_id
    FROM unnest($1::bigint[]) AS wanted (key)
    CROSS JOIN LATERAL (
        SELECT block.record_id FROM matching.block AS block
        WHERE block.key = wanted.key ORDER BY block.record_id LIMIT $3::integer
    ) AS found
), people AS MATERIALIZED (
    SELECT link.person_id FROM met JOIN matching.person_link AS link USING (record_id)
    UNION
    SELECT link.person_id FROM matching.person_link AS link WHERE link.record_id = ANY($2::text[])
), blocks AS (
    SELECT record_id, array_agg(key) AS keys FROM met GROUP BY record_id
)
SELECT feature.record_id, feature.name, feature.written, feature.birth, feature.sex, feature.place,
       feature.phone, feature.parent, feature.birth_order, feature.infant,
       feature.identifiers::text, link.person_id, link.rule, link.decided_by, blocks.keys
FROM people
CROSS JOIN LATERAL (
    SELECT * FROM matching.person_link AS each
    WHERE each.person_id = people.person_id LIMIT $4::integer
) AS link
JOIN matching.features AS feature ON feature.record_id = link.record_id
LEFT JOIN blocks ON blocks.record_id = link.record_id
ORDER BY feature.record_id
"""


@dataclass(frozen=True, slots=True)
class InForce:
    """The link of a record as it stands."""

    person_id: str
    rule: str
    decided_by: str


@dataclass(slots=True)
class Pool:
    """Records by blocking key and by person, kept in step while a batch is decided."""

    links: dict[str, InForce] = field(default_factory=dict)
    _features: dict[str, Features] = field(default_factory=dict)
    _person: dict[str, str] = field(default_factory=dict)
    _records: dict[str, dict[str, None]] = field(default_factory=dict)
    _blocks: dict[int, dict[str, None]] = field(default_factory=dict)

    def add(self, record: Features, person_id: str, keys: Iterable[int]) -> None:
        """Put a record under a person and under its keys, instead of where it was."""
        before = self._person.get(record.record_id)
        if before is not None:
            self._records[before].pop(record.record_id, None)
        self._features[record.record_id] = record
        self._person[record.record_id] = person_id
        self._records.setdefault(person_id, {})[record.record_id] = None
        for key in keys:
            self._blocks.setdefault(key, {})[record.record_id] = None

    def candidates(self, record_id: str, keys: Iterable[int]) -> list[Candidate]:
        """All other records of every person whom the record meets under one of its keys."""
        people = dict.fromkeys(
            self._person[met]
            for key in sorted(keys)
            for met in self._blocks.get(key, ())
            if met != record_id
        )
        return [
            Candidate(self._features[other], person)
            for person in people
            for other in self._records[person]
            if other != record_id
        ]

    def others(self, record_id: str, person_id: str) -> list[Features]:
        """The other records of a person."""
        records = self._records.get(person_id, ())
        return [self._features[other] for other in records if other != record_id]


def linked_features(record_ids: Collection[str]) -> Plan[dict[str, Features]]:
    """What is kept of records that have a link."""
    rows = yield from fetch(_LINKED, list(record_ids))
    return {row[0]: _features(row) for row in rows}


def read_pool(keys: Sequence[int], batch: Sequence[str]) -> Plan[Pool]:
    """Every record of every person who has a record under one of `keys` or in `batch`."""
    rows = yield from fetch(_POOL, list(keys), list(batch), _PER_BLOCK, _PER_PERSON)
    pool = Pool()
    for row in rows:
        person_id, rule, decided_by, met = row[11:]
        record = _features(row)
        pool.links[record.record_id] = InForce(person_id, rule, decided_by)
        pool.add(record, person_id, met or ())
    return pool


def _features(row: Row) -> Features:
    pairs = tuple((kind, value) for kind, value in json.loads(row[10]))
    return replace(Features(*row[:10]), identifiers=pairs)
