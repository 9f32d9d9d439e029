"""Sheets taken in turns: kept, worked off batch by batch by a worker, each with its report.

A turn is one transaction: the rows of a batch, what was said of them, how far the sheet is, and the
job of the next turn. Whatever is killed, each row is taken once.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, TypeAlias

from lanh.core.access import Access
from lanh.core.database import Plan, Row, execute, fetch, fetch_one
from lanh.core.jobs import Job, Principal, enqueue
from lanh.core.lists.errors import MESSAGES, ListRefused
from lanh.core.lists.importing import BATCH, Import, Imported, RowFault
from lanh.core.lists.spreadsheets import Line, Table, read_table
from lanh.core.text import Language, Message, Words

QUEUE = "imports"
JOB = "lists.import"
KEPT = timedelta(days=7)
"""How long the rows that were not taken are kept, to be mended."""

MOST_RUNNING = 3
"""Sheets of one person that may be under way."""

_REMEMBERED = 3
_LONGEST = timedelta(days=1)  # after which a sheet that does not end is stopped
_COLUMNS = (
    "id, place, person, principal::text, language, heads, passed, state, lines, judged, taken,"
    " again, reason, made_at, expires_at"
)
_BEGIN = """
INSERT INTO lists.upload
    (id, place, person, principal, language, content, heads, passed, lines, expires_at)
SELECT $1::text, $2::text, $3::text, $4::jsonb, $5::text, $6::bytea, $7::text[], $8::text[],
       $9::integer, clock_timestamp() + $10::interval
WHERE (SELECT count(*) FROM lists.upload WHERE person = $3::text AND state = 'running') < $11
RETURNING id
"""
_REFUSE = """
INSERT INTO lists.refused (upload, line, cells, faults)
SELECT $1::text, line, ARRAY(SELECT jsonb_array_elements_text(cells)), faults
FROM unnest($2::integer[], $3::jsonb[], $4::jsonb[]) AS r (line, cells, faults)
"""
_ADVANCE = """
UPDATE lists.upload SET judged = $2::integer, taken = taken + $3::integer,
    again = again + $4::integer, state = CASE WHEN $5::boolean THEN 'running' ELSE 'done' END,
    content = CASE WHEN $5::boolean THEN content END
WHERE id = $1::text
"""


@dataclass(frozen=True, slots=True)
class Upload:
    """A sheet that was sent and how far it is: of `lines` rows `judged` are done, of which `taken`
    were written now and `again` before. `reason` says why it was stopped."""

    id: str
    place: str
    person: str
    principal: Principal
    language: Language
    heads: tuple[str, ...]
    passed: tuple[str, ...]
    state: Literal["running", "done", "stopped"]
    lines: int
    judged: int
    taken: int
    again: int
    reason: Message | None
    made_at: datetime
    expires_at: datetime

    @property
    def refused(self) -> int:
        """How many rows were not taken."""
        return self.judged - self.taken - self.again


Opener: TypeAlias = Callable[[Upload, Table], Plan["Import | None"]]
"""Opens a sheet again for the one who sent it, as they stand today; None where they may not."""


def _upload(row: Row) -> Upload:
    principal = Principal.from_json(row[3])
    reason = MESSAGES.message(row[12]) if row[12] else None
    return Upload(
        id=row[0], place=row[1], person=row[2], principal=principal, language=row[4],
        heads=tuple(row[5]), passed=tuple(row[6]), state=row[7], lines=row[8], judged=row[9],
        taken=row[10], again=row[11], reason=reason, made_at=row[13], expires_at=row[14],
    )  # fmt: skip


def keep_upload(begun: Import, content: bytes, place: str, access: Access) -> Plan[str]:
    """Keep a sheet and order its work; its id. What fits into one batch is taken at once, in this
    transaction. Raises ListRefused where too many of the person's are under way."""
    identity = secrets.token_urlsafe(15)
    rows = yield from fetch(
        _BEGIN, identity, place, begun.person, Principal.of(access).as_json(), begun.language,
        content, list(begun.table.heads), list(begun.matched.passed), len(begun.table.lines), KEPT,
        MOST_RUNNING,
    )  # fmt: skip
    if not rows:
        raise ListRefused("too-costly", "imports-many", limit=MOST_RUNNING)
    if len(begun.table.lines) <= BATCH:
        yield from _batch(identity, begun, 0)
    else:
        yield from _order(identity, 0)
    return identity


def _order(identity: str, at: int) -> Plan[None]:
    yield from enqueue(JOB, {"upload": identity}, queue=QUEUE, key=f"{identity}:{at}")


class Turns:
    """Takes turns at sheets, for a worker; the last ones read are remembered."""

    def __init__(self, open_: Opener) -> None:
        self._open = open_
        self._tables: dict[str, Table] = {}

    def take(self, job: Job) -> Plan[None]:
        """The next batch of a sheet, and the order of the one after it: the work of a queued job.

        A batch that has failed as often as it may stops its sheet.
        """
        identity = str(job.payload["upload"])
        row = yield from fetch_one(
            f"SELECT {_COLUMNS} FROM lists.upload"  # noqa: S608 - constants only
            " WHERE id = $1::text AND state = 'running' FOR UPDATE",
            identity,
        )
        if row is None:
            return
        upload = _upload(row)
        if job.attempts >= job.most_attempts:
            yield from _stop(identity, "import-broken")
            return
        begun = yield from self._open(upload, (yield from self._table(upload)))
        if begun is None:
            yield from _stop(identity, "import-forbidden")
        elif (yield from _batch(identity, begun, upload.judged)):
            yield from _order(identity, upload.judged + BATCH)

    def _table(self, upload: Upload) -> Plan[Table]:
        if upload.id not in self._tables:
            row = yield from fetch_one(
                "SELECT content FROM lists.upload WHERE id = $1::text", upload.id
            )
            while len(self._tables) >= _REMEMBERED:
                self._tables.pop(next(iter(self._tables)))
            content = bytes(row[0]) if row is not None else b""
            self._tables[upload.id] = read_table(content, upload.language)
        return self._tables[upload.id]


def _batch(identity: str, begun: Import, at: int) -> Plan[bool]:
    """One batch and what is said of it; whether there are more."""
    done = yield from begun.batch(at)
    if done.rest:
        told: dict[int, list[list[str]]] = {}
        for fault in done.faults:
            said = [fault.column, fault.code, fault.message.vi, fault.message.en]
            told.setdefault(fault.row, []).append(said)
        yield from execute(
            _REFUSE, identity, [line.number for line in done.rest],
            [json.dumps(line.cells) for line in done.rest],
            [json.dumps(told.get(line.number, [])) for line in done.rest],
        )  # fmt: skip
    judged = min(at + BATCH, len(begun.table.lines))
    more = judged < len(begun.table.lines)
    yield from execute(_ADVANCE, identity, judged, done.taken, done.again, more)
    return more


def _stop(identity: str, reason: str) -> Plan[None]:
    yield from execute(
        "UPDATE lists.upload SET state = 'stopped', reason = $2::text, content = NULL"
        " WHERE id = $1::text",
        identity, reason,
    )  # fmt: skip


def find_upload(identity: str, place: str, person: str) -> Plan[Upload]:
    """A sheet that the person sent there. Raises ListRefused where there is none any more."""
    row = yield from fetch_one(
        f"SELECT {_COLUMNS} FROM lists.upload"  # noqa: S608 - constants only
        " WHERE id = $1::text AND place = $2::text AND person = $3::text AND expires_at > now()",
        identity, place, person,
    )  # fmt: skip
    if row is None:
        raise ListRefused("not-found", "import-absent")
    return _upload(row)


def uploads_of(place: str, person: str, limit: int = 10) -> Plan[list[Upload]]:
    """The newest sheets that a person sent there."""
    rows = yield from fetch(
        f"SELECT {_COLUMNS} FROM lists.upload"  # noqa: S608 - constants only
        " WHERE place = $1::text AND person = $2::text AND expires_at > now()"
        " ORDER BY made_at DESC LIMIT $3::integer",
        place, person, limit,
    )  # fmt: skip
    return [_upload(row) for row in rows]


def report_of(upload: Upload, limit: int | None = None) -> Plan[Imported]:
    """What has become of a sheet until now, with its first faulty rows (None: all of them)."""
    rows = yield from fetch(
        "SELECT line, cells, faults::text FROM lists.refused WHERE upload = $1::text"
        " ORDER BY line LIMIT $2::integer",
        upload.id, limit,
    )  # fmt: skip
    faults = [
        RowFault(row[0], column, code, Message(Words(vi, en)))
        for row in rows
        for column, code, vi, en in json.loads(row[2])
    ]
    rest = tuple(Line(row[0], tuple(row[1])) for row in rows if row[1])
    return Imported(
        upload.heads, upload.taken, upload.again, tuple(faults), rest, passed=upload.passed
    )


def forget_uploads() -> Plan[int]:
    """Drop what is kept no longer, and stop what did not end within a day; how many went."""
    yield from execute(
        "UPDATE lists.upload SET state = 'stopped', reason = 'import-broken', content = NULL"
        " WHERE state = 'running' AND made_at < now() - $1::interval",
        _LONGEST,
    )
    rows = yield from fetch("DELETE FROM lists.upload WHERE expires_at < now() RETURNING 1")
    return len(rows)
