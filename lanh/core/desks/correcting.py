"""Corrections: what a form has written before, opened again, and replaced by new versions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from lanh.core import audit, forms
from lanh.core.database import Plan
from lanh.core.desks import drafting
from lanh.core.desks.definition import Desk, DeskForm, Indexing, Json
from lanh.core.desks.drafting import Desktop
from lanh.core.desks.errors import MESSAGES, Forbidden, Refused
from lanh.core.desks.ports import (
    Ports,
    existing,
    form_system,
    hidden_key,
    opening_of,
    person_of,
    read_source,
    roles_of,
    split,
)
from lanh.core.desks.screens import FormScreen, Visitor
from lanh.core.forms import Form, Problem, Tree
from lanh.core.store import Context, Stored

_RESPONSE = "QuestionnaireResponse"
_REASON = "http://hl7.org/fhir/StructureDefinition/questionnaireresponse-reason"
_MOST = 500


@dataclass(frozen=True, slots=True)
class Standing:
    """What stands of an earlier sending: its response, its records, the one that it is known by.

    `key` is the value of the response's identifier.
    """

    key: str | None
    main: str
    main_version: int
    response: Stored | None
    records: tuple[Stored, ...]
    custodian: str | None
    commune: str | None


def find(ports: Ports, open_: Desktop, index: Indexing, visitor: Visitor) -> Plan[Standing | None]:
    """What a sending replaces: the record that the draft corrects, or what was sent of the same
    thing before (`Indexing.once`), held against a second one until the transaction ends."""
    context = Context(visitor.access)
    if open_.correcting is not None:
        record = yield from existing(ports, open_.correcting, context)
        standing = yield from of_record(ports, open_.desk, open_.form, record, context)
        return standing
    if index.once is None:
        return None
    system, value = form_system(open_.desk.key, open_.form.key), hidden_key(index.once)
    rows = yield from ports.store.matching(
        _RESPONSE, [("identifier", f"{system}|{value}")], context
    )
    if not rows:
        return None
    response = yield from existing(ports, f"{_RESPONSE}/{rows[0].id}", context)
    records = yield from _records(ports, open_.form.form, f"{system}:{value}", context)
    main = _known_by(open_.desk, open_.form, records) or response
    return _standing(value, main, response, records)


def of_record(
    ports: Ports, desk: Desk, form: DeskForm, record: Stored, context: Context
) -> Plan[Standing]:
    """What stands beside a record: what its form wrote with it; where it came another way, what
    its view includes by reference of the types that the form writes."""
    source = read_source(record.source)
    if source is None or source[:2] != (desk.key, form.key):
        beside = yield from _beside(ports, desk, form.form, record, context)
        return _standing(None, record, None, [record, *beside])
    system = form_system(desk.key, form.key)
    response = yield from response_of(ports, record, context)
    records = yield from _records(ports, form.form, f"{system}:{source[2]}", context)
    if not any((r.type, r.id) == (record.type, record.id) for r in records):
        records = [record, *records]
    return _standing(source[2], record, response, records)


def _beside(
    ports: Ports, desk: Desk, form: Form, record: Stored, context: Context
) -> Plan[list[Stored]]:
    view = desk.view(record.type)
    own = [e for e in view.include if e.startswith(f"{record.type}:")] if view else []
    if not own:
        return []
    pairs = [("_id", record.id), *(("_include", each) for each in own)]
    search, _ = yield from ports.store.parse(record.type, pairs)
    page = yield from ports.store.search(search, context)
    written = set(forms.types_of(form).values())
    return [each for each in page.included if each.type in written]


def response_of(ports: Ports, record: Stored, context: Context) -> Plan[Stored | None]:
    """The response that wrote a record, where it may be seen."""
    source = read_source(record.source)
    if source is None:
        return None
    desk, form, key = source
    search, _ = yield from ports.store.parse(
        _RESPONSE, [("identifier", f"{form_system(desk, form)}|{key}"), ("_count", "1")]
    )
    page = yield from ports.store.search(search, context)
    return page.entries[0] if page.entries else None


def _standing(
    key: str | None, main: Stored, response: Stored | None, records: Sequence[Stored]
) -> Standing:
    name = f"{main.type}/{main.id}"
    kept = tuple(r for r in records if r.type != _RESPONSE)
    return Standing(key, name, main.version, response, kept, main.custodian, main.commune)


def _records(ports: Ports, form: Form, source: str, context: Context) -> Plan[list[Stored]]:
    """The records that a response wrote and that stand, type by type."""
    found: list[Stored] = []
    for kind in sorted(set(forms.types_of(form).values())):
        pairs = [("_source", source), ("_count", str(_MOST)), ("_sort", "_id")]
        search, _ = yield from ports.store.parse(kind, pairs)
        page = yield from ports.store.search(search, context)
        found += page.entries
    return found


def _known_by(desk: Desk, form: DeskForm, records: Sequence[Stored]) -> Stored | None:
    kind = next((w.record_type for w in desk.workflows if w.key == form.workflow), None)
    return next((r for r in records if r.type == kind), records[0] if records else None)


def asks(open_: Desktop, now: Standing | None, reason: str, warned: bool) -> Problem | None:
    """What is still to be said before it can be sent."""
    if reason.strip() or (now is None and not warned):
        return None
    key = "reason-needed" if now is not None else "warning-reason"
    return Problem("reason", (), "required", MESSAGES.message(key))


def unexplained(open_: Desktop, reason: str) -> Problem | None:
    """That a correction lacks its reason."""
    if open_.correcting is None or reason.strip():
        return None
    return Problem("reason", (), "required", MESSAGES.message("reason-needed"))


def overtaken(open_: Desktop, now: Standing) -> Problem | None:
    """That somebody else has changed the record since this draft saw it."""
    seen = open_.draft.record_version
    if open_.correcting is None or seen is None or seen == now.main_version:
        return None
    return Problem("theirs", (), "conflict", MESSAGES.message("overtaken"))


def renewing(open_: Desktop, now: Standing, mine: Json) -> tuple[Desktop, Json]:
    """A draft that turns out to replace what stands, or another version of it than it saw, with
    its answers: what its person left as it was is taken from what stands now."""
    stands = standing_answers(open_.form.form, now)
    if open_.before is None or open_.correcting is None:
        return replace(open_, correcting=now.main, before=stands), mine
    begun = open_.begun if open_.begun is not None else open_.before
    made = forms.merged(open_.form.form, open_.before, stands, mine)
    return replace(open_, before=stands, begun=begun), made


def correct(ports: Ports, desk: str, record: str, visitor: Visitor) -> Plan[FormScreen]:
    """The form that corrects a record, filled in with what stands. Raises Refused where the record
    is not corrected by a form, NotFound, Forbidden."""
    found, form = correcting_form(ports, desk, split(record)[0], visitor)
    context = Context(visitor.access)
    stored = yield from existing(ports, record, context)
    if form.about == split(record)[0]:
        before = None
        if (read_source(stored.source) or ())[:2] == (desk, form.key):
            standing = yield from of_record(ports, found, form, stored, context)
            before = standing_answers(form.form, standing)
        screen = yield from drafting.begin(ports, desk, form.key, visitor, record, before)
        return screen
    draft = yield from forms.resume_draft(person_of(visitor), form.form.url, record)
    if draft is None:
        standing = yield from of_record(ports, found, form, stored, context)
        before = standing_answers(form.form, standing)
        tree = Tree(form.form, {"status": "in-progress", **before})
        opening = opening_of(ports, visitor, None, stored.resource())
        tree.settle((yield from form.contexts(opening)))
        draft = yield from forms.begin_draft(
            person_of(visitor),
            form.form,
            drafting.kept(tree.response(), desk, form.key, None, record, before=before),
            record=record,
            record_version=stored.version,
            patient=stored.patient,
        )
    entry = audit.Entry.of(
        visitor.access, "read", patient=stored.patient, type=stored.type, id=stored.id,
        detail=f"desk:{desk}:{form.key}",
    )  # fmt: skip
    yield from audit.append([entry])
    screen = yield from drafting.screen_of(ports, draft.id, visitor)
    return screen


def correcting_form(ports: Ports, desk: str, kind: str, visitor: Visitor) -> tuple[Desk, DeskForm]:
    """The form by which the visitor may correct records of a type."""
    found = ports.desk(desk, visitor)
    view = found.view(kind)
    form = found.form(view.form) if view is not None and view.form is not None else None
    if form is None:
        raise Refused.because("not-correctable")
    if not roles_of(visitor) & form.roles:
        raise Forbidden.because("no-entry")
    return found, form


def standing_answers(form: Form, standing: Standing) -> Json:
    """The answers that stand: those sent, or, where others have changed records since, those that
    the records tell."""
    response, records = standing.response, standing.records
    if response is not None and all(each.source == response.source for each in records):
        return {"item": response.resource().get("item", [])}
    tree = forms.read_back(form, [each.resource() for each in standing.records])
    return {"item": tree.response().get("item", [])}


def renewed(
    form: Form, entries: Sequence[Json], response: Json, now: Standing, reason: str
) -> tuple[list[Json], Json]:
    """The entries as new versions of what stands, what is stated no more deleted; and the response
    as the next version of the one before."""
    written = forms.elements_written(form)
    left = list(now.records)
    made: list[Json] = []
    for entry in entries:
        resource = entry["resource"]
        held = _held(resource, entry["request"].get("url", ""), left)
        if held is None:
            made.append(entry)
            continue
        left.remove(held)
        merged = _merged(held.resource(), resource, written.get(held.type, frozenset()))
        url, tag = f"{held.type}/{held.id}", f'W/"{held.version}"'
        request = {"method": "PUT", "url": url, "ifMatch": tag}
        made.append({**entry, "resource": merged, "request": request})
    for held in left:
        url, tag = f"{held.type}/{held.id}", f'W/"{held.version}"'
        made.append({"request": {"method": "DELETE", "url": url, "ifMatch": tag}})
    if now.response is None:
        give_reason(response, reason)
        return made, response
    return made, forms.corrected(now.response.resource(), response, reason)


def _held(resource: Json, url: str, left: Sequence[Stored]) -> Stored | None:
    """The record that an entry is the next version of: the one most like it."""
    alike = [each for each in left if each.type == resource["resourceType"]]
    named = next((each for each in alike if url == f"{each.type}/{each.id}"), None)
    if named is not None or not alike or resource.get("id"):
        return named
    return max(alike, key=lambda each: _likeness(resource, each.resource()))


def _likeness(one: Json, other: Mapping[str, Any]) -> int:
    same = {name for name, value in one.items() if other.get(name) == value}
    return len(same) + 100 * ("identifier" in same) + 10 * ("code" in same)


def _merged(old: Mapping[str, Any], new: Json, written: frozenset[str]) -> Json:
    """The new version: what the form states is the form's, what else the record holds stays."""
    kept = {name: value for name, value in old.items() if name not in written and name != "meta"}
    held = {
        name: value
        for name, value in (old.get("meta") or {}).items()
        if name in ("profile", "security", "tag")
    }
    meta = {**held, **(new.get("meta") or {})}
    return {**kept, **new, **({"meta": meta} if meta else {})}


def give_reason(response: Json, reason: str) -> None:
    """State why a response was sent (questionnaireresponse-reason)."""
    others = [e for e in response.get("extension", ()) if e.get("url") != _REASON]
    text = {"url": _REASON, "valueCodeableConcept": {"text": reason.strip()[:1000]}}
    response["extension"] = [*others, text]
