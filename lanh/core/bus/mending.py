"""Mend a message: fields of what was refused, written anew, sent in the place of the first.

The mended message is a message of its own with its own body and receipt; the one it mends becomes
"replayed" and names it. Parts that were taken before are taken over as they are, so that mending
does nothing twice.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from lanh.core import audit
from lanh.core.access import Access
from lanh.core.bus import ledger
from lanh.core.bus.attempts import OPEN, reopen
from lanh.core.bus.causes import cause_told
from lanh.core.bus.intake import Intake
from lanh.core.bus.port import Mendable, Sender, Submission
from lanh.core.database import Plan, execute, fetch, fetch_one

_ISSUES = """
SELECT m.id, -1, m.issues::text FROM bus.message m
WHERE m.id = ANY ($1::text[]) AND m.issues <> '[]'
UNION ALL
SELECT p.message, p.index, p.issues::text FROM bus.part p
WHERE p.message = ANY ($1::text[]) AND p.outcome = 'refused' AND p.issues <> '[]'
ORDER BY 1, 2
"""

_TAKE_OVER = """
INSERT INTO bus.part (message, index, type, source_id, outcome, location, records, issues)
SELECT $2::text, index, type, source_id, outcome, location, records, issues
FROM bus.part WHERE message = $1::text AND outcome <> 'refused'
"""


@dataclass(frozen=True, slots=True)
class Fault:
    """One error in an open message. `part` is -1 where it is about the whole.

    `value` is what stands at its place, None where that is no field that can be written.
    """

    message: str
    part: int
    place: str
    cause: str
    code: str
    vi: str
    en: str
    value: str | None = None


@dataclass(frozen=True, slots=True)
class Kept:
    """An open message with its content and what is wrong with it."""

    id: str
    sender: str
    format: str
    content_type: str
    content: bytes
    faults: Sequence[Fault]


def open_messages(intake: Intake, receipts: Sequence[str]) -> Plan[list[Kept]]:
    """Those of the messages that are open and whose content is kept, each with its faults."""
    rows = yield from fetch(
        "SELECT id, sender, format, content_type, body, size FROM bus.message"
        " WHERE id = ANY ($1::text[]) AND state = ANY ($2::text[]) AND size > 0 ORDER BY number",
        list(receipts),
        list(OPEN),
    )
    issues = yield from fetch(_ISSUES, [row[0] for row in rows])
    told: dict[str, list[tuple[int, str]]] = {}
    for message, part, text in issues:
        told.setdefault(message, []).append((part, text))
    found = []
    for name, sender, form, content_type, body, size in rows:
        content = ledger.unpacked(body, size)
        faults = [
            _fault(intake, form, content, name, part, issue)
            for part, text in told.get(name, ())
            for issue in json.loads(text)
            if issue["severity"] in ("error", "fatal")
        ]
        found.append(Kept(name, sender, form, content_type, content, faults))
    return found


def _fault(
    intake: Intake, form: str, content: bytes, name: str, part: int, issue: Mapping[str, str]
) -> Fault:
    connector = intake.connectors.get(form)
    place = issue["expression"]
    value = None
    if isinstance(connector, Mendable) and place:
        value = connector.field(content, max(part, 0), place)
    return Fault(
        name, part, place, cause_told(issue), issue["code"], issue["vi"], issue["en"], value
    )


def mended(intake: Intake, kept: Kept, values: Sequence[tuple[int, str, str]]) -> bytes:
    """The content of a message with (part, place, value) written in."""
    connector = intake.connectors[kept.format]
    if not isinstance(connector, Mendable):
        return kept.content
    return connector.mended(kept.content, [(max(part, 0), *rest) for part, *rest in values])  # type: ignore[misc]


def mend(
    intake: Intake, kept: Kept, content: bytes, sender: Sender, by: Access
) -> Plan[str | None]:
    """Put mended content in the place of an open message; the receipt id that has its outcome.

    Content that did not change is judged once more under the same receipt. None where the message
    is not open any more. What is put in waits to be settled.
    """
    row = yield from fetch_one(
        "SELECT coalesce(root, id) FROM bus.message"
        " WHERE id = $1::text AND state = ANY ($2::text[]) FOR UPDATE",
        kept.id,
        list(OPEN),
    )
    if row is None:
        return None
    if content == kept.content:
        again = yield from reopen(kept.id, sender, by)
        return kept.id if again else None
    submission = Submission(sender, content, kept.content_type, kept.format)
    receipt, _ = yield from ledger.receive(submission, True, intake.line(submission))
    fresh = yield from fetch(
        "UPDATE bus.message SET mends = $2::text, root = $3::text, attempts = 1, due = now()"
        " WHERE id = $1::text AND received_at = now() AND mends IS NULL AND repeats = 0"
        " RETURNING id",
        receipt,
        kept.id,
        row[0],
    )
    if fresh:  # else the sender has sent just this content itself
        yield from execute(_TAKE_OVER, kept.id, receipt)
    yield from execute(
        "UPDATE bus.message SET state = 'replayed', mended_by = $2::text WHERE id = $1::text",
        kept.id,
        receipt,
    )
    yield from execute(
        "UPDATE bus.message SET root = $1::text WHERE id = $1::text AND root IS NULL", row[0]
    )
    yield from audit.append([audit.Entry.of(by, "mend", id=kept.id, detail=kept.format)])
    return receipt
