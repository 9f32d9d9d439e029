"""Heads of the chain kept elsewhere, and how far the sealer is behind.

Whoever owns the database can make the whole chain anew, or cut off its end; a head that was noted
where they cannot reach shows it.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from lanh.core.database import Plan, fetch, fetch_one

_HEAD = "SELECT number, digest, at FROM audit.seal ORDER BY number DESC LIMIT 1"
_DIGESTS = "SELECT number, digest FROM audit.seal WHERE number = ANY($1::bigint[])"
_LAG = """
WITH last AS (SELECT last_xid, last_number FROM audit.seal ORDER BY number DESC LIMIT 1)
SELECT count(*), coalesce(extract(epoch FROM clock_timestamp() - min(e.at)), 0)::float8
FROM audit.entry e
WHERE NOT EXISTS (SELECT FROM last)
   OR (e.xid, e.number) > ((SELECT last_xid FROM last), (SELECT last_number FROM last))
"""


class AnchorFault(ValueError):
    """A line that is no anchor; `line` counts from 1."""

    def __init__(self, line: int) -> None:
        super().__init__(f"line {line} is no anchor")
        self.line = line


@dataclass(frozen=True, slots=True)
class Head:
    """The end of the chain at a time: the number of its last seal, and that seal's SHA-256."""

    seal: int
    digest: str
    at: datetime

    def line(self) -> str:
        """The head as one line of JSON, as it is kept elsewhere."""
        return json.dumps({"seal": self.seal, "digest": self.digest, "at": self.at.isoformat()})


@dataclass(frozen=True, slots=True)
class Lag:
    """Entries that no seal covers yet, and the age of the oldest in seconds."""

    entries: int
    seconds: float


def head() -> Plan[Head | None]:
    """The last seal; None where nothing is sealed yet."""
    row = yield from fetch_one(_HEAD)
    return None if row is None else Head(row[0], bytes(row[1]).hex(), row[2])


def newest_transaction() -> Plan[int]:
    """The greatest transaction id that the chain knows; 0 where nothing is sealed yet."""
    row = yield from fetch_one(
        "SELECT last_xid::text FROM audit.seal ORDER BY audit.seal.last_xid DESC LIMIT 1"
    )
    return 0 if row is None else int(row[0])


def lag() -> Plan[Lag]:
    """How far the sealer is behind what has committed."""
    row = yield from fetch_one(_LAG)
    return Lag(0, 0.0) if row is None else Lag(row[0], max(0.0, row[1]))


def read_anchors(text: str) -> list[Head]:
    """The heads of a text with one a line. Raises AnchorFault."""
    heads = []
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        try:
            told = json.loads(line)
            at = datetime.fromisoformat(told["at"])
            heads.append(Head(int(told["seal"]), bytes.fromhex(told["digest"]).hex(), at))
        except (ValueError, TypeError, KeyError) as error:
            raise AnchorFault(number) from error
    return heads


def unlike(anchors: Sequence[Head]) -> Plan[list[Head]]:
    """The anchors that the chain does not have: it was cut off or made anew since."""
    rows = yield from fetch(_DIGESTS, sorted({each.seal for each in anchors}))
    kept = {number: bytes(digest).hex() for number, digest in rows}
    return [each for each in anchors if kept.get(each.seal) != each.digest]
