"""What the pages need from the engines and the nation: ports that the site fills.

Database work comes as plans, so that a page can put its reading and its audit entry into one
transaction. Figures and shapes come as plain calls, for the warehouse is not PostgreSQL.
Every call that touches people takes an `Access`; jurisdiction is the callee's query, and a page
never receives a row that it would have to hide.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, Protocol, TypeVar

from lanh.core.access import Access, Purpose
from lanh.core.database import Plan
from lanh.core.text import Message, Words
from lanh.core.web.services.desks import (
    DeskLine,
    Desks,
    Entry,
    File,
)
from lanh.core.web.services.figures import (
    Archipelago,
    Boundaries,
    Figure,
    Figures,
    IndicatorName,
    PlaceFigure,
    PlacePoint,
    Places,
    PlaceShape,
    RecordBehind,
    RecordsBehind,
    SeriesPoint,
)
from lanh.core.web.services.finding import Finder, FoundGroup, FoundThing
from lanh.core.web.services.messages import (
    Bus,
    FaultyField,
    Reason,
    ReasonPage,
    ReceiptLine,
    Receipts,
    ReplayLine,
    ScoreLine,
    ScorePage,
)
from lanh.core.web.services.pairs import (
    Answer,
    DecisionRefused,
    Pair,
    Pairs,
    PairsPage,
    PairVerdict,
    Side,
    Weighed,
)
from lanh.core.web.services.people import (
    AuditTrail,
    FoundPeople,
    FoundPerson,
    LinksToReview,
    LinkToReview,
    Opened,
    Opening,
    PatientLink,
    People,
    Record,
    Records,
)

__all__ = [
    "DECIDE_LINKS",
    "FIND_PEOPLE",
    "OPEN_PEOPLE",
    "OWN_RECORD",
    "SEE_FIGURES",
    "SEE_RECEIPTS",
    "SEE_RECORDS_BEHIND",
    "SEE_SCORES",
    "Accounts",
    "Answer",
    "Archipelago",
    "AuditTrail",
    "Boundaries",
    "Bus",
    "DecisionRefused",
    "DemonstrationUser",
    "DeskLine",
    "Desks",
    "Entry",
    "FaultyField",
    "Figure",
    "Figures",
    "File",
    "Finder",
    "FoundGroup",
    "FoundPeople",
    "FoundPerson",
    "FoundThing",
    "IndicatorName",
    "LinkToReview",
    "LinksToReview",
    "Opened",
    "Opening",
    "Pair",
    "PairVerdict",
    "Pairs",
    "PairsPage",
    "PatientLink",
    "People",
    "PlaceFigure",
    "PlacePoint",
    "PlaceShape",
    "Places",
    "Reason",
    "ReasonPage",
    "ReceiptLine",
    "Receipts",
    "Record",
    "RecordBehind",
    "Records",
    "RecordsBehind",
    "Refused",
    "ReplayLine",
    "Runner",
    "ScoreLine",
    "ScorePage",
    "SeriesPoint",
    "Services",
    "Side",
    "SignedIn",
    "Weighed",
]

T = TypeVar("T")

# Capabilities: what a role may do that is not a right on records. Pages ask for these names.
FIND_PEOPLE = "people.find"
OPEN_PEOPLE = "people.open"
OWN_RECORD = "people.own"
SEE_FIGURES = "figures.see"
SEE_RECORDS_BEHIND = "figures.records"
SEE_RECEIPTS = "bus.receipts"
SEE_SCORES = "bus.scores"
DECIDE_LINKS = "people.links"


# ---- who is signed in ---------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class SignedIn:
    """An account as the pages show it. `person` is the Person id of a citizen's own record."""

    id: str
    display_name: str
    language: Literal["vi", "en"]
    role: str
    role_name: Words
    purposes: tuple[Purpose, ...]
    capabilities: frozenset[str] = frozenset()
    facility: str | None = None
    facility_name: str | None = None
    place: str | None = None
    place_name: str | None = None
    person: str | None = None


@dataclass(frozen=True, slots=True)
class Refused:
    """A sign-in that failed: why (said to the person), and until when more attempts are useless."""

    reason: Message
    locked_until: datetime | None = None


class Accounts(Protocol):
    """People who sign in."""

    def authenticate(self, username: str, password: str, at: datetime) -> Plan[SignedIn | Refused]:
        """Check a password, count failures, lock out. Never says whether the user exists."""
        ...

    def signed_in(self, account: str, at: datetime) -> Plan[SignedIn | None]:
        """The account as it stands now; None where it ended or has no post any more."""
        ...

    def access_for(self, account: SignedIn, purpose: Purpose, at: datetime) -> Plan[Access]:
        """What the account may do for this purpose today."""
        ...


@dataclass(frozen=True, slots=True)
class DemonstrationUser:
    """A made-up user whose password is shown beside the sign-in form."""

    username: str
    password: str
    name: str
    role_name: Words


# ---- together ----------------------------------------------------------------------------


class Runner(Protocol):
    """Runs plans: `lanh.core.database.SyncDatabase`."""

    def transact(self, plan: Plan[T]) -> T:
        """Run in one transaction."""
        ...

    def read(self, plan: Plan[T]) -> T:
        """Run reads that need no common snapshot."""
        ...


def _unknown_residence(patient: Mapping[str, Any]) -> str:
    return ""


def _no_warnings(system: str, value: str, sex: str, birth: str) -> Sequence[Message]:
    return ()


def _as_it_is(code: str) -> Words:
    return Words(code, code)


@dataclass(frozen=True, slots=True)
class Services:
    """Everything the pages use. `secret` signs the CSRF cookie; at least 32 characters.

    `identifiers` are the identifier systems that a person's banner shows, with their words;
    `residence` says where a Patient lives, by the places in force; `number_warnings` where an
    identifier (system, value) disagrees with a FHIR gender and birth date; `link_words` gives the
    words of what links are compared by ("feature.name") and of what was found ("finding.same").
    `desks` are those of ministry systems, `finder` looks through them for the one search box; None
    where none is installed.
    `demonstration` says whether made-up data is installed: only then are the users shown.
    `secure` says that the site is reached by HTTPS: cookies are then marked Secure and browsers
    told to stay with HTTPS. `hosts` are the names under which it may be asked ("*" for any).
    """

    database: Runner
    secret: str
    accounts: Accounts
    people: People
    pairs: Pairs
    records: Records
    audit: AuditTrail
    bus: Bus
    figures: Figures
    places: Places
    identifiers: Sequence[tuple[str, Words]] = ()
    residence: Callable[[Mapping[str, Any]], str] = _unknown_residence
    number_warnings: Callable[[str, str, str, str], Sequence[Message]] = _no_warnings
    link_words: Callable[[str], Words] = _as_it_is
    demonstration: Callable[[], bool] = bool
    demonstration_users: Sequence[DemonstrationUser] = ()
    desks: Desks | None = None
    finder: Finder | None = None
    secure: bool = False
    hosts: Sequence[str] = ("*",)
