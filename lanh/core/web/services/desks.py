"""Desks of ministry systems as the pages ask for them: screens as data, acts as plans.

What is not there, not allowed, overtaken or refused is raised as `lanh.core.desks.DeskError` or
`lanh.core.lists.ListRefused`, whose messages a page shows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from lanh.core.database import Plan
from lanh.core.desks import (
    Beginning,
    FormScreen,
    HomeScreen,
    Link,
    MenuEntry,
    OwnScreen,
    RecordScreen,
    Sent,
    Upload,
    Visitor,
)
from lanh.core.forms import Suggestions
from lanh.core.lists import Export, Import, Imported, Screen
from lanh.core.lists import Upload as SentSheet
from lanh.core.overviews import OverviewScreen
from lanh.core.text import Language


@dataclass(frozen=True, slots=True)
class Entry:
    """What a form's page sent. `revision` is that of the draft it was made of; `add` the name of a
    row or field that the page asks for; `reason` why a record is corrected, or why answers are
    sent past their warnings, which `warned` says."""

    fields: Mapping[str, Sequence[str]]
    revision: int
    submission: str = ""
    add: str = ""
    reason: str = ""
    warned: bool = False


@dataclass(frozen=True, slots=True)
class File:
    """A file to be sent to a browser."""

    name: str
    media_type: str
    content: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class DeskLine:
    """A desk in the menu."""

    key: str
    title: str
    summary: str


class Desks(Protocol):
    """What the desks of ministry systems offer to a visitor. `asks_secret` says that a signature
    needs a PIN from the page."""

    @property
    def asks_secret(self) -> bool:
        """Whether a PIN is asked for where somebody signs."""
        ...

    def menu(self, role: str, language: Language) -> Sequence[DeskLine]:
        """The desks that a role meets."""
        ...

    def home(self, desk: str, visitor: Visitor) -> Plan[HomeScreen]:
        """The first screen of a desk."""
        ...

    def waiting(self, visitor: Visitor) -> Plan[Sequence[tuple[MenuEntry, Link]]]:
        """Every queue in which something waits for the visitor's post, with its desk."""
        ...

    # ---- lists -----------------------------------------------------------------------------

    def listing(self, desk: str, key: str, visitor: Visitor, query: str) -> Plan[Screen]:
        """A page of a list in the state that a query string tells."""
        ...

    def lists_people(self, desk: str, key: str, visitor: Visitor) -> bool:
        """Whether a list is about people: its state stands in no address."""
        ...

    def export(self, desk: str, key: str, visitor: Visitor, query: str) -> Plan[Export]:
        """All rows of a list's state, to be read page by page as they are sent."""
        ...

    def keep_view(
        self, desk: str, key: str, visitor: Visitor, title: str, query: str
    ) -> Plan[None]:
        """Keep a state of a list as a view of the visitor."""
        ...

    def drop_view(self, desk: str, key: str, visitor: Visitor, name: str) -> Plan[None]:
        """Remove a view of the visitor."""
        ...

    def bulk(
        self, desk: str, key: str, visitor: Visitor, act: str, records: Sequence[str], reason: str
    ) -> Plan[None]:
        """One of the list's acts on the records chosen: on all of them, or on none."""
        ...

    def sheet(self, desk: str, key: str, visitor: Visitor) -> Plan[File]:
        """The empty spreadsheet by which records of a list may be sent."""
        ...

    def read_sheet(self, desk: str, key: str, visitor: Visitor, content: bytes) -> Import:
        """A spreadsheet that was sent, its columns found."""
        ...

    def keep_sheet(
        self, desk: str, key: str, visitor: Visitor, begun: Import, content: bytes
    ) -> Plan[str]:
        """Keep a sheet, whose rows are taken at once where they are few; its id."""
        ...

    def sheets(self, desk: str, key: str, visitor: Visitor) -> Plan[Sequence[SentSheet]]:
        """The sheets that the visitor sent to a list of late, newest first."""
        ...

    def sheet_report(
        self, desk: str, key: str, visitor: Visitor, identity: str, most: int | None = None
    ) -> Plan[tuple[SentSheet, Imported]]:
        """How far a sheet of the visitor is, and its first faulty rows (None: all of them)."""
        ...

    # ---- forms -----------------------------------------------------------------------------

    def beginnings(self, kind: str, visitor: Visitor) -> Sequence[Beginning]:
        """The forms about records of a type ("Patient") that the visitor may begin."""
        ...

    def begin(self, desk: str, form: str, visitor: Visitor, about: str | None = None) -> Plan[str]:
        """Begin or resume a draft of a form, about a record where it needs one; the draft's id."""
        ...

    def correct(self, desk: str, record: str, visitor: Visitor) -> Plan[str]:
        """Begin or resume the correction of a record; the draft's id."""
        ...

    def form(self, draft: str, visitor: Visitor) -> Plan[FormScreen]:
        """A draft as it was saved last."""
        ...

    def save(self, draft: str, visitor: Visitor, entry: Entry) -> Plan[FormScreen]:
        """Keep what a page sent, complete or not. Raises Conflict where another page of the same
        person has saved since."""
        ...

    def check(self, draft: str, visitor: Visitor, entry: Entry) -> Plan[FormScreen]:
        """As `save`, judged as it would be when sent."""
        ...

    def send(self, draft: str, visitor: Visitor, entry: Entry) -> Plan[Sent | FormScreen]:
        """Send a form: taken once, or kept and shown again with what is to be mended."""
        ...

    def discard(self, draft: str, visitor: Visitor) -> Plan[None]:
        """Drop a draft."""
        ...

    def suggest(self, draft: str, visitor: Visitor, name: str, text: str) -> Plan[Suggestions]:
        """What may be chosen in a field of a draft for what was typed."""
        ...

    def favour(
        self, draft: str, visitor: Visitor, name: str, token: str, favourite: bool
    ) -> Plan[None]:
        """Make what a field holds a favourite of the visitor, or no more."""
        ...

    def attach(
        self, draft: str, visitor: Visitor, name: str, file: Upload, revision: int
    ) -> Plan[FormScreen]:
        """Keep a file and have it answer the question of a field."""
        ...

    # ---- records ---------------------------------------------------------------------------

    def personal(self, desk: str, record: str) -> bool:
        """Whether a record's id must not stand in addresses."""
        ...

    def record(self, desk: str, record: str, visitor: Visitor) -> Plan[RecordScreen]:
        """A record's page; that it was opened is written down in the same transaction."""
        ...

    def act(
        self, desk: str, record: str, visitor: Visitor, transition: str, revision: int, reason: str
    ) -> Plan[None]:
        """Take a transition of the record's case, as it was seen in `revision`."""
        ...

    def claim(
        self, desk: str, record: str, visitor: Visitor, *, give_back: bool = False
    ) -> Plan[None]:
        """Take the task of the record's case, or give it back."""
        ...

    def sign(
        self, desk: str, record: str, visitor: Visitor, need: str, revision: int, secret: str
    ) -> Plan[None]:
        """Give a signature that the case waits for, by the visitor's key; `secret` opens the key
        where the signing service wants one."""
        ...

    def paper(self, desk: str, record: str, key: str, visitor: Visitor) -> Plan[bytes]:
        """A paper of a record as PDF."""
        ...

    # ---- pages of their own ----------------------------------------------------------------

    def stranger(self, language: Language, at: datetime) -> Visitor:
        """Who has not signed in: public pages are all there is for them."""
        ...

    def page(
        self, desk: str, page: str, visitor: Visitor, parameters: Mapping[str, str]
    ) -> Plan[OwnScreen | OverviewScreen]:
        """An overview, or a page that a system draws itself; to a stranger a public one only."""
        ...
