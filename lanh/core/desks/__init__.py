"""Desks: a ministry system as its users meet it, made of forms, cases, lists and records.

A `Desk` says in typed objects what a system offers. The screens are data: pages and the HTTP
interface show the same ones. `Desks(desks, store=, workflow=, …)` gives the plans, each to be run
in one transaction; what it refuses is a `DeskError`:

    entries, home, waiting, list_definition, page, beginnings  what a visitor finds
    begin, form_screen, save, suggest, favour, attach, drop, send, correct, submit  forms
    rows, empty_sheet                               spreadsheets whose rows are sent as forms
    record, paper                                   records
    act, claim, give_back, assign, sign             cases

`schedules(database)` is what the worker does for the desks' duties.
"""

from lanh.core.desks.definition import (
    Desk,
    DeskForm,
    Duty,
    Finding,
    Happening,
    Indexing,
    Note,
    Opening,
    OwnPage,
    Paper,
    RecordView,
    Section,
)
from lanh.core.desks.engine import Desks
from lanh.core.desks.errors import (
    Conflict,
    DeskError,
    Forbidden,
    Invalid,
    NotFound,
    NotTaken,
    Refused,
    told,
)
from lanh.core.desks.pointing import chosen
from lanh.core.desks.ports import (
    Content,
    KeptPaper,
    Names,
    Papers,
    as_they_are,
    digest_of_record,
    none_kept,
    person_of,
    roles_of,
)
from lanh.core.desks.screens import (
    Beginning,
    CaseScreen,
    FormScreen,
    HomeScreen,
    Link,
    MenuEntry,
    OwnScreen,
    PaperLink,
    RecordScreen,
    Sent,
    SignatureLine,
    Upload,
    Version,
    Visitor,
)
from lanh.core.overviews import Figures

__all__ = [
    "Beginning",
    "CaseScreen",
    "Conflict",
    "Content",
    "Desk",
    "DeskError",
    "DeskForm",
    "Desks",
    "Duty",
    "Figures",
    "Finding",
    "Forbidden",
    "FormScreen",
    "Happening",
    "HomeScreen",
    "Indexing",
    "Invalid",
    "KeptPaper",
    "Link",
    "MenuEntry",
    "Names",
    "NotFound",
    "NotTaken",
    "Note",
    "Opening",
    "OwnPage",
    "OwnScreen",
    "Paper",
    "PaperLink",
    "Papers",
    "RecordScreen",
    "RecordView",
    "Refused",
    "Section",
    "Sent",
    "SignatureLine",
    "Upload",
    "Version",
    "Visitor",
    "as_they_are",
    "chosen",
    "digest_of_record",
    "none_kept",
    "person_of",
    "roles_of",
    "told",
]
