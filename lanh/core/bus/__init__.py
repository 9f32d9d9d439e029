"""Intake: messages stored durably, judged part by part, written as records, receipts kept.

A message is committed as it came before anything else happens to it; then one transaction writes
its records, audit, feed, unresolved references and receipt. Whatever dies in between, the message
waits in state "received" and `recover` takes it up: nothing is lost and nothing happens twice.

    intake = Intake(Ports(store, source=...), [connectors...])
    receipt = submit(intake, database, Submission(sender_of(access), content, content_type, format))
"""

from lanh.core.bus.attempts import MAX_ATTEMPTS, OPEN
from lanh.core.bus.authority import sender_of
from lanh.core.bus.erasing import erase_messages, messages_holding, waiting
from lanh.core.bus.identity import derived_id, is_unique_by_itself
from lanh.core.bus.intake import Intake, Receipt
from lanh.core.bus.mending import Fault, Kept, mend, mended, open_messages
from lanh.core.bus.overview import Line, lines, lines_of, states
from lanh.core.bus.port import (
    Connector,
    Draft,
    Judged,
    Mendable,
    Mode,
    Ordered,
    Part,
    Sender,
    Submission,
)
from lanh.core.bus.receipts import STATES, listed, receipt
from lanh.core.bus.replaying import (
    KIND,
    Replay,
    Senders,
    order_replay,
    replay,
    replay_one,
    replay_turn,
)
from lanh.core.bus.running import (
    recover,
    recover_forever,
    recover_until,
    run,
    run_async,
    submit,
    submit_async,
)
from lanh.core.bus.settlement import Ports
from lanh.core.bus.sheet import MOST as MOST_ON_SHEET
from lanh.core.bus.sheet import workbook
from lanh.core.bus.words import message
from lanh.core.bus.worklist import Cause, causes, of_cause

__all__ = [
    "KIND",
    "MAX_ATTEMPTS",
    "MOST_ON_SHEET",
    "OPEN",
    "STATES",
    "Cause",
    "Connector",
    "Draft",
    "Fault",
    "Intake",
    "Judged",
    "Kept",
    "Line",
    "Mendable",
    "Mode",
    "Ordered",
    "Part",
    "Ports",
    "Receipt",
    "Replay",
    "Sender",
    "Senders",
    "Submission",
    "causes",
    "derived_id",
    "erase_messages",
    "is_unique_by_itself",
    "lines",
    "lines_of",
    "listed",
    "mend",
    "mended",
    "message",
    "messages_holding",
    "of_cause",
    "open_messages",
    "order_replay",
    "receipt",
    "recover",
    "recover_forever",
    "recover_until",
    "replay",
    "replay_one",
    "replay_turn",
    "run",
    "run_async",
    "sender_of",
    "states",
    "submit",
    "submit_async",
    "waiting",
    "workbook",
]
