"""Erasure by order: the content of messages goes, their receipts stay without reasons.

A person's words stand in the messages that became records, which the records name, and in those
that were refused, which only a search of their content finds.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence

from lanh.core.bus.ledger import packed, unpacked
from lanh.core.database import Plan, execute, fetch

_PAGE = 200
_SHORTEST = 6  # bytes of a mark: a shorter one would be found by chance

_EMPTY = """
UPDATE bus.message SET body = $2::bytea, size = 0, line = NULL, issues = '[]', archive_key = NULL,
    erased_at = now()
WHERE id = ANY($1::text[]) AND erased_at IS NULL AND state <> 'received' RETURNING id
"""


def messages_holding(marks: Sequence[str], owners: Sequence[str]) -> Plan[list[str]]:
    """Messages of these owners whose content holds one of the marks, plain or in base64.

    A mark is a text that stands for one person, such as a number; those of fewer than six bytes
    are left out. Every message of the owners that is not erased yet is unpacked and looked at.
    """
    sought = [form for mark in marks for form in forms(mark)]
    found: list[str] = []
    number = 0
    while sought:
        rows = yield from fetch(
            "SELECT number, id, body, size FROM bus.message WHERE owner = ANY($1::text[])"
            " AND number > $2::bigint AND erased_at IS NULL AND size > 0"
            " ORDER BY number LIMIT $3::integer",
            list(owners),
            number,
            _PAGE,
        )
        if not rows:
            break
        number = rows[-1][0]
        for _, identifier, body, size in rows:
            content = unpacked(body, size)
            if any(form in content for form in sought):
                found.append(identifier)
    return found


def forms(mark: str) -> list[bytes]:
    """How a mark can stand in a message: as it is, or in base64 at each of three places."""
    plain = mark.encode()
    if len(plain) < _SHORTEST:
        return []
    sure = []
    for shift, before in enumerate((0, 2, 3)):
        text = base64.b64encode(bytes(shift) + plain)
        blocks, rest = divmod(shift + len(plain), 3)
        # Only signs whose six bits are all the mark's own: neighbours decide the others.
        sure.append(text[before : blocks * 4 + rest])
    return [plain, *sure]


def waiting(owners: Sequence[str]) -> Plan[bool]:
    """Whether a message of these owners is not settled yet."""
    rows = yield from fetch(
        "SELECT 1 FROM bus.message WHERE owner = ANY($1::text[]) AND state = 'received' LIMIT 1",
        list(owners),
    )
    return bool(rows)


def erase_messages(identifiers: Sequence[str]) -> Plan[int]:
    """Empty settled messages and what is quoted of them; returns how many were emptied.

    Reasons and references that nobody had sent quote the content, so they go as well.
    """
    rows = yield from fetch(_EMPTY, list(identifiers), packed(b""))
    erased = [row[0] for row in rows]
    yield from execute(
        "UPDATE bus.part SET issues = '[]', source_id = NULL WHERE message = ANY($1::text[])",
        erased,
    )
    yield from execute(
        "UPDATE bus.attempt SET issues = '[]' WHERE message = ANY($1::text[])", erased
    )
    yield from execute("DELETE FROM bus.unresolved WHERE message = ANY($1::text[])", erased)
    return len(erased)
