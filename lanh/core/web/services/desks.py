"""Desks of ministry systems as the pages ask for them: screens as data, acts as plans.

A desk or a list, form, record or draft that the visitor may not meet is None, as is one that does
not exist. What an engine refuses is raised by its own error (`WorkflowError`, `forms.Refused`,
`lists.ListRefused`), whose message a page shows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from lanh.core.database import Plan
from lanh.core.desks import FormScreen, HomeScreen, OwnScreen, RecordScreen, Visitor
from lanh.core.forms import Suggestions
from lanh.core.lists import Screen
from lanh.core.text import Language


@dataclass(frozen=True, slots=True)
class Entry:
    """What a form's page sent. `revision` is that of the draft it was made of; `reason` why a
    record is corrected; `warned` why answers are sent past their warnings, None where the page
    has not asked."""

    fields: Mapping[str, Sequence[str]]
    revision: int
    submission: str = ""
    reason: str = ""
    warned: str | None = None


@dataclass(frozen=True, slots=True)
class Sent:
    """A form that was taken: the record (`Type/id`) whose page comes next. `again` says that the
    same submission had been taken before."""

    record: str
    again: bool = False


@dataclass(frozen=True, slots=True)
class File:
    """A file: to be sent to a browser, or received from one."""

    name: str
    media_type: str
    content: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class RowFault:
    """A row of a spreadsheet that was not taken: its number, the column's title ("" for
    the row), what is wrong and how to mend it."""

    row: int
    column: str
    reason: str
    remedy: str = ""


@dataclass(frozen=True, slots=True)
class Imported:
    """What became of a spreadsheet. `rest` holds the rows that were not taken, with their faults,
    to be mended and sent again."""

    taken: int
    refused: int
    faults: Sequence[RowFault]
    rest: File | None = None


@dataclass(frozen=True, slots=True)
class DeskLine:
    """A desk in the menu."""

    key: str
    title: str
    summary: str


class Desks(Protocol):
    """What the desks of ministry systems offer to a visitor."""

    def menu(self, visitor: Visitor) -> Sequence[DeskLine]:
        """The desks that the visitor's role meets."""
        ...

    def home(self, desk: str, visitor: Visitor) -> Plan[HomeScreen | None]:
        """The first screen of a desk."""
        ...

    def listing(self, desk: str, list: str, visitor: Visitor, query: str) -> Plan[Screen | None]:
        """A page of a list in the state that a query string tells."""
        ...

    def queues(self, desk: str, visitor: Visitor, query: str) -> Plan[Screen | None]:
        """The tasks that wait in the desk's queues, as a list."""
        ...

    def export(
        self, desk: str, list: str, visitor: Visitor, query: str, kind: str
    ) -> Plan[File | None]:
        """All rows of a list's state as "csv" or "xlsx"."""
        ...

    def keep_view(
        self, desk: str, list: str, visitor: Visitor, title: str, query: str
    ) -> Plan[None]:
        """Keep a state of a list as a view of the visitor."""
        ...

    def drop_view(self, desk: str, list: str, visitor: Visitor, name: str) -> Plan[None]:
        """Remove a view of the visitor."""
        ...

    def bulk(
        self, desk: str, list: str, visitor: Visitor, act: str, records: Sequence[str], reason: str
    ) -> Plan[Sequence[tuple[str, str]]]:
        """One of the list's acts on the records chosen; (record, why not) of those refused."""
        ...

    def personal(self, desk: str, record: str) -> bool:
        """Whether a record's id must not stand in addresses."""
        ...

    def begin(
        self, desk: str, form: str, visitor: Visitor, about: str | None = None
    ) -> Plan[str | None]:
        """Begin or resume a draft of a form, about a record where it needs one; the draft's id."""
        ...

    def correct(self, desk: str, record: str, visitor: Visitor) -> Plan[str | None]:
        """Begin or resume the correction of a record; the draft's id."""
        ...

    def form(self, desk: str, draft: str, visitor: Visitor) -> Plan[FormScreen | None]:
        """A draft as it was saved last."""
        ...

    def shown(
        self, desk: str, draft: str, visitor: Visitor, entry: Entry
    ) -> Plan[FormScreen | None]:
        """What a page sent, shown again with the draft's present revision; nothing is saved."""
        ...

    def save(
        self, desk: str, draft: str, visitor: Visitor, entry: Entry
    ) -> Plan[FormScreen | None]:
        """Keep what a page sent, complete or not. Raises forms.Refused (conflict) where another
        page of the same person has saved since."""
        ...

    def check(
        self, desk: str, draft: str, visitor: Visitor, entry: Entry
    ) -> Plan[FormScreen | None]:
        """As `save`, judged as it would be when sent."""
        ...

    def send(
        self, desk: str, draft: str, visitor: Visitor, entry: Entry
    ) -> Plan[Sent | FormScreen | None]:
        """Send a form: taken once, or shown again (and saved) with what is to be mended."""
        ...

    def discard(self, desk: str, draft: str, visitor: Visitor) -> Plan[None]:
        """Drop a draft."""
        ...

    def suggest(
        self, desk: str, draft: str, visitor: Visitor, name: str, text: str
    ) -> Plan[Suggestions | None]:
        """What may be chosen in a field of the draft for what was typed; None for no such field."""
        ...

    def attach(
        self, desk: str, draft: str, visitor: Visitor, name: str, file: File
    ) -> Plan[str | None]:
        """Keep a file for a field of the draft; the reference that the field is to hold."""
        ...

    def record(self, desk: str, record: str, visitor: Visitor) -> Plan[RecordScreen | None]:
        """A record's page; that it was opened is written down in the same transaction."""
        ...

    def act(
        self, desk: str, record: str, visitor: Visitor, transition: str, revision: int, reason: str
    ) -> Plan[None]:
        """Take a transition of the record's case, as it was seen in `revision`."""
        ...

    def claim(
        self, desk: str, record: str, visitor: Visitor, give_back: bool = False
    ) -> Plan[None]:
        """Take the task of the record's case, or give it back."""
        ...

    def sign(
        self, desk: str, record: str, visitor: Visitor, need: str, secret: str = ""
    ) -> Plan[None]:
        """Give a signature that the case waits for, by the visitor's key; `secret` opens the key
        where the signing service wants one."""
        ...

    def paper(self, desk: str, record: str, key: str, visitor: Visitor) -> Plan[File | None]:
        """A paper of a record as PDF."""
        ...

    def stranger(self, language: Language, at: datetime) -> Visitor:
        """Who has not signed in: public pages are all there is for them."""
        ...

    def page(
        self, desk: str, page: str, visitor: Visitor, parameters: Mapping[str, str]
    ) -> Plan[OwnScreen | None]:
        """A page that a system draws itself; to a stranger a public one only."""
        ...

    def sheet(self, desk: str, list: str, visitor: Visitor) -> Plan[File | None]:
        """The empty spreadsheet by which records of a list may be sent; None where none may."""
        ...

    def take_sheet(
        self, desk: str, list: str, visitor: Visitor, file: File
    ) -> Plan[Imported | None]:
        """Take a spreadsheet's good rows; tell the faults of the others."""
        ...
