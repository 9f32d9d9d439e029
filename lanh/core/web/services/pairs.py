"""What the data steward's worklist of doubtful pairs needs; see `services`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol, TypeAlias

from lanh.core.access import Access
from lanh.core.database import Plan
from lanh.core.text import Message, Words

Answer: TypeAlias = Literal["same", "different", "later"]


class DecisionRefused(Exception):
    """A decision that cannot be kept: `message` says why and what to do.

    `overtaken` says that the pair has changed since it was shown: by somebody's decision, or by
    news about its records.
    """

    def __init__(self, message: Message, *, overtaken: bool = False) -> None:
        super().__init__(message.en)
        self.message = message
        self.overtaken = overtaken


@dataclass(frozen=True, slots=True)
class Side:
    """One record of a pair as a steward sees it.

    `fields` by the code of their feature (`Services.link_words`), "sex" and "birth" as FHIR has
    them, numbers and telephones whole: the page masks them. `others` are the facilities of the
    person's other records, `warnings` where a number disagrees with the rest of the record.
    """

    patient: str
    person: str
    facility_name: str
    fields: Mapping[str, str]
    others: Sequence[str] = ()
    warnings: Sequence[Message] = ()
    receipt: str | None = None


@dataclass(frozen=True, slots=True)
class Weighed:
    """What was found on one feature, and what it adds in bits; negative speaks against."""

    feature: str
    finding: str
    weight: float


@dataclass(frozen=True, slots=True)
class PairVerdict:
    """A decision on a pair, and who took it back if somebody did."""

    id: int
    answer: Answer
    reason: str
    at: datetime
    by: str
    own: bool
    undone_at: datetime | None = None
    undone_by: str = ""
    undone_reason: str = ""


@dataclass(frozen=True, slots=True)
class Pair:
    """Two records that may be of one human. `linked`: they are linked now, and that is doubted.

    `revision` goes into the form: a decision is on what was shown. `evidence` is in the order in
    which it was weighed; `verdicts` newest first.
    """

    id: int
    revision: int
    waiting: bool
    linked: bool
    one: Side
    other: Side
    rule_name: Words
    score: float
    evidence: Sequence[Weighed]
    opened_at: datetime
    verdicts: Sequence[PairVerdict] = ()


@dataclass(frozen=True, slots=True)
class PairsPage:
    """A page of pairs. `total` is counted no further than `most`; cursors are opaque."""

    pairs: Sequence[Pair]
    waiting: int
    later: int
    most: int
    next_cursor: str | None = None


class Pairs(Protocol):
    """Doubtful pairs of which every record on both sides lies within the access."""

    def waiting(
        self, access: Access, limit: int, cursor: str | None, *, later: bool = False
    ) -> Plan[PairsPage]:
        """Pairs that wait (or were put aside), oldest first."""
        ...

    def counts(self, access: Access) -> Plan[PairsPage]:
        """How many wait and were put aside; no pairs."""
        ...

    def decided(self, access: Access, limit: int, cursor: str | None) -> Plan[PairsPage]:
        """Pairs that were decided, the latest decision first; `verdicts` holds that decision."""
        ...

    def pair(self, id: int, access: Access) -> Plan[Pair | None]:
        """One pair, whatever its state, with every decision on it; None where out of reach."""
        ...

    def beside(self, id: int, access: Access) -> Plan[tuple[int | None, int | None]]:
        """The pairs that wait before and after this one; the first follows the last."""
        ...

    def last_own(self, access: Access) -> Plan[tuple[int, PairVerdict] | None]:
        """The subject's latest decision that stands, with the id of its pair."""
        ...

    def decide(
        self, id: int, revision: int, answer: Answer, reason: str, access: Access
    ) -> Plan[bool]:
        """Decide on what was shown; audited. False where out of reach. Raises DecisionRefused."""
        ...

    def undo(self, verdict: int, reason: str, access: Access) -> Plan[bool]:
        """Take a decision back; audited. False where out of reach. Raises DecisionRefused."""
        ...
