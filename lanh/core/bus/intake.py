"""The way of a message: kept, judged, settled, acknowledged; and taken up again after a crash."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias, TypeVar

import structlog

from lanh.core import fhir
from lanh.core.bus import attempts, ledger, receipts
from lanh.core.bus.attempts import MAX_ATTEMPTS
from lanh.core.bus.ledger import Taken
from lanh.core.bus.port import Connector, Judged, Ordered, Submission
from lanh.core.bus.settlement import PartsRefused, Ports, hold, settle
from lanh.core.database import Plan

T = TypeVar("T")
Receipt: TypeAlias = dict[str, Any]

MAX_TOGETHER = 8  # refusals by the store after which parts are written group by group
MAX_RETRIES = 5
_RETRYABLE = frozenset({"40001", "40P01", "23505", "55P03"})

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Transact:
    """A plan to be run in one transaction."""

    plan: Plan[Any]


@dataclass(frozen=True, slots=True)
class Compute:
    """Work without the database, to be done away from an event loop."""

    work: Callable[[], Any]


Steps: TypeAlias = Generator[Transact | Compute, Any, T]


class Intake:
    """Takes messages in every format it has a connector for.

    Its methods are steps (transactions and computations in order), run by
    `lanh.core.bus.submit` or `submit_async`.
    """

    def __init__(self, ports: Ports, connectors: Sequence[Connector]) -> None:
        self.ports = ports
        self.connectors = {connector.name: connector for connector in connectors}

    def media_types(self) -> list[str]:
        """Every media type that is taken."""
        return [kind for one in self.connectors.values() for kind in one.media_types]

    def format_of(self, content_type: str, content: bytes) -> str | None:
        """The format of a body: by its first bytes among those that its media type allows.

        The type wins where it names one format; "text/plain", "application/json", none, and the
        like leave it to the bytes.
        """
        kind = content_type.partition(";")[0].strip().lower()
        named = [one for one in self.connectors.values() if kind in one.media_types]
        if len(named) == 1:
            return named[0].name
        head = content[:4096].removeprefix(b"\xef\xbb\xbf").lstrip()
        for connector in named or self.connectors.values():
            if connector.recognises(head):
                return connector.name
        return None

    def deliver(self, submission: Submission, *, later: bool = False) -> Steps[Receipt]:
        """Keep a message and, unless `later`, settle it; its receipt. A known one is not redone.

        Where the same content is being settled at this moment, this waits for its outcome.
        Where settling fails by a fault that is not the sender's, the receipt says "received".
        """
        line = self.line(submission)
        identifier, waits = yield Transact(ledger.receive(submission, later, line))
        if waits and not later:
            yield from self.attempt(identifier)
        receipt: Receipt | None = yield Transact(receipts.receipt(identifier))
        if receipt is None:
            raise RuntimeError("a kept message has no receipt")
        return receipt

    def line(self, submission: Submission) -> str | None:
        """What a message must keep its order with, where its format demands that."""
        connector = self.connectors[submission.format]
        return connector.line(submission.content) if isinstance(connector, Ordered) else None

    def attempt(self, identifier: str) -> Steps[None]:
        """Settle a kept message. A fault of ours is noted, and the message tried again later."""
        try:
            yield from self.process(identifier)
        except Exception as error:
            fault = type(error).__name__
            _log.error("settling failed", receipt=identifier, error=fault)
            try:
                yield Transact(attempts.failed(identifier, fault))
            except Exception as second:  # the database is away: the lease of the message runs out
                _log.error("failure not noted", receipt=identifier, error=type(second).__name__)

    def process(self, identifier: str) -> Steps[None]:
        """Settle a kept message, unless somebody else has.

        On a fault of the database, or of ours, the message stays "received": the recovery takes
        it up again, and after some attempts it is held.
        """
        taken: Taken = yield Transact(ledger.load(identifier))
        if taken.state != "received":
            return
        if taken.attempts > MAX_ATTEMPTS:
            yield Transact(hold(taken))
            return
        refused: dict[int, list[fhir.Issue]] = {}
        together, retries = 0, 0
        while True:
            judged = yield from self._judge(taken, refused)
            if judged is None:
                return
            groups = sorted({part.group for part in judged.parts})
            alone = together > MAX_TOGETHER and len(groups) > 1
            try:
                if alone:
                    yield from self._one_by_one(taken, refused, groups)
                yield Transact(settle(self.ports, taken, judged))
                return
            except PartsRefused as error:
                together += 1
                for index, issues in error.issues.items():
                    refused.setdefault(index, []).extend(issues)
            except Exception as error:
                retries += 1
                if getattr(error, "sqlstate", None) in _RETRYABLE and retries <= MAX_RETRIES:
                    continue
                raise

    def _judge(self, taken: Taken, refused: dict[int, list[fhir.Issue]]) -> Steps[Judged | None]:
        """What the connector says; None where it fails: the message is held, for it would again."""
        connector = self.connectors[taken.submission.format]
        try:
            judged: Judged = yield Compute(lambda: connector.judge(taken.submission))
        except Exception as error:
            fault = type(error).__name__
            _log.error("judging failed", receipt=taken.id, error=fault)
            yield Transact(hold(taken, fault))
            return None
        for part in judged.parts:
            part.issues = part.issues + refused.get(part.index, [])
        return judged

    def _one_by_one(
        self, taken: Taken, refused: dict[int, list[fhir.Issue]], groups: Sequence[int]
    ) -> Steps[None]:
        """Settle group after group, each in a transaction of its own, refusing those that fail."""
        for group in groups:
            for _ in range(MAX_RETRIES):
                judged = yield from self._judge(taken, refused)
                if judged is None:
                    return
                try:
                    yield Transact(settle(self.ports, taken, judged, group))
                    break
                except PartsRefused as error:
                    for index, issues in error.issues.items():
                        refused.setdefault(index, []).extend(issues)

    def recover(self, lease: float) -> Steps[str | None]:
        """Take up one message that waits and that nobody has tried for `lease` seconds.

        Returns its id, or None where none waits. A message that fails stays for a later attempt.
        """
        identifier: str | None = yield Transact(attempts.claim(lease))
        if identifier is not None:
            yield from self.attempt(identifier)
        return identifier
