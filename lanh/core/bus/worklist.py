"""What a sender still has to mend: its open messages by cause, and those of one cause."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from lanh.core.bus.attempts import OPEN
from lanh.core.bus.causes import cause_told
from lanh.core.database import Plan, fetch

_CAUSES = """
SELECT c, count(*), max(m.received_at), max(m.id),
       count(*) FILTER (WHERE m.state = 'held'), array_agg(DISTINCT m.format ORDER BY m.format)
FROM bus.message m, unnest(m.causes) AS c
WHERE ($1::text[] IS NULL OR m.sender = ANY ($1::text[])) AND m.state = ANY ($2::text[])
GROUP BY c ORDER BY count(*) DESC, c
"""

_EXAMPLES = """
SELECT m.id, m.issues::text FROM bus.message m WHERE m.id = ANY ($1::text[])
UNION ALL
SELECT p.message, p.issues::text FROM bus.part p
WHERE p.message = ANY ($1::text[]) AND p.outcome = 'refused'
"""

_OF_CAUSE = """
SELECT id, number FROM bus.message
WHERE ($1::text[] IS NULL OR sender = ANY ($1::text[])) AND state = ANY ($2::text[])
  AND ($3::text IS NULL OR $3::text = ANY (causes)) AND number > $4::bigint AND number <= $5::bigint
ORDER BY number LIMIT $6::integer
"""
LAST = 2**62


@dataclass(frozen=True, slots=True)
class Cause:
    """A cause with the number of open messages that it keeps, and its words for the newest.

    `held` of them wait for reasons of the platform.
    """

    name: str
    messages: int
    held: int
    last: datetime
    formats: Sequence[str]
    place: str
    vi: str
    en: str


def causes(senders: Sequence[str] | None) -> Plan[list[Cause]]:
    """The causes of these senders' (None: all senders') open messages, most frequent first."""
    whose = None if senders is None else list(senders)
    rows = yield from fetch(_CAUSES, whose, list(OPEN))
    told = yield from fetch(_EXAMPLES, sorted({row[3] for row in rows}))
    examples: dict[tuple[str, str], dict[str, str]] = {}
    for message, text in told:
        for issue in json.loads(text):
            examples.setdefault((message, cause_told(issue)), issue)
            if issue.get("rule") == "judging-failed":
                examples[message, "judging-failed"] = issue
    found = []
    for name, count, last, example, held, formats in rows:
        kind = "judging-failed" if name.startswith("judging-failed ") else name
        issue = examples.get((example, kind), {})
        found.append(
            Cause(
                name, count, held, last, formats, issue.get("expression", ""),
                issue.get("vi", ""), issue.get("en", ""),
            )
        )  # fmt: skip
    return found


def of_cause(
    senders: Sequence[str] | None,
    cause: str | None,
    *,
    after: int = 0,
    upto: int = LAST,
    limit: int = 200,
) -> Plan[list[tuple[str, int]]]:
    """(id, number) of the open messages of a cause (None: of any) between two numbers, in order."""
    whose = None if senders is None else list(senders)
    rows = yield from fetch(_OF_CAUSE, whose, list(OPEN), cause, after, upto, limit)
    return [(row[0], row[1]) for row in rows]
