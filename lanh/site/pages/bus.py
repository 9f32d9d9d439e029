"""The port Bus: the messages of the signed-in person's facility, and what is to be mended."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from lanh.core import accounts, audit, bus
from lanh.core.access import Access
from lanh.core.database import Plan, SyncDatabase
from lanh.core.text import Language, Message, Words
from lanh.core.web.services import (
    FaultyField,
    Reason,
    ReasonPage,
    ReceiptLine,
    Receipts,
    ReplayLine,
    ScorePage,
)
from lanh.nation.place import Places
from lanh.nation.roles import Capability
from lanh.site.pages.scores import score_page

_READ_FOR_VALUES = 500
_LISTED = 50


@dataclass(frozen=True, slots=True)
class PageBus:
    """Messages for the pages: of the client systems of one's own facility, or of all."""

    database: SyncDatabase
    intake: bus.Intake
    places: Places

    def receipts(
        self, access: Access, state: str | None, limit: int, cursor: str | None
    ) -> Plan[Receipts]:
        """Own receipts, newest first, of one state or of every state."""
        senders = yield from senders_of(access)
        before = int(cursor) if cursor and cursor.isdigit() else None
        lines = yield from bus.lines(senders, state, before, limit + 1)
        counts = yield from bus.states(senders)
        names = yield from _names()
        page = [_line(line, names) for line in lines[:limit]]
        following = str(lines[limit - 1].number) if len(lines) > limit else None
        return Receipts(page, counts, following)

    def receipt(self, id: str, access: Access) -> Plan[Mapping[str, Any] | None]:
        """One receipt in the shape that `/bus/receipts/{id}` answers; None if not ours."""
        senders = yield from senders_of(access)
        found = yield from bus.receipt(id)
        if found is None or (senders is not None and found["sender"] not in senders):
            return None
        return found

    def reasons(self, access: Access) -> Plan[Sequence[Reason]]:
        """Why own messages were not taken, the most frequent cause first."""
        found = yield from bus.causes((yield from senders_of(access)))
        return [_reason(cause) for cause in found]

    def reason(self, name: str, access: Access) -> Plan[ReasonPage | None]:
        """One cause with what stands at its place; None where it keeps no own message."""
        senders = yield from senders_of(access)
        found = [cause for cause in (yield from bus.causes(senders)) if cause.name == name]
        if not found:
            return None
        ids = yield from bus.of_cause(senders, name, limit=_READ_FOR_VALUES)
        kept = yield from bus.open_messages(self.intake, [id for id, _ in ids])
        counted = Counter(
            fault.value
            for message in kept
            for fault in message.faults
            if fault.cause == name and fault.value is not None
        )
        yield from _account(access, len(kept))
        if not _is_own(access):
            counted.clear()  # what stands in a message is for its sender
        names = yield from _names()
        lines = yield from bus.lines_of([id for id, _ in ids[:_LISTED]])
        return ReasonPage(
            _reason(found[0]),
            counted.most_common(_LISTED),
            len(kept),
            [_line(line, names) for line in lines],
        )

    def fields(self, id: str, access: Access) -> Plan[Sequence[FaultyField]]:
        """The fields of an own open message that can be mended."""
        if not _is_own(access):
            return []
        kept = yield from self._own(id, access)
        if kept is None:
            return []
        yield from _account(access, 1, id)
        found: dict[tuple[int, str], FaultyField] = {}
        for fault in kept.faults:
            if fault.value is not None:
                one = FaultyField(fault.part, fault.place, fault.value, Words(fault.vi, fault.en))
                found.setdefault((fault.part, fault.place), one)
        return list(found.values())

    def _own(self, id: str, access: Access) -> Plan[bus.Kept | None]:
        senders = yield from _menders_of(access)
        kept = yield from bus.open_messages(self.intake, [id])
        if not kept or (senders is not None and kept[0].sender not in senders):
            return None
        return kept[0]

    def mend(self, id: str, values: Sequence[tuple[int, str, str]], access: Access) -> str | None:
        """Write (part, place, value) and send the message anew; the receipt with the outcome."""

        def put() -> Plan[str | None]:
            kept = yield from self._own(id, access)
            sender = None if kept is None else (yield from present_sender(kept.sender))
            if kept is None or sender is None:
                return None
            places = {(fault.part, fault.place) for fault in kept.faults}
            chosen = [v for v in values if v[:2] in places and _is_own(access)]
            content = bus.mended(self.intake, kept, chosen)
            return (yield from bus.mend(self.intake, kept, content, sender, access))

        receipt = self.database.transact(put())
        if receipt is not None:
            bus.run(self.database, self.intake.attempt(receipt))
        return receipt

    def order_replay(
        self, name: str, values: Mapping[str, str], access: Access
    ) -> Plan[str | None]:
        """Replay all own messages of a cause as a job, each `values` key replaced by its value."""
        senders = yield from _menders_of(access)
        given = values if _is_own(access) else {}
        return (yield from bus.order_replay(senders, name, given, access))

    def replay(self, id: str, access: Access) -> Plan[ReplayLine | None]:
        """How far a replay is; None if not ours."""
        found = yield from bus.replay(id, (yield from senders_of(access)))
        if found is None:
            return None
        return ReplayLine(
            found.id, found.cause, found.total, found.done, found.taken, found.left,
            found.done_at is not None,
        )  # fmt: skip

    def scores(
        self, access: Access, place: str | None, asked: str | None, last: date, days: int
    ) -> Plan[ScorePage | None]:
        """Scores of the days up to `last`: of own systems, or of the systems of one's place."""
        return (yield from score_page(self.places, access, place, asked, last, days))

    def sheet(self, name: str | None, language: Language, access: Access) -> Plan[bytes]:
        """The errors of own open messages, of one cause or of all, as an XLSX workbook."""
        senders = (yield from senders_of(access)) if _is_own(access) else []
        ids = yield from bus.of_cause(senders, name, limit=bus.MOST_ON_SHEET)
        kept = yield from bus.open_messages(self.intake, [id for id, _ in ids])
        yield from _account(access, len(kept))
        return bus.workbook(kept, language, name)


def _is_own(access: Access) -> bool:
    return Capability.OWN_MESSAGES in access.capabilities and access.facility is not None


def _menders_of(access: Access) -> Plan[Sequence[str] | None]:
    """Whose messages an access may replay: its facility's, or an operator (None) everybody's."""
    if Capability.OPERATE in access.capabilities or _is_own(access):
        return (yield from senders_of(access))
    return []


def senders_of(access: Access) -> Plan[Sequence[str] | None]:
    """The client systems whose messages an access sees; None for every one."""
    if Capability.ALL_MESSAGES in access.capabilities:
        return None
    if Capability.OWN_MESSAGES not in access.capabilities or access.facility is None:
        return []
    clients = yield from accounts.list_clients()
    return [client.id for client in clients if access.facility in client.facilities]


def present_sender(client: str) -> Plan[bus.Sender | None]:
    """A client system as a sender by all that it is registered for now; None if not active."""
    found = yield from accounts.client_by_id(client)
    if found is None or not found.active:
        return None
    return bus.sender_of(accounts.client_access(found, found.scopes))


def _account(access: Access, count: int, id: str | None = None) -> Plan[None]:
    """That the content of messages was looked at, for it speaks of people."""
    detail = "message content" if id is not None else f"message content of {count}"
    yield from audit.append([audit.Entry.of(access, "read", id=id, detail=detail)])


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
        first_reason=Message(Words(*line.reason)) if line.reason else None,
    )


def _reason(cause: bus.Cause) -> Reason:
    text = Words(cause.vi or cause.name, cause.en or cause.name)
    return Reason(
        cause.name, cause.messages, cause.held, cause.formats, cause.place, cause.last, text
    )
