"""What a desk offers: its forms, workflows, lists, records, papers and own pages. Immutable."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, TypeAlias

from lanh.core.access import Access
from lanh.core.database import Plan
from lanh.core.desks.screens import OwnScreen, Visitor
from lanh.core.forms import Form
from lanh.core.lists import ListDefinition
from lanh.core.overviews import Overview
from lanh.core.store import Store
from lanh.core.text import Language, Words
from lanh.core.workflow import Case, Definition, Migration, Workflow

Json: TypeAlias = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Opening:
    """A form that is being opened or sent: by whom, when, about which record (`Type/id`).

    `resource` is the record that it is about or corrects. `store` is the installation's, for what
    contexts and facts read. `response` is what is being sent, for facts that depend on answers;
    `facts` are those, for the index.
    """

    access: Access
    at: datetime
    language: Language
    about: str | None = None
    resource: Mapping[str, Any] | None = None
    store: Store = field(default_factory=Store)
    response: Mapping[str, Any] | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Finding:
    """What a rule says of answers: `path` are linkIds with indices ("q/ward:0/beds"); a warning
    may be sent past with a reason, an error may not."""

    code: str
    path: str
    words: Words
    warning: bool = False


@dataclass(frozen=True, slots=True)
class Indexing:
    """What a sent form is known by. `once` makes a second one of the same thing (a facility and
    its day) a correction of the first; `patient` is the source Patient that it is about. Terms of
    its case count from `since`, else from now. `custodian` and `commune` are where its records
    stand for access predicates, where that is not the facility of who sends it (an authority that
    registers another facility)."""

    once: str | None = None
    patient: str | None = None
    title: Words | None = None
    since: datetime | None = None
    custodian: str | None = None
    commune: str | None = None


def _nothing_known(opening: Opening) -> Plan[Mapping[str, Any]]:
    yield from ()
    return {}


def _no_findings(response: Json, facts: Mapping[str, Any]) -> Iterable[Finding]:
    return ()


def _no_index(response: Json, opening: Opening) -> Indexing:
    return Indexing()


@dataclass(frozen=True, slots=True)
class DeskForm:
    """A form of a desk. What is sent is judged, extracted into records by the definitions in the
    form, written with its QuestionnaireResponse, and opens a case where `workflow` names one: one
    transaction. Where a case is open already by the form's `once` (a schedule opened it, since
    the report is due), sending takes `transition` on it, if the case stands where that begins.

    `contexts` reads what initial values and calculations may use (FHIRPath variables, resources or
    plain values); `facts` what `rules` may look at; `rules` are pure. `moves` are transitions:
    the first that leaves the case's state is taken by a correction, and by a form about a record
    that has a case. `review` has the page show all answers once more before they are sent.
    """

    key: str
    form: Form
    roles: frozenset[str]
    about: str | None = None
    workflow: str | None = None
    transition: str | None = None
    contexts: Callable[[Opening], Plan[Mapping[str, Any]]] = _nothing_known
    facts: Callable[[Opening], Plan[Mapping[str, Any]]] = _nothing_known
    rules: Callable[[Json, Mapping[str, Any]], Iterable[Finding]] = _no_findings
    index: Callable[[Json, Opening], Indexing] = _no_index
    in_menu: bool = True
    moves: tuple[str, ...] = ()
    review: bool = False

    @property
    def ways(self) -> tuple[str, ...]:
        """Every transition that sending it may take, in the order in which they are tried."""
        return self.moves if self.transition is None else (self.transition, *self.moves)


@dataclass(frozen=True, slots=True)
class Section:
    """A part of a record's page: lines (label, value) from the resource and what it includes."""

    title: Words
    lines: Callable[
        [Mapping[str, Any], Mapping[str, Mapping[str, Any]], Language],
        Sequence[tuple[str, str]],
    ]


@dataclass(frozen=True, slots=True)
class Paper:
    """A legal paper layout: a Typst template that is given `facts` as data."""

    key: str
    title: Words
    template: Path
    facts: Callable[[Mapping[str, Any], Mapping[str, Mapping[str, Any]], Language], Json]
    signed: bool = False


@dataclass(frozen=True, slots=True)
class RecordView:
    """How records of a type are shown: title, sections, papers. `form` is the one that corrects
    them. A type that has `personal` records appears in addresses by handles of the session."""

    resource_type: str
    title: Callable[[Mapping[str, Any], Language], str]
    sections: tuple[Section, ...]
    form: str | None = None
    include: tuple[str, ...] = ()
    papers: tuple[Paper, ...] = ()
    personal: bool = False


@dataclass(frozen=True, slots=True)
class Happening:
    """What has just been done at a desk, told within its transaction: a form was sent (`form`) or
    a case moved (`transition`). `record` is the `Type/id` that it is about, `resource` as it now
    stands, `source` the meta.source to write under. Whatever is to follow is written by `store`."""

    access: Access
    at: datetime
    record: str
    resource: Mapping[str, Any]
    source: str
    store: Store
    form: str | None = None
    transition: str | None = None
    case: Case | None = None
    reason: str = ""
    response: Mapping[str, Any] | None = None


def _nothing_follows(_happening: Happening) -> Plan[None]:
    yield from ()


def _no_case_facts(_access: Access, _resource: Mapping[str, Any]) -> Plan[Mapping[str, Any]]:
    yield from ()
    return {}


@dataclass(frozen=True, slots=True)
class Note:
    """What a system has to say of a case beside its state; `grave` where somebody has to act."""

    words: Words
    grave: bool = False


def _no_notes(_case: Case) -> Plan[Sequence[Note]]:
    yield from ()
    return ()


@dataclass(frozen=True, slots=True)
class OwnPage:
    """A page that a system draws itself since no overview can say it, with its reason; `screen`
    gets the query's parameters.

    A `public` one is for everybody, signed in or not: its visitor may see the directory only.
    """

    key: str
    title: Words
    roles: frozenset[str]
    reason: str
    screen: Callable[[Visitor, Mapping[str, str]], Plan[OwnScreen]]
    public: bool = False


@dataclass(frozen=True, slots=True)
class Duty:
    """What a system does by itself again and again (a report is due, so its case is opened).

    `units` names what there is to do; `act` does it for one of them, a transaction each, and has
    to be such that doing it twice is doing it once.
    """

    name: str
    every: timedelta
    units: Callable[[Store, datetime], Plan[Sequence[str]]]
    act: Callable[[Store, Workflow, str, datetime], Plan[None]]


@dataclass(frozen=True, slots=True)
class Desk:
    """One ministry system. Lists are for the roles that `list_roles` names for them.

    `case_facts` reads what guards ask about a case's record; `follow` does what is to follow from
    a sent form or a moved case, in the same transaction: its errors undo the act. `notes` say
    how what goes on by itself stands, such as a message under way, to who may see the case.
    `partners` are what outside services are called that act on its cases, by their actor.
    """

    key: str
    title: Words
    summary: Words
    roles: frozenset[str]
    forms: tuple[DeskForm, ...] = ()
    workflows: tuple[Definition, ...] = ()
    migrations: tuple[Migration, ...] = ()
    lists: tuple[ListDefinition, ...] = ()
    list_roles: Mapping[str, frozenset[str]] = field(default_factory=dict)
    records: tuple[RecordView, ...] = ()
    pages: tuple[OwnPage, ...] = ()
    case_facts: Callable[[Access, Mapping[str, Any]], Plan[Mapping[str, Any]]] = _no_case_facts
    follow: Callable[[Happening], Plan[None]] = _nothing_follows
    duties: tuple[Duty, ...] = ()
    overviews: tuple[Overview, ...] = ()
    notes: Callable[[Case], Plan[Sequence[Note]]] = _no_notes
    partners: Mapping[str, Words] = field(default_factory=dict)

    @property
    def every_page(self) -> tuple[Overview | OwnPage, ...]:
        """The pages of both kinds."""
        return (*self.overviews, *self.pages)

    def overview(self, key: str) -> Overview | None:
        """The overview of a key."""
        return next((each for each in self.overviews if each.key == key), None)

    def form(self, key: str) -> DeskForm | None:
        """The form of a key."""
        return next((each for each in self.forms if each.key == key), None)

    def form_of(self, url: str) -> DeskForm | None:
        """The form whose Questionnaire has this address, with or without version."""
        plain = url.partition("|")[0]
        return next((each for each in self.forms if each.form.url == plain), None)

    def by_form(self, workflow: str) -> frozenset[str]:
        """The transitions of a workflow that sending a form takes: nobody takes them without it."""
        return frozenset(
            name for each in self.forms if each.workflow in (None, workflow) for name in each.ways
        )

    def view(self, resource_type: str) -> RecordView | None:
        """How records of a type are shown."""
        return next((each for each in self.records if each.resource_type == resource_type), None)
