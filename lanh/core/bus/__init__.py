"""Intake: messages stored durably, judged part by part, written as records, receipts kept.

A message is committed as it came before anything else happens to it; then one transaction writes
its records, audit, feed, unresolved references and receipt. Whatever dies in between, the message
waits in state "received" and `recover` takes it up: nothing is lost and nothing happens twice.

    intake = Intake(Ports(store, source=...), [connectors...])
    receipt = submit(intake, database, Submission(sender_of(access), content, content_type, format))
"""

from lanh.core.bus.archive import (
    Archived,
    ArchiveFault,
    archive,
    read_archived,
    signature_of,
    verify_archive,
)
from lanh.core.bus.attempts import MAX_ATTEMPTS, OPEN
from lanh.core.bus.authority import sender_of
from lanh.core.bus.erasing import erase_messages, messages_holding, waiting
from lanh.core.bus.identity import derived_id, is_unique_by_itself
from lanh.core.bus.intake import Intake, Receipt
from lanh.core.bus.keeping import LEVELS, Policy, keep, policies, retire
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
from lanh.core.bus.scores import (
    Score,
    Silence,
    compute_scores,
    scores,
    silent,
    watch_silence,
)
from lanh.core.bus.sealing import Verified, seal, verify_seals
from lanh.core.bus.settlement import Ports
from lanh.core.bus.sheet import MOST as MOST_ON_SHEET
from lanh.core.bus.sheet import workbook
from lanh.core.bus.words import message
from lanh.core.bus.worklist import Cause, causes, of_cause

__all__ = [
    "KIND",
    "LEVELS",
    "MAX_ATTEMPTS",
    "MOST_ON_SHEET",
    "OPEN",
    "STATES",
    "ArchiveFault",
    "Archived",
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
    "Policy",
    "Ports",
    "Receipt",
    "Replay",
    "Score",
    "Sender",
    "Senders",
    "Silence",
    "Submission",
    "Verified",
    "archive",
    "causes",
    "compute_scores",
    "derived_id",
    "erase_messages",
    "is_unique_by_itself",
    "keep",
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
    "policies",
    "read_archived",
    "receipt",
    "recover",
    "recover_forever",
    "recover_until",
    "replay",
    "replay_one",
    "replay_turn",
    "retire",
    "run",
    "run_async",
    "scores",
    "seal",
    "sender_of",
    "signature_of",
    "silent",
    "states",
    "submit",
    "submit_async",
    "verify_archive",
    "verify_seals",
    "waiting",
    "watch_silence",
    "workbook",
]
