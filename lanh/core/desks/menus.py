"""What a visitor finds at the desks: the entries of the menu, and each desk's first screen."""

from __future__ import annotations

from datetime import datetime

from lanh.core import forms
from lanh.core.database import Plan
from lanh.core.desks.definition import Desk
from lanh.core.desks.ports import Ports, person_of, roles_of
from lanh.core.desks.screens import Beginning, HomeScreen, Link, MenuEntry, Visitor
from lanh.core.lists import ListDefinition
from lanh.core.workflow import MOST_COUNTED, QueueCount


def entries(ports: Ports, visitor: Visitor) -> list[MenuEntry]:
    """The desks that a visitor may enter, in the order of their titles."""
    roles = roles_of(visitor)
    found = [
        MenuEntry(desk.key, desk.title.say(visitor.language), desk.summary.say(visitor.language))
        for desk in ports.desks.values()
        if roles & desk.roles
    ]
    return sorted(found, key=lambda each: (each.title, each.key))


def home(ports: Ports, key: str, visitor: Visitor) -> Plan[HomeScreen]:
    """A desk's first screen: what waits, what can be done, what can be read."""
    desk = ports.desk(key, visitor)
    roles, language = roles_of(visitor), visitor.language
    counts = (yield from _counts(ports, visitor)) if desk.workflows else {}
    queues = _queues(desk, counts, visitor)
    open_lists = [each for each in desk.lists if may_list(desk, each, visitor)]
    lists = [Link("list", each.key, each.title.say(language)) for each in open_lists
             if not each.queues]  # fmt: skip
    mine = [f for f in desk.forms if f.in_menu and f.about is None and f.roles & roles]
    pages = [p for p in desk.every_page if p.roles & roles]
    drafts = yield from _drafts(desk, visitor)
    return HomeScreen(
        desk.key,
        desk.title.say(language),
        desk.summary.say(language),
        queues,
        [Link("form", f.key, f.form.title.say(language)) for f in mine],
        lists,
        [Link("page", p.key, p.title.say(language)) for p in pages],
        drafts,
    )


def waiting(ports: Ports, visitor: Visitor) -> Plan[list[tuple[MenuEntry, Link]]]:
    """The queues of every desk of the post acted in where something waits, desk by desk."""
    own = [each for each in entries(ports, visitor) if visitor.role in ports.desks[each.key].roles]
    if not own:
        return []
    counts = yield from _counts(ports, visitor)
    return [
        (entry, link)
        for entry in own
        for link in _queues(ports.desks[entry.key], counts, visitor)
        if link.count != "0"
    ]


def beginnings(ports: Ports, kind: str, visitor: Visitor) -> list[Beginning]:
    """The forms about records of a type that the visitor may begin, by their titles: those of the
    desks that the post acted in may enter, and no other."""
    roles, language = roles_of(visitor), visitor.language
    found = [
        Beginning(desk.key, form.key, form.form.title.say(language), desk.title.say(language))
        for desk in ports.desks.values()
        if visitor.role in desk.roles
        for form in desk.forms
        if form.in_menu and form.about == kind and form.roles & roles
    ]
    return sorted(found, key=lambda each: (each.title, each.desk, each.form))


def may_list(desk: Desk, definition: ListDefinition, visitor: Visitor) -> bool:
    """Whether a list is for the visitor: by the roles named for it, or by those of its queues."""
    named = desk.list_roles.get(definition.key, frozenset())
    working = frozenset[str]()
    for workflow in desk.workflows:
        for queue in workflow.queues:
            if queue.name in definition.queues:
                working |= queue.roles | queue.assigners
    return bool(roles_of(visitor) & (named or working))


def _counts(ports: Ports, visitor: Visitor) -> Plan[dict[str, QueueCount]]:
    counted = yield from ports.workflow.counts(visitor.access)
    return {each.queue: each for each in counted}


def _queues(desk: Desk, counts: dict[str, QueueCount], visitor: Visitor) -> list[Link]:
    return [
        _queue(each, counts, visitor)
        for each in desk.lists
        if each.queues and may_list(desk, each, visitor)
    ]


def _queue(definition: ListDefinition, counts: dict[str, QueueCount], visitor: Visitor) -> Link:
    mine = [counts[name] for name in definition.queues if name in counts]
    waiting = sum(each.waiting for each in mine)
    told = f"{MOST_COUNTED}+" if waiting > MOST_COUNTED else str(waiting)
    return Link(
        "list", definition.key, definition.title.say(visitor.language), told,
        sum(each.overdue for each in mine),
    )  # fmt: skip


def _drafts(desk: Desk, visitor: Visitor) -> Plan[list[tuple[str, str, datetime]]]:
    """The visitor's drafts of this desk: id, title of the form, when it was saved last."""
    found = yield from forms.drafts_of(person_of(visitor))
    made = []
    for draft in found:
        form = desk.form_of(draft.form)
        if form is not None and form.roles & roles_of(visitor):
            made.append((draft.id, form.form.title.say(visitor.language), draft.saved_at))
    return made
