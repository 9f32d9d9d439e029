"""The port Bus: the receipts that the signed-in person's facility may see."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lanh.core import accounts, bus
from lanh.core.access import Access
from lanh.core.database import Plan
from lanh.core.text import Message, Words
from lanh.core.web.services import ReceiptLine, Receipts
from lanh.nation.roles import Capability


@dataclass(frozen=True, slots=True)
class PageBus:
    """Receipts for the pages: of the client systems of one's own facility, or of all."""

    def receipts(
        self, access: Access, state: str | None, limit: int, cursor: str | None
    ) -> Plan[Receipts]:
        """Own receipts, newest first, of one state or of every state."""
        senders = yield from _senders(access)
        before = int(cursor) if cursor and cursor.isdigit() else None
        lines = yield from bus.lines(senders, state, before, limit + 1)
        counts = yield from bus.states(senders)
        names = yield from _names()
        page = [_line(line, names) for line in lines[:limit]]
        following = str(lines[limit - 1].number) if len(lines) > limit else None
        return Receipts(page, counts, following)

    def receipt(self, id: str, access: Access) -> Plan[Mapping[str, Any] | None]:
        """One receipt in the shape that `/bus/receipts/{id}` answers; None if not ours."""
        senders = yield from _senders(access)
        found = yield from bus.receipt(id)
        if found is None or (senders is not None and found["sender"] not in senders):
            return None
        return found


def _senders(access: Access) -> Plan[Sequence[str] | None]:
    """The client systems whose messages an access sees; None for every one."""
    if Capability.ALL_MESSAGES in access.capabilities:
        return None
    if Capability.OWN_MESSAGES not in access.capabilities or access.facility is None:
        return []
    clients = yield from accounts.list_clients()
    return [client.id for client in clients if access.facility in client.facilities]


def _names() -> Plan[dict[str, str]]:
    clients = yield from accounts.list_clients()
    return {client.id: client.name for client in clients}


def _line(line: bus.Line, names: Mapping[str, str]) -> ReceiptLine:
    return ReceiptLine(
        id=line.id,
        state=line.state,
        format=line.format,
        received_at=line.received_at,
        sender_name=names.get(line.sender, line.sender),
        parts=sum(line.counts.values()),
        faults=line.counts.get("refused", 0),
        first_reason=Message(_plain(*line.reason)) if line.reason else None,
    )


def _plain(vi: str, en: str) -> Words:
    """Words already said: their braces are no parameters, and Message fills in none."""
    return Words(vi=vi, en=en)
