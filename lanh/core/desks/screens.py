"""What a person meets at a desk, as data in one language: no markup but of an own page's body."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from lanh.core.access import Access
from lanh.core.forms import Change, Page
from lanh.core.overviews import Figures
from lanh.core.store import Store
from lanh.core.text import Language
from lanh.core.ui import Html
from lanh.core.workflow import Case, Choice, Signature, Step, Task


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who is at the desk: the account, its role, what it may do, in which language, when.

    `facility` and `place` are those that the person acts for; `store` is the installation's, and
    so are `figures`, which own pages are given.
    """

    account: str
    role: str
    access: Access
    language: Language
    at: datetime
    facility: str | None = None
    place: str | None = None
    store: Store = field(default_factory=Store)
    figures: Figures | None = None


@dataclass(frozen=True, slots=True)
class MenuEntry:
    """A desk in the menu."""

    key: str
    title: str
    summary: str


@dataclass(frozen=True, slots=True)
class Upload:
    """A file as it was sent: its name and type are what the sender says."""

    name: str
    content_type: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Link:
    """An entry of a desk's home: a list, a form or a page, with a count where it has one."""

    kind: str
    key: str
    title: str
    count: str | None = None
    overdue: int = 0


@dataclass(frozen=True, slots=True)
class Beginning:
    """A form that can be begun about a record, with the title of the desk that it belongs to."""

    desk: str
    form: str
    title: str
    desk_title: str


@dataclass(frozen=True, slots=True)
class HomeScreen:
    """The first screen of a desk: the queues with what waits, then what can be done and read."""

    key: str
    title: str
    summary: str
    queues: Sequence[Link]
    forms: Sequence[Link]
    lists: Sequence[Link]
    pages: Sequence[Link]
    drafts: Sequence[tuple[str, str, datetime]] = ()


@dataclass(frozen=True, slots=True)
class FormScreen:
    """A form with its draft. `submission` is the key that makes sending twice one; `correcting`
    is the record that a correction replaces, for which a reason is asked; `changes` say how the
    answers differ from it, `theirs` how somebody else has changed it since the draft was begun;
    `warnings` may be sent past with a reason. `review` asks the page to show all answers once more
    before they are sent. `files` tells of attachments by their reference (name, bytes),
    `favourites` are the visitor's: (value set, token)."""

    desk: str
    form: str
    page: Page
    draft: str
    revision: int
    submission: str
    saved_at: datetime
    about: str | None = None
    correcting: str | None = None
    reason: str = ""
    warnings: Sequence[tuple[str, str]] = ()
    others: Sequence[str] = ()
    changes: Sequence[Change] = ()
    theirs: Sequence[Change] = ()
    review: bool = False
    files: Mapping[str, tuple[str, int]] = field(default_factory=dict)
    favourites: frozenset[tuple[str, str]] = frozenset()


@dataclass(frozen=True, slots=True)
class Sent:
    """What a sent form became: the record that it is known by, its response and case, and every
    record written. `again` says that it had been sent before, and nothing was written now."""

    desk: str
    record: str
    response: str
    case: str | None
    written: tuple[str, ...] = ()
    again: bool = False


@dataclass(frozen=True, slots=True)
class Version:
    """One version of a record: who, when, from where, why, and what changed."""

    version: int
    at: datetime
    actor: str
    source: str
    reason: str = ""
    changes: Sequence[Change] = ()


@dataclass(frozen=True, slots=True)
class SignatureLine:
    """A signature as a page tells it: the need's name and title, what is signed, by whom and when
    where it is given, and whether this visitor may give it. `sound` is the verdict on it (None
    where none was asked for), `verdict` says in words what was looked at."""

    need: str
    title: str
    content: str
    by: str = ""
    at: datetime | None = None
    mine: bool = False
    sound: bool | None = None
    verdict: str = ""


@dataclass(frozen=True, slots=True)
class CaseScreen:
    """A record's case: its state, deadline, task, signatures, choices, and what happened.

    `remaining` says how long is left by the working clock ("còn 2 giờ làm việc"). `lines` are the
    signatures as a page tells them. `words` are those of names that the other parts hold:
    "state.X", "transition.X", "queue.X" and "actor.X" with an actor as history names them;
    `may_claim` and `may_give_back` say what the visitor may do with the task. `by_form` is the
    title of a transition that is the visitor's to take, by sending the form of the record. `notes`
    are what the system says of the case besides (words, whether somebody has to act).
    """

    case: Case
    state: str
    task: Task | None
    choices: Sequence[Choice]
    signatures: Sequence[Signature]
    history: Sequence[Step]
    overdue: bool = False
    remaining: str = ""
    lines: Sequence[SignatureLine] = ()
    words: Mapping[str, str] = field(default_factory=dict)
    may_claim: bool = False
    may_give_back: bool = False
    by_form: str = ""
    notes: Sequence[tuple[str, bool]] = ()


@dataclass(frozen=True, slots=True)
class PaperLink:
    """A paper that can be printed from a record."""

    key: str
    title: str
    signed: bool


@dataclass(frozen=True, slots=True)
class RecordScreen:
    """A record: sections of lines, its case, papers, versions. `personal`: no id in addresses."""

    desk: str
    record: str
    title: str
    sections: Sequence[tuple[str, Sequence[tuple[str, str]]]]
    versions: Sequence[Version]
    case: CaseScreen | None = None
    papers: Sequence[PaperLink] = ()
    correctable: str | None = None
    personal: bool = False


@dataclass(frozen=True, slots=True)
class OwnScreen:
    """A page that a system draws: its title and a body of the platform's components."""

    title: str
    body: Html
