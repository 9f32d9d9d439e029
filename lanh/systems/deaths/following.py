"""What follows when a notice is sent or withdrawn, in the same transaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from lanh.core import jobs, workflow
from lanh.core.access import Access, Everything, Grant, Purpose, Subject, system_access
from lanh.core.database import Plan
from lanh.core.desks import Happening
from lanh.core.fhir import dumps
from lanh.core.store import Context, Store, Stored, Write
from lanh.core.text import Words
from lanh.core.ui import formats
from lanh.core.workflow import Case, Workflow
from lanh.kit import Note
from lanh.nation import events, naming
from lanh.nation.calendar import due, packaged
from lanh.systems.deaths import message, notice
from lanh.systems.deaths.flow import REGISTRY
from lanh.systems.deaths.words import WORDS

SUBSCRIBER = "civil-registry"
KIND = "civil-registry"
PENDING = "pending"
"""The fault of a question about a message that the registry has taken and not yet decided."""
_TOLD = ("final", "amended")
_CLOCKS = frozenset({naming.SENT, naming.DUE})
_MOST_AGE = timedelta(days=30)
_MOST_ATTEMPTS = 1000


def follow(happening: Happening) -> Plan[None]:
    """Sent: the registry is told, the Patient is dead, whoever listens hears of it. Withdrawn: the
    notice is in error, and the Patient is no more dead by it."""
    if happening.transition == "send":
        yield from _sent(happening)
    elif happening.transition == "withdraw":
        yield from _withdrawn(happening)


def _sent(happening: Happening) -> Plan[None]:
    composition = dict(happening.resource)
    assert happening.case is not None
    evidence = yield from workflow.evidence_of(happening.case.id)
    records = yield from notice.gather(happening.store, happening.access, composition)
    told = notice.told(composition, records)
    signed = message.joined([evidence[need].encode() for need in sorted(evidence)])
    yield from tell_registry(happening.record, message.message_id(told), signed)
    died = told["died"]
    patient = str(composition["subject"]["reference"])
    yield from _mark(happening, patient, died)
    before = yield from _told_before(happening)
    clocks = _clocks(before) if before else _own_clocks(happening, happening.case)
    others = [e for e in composition.get("extension", ()) if e.get("url") not in _CLOCKS]
    status = "amended" if before else "final"
    yield from _write(happening, {**composition, "status": status, "extension": others + clocks})
    yield from events.publish(events.Event(events.PERSON_DIED, patient, died, happening.record))


def _own_clocks(happening: Happening, case: Case) -> list[dict[str, Any]]:
    """When the notice was sent, and by when it had to be: what is on time is counted by it."""
    late = due("death-data", case.opened_at, packaged())
    told = {naming.SENT: happening.at, naming.DUE: late}
    return [{"url": url, "valueDateTime": at.isoformat()} for url, at in told.items()]


def _clocks(composition: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Those of the first sending, which a correction does not change."""
    return [dict(e) for e in composition.get("extension", ()) if e.get("url") in _CLOCKS]


def tell_registry(record: str, identity: str, signed: bytes) -> Plan[None]:
    """Put a signed message in the outbox of the civil registry; it waits there for its client."""
    yield from jobs.subscribe(SUBSCRIBER, KIND, most_attempts=_MOST_ATTEMPTS, most_age=_MOST_AGE)
    payload = dumps({"message": identity, "record": record, "body": signed.decode()})
    yield from jobs.deliver([jobs.Parcel(SUBSCRIBER, record, payload)])


def _withdrawn(happening: Happening) -> Plan[None]:
    composition = dict(happening.resource)
    before = yield from _told_before(happening)
    yield from _write(happening, {**composition, "status": "entered-in-error"})
    if before:
        yield from _mark(happening, str(composition["subject"]["reference"]), None)


def _told_before(happening: Happening) -> Plan[dict[str, Any] | None]:
    """The newest version of the notice that was sent already; None where none was."""
    name = happening.record.removeprefix("Composition/")
    rows = yield from happening.store.history("Composition", name, Context(happening.access))
    told = [row for row in rows if not row.deleted and row.resource()["status"] in _TOLD]
    return max(told, key=lambda row: row.version).resource() if told else None


def _mark(happening: Happening, patient: str, died: str | None) -> Plan[None]:
    """The facility's own source Patient is dead since a time, or not known to be dead."""
    name = patient.removeprefix("Patient/")
    row = yield from happening.store.read("Patient", name, Context(happening.access))
    if row is None or row.deleted:
        return
    body = row.resource()
    for key in ("deceasedBoolean", "deceasedDateTime"):
        body.pop(key, None)
    if died is not None:
        body["deceasedDateTime"] = died
    yield from _put(happening.store, row, body, happening.access, happening.source)


def _write(happening: Happening, composition: dict[str, Any]) -> Plan[None]:
    name = happening.record.removeprefix("Composition/")
    row = yield from happening.store.read("Composition", name, Context(happening.access))
    if row is not None:
        yield from _put(happening.store, row, composition, happening.access, happening.source)


def _put(
    store: Store, row: Stored, body: dict[str, Any], access: Access, source: str
) -> Plan[None]:
    context = Context(access, source, row.custodian, row.commune)
    write = Write("update", row.type, row.id, body, row.version, sensitivity=row.sensitivity)
    yield from store.write([write], context)


def _registry_access() -> Access:
    grant = Grant(REGISTRY, frozenset({"read", "update"}), frozenset({"Composition"}), Everything())
    return Access(Subject("system", SUBSCRIBER, "Civil registry"), Purpose.OPERATIONS, (grant,))


def answered(flow: Workflow, record: str, identity: str, accepted: bool, words: str) -> Plan[bool]:
    """Bring an answer of the registry to its case; False where it moves nothing any more: the
    answer came before, or a correction has been sent since."""
    access = _registry_access()
    case = yield from flow.about("Composition", record.removeprefix("Composition/"), access)
    if case is None or case.state != "sent":
        return False
    if (yield from current_message(flow, case.id)) != identity:
        return False
    yield from flow.act(
        case.id, "accept" if accepted else "refuse", access, revision=case.revision, reason=words
    )
    return True


def notes(case: Case) -> Plan[Sequence[Note]]:
    """How the message of a notice stands that has been sent and not answered."""
    if case.state != "sent":
        return ()
    record = f"{case.focus.type}/{case.focus.id}"
    out = yield from jobs.waiting_for(SUBSCRIBER, record)
    if out is not None and out.due is None:
        return [_note("message.given-up", out, grave=True)]
    if out is not None:
        return [_note("message.unreached" if out.fault else "message.waits", out)]
    back = yield from jobs.waiting_for(f"{SUBSCRIBER}-answer", record)
    if back is None:
        return ()
    if back.due is None:
        return [_note("message.unanswered", back, grave=True)]
    lost = bool(back.fault) and back.fault != PENDING
    return [_note("message.unasked" if lost else "message.taken", back)]


def _note(key: str, waiting: jobs.Waiting, *, grave: bool = False) -> Note:
    given = {
        "since": formats.moment(waiting.made_at),
        "due": formats.moment(waiting.due or waiting.made_at),
        "count": waiting.attempts,
        "fault": waiting.fault,
    }
    words = WORDS[key]
    return Note(Words(words.say("vi", **given), words.say("en", **given)), grave)


def current_message(flow: Workflow, case_id: str) -> Plan[str | None]:
    """The id of the message that a case has sent last."""
    evidence: dict[str, str] = yield from workflow.evidence_of(case_id)
    signed: Sequence[str] = [evidence[need] for need in sorted(evidence)]
    return message.identity_of(signed[0].encode()) if signed else None


def content(store: Store, record: Stored) -> Plan[bytes]:
    """The unsigned message of a notice: what its signatures are over."""
    composition = record.resource()
    records = yield from notice.gather(store, system_access("deaths"), composition)
    return message.unsigned(notice.told(composition, records))
