"""The desks of ministry systems as the pages ask for them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Protocol, TypeAlias
from urllib.parse import parse_qsl, unquote

from lanh.core import forms, lists
from lanh.core.access import DIRECTORY_TYPES, Access, Everything, Grant, Purpose, Subject
from lanh.core.database import Plan
from lanh.core.desks import (
    Beginning,
    Desk,
    DeskForm,
    Desks,
    Figures,
    FormScreen,
    HomeScreen,
    Link,
    MenuEntry,
    Names,
    NotFound,
    OwnScreen,
    RecordScreen,
    Refused,
    Sent,
    Upload,
    Visitor,
    as_they_are,
    person_of,
    roles_of,
    told,
)
from lanh.core.forms import Suggestions
from lanh.core.lists import Import, ListDefinition, Lists, Screen
from lanh.core.overviews import OverviewScreen
from lanh.core.signing import SigningFault
from lanh.core.text import Language
from lanh.core.web.services import DeskLine, Entry, File
from lanh.core.workflow import Case, Transition, Workflow
from lanh.site.words import WORDS

Evidence: TypeAlias = Callable[[Visitor, Case, str, str], Plan[str]]
"""Signs what a need of a case asks for by a key that a PIN opens: (visitor, case, need, PIN)."""


class Signs(Protocol):
    """Gives a signature that a case waits for by the visitor's key."""

    def __call__(
        self, desk: str, case_id: str, need: str, visitor: Visitor, *, revision: int
    ) -> Plan[None]:
        """Raises SigningFault where there is no key, DeskError where the case does not wait."""
        ...


_CLAIM = "claim"


class PageDesks:
    """`lanh.core.web.services.Desks` on the engines."""

    def __init__(
        self,
        desks: Desks,
        rows: Lists,
        workflow: Workflow,
        *,
        evidence: Evidence | None = None,
        signs: Signs | None = None,
        names: Names = as_they_are,
        figures: Figures | None = None,
    ) -> None:
        self._figures = figures
        self._names = names
        self._desks = desks
        self._lists = rows
        self._workflow = workflow
        self._evidence = evidence
        self._signs = signs
        self.asks_secret = evidence is not None

    def menu(self, role: str, language: Language) -> Sequence[DeskLine]:
        """The desks that a role meets, by their titles."""
        found = [
            DeskLine(desk.key, desk.title.say(language), desk.summary.say(language))
            for desk in self._desks.desks.values()
            if role in desk.roles
        ]
        return sorted(found, key=lambda each: (each.title, each.key))

    def home(self, desk: str, visitor: Visitor) -> Plan[HomeScreen]:
        """The first screen of a desk."""
        return self._desks.home(desk, visitor)

    def waiting(self, visitor: Visitor) -> Plan[Sequence[tuple[MenuEntry, Link]]]:
        """Every queue in which something waits for the visitor's post."""
        return self._desks.waiting(visitor)

    # ---- lists -----------------------------------------------------------------------------

    def listing(self, desk: str, key: str, visitor: Visitor, query: str) -> Plan[Screen]:
        """A page of a list, with what may be done there."""
        definition = self._desks.list_definition(desk, key, visitor)
        pairs = parse_qsl(query, keep_blank_values=True)
        plan = self._lists.screen(
            definition, pairs, visitor.access, person_of(visitor), visitor.language,
            counts=True, total=True,
        )  # fmt: skip
        screen = yield from told(plan)
        found = self._desks.desks[desk]
        form = _maker(found, definition, visitor)
        begins = (form.key, form.form.title.say(visitor.language)) if form is not None else None
        bulk = tuple(_bulk(found, definition, visitor))
        importable = form is not None and lists.takes_rows(form.form)
        return replace(screen, bulk=bulk, begins=begins, importable=importable)

    def lists_people(self, desk: str, key: str, visitor: Visitor) -> bool:
        """Whether a list is about people."""
        return lists.about_people(self._desks.list_definition(desk, key, visitor))

    def export(self, desk: str, key: str, visitor: Visitor, query: str) -> Plan[lists.Export]:
        """All rows of a list's state."""
        definition = self._desks.list_definition(desk, key, visitor)
        pairs = parse_qsl(query, keep_blank_values=True)
        plan = lists.begin_export(
            self._lists, definition, pairs, visitor.access, person_of(visitor), visitor.language
        )
        return (yield from told(plan))

    def keep_view(
        self, desk: str, key: str, visitor: Visitor, title: str, query: str
    ) -> Plan[None]:
        """Keep a state of a list as a view of the visitor."""
        definition = self._desks.list_definition(desk, key, visitor)
        yield from self._lists.save_view(definition, person_of(visitor), title, parse_qsl(query))

    def drop_view(self, desk: str, key: str, visitor: Visitor, name: str) -> Plan[None]:
        """Remove a view of the visitor."""
        definition = self._desks.list_definition(desk, key, visitor)
        yield from self._lists.remove_view(definition, person_of(visitor), name)

    def bulk(
        self, desk: str, key: str, visitor: Visitor, act: str, records: Sequence[str], reason: str
    ) -> Plan[None]:
        """Take the tasks of the records' cases, or take a transition of each."""
        definition = self._desks.list_definition(desk, key, visitor)
        offered = {name for name, _, _ in _bulk(self._desks.desks[desk], definition, visitor)}
        if act not in offered:
            raise NotFound.because("not-found")
        for record in records:
            if act == _CLAIM:
                yield from self.claim(desk, record, visitor)
            else:
                case = yield from self._case(record, visitor)
                yield from self.act(desk, record, visitor, act, case.revision, reason)

    def sheet(self, desk: str, key: str, visitor: Visitor) -> Plan[File]:
        """The workbook to fill in, by the form that makes the list's rows."""
        yield from ()
        form = self._by_rows(desk, key, visitor)
        content = self._desks.empty_sheet(desk, form.key, visitor)
        return File(f"{form.key}.xlsx", lists.MEDIA_TYPES["xlsx"], content)

    def read_sheet(
        self, desk: str, key: str, visitor: Visitor, content: bytes | lists.Table
    ) -> Import:
        """A spreadsheet that was sent: each row is one sending of the form."""
        form = self._by_rows(desk, key, visitor)
        return self._desks.rows(desk, form.key, visitor, content)

    def keep_sheet(
        self, desk: str, key: str, visitor: Visitor, begun: Import, content: bytes
    ) -> Plan[str]:
        """Keep a sheet to be taken."""
        return lists.keep_upload(begun, content, f"{desk}/{key}", visitor.access)

    def sheets(self, desk: str, key: str, visitor: Visitor) -> Plan[Sequence[lists.Upload]]:
        """The sheets that the visitor sent to a list of late. Raises NotFound, Forbidden."""
        self._by_rows(desk, key, visitor)
        return lists.uploads_of(f"{desk}/{key}", person_of(visitor))

    def sheet_report(
        self, desk: str, key: str, visitor: Visitor, identity: str, most: int | None = None
    ) -> Plan[tuple[lists.Upload, lists.Imported]]:
        """How far a sheet is, with its faulty rows."""
        place, person = f"{desk}/{key}", person_of(visitor)
        upload = yield from told(lists.find_upload(identity, place, person))
        return upload, (yield from lists.report_of(upload, most))

    def _by_rows(self, desk: str, key: str, visitor: Visitor) -> DeskForm:
        """The form that rows of a spreadsheet are sent as. Raises NotFound where there is none."""
        definition = self._desks.list_definition(desk, key, visitor)
        form = _maker(self._desks.desks[desk], definition, visitor)
        if form is None or not lists.takes_rows(form.form):
            raise NotFound.because("not-found")
        return form

    # ---- forms -----------------------------------------------------------------------------

    def beginnings(self, kind: str, visitor: Visitor) -> Sequence[Beginning]:
        """The forms about records of a type that the visitor may begin."""
        return self._desks.beginnings(kind, visitor)

    def begin(self, desk: str, form: str, visitor: Visitor, about: str | None = None) -> Plan[str]:
        """Begin or resume a draft of a form."""
        screen = yield from self._desks.begin(desk, form, visitor, about)
        return screen.draft

    def correct(self, desk: str, record: str, visitor: Visitor) -> Plan[str]:
        """Begin or resume the correction of a record."""
        screen = yield from self._desks.correct(desk, record, visitor)
        return screen.draft

    def form(self, draft: str, visitor: Visitor) -> Plan[FormScreen]:
        """A draft as it was saved last."""
        return (yield from self._named((yield from self._desks.form_screen(draft, visitor))))

    def _named(self, screen: FormScreen) -> Plan[FormScreen]:
        """The screen with the names of who else edits the record."""
        if not screen.others:
            return screen
        names = yield from self._names(screen.others)
        return replace(screen, others=[names.get(each, each) for each in screen.others])

    def save(self, draft: str, visitor: Visitor, entry: Entry) -> Plan[FormScreen]:
        """Keep what a page sent."""
        screen = yield from self._desks.save(
            draft, visitor, entry.fields, entry.revision, add=entry.add, reason=entry.reason
        )
        return (yield from self._named(screen))

    def check(self, draft: str, visitor: Visitor, entry: Entry) -> Plan[FormScreen]:
        """As `save`, judged as it would be when sent."""
        screen = yield from self._desks.check(
            draft, visitor, entry.fields, entry.revision, reason=entry.reason
        )
        return (yield from self._named(screen))

    def send(self, draft: str, visitor: Visitor, entry: Entry) -> Plan[Sent | FormScreen]:
        """Send a form."""
        sent = yield from self._desks.send(
            draft, visitor, entry.fields, entry.submission, reason=entry.reason,
            accept_warnings=entry.warned,
        )  # fmt: skip
        return (yield from self._named(sent)) if isinstance(sent, FormScreen) else sent

    def discard(self, draft: str, visitor: Visitor) -> Plan[None]:
        """Drop a draft."""
        return self._desks.drop(draft, visitor)

    def suggest(self, draft: str, visitor: Visitor, name: str, text: str) -> Plan[Suggestions]:
        """What may be chosen in a field of a draft."""
        return self._desks.suggest(draft, visitor, _link(name), text)

    def favour(
        self, draft: str, visitor: Visitor, name: str, token: str, favourite: bool
    ) -> Plan[None]:
        """Make what a field holds a favourite of the visitor, or no more."""
        return self._desks.favour(draft, visitor, _link(name), token, favourite)

    def attach(
        self, draft: str, visitor: Visitor, name: str, file: Upload, revision: int
    ) -> Plan[FormScreen]:
        """Keep a file for a field."""
        return self._desks.attach(draft, visitor, name, file, revision)

    # ---- records ---------------------------------------------------------------------------

    def personal(self, desk: str, record: str) -> bool:
        """Whether a record's id must not stand in addresses; so where nothing is known of it."""
        found = self._desks.desks.get(desk)
        view = found.view(record.partition("/")[0]) if found is not None else None
        return view is None or view.personal

    def record(self, desk: str, record: str, visitor: Visitor) -> Plan[RecordScreen]:
        """A record's page."""
        return self._desks.record(desk, record, visitor)

    def _case(self, record: str, visitor: Visitor) -> Plan[Case]:
        kind, _, name = record.partition("/")
        case = yield from self._workflow.about(kind, name, visitor.access)
        if case is None:
            raise NotFound.because("not-found")
        return case

    def act(
        self, desk: str, record: str, visitor: Visitor, transition: str, revision: int, reason: str
    ) -> Plan[None]:
        """Take a transition of the record's case."""
        case = yield from self._case(record, visitor)
        yield from self._desks.act(
            desk, case.id, transition, visitor, revision=revision, reason=reason
        )

    def claim(
        self, desk: str, record: str, visitor: Visitor, *, give_back: bool = False
    ) -> Plan[None]:
        """Take the task of the record's case, or give it back."""
        case = yield from self._case(record, visitor)
        if give_back:
            yield from self._desks.give_back(desk, case.id, visitor)
        else:
            yield from self._desks.claim(desk, case.id, visitor)

    def sign(
        self, desk: str, record: str, visitor: Visitor, need: str, revision: int, secret: str
    ) -> Plan[None]:
        """Give a signature by the visitor's key."""
        case = yield from self._case(record, visitor)
        if self._evidence is not None:
            evidence = yield from self._evidence(visitor, case, need, secret)
            yield from self._desks.sign(desk, case.id, need, visitor, evidence, revision=revision)
            return
        if self._signs is None:
            raise Refused("no-key", WORDS.message("desks.no-key"))
        try:
            yield from self._signs(desk, case.id, need, visitor, revision=revision)
        except SigningFault as fault:
            raise Refused(fault.code, fault.message) from fault

    def paper(self, desk: str, record: str, key: str, visitor: Visitor) -> Plan[bytes]:
        """A paper of a record as PDF."""
        return self._desks.paper(desk, record, key, visitor)

    # ---- pages of their own ----------------------------------------------------------------

    def stranger(self, language: Language, at: datetime) -> Visitor:
        """Who has not signed in: the directory is all that they may see."""
        reads = Grant("public", frozenset({"read", "search"}), DIRECTORY_TYPES, Everything())
        access = Access(Subject("system", "public", ""), Purpose.OPERATIONS, (reads,))
        return Visitor("", "public", access, language, at)

    def page(
        self, desk: str, page: str, visitor: Visitor, parameters: Mapping[str, str]
    ) -> Plan[OwnScreen | OverviewScreen]:
        """An overview, or a page that a system draws itself."""
        seeing = replace(visitor, figures=self._figures)
        return self._desks.page(desk, page, seeing, parameters)


def _link(name: str) -> str:
    """The linkId of a field's name."""
    return unquote(name.rpartition("/")[2].partition("#")[0].partition(":")[0])


def _maker(desk: Desk, definition: ListDefinition, visitor: Visitor) -> DeskForm | None:
    """The form by which the visitor makes a row of a list, where there is just one."""
    mine = [
        form
        for form in desk.forms
        if form.in_menu
        and form.about is None
        and form.roles & roles_of(visitor)
        and definition.resource_type in forms.types_of(form.form).values()
    ]
    return mine[0] if len(mine) == 1 else None


def _bulk(
    desk: Desk, definition: ListDefinition, visitor: Visitor
) -> Iterator[tuple[str, str, bool]]:
    """What the visitor may do with several tasks of a list: take them, and every transition from
    where they wait that asks for no signature and for no form."""
    roles, language = roles_of(visitor), visitor.language
    claimed = False
    seen: set[str] = set()
    for workflow in desk.workflows:
        for queue in workflow.queues:
            if queue.name in definition.queues and queue.roles & roles and not claimed:
                claimed = True
                yield _CLAIM, WORDS["desks.claim"].say(language), False
        waiting = {each.name for each in workflow.states if each.queue in definition.queues}
        taken = seen | desk.by_form(workflow.key)
        for way in workflow.transitions:
            if _for_several(way, waiting, roles) and way.name not in taken:
                seen.add(way.name)
                yield way.name, way.title.say(language), way.reason


def _for_several(way: Transition, waiting: set[str], roles: frozenset[str]) -> bool:
    return bool(way.sources & waiting) and bool(way.roles & roles) and not way.signed
