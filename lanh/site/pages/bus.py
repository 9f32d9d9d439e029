"""The port Bus: what the signed-in person's facility sent, and what became of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from lanh.core import accounts, bus
from lanh.core.access import Access
from lanh.core.database import Plan
from lanh.core.text import Message, Words
from lanh.core.web.services import ReceiptLine, Receipts
from lanh.nation.facility import FacilityNames
from lanh.nation.roles import Capability


@dataclass(frozen=True, slots=True)
class PageBus:
    """Receipts for the pages: those of the client systems of one's facility, or all of them."""

    facilities: FacilityNames

    def receipts(
        self, access: Access, state: str | None, limit: int, cursor: str | None
    ) -> Plan[Receipts]:
        """Own receipts, newest first, of one state or of every state."""
        clients = yield from accounts.list_clients()
        senders = _senders(clients, access)
        before = int(cursor) if cursor and cursor.isdigit() else None
        lines = yield from bus.lines(senders, state, before, limit + 1)
        counts = yield from bus.states(senders)
        facility_of = {client.id: client.facility for client in clients}
        names = yield from self.facilities.of(facility_of.get(line.sender) for line in lines)
        return Receipts(
            lines=[
                _line(line, names.get(facility_of.get(line.sender) or "", line.sender))
                for line in lines[:limit]
            ],
            counts=counts,
            next_cursor=str(lines[limit - 1].number) if len(lines) > limit else None,
        )

    def receipt(self, id: str, access: Access) -> Plan[Mapping[str, Any] | None]:
        """One receipt in the shape that `/bus/receipts/{id}` answers; None if not ours."""
        found = yield from bus.receipt(id)
        senders = _senders((yield from accounts.list_clients()), access)
        if found is None or (senders is not None and found["sender"] not in senders):
            return None
        return found


def _senders(clients: list[accounts.Client], access: Access) -> list[str] | None:
    """The client systems whose messages the access may see; None for every one."""
    if Capability.ALL_MESSAGES in access.capabilities:
        return None
    if access.facility is None:
        return []
    return [client.id for client in clients if access.facility in client.facilities]


def _line(line: bus.Line, sender: str) -> ReceiptLine:
    return ReceiptLine(
        id=line.id,
        state=line.state,
        format=line.format,
        received_at=line.received_at,
        sender_name=sender,
        parts=sum(line.counts.values()),
        faults=line.counts.get("refused", 0),
        first_reason=Message(Words(*line.reason)) if line.reason else None,
    )

