"""Intake: messages stored durably, judged part by part, written as records, receipts kept.

A message is committed as it came before anything else happens to it; then one transaction writes
its records, audit, feed, unresolved references and receipt. Whatever dies in between, the message
waits in state "received" and `recover` takes it up: nothing is lost and nothing happens twice.

    intake = Intake(Ports(store, source=...), [connectors...])
    receipt = submit(intake, database, Submission(sender_of(access), content, content_type, format))
"""

from lanh.core.bus.authority import sender_of
from lanh.core.bus.erasing import erase_messages, messages_holding, waiting
from lanh.core.bus.identity import derived_id, is_unique_by_itself
from lanh.core.bus.intake import Intake, Receipt
from lanh.core.bus.overview import Line, lines, states
from lanh.core.bus.port import Connector, Draft, Judged, Mode, Part, Sender, Submission
from lanh.core.bus.receipts import STATES, listed, receipt
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
from lanh.core.bus.words import message

__all__ = [
    "STATES",
    "Connector",
    "Draft",
    "Intake",
    "Judged",
    "Line",
    "Mode",
    "Part",
    "Ports",
    "Receipt",
    "Sender",
    "Submission",
    "derived_id",
    "erase_messages",
    "is_unique_by_itself",
    "lines",
    "listed",
    "message",
    "messages_holding",
    "receipt",
    "recover",
    "recover_forever",
    "recover_until",
    "run",
    "run_async",
    "sender_of",
    "states",
    "submit",
    "submit_async",
    "waiting",
]
