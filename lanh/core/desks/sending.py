"""Sending a form: judged, extracted, written with its response and its case, in one transaction."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from lanh.core import fhir, forms
from lanh.core.database import Plan
from lanh.core.desks import casework, correcting, drafting, pointing
from lanh.core.desks.definition import DeskForm, Finding, Happening, Indexing, Json
from lanh.core.desks.drafting import Desktop, Fields
from lanh.core.desks.errors import MESSAGES, NotFound, Refused
from lanh.core.desks.ports import SUBJECTS, Ports, form_system, hidden_key, person_of
from lanh.core.desks.screens import FormScreen, Sent, Visitor
from lanh.core.forms import PREFIX, Problem, Received, Summary
from lanh.core.store import Context, transaction
from lanh.core.store.transaction import Entry
from lanh.core.text import Message

_RESPONSE = "QuestionnaireResponse"
_SENSITIVE = frozenset({"HIV", "PSY", "GDIS", "STD", "SUD", "SDV"})


@dataclass(frozen=True, slots=True)
class Judged:
    """Answers that were read and judged."""

    received: Received
    summary: Summary
    response: Json
    picks: tuple[tuple[str, str], ...]
    facts: Mapping[str, Any]


def send(
    ports: Ports,
    draft_id: str,
    visitor: Visitor,
    fields: Fields,
    key: str,
    *,
    reason: str = "",
    accept_warnings: bool = False,
) -> Plan[FormScreen | Sent]:
    """Send a draft with the fields of its page: its screen with the faults, or what it became."""
    own = {name: list(held) for name, held in fields.items() if name.startswith(PREFIX)}
    draft = yield from forms.find_draft(draft_id, person_of(visitor))
    if draft is None:
        done = yield from forms.settled_submission(key, person_of(visitor), own)
        if not done:
            raise NotFound("draft-gone", MESSAGES.message("not-found"))
        return _again(done)
    open_ = yield from drafting.lay_open(ports, draft_id, visitor)
    judged = yield from judge(ports, open_, visitor, own)
    warned = any(p.severity != "error" for p in judged.summary.problems)
    if judged.summary.blocking or (warned and not accept_warnings):
        screen = yield from _kept(open_, judged, visitor, reason)
        return screen
    done_or_not = yield from settle(ports, open_, judged, visitor, own, key, reason)
    if isinstance(done_or_not, Sent):
        if not done_or_not.again:
            yield from forms.drop_draft(open_.draft)
        return done_or_not
    screen = yield from _kept(
        open_, judged, visitor, reason, done_or_not.problem, now=done_or_not.now,
        record_version=done_or_not.version,
    )  # fmt: skip
    return screen


@dataclass(frozen=True, slots=True)
class Unsettled:
    """Answers that are sound, and what still stands in the way; `now` is what they would replace,
    `version` its version where the sender has not seen it."""

    problem: Problem
    now: correcting.Standing | None = None
    version: int | None = None


def settle(
    ports: Ports,
    open_: Desktop,
    judged: Judged,
    visitor: Visitor,
    own: Fields,
    key: str,
    reason: str,
) -> Plan[Sent | Unsettled]:
    """Write what is sound; a correction needs a reason and the version that stands."""
    opening = replace(open_.opening, response=judged.response, facts=judged.facts)
    index = open_.form.index(judged.response, opening)
    now = yield from correcting.find(ports, open_, index, visitor)
    warned = any(p.severity != "error" for p in judged.summary.problems)
    asked = correcting.asks(open_, now, reason, warned)
    version = None
    if asked is None and now is not None:
        asked = correcting.overtaken(open_, now)
        version = now.main_version if asked is not None else None
    if asked is not None:
        # Another send of this page may have been first while this one waited for it.
        done = yield from forms.settled_submission(key, person_of(visitor), own)
        if done:
            return _again(done)
        return Unsettled(asked, now, version)
    claim = yield from forms.claim_submission(key, person_of(visitor), open_.form.form.url, own)
    if claim.done is not None:
        return _again(claim.done)
    sent = yield from _write(ports, open_, judged, index, now, visitor, reason)
    yield from forms.note_picks(person_of(visitor), judged.picks)
    yield from forms.settle_submission(claim, _told(sent))
    return sent


def check(
    ports: Ports,
    draft_id: str,
    visitor: Visitor,
    fields: Fields,
    revision: int,
    *,
    reason: str = "",
) -> Plan[FormScreen]:
    """Keep a draft and judge it as when it is sent: the screen with all that is to be mended, the
    reason of a correction too."""
    own = {name: list(held) for name, held in fields.items() if name.startswith(PREFIX)}
    open_ = yield from drafting.lay_open(ports, draft_id, visitor)
    judged = yield from judge(ports, open_, visitor, own)
    seen = replace(open_, draft=replace(open_.draft, revision=revision))
    reason = reason.strip() or open_.reason
    asked = correcting.unexplained(open_, reason)
    return (yield from _kept(seen, judged, visitor, reason, asked))


def _told(sent: Sent) -> tuple[str, ...]:
    return (sent.desk, sent.record, sent.response, sent.case or "-", *sent.written)


def _again(done: tuple[str, ...]) -> Sent:
    desk, record, response, case, *written = done
    return Sent(desk, record, response, None if case == "-" else case, tuple(written), again=True)


def judge(ports: Ports, open_: Desktop, visitor: Visitor, fields: Fields) -> Plan[Judged]:
    """Judge by the form, then, where that is content, by the desk's rules."""
    form = open_.form.form
    known = yield from drafting.known_of(ports, open_.form, fields, open_.response, visitor)
    received = forms.read_fields(
        form, fields, language=visitor.language, prior=open_.response, known=known
    )
    summary = forms.judge(
        received.tree, known=known, read=received.problems, contexts=open_.contexts
    )
    response = received.tree.response()
    facts: Mapping[str, Any] = {}
    if not summary.blocking:
        facts = yield from open_.form.facts(replace(open_.opening, response=response))
        found = _problems(received, open_.form.rules(response, facts))
        summary = Summary((*summary.problems, *found))
    return Judged(received, summary, response, tuple(_picks(received)), facts)


def _picks(received: Received) -> Iterator[tuple[str, str]]:
    """What was chosen of value sets and records: (value set, token)."""
    for node in received.tree.every():
        item = node.item
        for answer in node.answers:
            value = answer.value
            if answer.key == "valueReference":
                named = pointing.chosen(item, value)
                if named is not None:
                    yield named
            elif answer.key in ("valueCoding", "valueQuantity"):
                units = answer.key == "valueQuantity"
                value_set = item.unit_value_set if units else item.value_set
                if value_set is not None and value.get("code"):
                    token = f"{value.get('system') or ''}|{value['code']}"
                    yield value_set, token


def _problems(received: Received, findings: Iterable[Finding]) -> list[Problem]:
    """Findings of rules at the questions that they name."""
    nodes = {node.name: node for node in received.tree.every()}
    made = []
    for each in findings:
        name = each.path if each.path.startswith(PREFIX) or not each.path else PREFIX + each.path
        node = nodes.get(name) or nodes.get(name.rpartition(":")[0])
        item = node.item if node is not None else None
        severity = "warning" if each.warning else "error"
        path = item.path if item is not None else ()
        made.append(Problem(name, path, each.code, Message(each.words), item, severity))
    return made


def _kept(
    open_: Desktop,
    judged: Judged,
    visitor: Visitor,
    reason: str,
    more: Problem | None = None,
    *,
    now: correcting.Standing | None = None,
    record_version: int | None = None,
) -> Plan[FormScreen]:
    """The screen with what is to be mended; the answers are kept, so that nothing is lost."""
    tree, response = judged.received.tree, judged.received.response
    if now is not None and (open_.correcting is None or record_version is not None):
        open_, response = correcting.renewing(open_, now, response)
        tree = forms.Tree(open_.form.form, response)
        tree.settle(open_.contexts)
    held = yield from drafting.keep(open_, response, open_.draft.revision, reason, record_version)
    problems = judged.summary.problems if more is None else (more, *judged.summary.problems)
    screen = yield from drafting.shown(
        held, tree, visitor, summary=Summary(problems), raw=judged.received.raw
    )
    return screen


def _write(
    ports: Ports,
    open_: Desktop,
    judged: Judged,
    index: Indexing,
    now: correcting.Standing | None,
    visitor: Visitor,
    reason: str,
) -> Plan[Sent]:
    desk, form = open_.desk, open_.form
    system = form_system(desk.key, form.key)
    value = now.key if now is not None and now.key else (
        hidden_key(index.once) if index.once else uuid.uuid4().hex
    )  # fmt: skip
    source = f"{system}:{value}"
    response = _response(open_, judged, index, visitor, reason, (system, value))
    bundle = forms.extract(form.form, response)
    entries: list[Json] = list(bundle.get("entry", ()))
    if now is not None:
        entries, response = correcting.renewed(form.form, entries, response, now, reason)
    elif open_.about is not None:
        _hold_version(entries, open_)
    _check(entries)
    if "subject" not in response:
        _name_subject(response, entries)
    entries.append(_response_entry(response, now))
    context = context_of(ports, visitor, index, source, now)
    whole = {"resourceType": "Bundle", "type": "transaction", "entry": entries}
    result = yield from transaction.execute(ports.store, whole, context)
    written = [e for e in result.entries if e.method != "DELETE" and e.outcome is not None]
    main = _main(form, written, desk.workflows)
    case = yield from casework.after_sending(
        ports, open_, _focus(main, index, context), main, index, visitor, reason, now is not None
    )
    references = tuple(f"{e.type}/{e.id}" for e in written)
    record = f"{main.type}/{main.id}"
    yield from desk.follow(
        Happening(
            visitor.access, visitor.at, record, main.resource or {}, source, ports.store,
            form=form.key, case=case, reason=reason, response=written[-1].resource,
        )
    )  # fmt: skip
    return Sent(desk.key, record, references[-1], case.id if case else None, references)


def context_of(
    ports: Ports,
    visitor: Visitor,
    index: Indexing,
    source: str,
    now: correcting.Standing | None = None,
) -> Context:
    """Under whose rights and about which facility it is written. A correction stays where it is."""
    access = visitor.access
    custodian = index.custodian or visitor.facility or access.facility
    commune = index.commune or (None if index.custodian else access.commune)
    if now is not None and now.custodian is not None:
        custodian, commune = now.custodian, now.commune
    return Context(access, source, custodian, commune, ports.tags(access))


def _response(
    open_: Desktop,
    judged: Judged,
    index: Indexing,
    visitor: Visitor,
    reason: str,
    identifier: tuple[str, str],
) -> Json:
    response = dict(judged.response)
    response["status"] = "completed"
    response["authored"] = visitor.at.isoformat(timespec="seconds")
    author = {"system": SUBJECTS, "value": person_of(visitor)}
    response["author"] = {"identifier": author}
    response["identifier"] = {"system": identifier[0], "value": identifier[1]}
    if index.patient is not None:
        response["subject"] = {"reference": f"Patient/{index.patient}"}
    elif open_.about is not None:
        response["subject"] = {"reference": open_.about}
    if reason.strip():
        correcting.give_reason(response, reason)
    return response


def _response_entry(response: Json, now: correcting.Standing | None) -> Json:
    if now is not None and now.response is not None:
        held = now.response
        tag = f'W/"{held.version}"'
        request = {"method": "PUT", "url": f"{_RESPONSE}/{held.id}", "ifMatch": tag}
        return {"fullUrl": f"urn:uuid:{uuid.uuid4()}", "resource": response, "request": request}
    request = {"method": "POST", "url": _RESPONSE}
    return {"fullUrl": f"urn:uuid:{uuid.uuid4()}", "resource": response, "request": request}


def _hold_version(entries: Sequence[Json], open_: Desktop) -> None:
    """What the form was opened about is written on the version that was seen."""
    for entry in entries:
        if entry["request"].get("url") == open_.about and open_.draft.record_version is not None:
            entry["request"].setdefault("ifMatch", f'W/"{open_.draft.record_version}"')


def _name_subject(response: Json, entries: Sequence[Json]) -> None:
    """A Patient that the form makes is whom its response is about."""
    made = [e for e in entries if (e.get("resource") or {}).get("resourceType") == "Patient"]
    if len(made) == 1:
        response["subject"] = {"reference": made[0]["fullUrl"]}


def _check(entries: Sequence[Json]) -> None:
    """Raises Refused where a record is not valid by R4: the form's definitions are to be mended."""
    for entry in entries:
        resource = entry.get("resource")
        if resource is None:
            continue
        for issue in fhir.validate(resource):
            if issue.severity in ("error", "fatal"):
                raise Refused("not-valid", _said(issue))


def _said(issue: fhir.Issue) -> Message:
    return MESSAGES.message("not-valid", place=issue.expression, problem=issue.message.vi)


def _main(form: DeskForm, written: Sequence[Entry], workflows: Sequence[Any]) -> Entry:
    """The record that the form is known by: that of its workflow, else the first, else its
    response."""
    kind = next((w.record_type for w in workflows if w.key == form.workflow), None)
    found = next((e for e in written if e.type == kind), None)
    return found or written[0]


def _focus(main: Entry, index: Indexing, context: Context) -> casework.Focus:
    resource: Json = main.resource or {}
    patient = main.id if main.type == "Patient" else index.patient or fhir.patient_of(resource)
    return casework.Focus(
        main.type, main.id or "", patient, context.custodian, context.commune,
        _sensitivity(resource),
    )  # fmt: skip


def _sensitivity(resource: Mapping[str, Any]) -> str:
    labels = (resource.get("meta") or {}).get("security") or ()
    return next((str(e["code"]) for e in labels if e.get("code") in _SENSITIVE), "")
