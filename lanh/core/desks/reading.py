"""A record as a desk shows it: sections, case, papers, and its versions with who made them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from lanh.core import audit, forms
from lanh.core.database import Plan
from lanh.core.desks import casework, correcting, telling
from lanh.core.desks.definition import Desk, RecordView
from lanh.core.desks.errors import MESSAGES, NotFound, Refused
from lanh.core.desks.ports import Ports, read_source, roles_of, split
from lanh.core.desks.screens import PaperLink, RecordScreen, Version, Visitor
from lanh.core.store import Context, Stored, may
from lanh.core.text import Language

_MOST_VERSIONS = 50


def record(ports: Ports, desk: str, reference: str, visitor: Visitor) -> Plan[RecordScreen]:
    """A record of a desk. The entry of the audit is part of this plan's transaction: it has to be
    committed before anything is shown. Raises NotFound, Forbidden."""
    found, view, stored, included = yield from opened(ports, desk, reference, visitor, "record")
    resource, language = stored.resource(), visitor.language
    sections = [
        (section.title.say(language), list(section.lines(resource, included, language)))
        for section in view.sections
    ]
    case = yield from ports.workflow.about(stored.type, stored.id, visitor.access)
    shown_case = None
    if case is not None and case.definition in {each.key for each in found.workflows}:
        shown_case = yield from casework.case_screen(ports, found, case, visitor, stored)
    form = found.form(view.form) if view.form is not None else None
    may_correct = form is not None and bool(roles_of(visitor) & form.roles)
    may_correct = may_correct and may(visitor.access, "update", stored.type)
    versions = yield from _versions(ports, found, stored, visitor)
    lines = shown_case.lines if shown_case is not None else ()
    signed = bool(lines) and all(each.at is not None for each in lines)
    return RecordScreen(
        found.key,
        f"{stored.type}/{stored.id}",
        view.title(resource, language),
        [(title, lines) for title, lines in sections if lines],
        versions,
        shown_case,
        [PaperLink(p.key, p.title.say(language), p.signed and signed) for p in view.papers],
        form.key if form is not None and may_correct else None,
        view.personal,
    )


def opened(
    ports: Ports, desk: str, reference: str, visitor: Visitor, what: str
) -> Plan[tuple[Desk, RecordView, Stored, Mapping[str, Mapping[str, Any]]]]:
    """A record with what its view includes, and the entry of the audit that it was read."""
    found = ports.desk(desk, visitor)
    kind, name = split(reference)
    view = found.view(kind)
    if view is None:
        raise NotFound.because("not-found")
    context = Context(visitor.access)
    stored, included = yield from _read(ports, view, name, context)
    entry = audit.Entry.of(
        visitor.access, "read", patient=stored.patient, type=kind, id=name,
        detail=f"desk:{desk}:{what}",
    )  # fmt: skip
    yield from audit.append([entry])
    return found, view, stored, included


def _read(
    ports: Ports, view: RecordView, name: str, context: Context
) -> Plan[tuple[Stored, dict[str, Mapping[str, Any]]]]:
    """`include` names parameters as `Type:parameter`: of the record's type those that it names,
    of another type those that name it."""
    kind = view.resource_type
    included: dict[str, Mapping[str, Any]] = {}
    if not view.include:
        stored = yield from ports.store.read(kind, name, context)
        if stored is None or stored.deleted:
            raise NotFound.because("not-found")
        return stored, included
    pairs = [("_id", name)]
    for each in view.include:
        own = each.partition(":")[0] == kind
        pairs.append(("_include" if own else "_revinclude", each))
    search, _ = yield from ports.store.parse(kind, pairs)
    page = yield from ports.store.search(search, context)
    if not page.entries:
        raise NotFound.because("not-found")
    for row in page.included:
        included[f"{row.type}/{row.id}"] = row.resource()
    return page.entries[0], included


def _versions(ports: Ports, desk: Desk, stored: Stored, visitor: Visitor) -> Plan[list[Version]]:
    """The versions, newest first, with the form or message that each came by."""
    context = Context(visitor.access)
    if not may(visitor.access, "history", stored.type):
        past = [stored]
    else:
        past = yield from ports.store.history(stored.type, stored.id, context, _MOST_VERSIONS)
    responses = yield from _responses(ports, stored, context)
    made: list[Version] = []
    for number, version in enumerate(past):
        older = past[number + 1] if number + 1 < len(past) else None
        made.append(_version(desk, version, older, responses, visitor.language))
    names = yield from ports.names(sorted({each.actor for each in made if each.actor}))
    return [
        Version(
            v.version,
            v.at,
            telling.named(names, v.actor, visitor.language),
            v.source,
            v.reason,
            v.changes,
        )
        for v in made
    ]


def _responses(ports: Ports, stored: Stored, context: Context) -> Plan[list[Stored]]:
    """Every version of the response that wrote a record, where it may be seen."""
    if not may(context.access, "search", "QuestionnaireResponse"):
        return []
    response = yield from correcting.response_of(ports, stored, context)
    if response is None or not may(context.access, "history", response.type):
        return [response] if response is not None else []
    past = yield from ports.store.history(response.type, response.id, context, _MOST_VERSIONS)
    return past


def _version(
    desk: Desk,
    version: Stored,
    older: Stored | None,
    responses: Sequence[Stored],
    language: Language,
) -> Version:
    source = read_source(version.source)
    own = version.source == f"urn:lanh:desk:{desk.key}"
    name = desk.title.say(language) if own else version.source or ""
    if source is not None:
        form = desk.form(source[1]) if source[0] == desk.key else None
        name = form.form.title.say(language) if form is not None else f"{source[0]}/{source[1]}"
        mine = _response_at(version, responses)
        if mine is not None:
            resource = mine.resource()
            before = _response_at(older, responses) if older is not None else None
            past = any(each.version == 1 for each in responses)
            if past and before is not None and before.version == mine.version:
                # Not by the form: a step of the case has changed the record since.
                step = MESSAGES["by-step"].say(language)
                return Version(version.version, version.updated, "", step)
            changes: Sequence[forms.Change] = ()
            if form is not None and before is not None and before.version != mine.version:
                changes = forms.differences(form.form, before.resource(), resource)
            author = (resource.get("author") or {}).get("identifier", {}).get("value", "")
            reason = forms.reason_of(resource) or ""
            return Version(version.version, version.updated, author, name, reason, changes)
    return Version(version.version, version.updated, "", name)


def _response_at(version: Stored, responses: Sequence[Stored]) -> Stored | None:
    """The version of the response that stood when a version of its record was written."""
    if not any(each.source == version.source for each in responses):
        return None
    then = [each for each in responses if each.updated <= version.updated and not each.deleted]
    return max(then, key=lambda each: each.version, default=None)


def paper(ports: Ports, desk: str, reference: str, key: str, visitor: Visitor) -> Plan[bytes]:
    """A paper of a record as PDF: the signed one where it is kept, else printed now. Raises
    NotFound, Refused where papers cannot be printed."""
    _, view, stored, included = yield from opened(ports, desk, reference, visitor, f"paper:{key}")
    layout = next((each for each in view.papers if each.key == key), None)
    if layout is None:
        raise NotFound.because("not-found")
    if layout.signed:
        kept = yield from ports.kept(desk, stored, key, visitor.access)
        if kept is not None:
            return kept
    if ports.papers is None:
        raise Refused.because("no-paper")
    data = layout.facts(stored.resource(), included, visitor.language)
    return ports.papers.render(layout.template, data, visitor.at, visitor.language)
