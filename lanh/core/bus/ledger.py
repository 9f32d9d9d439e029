"""The bus's own tables: messages in, taken up, settled; receipts out."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import uuid_utils
import zstandard

from lanh.core.bus import authority
from lanh.core.bus.port import Sender, Submission
from lanh.core.database import Plan, Row, execute, fetch, fetch_one

_COMPRESSION = 3

_INSERT = """
INSERT INTO bus.message (id, sender, owner, facility, facilities, authority, format, content_type,
                         digest, size, body, tried_at, line)
VALUES ($1::text, $2::text, $3::text, $4::text, $5::jsonb, $6::jsonb, $7::text, $8::text,
        $9::bytea, $10::bigint, $11::bytea, CASE WHEN $12::boolean THEN 'epoch'::timestamptz END,
        $13::bigint)
ON CONFLICT DO NOTHING RETURNING id
"""

# How much stays of a message that was accepted is the policy of its kind (keeping.py).
_FINISH = """
WITH p AS (
    SELECT CASE WHEN $2::text = 'accepted' THEN p.level ELSE 'full' END AS level
    FROM bus.policy p JOIN bus.message m ON p.kind IN (m.format, '*') AND m.id = $1::text
    ORDER BY p.kind = '*' LIMIT 1
), silent AS (
    UPDATE bus.part SET issues = '[]', source_id = NULL
    WHERE message = $1::text AND (SELECT level FROM p) = 'none'
)
UPDATE bus.message
SET body = CASE WHEN p.level = 'full' THEN body ELSE $9::bytea END,
    size = CASE WHEN p.level = 'full' THEN size ELSE 0 END,
    content_type = CASE WHEN p.level = 'none' THEN '' ELSE content_type END,
    state = $2::text, settled_at = now(),
    issues = CASE WHEN p.level = 'none' THEN '[]' ELSE $3::jsonb END, counts = $4::jsonb,
    key = coalesce($5::text, key), holds_key = $6::boolean, causes = $7::text[],
    made_at = $8::timestamptz, due = NULL, fault = NULL
FROM p
WHERE id = $1::text
"""


@dataclass(frozen=True, slots=True)
class Taken:
    """A message as the ledger has it, ready to be settled.

    `number` and `root` are those of the first message of its chain, where it mends another;
    `family` are the ids of that chain.
    """

    id: str
    number: int
    state: str
    attempts: int
    received_at: datetime
    submission: Submission
    root: str
    family: frozenset[str]
    fault: str | None = None


@dataclass(frozen=True, slots=True)
class PartRow:
    """The line of one part."""

    index: int
    type: str
    source_id: str | None
    outcome: str
    location: str | None
    records: list[str]
    issues: list[dict[str, str]]


def packed(content: bytes) -> bytes:
    """The content of a message as its row keeps it."""
    frame: bytes = zstandard.ZstdCompressor(_COMPRESSION).compress(content)
    return frame


def unpacked(body: bytes, size: int) -> bytes:
    """The content of a message from its row."""
    content: bytes = zstandard.ZstdDecompressor().decompress(body, max_output_size=size or 1)
    return content


_NOTHING = packed(b"")


def receive(
    submission: Submission, later: bool = False, line: str | None = None
) -> Plan[tuple[str, bool]]:
    """Keep a message; (receipt id, whether it waits). The same content again is the first one.

    With `later` the recovery may take it up at once, since whoever keeps it will not settle it.
    Messages of one sender and `line` are settled in the order in which they came.
    """
    sender = submission.sender
    digest = hashlib.sha256(submission.content).digest()
    row = yield from fetch_one(
        _INSERT,
        str(uuid_utils.uuid7()),
        sender.client,
        sender.owner,
        sender.facility,
        json.dumps(sender.facilities),
        authority.encode(sender.access),
        submission.format,
        submission.content_type,
        digest,
        len(submission.content),
        packed(submission.content),
        later,
        None if line is None else hashed(sender.client, submission.format, line),
    )
    if row is not None:
        return str(row[0]), True
    row = yield from fetch_one(
        "UPDATE bus.message SET repeats = repeats + 1"
        " WHERE sender = $1::text AND digest = $2::bytea RETURNING id, state",
        sender.client,
        digest,
    )
    if row is None:  # the ids are random: nothing else can stand in the way
        raise RuntimeError("the message is neither new nor known")
    return str(row[0]), row[1] == "received"


def hashed(*line: str) -> int:
    """A line as 64 bits: nobody's number stands in the ledger's columns."""
    digest = hashlib.sha256("\n".join(line).encode()).digest()
    return int.from_bytes(digest[:8], "big", signed=True)


def load(receipt: str) -> Plan[Taken]:
    """A message with its content. Raises KeyError where there is none."""
    row = yield from fetch_one(
        "SELECT m.id, r.number, m.state, m.attempts, m.received_at, m.facility,"
        " m.facilities::text, m.authority::text, m.format, m.content_type, m.body, m.size, r.id,"
        " ARRAY(SELECT c.id FROM bus.message c WHERE c.root = m.root), m.fault"
        " FROM bus.message m JOIN bus.message r ON r.id = coalesce(m.root, m.id)"
        " WHERE m.id = $1::text",
        receipt,
    )
    if row is None:
        raise KeyError(receipt)
    rights = authority.decode(row[7])
    sender = Sender(rights.subject.id, rights, row[5], json.loads(row[6]))
    content = unpacked(row[10], row[11])
    submission = Submission(sender, content, row[9], row[8])
    family = frozenset({row[0], row[12], *row[13]})
    return Taken(row[0], row[1], row[2], row[3], row[4], submission, row[12], family, row[14])


def lock(receipt: str) -> Plan[tuple[bool, bool]]:
    """(Whether the message still waits to be settled, whether an earlier one of its line does).

    It is locked until the transaction ends.
    """
    row = yield from fetch_one(
        "SELECT m.state = 'received', EXISTS (SELECT 1 FROM bus.message o"
        " WHERE o.state = 'received' AND o.line = m.line AND o.number < m.number)"
        " FROM bus.message m WHERE m.id = $1::text FOR UPDATE OF m",
        receipt,
    )
    return (False, False) if row is None else (bool(row[0]), bool(row[1]))


def key_holder(format: str, key: str) -> Plan[tuple[str, int] | None]:
    """The (id, number) of the accepted message that holds a key; nobody else may take it now."""
    yield from execute(
        "SELECT pg_advisory_xact_lock(hashtextextended($1::text, 7))", f"{format}\n{key}"
    )
    row = yield from fetch_one(
        "SELECT m.id, r.number FROM bus.message m"
        " JOIN bus.message r ON r.id = coalesce(m.root, m.id)"
        " WHERE m.format = $1::text AND m.key = $2::text AND m.holds_key",
        format,
        key,
    )
    return None if row is None else (row[0], row[1])


def let_go(receipt: str) -> Plan[list[str]]:
    """Take its key from a message that is replaced; returns the records its parts drafted."""
    yield from execute("UPDATE bus.message SET holds_key = false WHERE id = $1::text", receipt)
    return sorted((yield from records_of(receipt)))


def records_of(receipt: str) -> Plan[set[str]]:
    """The records that the parts of a message drafted, refused parts included."""
    rows = yield from fetch(
        "SELECT DISTINCT unnest(records) FROM bus.part WHERE message = $1::text", receipt
    )
    return {row[0] for row in rows}


def keep_parts(receipt: str, parts: Sequence[PartRow]) -> Plan[None]:
    """Append the lines of parts."""
    if not parts:
        return
    yield from execute(
        "INSERT INTO bus.part"
        " (message, index, type, source_id, outcome, location, records, issues)"
        " SELECT $1::text, i, t, s, o, l, string_to_array(r, ','), j::jsonb"
        " FROM unnest($2::int[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[],"
        " $8::text[]) AS p (i, t, s, o, l, r, j)",
        receipt,
        [part.index for part in parts],
        [part.type for part in parts],
        [part.source_id for part in parts],
        [part.outcome for part in parts],
        [part.location for part in parts],
        [",".join(part.records) for part in parts],
        [json.dumps(part.issues, ensure_ascii=False) for part in parts],
    )


def kept_parts(receipt: str) -> Plan[dict[int, str]]:
    """The outcomes of parts that are settled already, by index."""
    rows = yield from fetch("SELECT index, outcome FROM bus.part WHERE message = $1::text", receipt)
    return {row[0]: row[1] for row in rows}


def finish(
    receipt: str,
    state: str,
    issues: list[dict[str, str]],
    counts: dict[str, int],
    *,
    key: str | None = None,
    holds_key: bool = False,
    causes: Sequence[str] = (),
    made_at: datetime | None = None,
) -> Plan[None]:
    """Give a message its state."""
    yield from execute(
        _FINISH, receipt, state, json.dumps(issues, ensure_ascii=False), json.dumps(counts), key,
        holds_key, list(causes), made_at, _NOTHING,
    )  # fmt: skip


def keep_unresolved(receipt: str, rows: Sequence[tuple[int, str, str, str]]) -> Plan[None]:
    """Keep references without a target: (part, source "Type/id", path, target)."""
    if rows:
        part, source, path, target = map(list, zip(*rows, strict=True))
        yield from execute(
            "INSERT INTO bus.unresolved (message, part, source, path, target)"
            " SELECT $1::text, * FROM unnest($2::int[], $3::text[], $4::text[], $5::text[])",
            receipt,
            part,
            source,
            path,
            target,
        )


def resolve(receipt: str, targets: list[str]) -> Plan[None]:
    """Mark as resolved what waited for records that have just been written."""
    if targets:
        yield from execute(
            "UPDATE bus.unresolved SET resolved_at = now(), resolved_by = $1::text"
            " WHERE resolved_at IS NULL AND target = ANY($2::text[])",
            receipt,
            targets,
        )


def claim_short_ids(
    keys: Sequence[tuple[str, str]], owner: str
) -> Plan[dict[tuple[str, str], str]]:
    """Whose record each short id means, after claiming for `owner` those that nobody has."""
    wanted = sorted(set(keys))
    if not wanted:
        return {}
    types, ids = [kind for kind, _ in wanted], [name for _, name in wanted]
    yield from execute(
        "INSERT INTO bus.short_id (type, id, owner)"
        " SELECT t, i, $3::text FROM unnest($1::text[], $2::text[]) AS k (t, i)"
        " ON CONFLICT DO NOTHING",
        types,
        ids,
        owner,
    )
    rows: list[Row] = yield from fetch(
        "SELECT s.type, s.id, s.owner FROM bus.short_id s"
        " JOIN unnest($1::text[], $2::text[]) AS k (t, i) ON s.type = k.t AND s.id = k.i",
        types,
        ids,
    )
    return {(row[0], row[1]): row[2] for row in rows}


def lock_records(keys: Sequence[tuple[str, str]]) -> Plan[None]:
    """Let nobody else merge into these records until the transaction ends."""
    if keys:
        names = sorted({f"{kind}/{name}" for kind, name in keys})
        yield from execute(
            "SELECT pg_advisory_xact_lock(hashtextextended(n, 8))"
            " FROM (SELECT n FROM unnest($1::text[]) AS u (n) ORDER BY n) AS s",
            names,
        )


def counted(outcomes: Sequence[str]) -> dict[str, int]:
    """How many parts came to what."""
    counts: dict[str, Any] = {}
    for outcome in outcomes:
        counts[outcome] = counts.get(outcome, 0) + 1
    return counts
