"""Drafts at a desk: what is kept of a form that is being filled in, and its screen."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from lanh.core import forms
from lanh.core.database import Plan
from lanh.core.desks import pointing
from lanh.core.desks.definition import Desk, DeskForm, Json, Opening
from lanh.core.desks.errors import Forbidden, Invalid, NotFound
from lanh.core.desks.ports import Ports, existing, opening_of, person_of, roles_of
from lanh.core.desks.screens import FormScreen, Visitor
from lanh.core.forms import Change, Draft, Known, Summary, Tree
from lanh.core.store import Context, Stored

Fields = Mapping[str, Sequence[str]]

# Beside the response of a draft stands what the draft is for. It is no part of the response.
_OWN = "_desk"


@dataclass(frozen=True, slots=True)
class Desktop:
    """A draft laid open: its desk and form, what it is about, what it corrects.

    `before` is the response that stands, which a correction replaces; `begun` the one that stood
    when it was begun, where somebody else has changed the record since.
    """

    desk: Desk
    form: DeskForm
    draft: Draft
    response: Json
    about: str | None
    correcting: str | None
    reason: str
    opening: Opening
    contexts: Mapping[str, Any]
    before: Json | None = None
    begun: Json | None = None


def kept(response: Json, desk: str, form: str, about: str | None, correcting: str | None,
         reason: str = "", before: Json | None = None, begun: Json | None = None,
         ) -> Json:  # fmt: skip
    """What a draft keeps."""
    own: Json = {"desk": desk, "form": form, "about": about, "correcting": correcting}
    own["reason"] = reason
    own |= {name: held for name, held in (("before", before), ("begun", begun)) if held is not None}
    return {**response, _OWN: own}


def form_at(ports: Ports, desk: str, key: str, visitor: Visitor) -> tuple[Desk, DeskForm]:
    """A form that the visitor may fill in. Raises NotFound, Forbidden."""
    found = ports.desk(desk, visitor)
    form = found.form(key)
    if form is None:
        raise NotFound.because("not-found")
    if not roles_of(visitor) & form.roles:
        raise Forbidden.because("no-entry")
    return found, form


def begin(
    ports: Ports,
    desk: str,
    key: str,
    visitor: Visitor,
    about: str | None = None,
    before: Json | None = None,
) -> Plan[FormScreen]:
    """A form with a new draft, or with the one that the visitor has begun. `before` is the
    response that stands, where what it is about was sent by this form and is corrected."""
    _, form = form_at(ports, desk, key, visitor)
    record = yield from about_of(ports, form, about, visitor)
    opening = opening_of(ports, visitor, about, record.resource() if record else None)
    contexts = yield from form.contexts(opening)
    draft = yield from forms.resume_draft(person_of(visitor), form.form.url, about or "")
    if draft is None:
        tree = forms.open_form(form.form, contexts)
        draft = yield from forms.begin_draft(
            person_of(visitor),
            form.form,
            kept(tree.response(), desk, key, about, about if before else None, before=before),
            record=about or "",
            record_version=record.version if record else None,
            patient=record.patient if record else None,
        )
    screen = yield from screen_of(ports, draft.id, visitor)
    return screen


def about_of(
    ports: Ports, form: DeskForm, about: str | None, visitor: Visitor
) -> Plan[Stored | None]:
    """The record that a form is opened about. Raises Invalid where it needs one, NotFound."""
    if form.about is None and about is None:
        return None
    if about is None or (form.about is not None and not about.startswith(f"{form.about}/")):
        raise Invalid.because("about-missing", type=form.about)
    record = yield from existing(ports, about, Context(visitor.access))
    return record


def lay_open(ports: Ports, draft_id: str, visitor: Visitor) -> Plan[Desktop]:
    """A draft of the visitor with all that its form is told. Raises NotFound, Forbidden."""
    draft = yield from forms.find_draft(draft_id, person_of(visitor))
    if draft is None:
        raise NotFound.because("not-found")
    own = draft.response.get(_OWN, {})
    desk, form = form_at(ports, own.get("desk", ""), own.get("form", ""), visitor)
    about = own.get("about")
    record = None
    named = about or own.get("correcting")
    if named is not None:
        record = yield from existing(ports, named, Context(visitor.access))
    opening = opening_of(ports, visitor, about, record.resource() if record else None)
    contexts = yield from form.contexts(opening)
    response = {key: value for key, value in draft.response.items() if key != _OWN}
    return Desktop(
        desk, form, draft, response, about, own.get("correcting"), own.get("reason", ""),
        opening, contexts, own.get("before"), own.get("begun"),
    )  # fmt: skip


def undrafted(
    ports: Ports, desk: str, key: str, visitor: Visitor, about: str | None = None, reason: str = ""
) -> Plan[Desktop]:
    """A form as it begins, laid open without keeping a draft: for answers that come at once.

    Raises NotFound, Forbidden, and Invalid where it needs a record that it is about.
    """
    found, form = form_at(ports, desk, key, visitor)
    record = yield from about_of(ports, form, about, visitor)
    opening = opening_of(ports, visitor, about, record.resource() if record else None)
    contexts = yield from form.contexts(opening)
    fresh = forms.open_form(form.form, contexts).response()
    draft = Draft(
        "", person_of(visitor), form.form.url, form.form.version or "", about or "",
        record.version if record else None, 0, {}, visitor.at, visitor.at,
    )  # fmt: skip
    return Desktop(found, form, draft, fresh, about, None, reason, opening, contexts)


def screen_of(ports: Ports, draft_id: str, visitor: Visitor) -> Plan[FormScreen]:
    """The screen of a draft as it was saved last."""
    open_ = yield from lay_open(ports, draft_id, visitor)
    tree = Tree(open_.form.form, open_.response)
    tree.settle(open_.contexts)
    screen = yield from shown(open_, tree, visitor)
    return screen


def shown(
    open_: Desktop,
    tree: Tree,
    visitor: Visitor,
    *,
    summary: Summary | None = None,
    raw: Mapping[str, tuple[str, ...]] | None = None,
) -> Plan[FormScreen]:
    """The screen of a tree that is settled; warnings stand apart from faults."""
    draft, language = open_.draft, visitor.language
    faults = forms.Summary(tuple(p for p in summary.problems if p.severity == "error")
                           if summary else ())  # fmt: skip
    warnings = [p for p in summary.problems if p.severity != "error"] if summary else []
    page = forms.page_of(
        tree, language, summary=faults if faults.problems else None, raw=raw,
        contexts=open_.contexts,
    )  # fmt: skip
    others: Sequence[str] = ()
    if draft.record:
        editors = yield from forms.other_editors(draft.record, draft.person)
        others = tuple(each.person for each in editors)
    searches = _searches(open_.form)
    favourites = (yield from forms.favourites(draft.person)) if searches else frozenset()
    return FormScreen(
        open_.desk.key,
        open_.form.key,
        page,
        draft.id,
        draft.revision,
        draft.id,
        draft.saved_at,
        open_.about,
        open_.correcting,
        open_.reason,
        tuple((p.name, p.say(language)) for p in warnings),
        others,
        changes=_changes(open_, open_.before, tree.response()),
        theirs=_changes(open_, open_.begun, open_.before),
        review=open_.form.review,
        favourites=favourites,
        files={
            url: (str(each.get("title", "")), int(each.get("size", 0)))
            for url, each in _files(tree.response())
        },
    )


def _searches(form: DeskForm) -> bool:
    """Whether answers are looked for somewhere in a form."""
    return any(i.value_set or i.unit_value_set or i.targets for i in form.form.every())


def _changes(open_: Desktop, before: Json | None, after: Json | None) -> Sequence[Change]:
    if before is None or after is None:
        return ()
    return forms.differences(open_.form.form, before, after)


def known_of(
    ports: Ports,
    form: DeskForm,
    fields: Fields,
    prior: Json,
    visitor: Visitor,
    *,
    held: bool = False,
) -> Plan[Known]:
    """What is found out of the codes, files and records that fields name. Where `held`, codes that
    the draft holds already are not asked about again: they are when it is sent."""
    codes: dict[tuple[str, str], Json | None] = dict(_codes(form, prior)) if held else {}
    asked = forms.codes_asked(form.form, fields) - set(codes)
    if asked:
        if ports.value_sets is None:
            raise Invalid.because("no-value-sets")
        codes |= yield from forms.find_codes(ports.value_sets, asked, on=visitor.at.date())
    records = forms.references_asked(form.form, fields)
    names = yield from pointing.names_of(ports, records, dict(_names(prior)), visitor)
    return Known(codes=codes, files=dict(_files(prior)), names=names)


def _codes(form: DeskForm, prior: Json) -> Iterator[tuple[tuple[str, str], Json | None]]:
    """The codes of value sets that a draft holds, by the set and the token of the field."""
    for node in Tree(form.form, prior).every():
        value_set = node.item.value_set
        for answer in node.answers if value_set is not None else ():
            if value_set is not None and answer.key == "valueCoding":
                token = f"{answer.value.get('system', '')}|{answer.value.get('code', '')}"
                yield (value_set, token), answer.value


def _answers(holder: Any) -> Any:
    for row in holder.get("item", ()):
        for answer in row.get("answer", ()):
            yield answer
            yield from _answers(answer)
        yield from _answers(row)


def _files(prior: Json) -> Any:
    for answer in _answers(prior):
        attachment = answer.get("valueAttachment")
        if attachment and attachment.get("url"):
            yield attachment["url"], attachment


def _names(prior: Json) -> Any:
    for answer in _answers(prior):
        reference = answer.get("valueReference")
        if reference and reference.get("reference"):
            yield reference["reference"], reference.get("display") or ""


def save(
    ports: Ports,
    draft_id: str,
    visitor: Visitor,
    fields: Fields,
    revision: int,
    *,
    add: str = "",
    remove: str = "",
    reason: str = "",
) -> Plan[FormScreen]:
    """Keep what is filled in so far and give the page again, with what is computed of it.

    `add` is the name of a row or field to show besides (`next_name`), `remove` that of a row to
    take away (`Row.name`). Raises Conflict where another page of the same person saved since.
    """
    open_ = yield from lay_open(ports, draft_id, visitor)
    form = open_.form.form
    known = yield from known_of(ports, open_.form, fields, open_.response, visitor, held=True)
    edited, blank = _edited(fields, add, remove)
    received = forms.read_fields(
        form, edited, language=visitor.language, prior=open_.response, known=known
    )
    if not remove:
        received.tree.settle(open_.contexts)
        forms.begin_asked(received.tree, open_.response, open_.contexts, added=add)
    summary = forms.judge(
        received.tree, known=known, read=received.problems, contexts=open_.contexts, complete=False
    )
    open_ = yield from keep(open_, received.response, revision, reason or open_.reason)
    screen = yield from shown(
        open_, received.tree, visitor, summary=summary, raw={**received.raw, **blank}
    )
    return screen


def keep(
    open_: Desktop, response: Json, revision: int, reason: str, record_version: int | None = None
) -> Plan[Desktop]:
    """Save a draft that was seen at a revision."""
    held = kept(
        response, open_.desk.key, open_.form.key, open_.about, open_.correcting, reason,
        open_.before, open_.begun,
    )  # fmt: skip
    draft = yield from forms.save_draft(
        replace(open_.draft, revision=revision),
        held,
        form_version=open_.form.form.version,
        record_version=record_version,
    )
    return replace(open_, draft=draft, response=response, reason=reason)


def _edited(
    fields: Fields, add: str, remove: str
) -> tuple[dict[str, Sequence[str]], dict[str, tuple[str, ...]]]:
    """The fields with a row more or less; and the blank field that the page is to show."""
    made = {
        name: held
        for name, held in fields.items()
        if not remove or not (name == remove or name.startswith((f"{remove}/", f"{remove}#")))
    }
    blank: dict[str, tuple[str, ...]] = {}
    if add:
        made.setdefault(f"{add}#row", ["1"])
        blank[add] = ("",)
    return made, blank
