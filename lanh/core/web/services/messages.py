"""What the pages about messages need: receipts, what is to be mended, replays by cause."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Protocol

from lanh.core.access import Access
from lanh.core.database import Plan
from lanh.core.text import Language, Message, Words


@dataclass(frozen=True, slots=True)
class ReceiptLine:
    """One message in the list of a facility's receipts."""

    id: str
    state: str
    format: str
    received_at: datetime
    sender_name: str
    parts: int
    faults: int
    first_reason: Message | None = None


@dataclass(frozen=True, slots=True)
class Receipts:
    """A page of receipts and the count of each state over all of them."""

    lines: Sequence[ReceiptLine]
    counts: Mapping[str, int]
    next_cursor: str | None = None


@dataclass(frozen=True, slots=True)
class Reason:
    """A cause for which messages were not taken, in the words told for the newest of them.

    `held` of the messages wait for reasons of the platform, and need no mending.
    """

    name: str
    messages: int
    held: int
    formats: Sequence[str]
    place: str
    last: datetime
    text: Words


@dataclass(frozen=True, slots=True)
class ReasonPage:
    """One cause: what stands at its place (value -> how often), and some of its messages.

    `looked_at` messages were read for the values.
    """

    reason: Reason
    values: Sequence[tuple[str, int]]
    looked_at: int
    lines: Sequence[ReceiptLine]


@dataclass(frozen=True, slots=True)
class FaultyField:
    """A field of a message that can be written anew, with what is wrong with it."""

    part: int
    place: str
    value: str
    text: Words


@dataclass(frozen=True, slots=True)
class ReplayLine:
    """How far a replay by cause is: `done` of `total`, of which `taken` were accepted."""

    id: str
    cause: str
    total: int
    done: int
    taken: int
    left: int
    over: bool


@dataclass(frozen=True, slots=True)
class ScoreLine:
    """Four scores in percent of a sender, a day or a place; None where nothing counts."""

    key: str
    name: str
    messages: int
    accurate: Decimal | None
    adequate: Decimal | None
    clean: Decimal | None
    live: Decimal | None


@dataclass(frozen=True, slots=True)
class ScorePage:
    """The scores of one's own systems, or of a place: whole, below it, by sender and by day.

    `province` is the one shown, None for the country or a sender's own page. `silent` are senders
    (name, last heard) that fell silent.
    """

    whole: ScoreLine
    below: Sequence[ScoreLine]
    senders: Sequence[ScoreLine]
    days: Sequence[ScoreLine]
    silent: Sequence[tuple[str, datetime]]
    province: str | None = None
    own: bool = False


class Bus(Protocol):
    """Messages that the signed-in person's facility sent. Nobody else's are ever found."""

    def receipts(
        self, access: Access, state: str | None, limit: int, cursor: str | None
    ) -> Plan[Receipts]:
        """Own receipts, newest first, of one state or of every state."""
        ...

    def receipt(self, id: str, access: Access) -> Plan[Mapping[str, Any] | None]:
        """One receipt in the shape that `/bus/receipts/{id}` answers; None if not ours."""
        ...

    def reasons(self, access: Access) -> Plan[Sequence[Reason]]:
        """Why own messages were not taken, the most frequent cause first."""
        ...

    def reason(self, name: str, access: Access) -> Plan[ReasonPage | None]:
        """One cause with what stands at its place; None where it keeps no own message."""
        ...

    def fields(self, id: str, access: Access) -> Plan[Sequence[FaultyField]]:
        """The fields of an own open message that can be mended."""
        ...

    def mend(self, id: str, values: Sequence[tuple[int, str, str]], access: Access) -> str | None:
        """Write (part, place, value) and send the message anew: the receipt that tells the outcome.

        Without values it is judged again as it stands. None where it is not open, or not ours.
        """
        ...

    def order_replay(
        self, name: str, values: Mapping[str, str], access: Access
    ) -> Plan[str | None]:
        """Replay all own messages of a cause as a job, each `values` key replaced by its value."""
        ...

    def replay(self, id: str, access: Access) -> Plan[ReplayLine | None]:
        """How far a replay is; None if not ours."""
        ...

    def scores(
        self, access: Access, place: str | None, asked: str | None, last: date, days: int
    ) -> Plan[ScorePage | None]:
        """Scores of the days up to `last`: of own systems, or of the systems of one's `place`.

        `asked` is a province within it. None where it is not.
        """
        ...

    def sheet(self, name: str | None, language: Language, access: Access) -> Plan[bytes]:
        """The errors of own open messages, of one cause or of all, as an XLSX workbook."""
        ...
