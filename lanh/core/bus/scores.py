"""Scores of senders by day: accurate, adequate, clean, live; and senders that fell silent.

The rules are those of docs/explanation/scores.md; everything is computed from the ledger, so that
a score can be reckoned again by anybody who has it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from lanh.core.database import Plan, Row, execute, fetch, fetch_one

LIVE_WITHIN = timedelta(hours=24)
USUAL_DAYS = 28  # in which a sender must have sent to be missed when it falls silent

_DAYS = """
SELECT DISTINCT (r.received_at AT TIME ZONE $1::text)::date
FROM bus.message m JOIN bus.message r ON r.id = coalesce(m.root, m.id)
WHERE m.settled_at >= coalesce(
    (SELECT max(computed_at) FROM bus.score), '-infinity') - interval '10 minutes'
ORDER BY 1
"""

# A chain's last message tells what came of it; one that could not be read at all is one part.
_COMPUTE = """
WITH first AS (
    SELECT * FROM bus.message
    WHERE mends IS NULL AND received_at >= $1::timestamptz AND received_at < $2::timestamptz
), told AS (
    SELECT f.sender, f.facility, f.facilities ->> f.facility AS commune, f.received_at, l.*
    FROM first f CROSS JOIN LATERAL (
        SELECT c.id, c.state, c.made_at, c.issues,
               (SELECT coalesce(sum(v::integer), 0) FROM jsonb_each_text(c.counts) AS e (k, v)) AS n
        FROM bus.message c WHERE c.id = f.id OR (f.root = f.id AND c.root = f.id)
        ORDER BY c.number DESC LIMIT 1
    ) AS l
    WHERE l.state NOT IN ('received', 'held')
), counted AS (
    SELECT t.*, greatest(t.n, 1) AS parts, p.refused, p.lacking, p.doubtful,
           t.state IN ('refused', 'conflict') AS fell,
           jsonb_path_exists(t.issues, '$[*] ? (@.code == "required")') AS whole_lacking,
           jsonb_path_exists(t.issues, '$[*] ? (@.severity <> "information")') AS whole_doubtful
    FROM told t CROSS JOIN LATERAL (
        SELECT count(*) FILTER (WHERE outcome = 'refused') AS refused,
               count(*) FILTER (WHERE jsonb_path_exists(issues, '$[*] ? (@.code == "required")'))
                   AS lacking,
               count(*) FILTER (WHERE outcome = 'refused' OR jsonb_path_exists(
                   issues, '$[*] ? (@.severity <> "information")')) AS doubtful
        FROM bus.part WHERE message = t.id
    ) AS p
)
INSERT INTO bus.score (sender, day, facility, commune, messages, parts, accurate, adequate, clean,
                       timed, live)
SELECT sender, $3::date, min(facility), min(commune), count(*), sum(parts),
       sum(CASE WHEN fell THEN 0 ELSE parts - refused END),
       sum(CASE WHEN whole_lacking THEN 0 ELSE parts - lacking END),
       sum(CASE WHEN fell OR whole_doubtful THEN 0 ELSE parts - doubtful END),
       count(made_at),
       count(*) FILTER (WHERE made_at >= received_at - $4::interval)
FROM counted GROUP BY sender
ON CONFLICT (sender, day) DO UPDATE SET facility = excluded.facility, commune = excluded.commune,
    messages = excluded.messages, parts = excluded.parts, accurate = excluded.accurate,
    adequate = excluded.adequate, clean = excluded.clean, timed = excluded.timed,
    live = excluded.live, computed_at = now()
"""

# From one sender to the next in the index: a sender's messages are not walked.
_HEARD = """
WITH RECURSIVE each AS (
    (SELECT sender FROM bus.message ORDER BY sender LIMIT 1)
    UNION ALL
    SELECT (SELECT m.sender FROM bus.message m WHERE m.sender > each.sender
            ORDER BY m.sender LIMIT 1)
    FROM each WHERE each.sender IS NOT NULL
)
SELECT each.sender, last.at FROM each CROSS JOIN LATERAL (
    SELECT max(m.received_at) AS at FROM bus.message m WHERE m.sender = each.sender
) AS last
WHERE each.sender IS NOT NULL AND last.at > $1::timestamptz
"""

_SUMS = """
SELECT {group}, sum(messages), sum(parts), sum(accurate), sum(adequate), sum(clean), sum(timed),
       sum(live) FROM bus.score
WHERE day >= $1::date AND day <= $2::date AND ($3::text[] IS NULL OR sender = ANY ($3::text[]))
  AND ($4::text[] IS NULL OR commune = ANY ($4::text[]))
GROUP BY 1 ORDER BY 1
"""


@dataclass(frozen=True, slots=True)
class Score:
    """Figures of a sender, day or place: `key` says which. Shares are percents, None of none."""

    key: str
    messages: int = 0
    parts: int = 0
    accurate_parts: int = 0
    adequate_parts: int = 0
    clean_parts: int = 0
    timed: int = 0
    live_messages: int = 0

    @property
    def accurate(self) -> Decimal | None:
        """Parts that broke no rule."""
        return _share(self.accurate_parts, self.parts)

    @property
    def adequate(self) -> Decimal | None:
        """Parts that lack nothing that is required."""
        return _share(self.adequate_parts, self.parts)

    @property
    def clean(self) -> Decimal | None:
        """Parts taken without a warning."""
        return _share(self.clean_parts, self.parts)

    @property
    def live(self) -> Decimal | None:
        """Messages that came within a day of being made, of those that say when they were."""
        return _share(self.live_messages, self.timed)

    def __add__(self, other: Score) -> Score:
        mine, theirs = self.figures, other.figures
        return Score(self.key, *(a + b for a, b in zip(mine, theirs, strict=True)))

    @property
    def figures(self) -> tuple[int, ...]:
        """The counts, which add up over senders, days and places."""
        return (
            self.messages, self.parts, self.accurate_parts, self.adequate_parts, self.clean_parts,
            self.timed, self.live_messages,
        )  # fmt: skip


def _share(some: int, all_: int) -> Decimal | None:
    return None if not all_ else (Decimal(100 * some) / all_).quantize(Decimal("0.1"))


def compute_scores(zone: str, midnight: Callable[[date], datetime]) -> Plan[int]:
    """Compute the days of which a message was settled since the last time; how many days.

    `midnight` is the beginning of a day in the country's `zone` (an IANA name).
    """
    rows = yield from fetch(_DAYS, zone)
    for (day,) in rows:
        yield from execute(
            _COMPUTE, midnight(day), midnight(day + timedelta(days=1)), day, LIVE_WITHIN
        )
    return len(rows)


def scores(
    group: str,
    first: date,
    last: date,
    senders: Sequence[str] | None = None,
    communes: Sequence[str] | None = None,
) -> Plan[list[Score]]:
    """Scores by "sender", "day" or "commune" over days, of some senders and communes, or of all."""
    column = {"sender": "sender", "day": "day::text", "commune": "coalesce(commune, '')"}[group]
    rows = yield from fetch(
        _SUMS.format(group=column),
        first,
        last,
        None if senders is None else list(senders),
        None if communes is None else list(communes),
    )
    return [_score(row) for row in rows]


def _score(row: Row) -> Score:
    return Score(row[0], *(int(value) for value in row[1:]))


@dataclass(frozen=True, slots=True)
class Silence:
    """A sender that has not been heard since `last_at`."""

    sender: str
    last_at: datetime


def watch_silence(
    now: datetime, quiet_until: Callable[[datetime], datetime]
) -> Plan[list[Silence]]:
    """End the alerts of senders that were heard again, raise those of senders that fell silent.

    `quiet_until` tells until when a sender last heard at a moment may be silent: the port of the
    working calendar. Returns the alerts raised now.
    """
    yield from execute(
        "UPDATE bus.silence s SET ended_at = $1::timestamptz WHERE ended_at IS NULL AND EXISTS"
        " (SELECT 1 FROM bus.message m WHERE m.sender = s.sender AND m.received_at > s.last_at)",
        now,
    )
    rows = yield from fetch(_HEARD, now - timedelta(days=USUAL_DAYS))
    raised = []
    for sender, last in rows:
        if quiet_until(last) > now:
            continue
        made = yield from fetch_one(
            "INSERT INTO bus.silence (sender, last_at, raised_at)"
            " VALUES ($1::text, $2::timestamptz, $3::timestamptz)"
            " ON CONFLICT DO NOTHING RETURNING sender",
            sender,
            last,
            now,
        )
        if made is not None:
            raised.append(Silence(sender, last))
    return raised


def silent(senders: Sequence[str] | None = None) -> Plan[list[Silence]]:
    """The alerts that stand, the longest silence first."""
    rows = yield from fetch(
        "SELECT sender, last_at FROM bus.silence WHERE ended_at IS NULL"
        " AND ($1::text[] IS NULL OR sender = ANY ($1::text[])) ORDER BY last_at",
        None if senders is None else list(senders),
    )
    return [Silence(*row) for row in rows]
