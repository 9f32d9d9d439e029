"""What the pages need from the engines and the nation: ports that the site fills.

Database work comes as plans, so that a page can put its reading and its audit entry into one
transaction. Figures and shapes come as plain calls, for the warehouse is not PostgreSQL.
Every call that touches people takes an `Access`; jurisdiction is the callee's query, and a page
never receives a row that it would have to hide.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, Literal, Protocol, TypeAlias, TypeVar

from lanh.core.access import Access, Purpose
from lanh.core.database import Plan
from lanh.core.text import Message, Words

T = TypeVar("T")

# Capabilities: what a role may do that is not a right on records. Pages ask for these names.
FIND_PEOPLE = "people.find"
OPEN_PEOPLE = "people.open"
OWN_RECORD = "people.own"
SEE_FIGURES = "figures.see"
SEE_RECORDS_BEHIND = "figures.records"
SEE_RECEIPTS = "bus.receipts"
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


# ---- people ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class FoundPerson:
    """One hit of a search. Numbers come masked; `exact` is a match with the same diacritics."""

    person: str
    name: str
    sex: str
    birth_date: str
    residence: str
    personal_number: str = ""
    insurance_number: str = ""
    deceased: bool = False
    exact: bool = False


@dataclass(frozen=True, slots=True)
class FoundPeople:
    """A page of hits; `read_as` is what the text was taken for (a name, a number, a card)."""

    people: Sequence[FoundPerson]
    next_cursor: str | None = None
    read_as: Literal["name", "number", "card", "insurance", "nothing"] = "name"
    fault: Message | None = None


@dataclass(frozen=True, slots=True)
class PatientLink:
    """One source Patient of a Person and why it is linked."""

    patient: str
    person: str
    facility: str
    facility_name: str
    rule: str
    rule_name: Words
    score: Decimal | None
    evidence: Mapping[str, str]
    decided_at: datetime
    decided_by: str
    receipt: str | None = None


@dataclass(frozen=True, slots=True)
class LinkToReview:
    """A link made by likeness: the source Patient's own words beside the Person's."""

    link: PatientLink
    patient_fields: Mapping[str, str]
    person_fields: Mapping[str, str]
    other_patients: int


@dataclass(frozen=True, slots=True)
class LinksToReview:
    """A page of links to review, newest first; `total` where the callee counted."""

    links: Sequence[LinkToReview]
    next_cursor: str | None = None
    total: int | None = None


class People(Protocol):
    """Persons and the source Patients linked to them."""

    def find(self, text: str, access: Access, limit: int, cursor: str | None) -> Plan[FoundPeople]:
        """Search by name (folded), by a number, or by the whole text of a scanned card."""
        ...

    def links(self, person: str, access: Access) -> Plan[Sequence[PatientLink]]:
        """The linked source Patients that this access may see; empty where there is none."""
        ...

    def person_of(self, patient: str, access: Access) -> Plan[str | None]:
        """The Person of a source Patient, where this access may see that Patient."""
        ...

    def to_review(self, access: Access, limit: int, cursor: str | None) -> Plan[LinksToReview]:
        """Links that were made by demographics and that nobody has confirmed."""
        ...

    def review(self, patient: str, access: Access) -> Plan[LinkToReview | None]:
        """One source Patient's present link, in the form of the review list."""
        ...

    def confirm(self, patient: str, reason: str, access: Access) -> Plan[None]:
        """A steward says that the link is right."""
        ...

    def unlink(self, patient: str, reason: str, access: Access) -> Plan[None]:
        """Give the source Patient a Person of its own; moves no record."""
        ...

    def link(self, patient: str, person: str, reason: str, access: Access) -> Plan[None]:
        """Link the source Patient to this Person; moves no record."""
        ...


@dataclass(frozen=True, slots=True)
class Record:
    """A stored resource with where it came from."""

    type: str
    id: str
    version: int
    updated: datetime
    resource: Mapping[str, Any]
    facility: str | None = None
    facility_name: str | None = None
    receipt: str | None = None


class Records(Protocol):
    """Stored records about people."""

    def of_patients(self, patients: Sequence[str], access: Access) -> Plan[Sequence[Record]]:
        """Every readable record of these source Patients' compartments, the Patients too."""
        ...


# ---- audit -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Opening:
    """That somebody looked at people's records, to be written before the page is sent."""

    action: Literal["search", "read", "link", "unlink", "confirm", "sign-in", "sign-out"]
    access: Access | None
    subject: str
    person: str | None = None
    patients: Sequence[str] = ()
    detail: Mapping[str, str] = field(default_factory=dict)
    outcome: Literal["success", "refused"] = "success"


@dataclass(frozen=True, slots=True)
class Opened:
    """One line of a person's access log: who, from where, when, for what purpose."""

    at: datetime
    who: str
    role_name: Words | None
    facility_name: str
    purpose: str
    action: str


class AuditTrail(Protocol):
    """The access log."""

    def append(self, openings: Sequence[Opening]) -> Plan[None]:
        """Write entries into the current transaction."""
        ...

    def of_person(
        self, person: str, patients: Sequence[str], access: Access, limit: int, cursor: str | None
    ) -> Plan[tuple[Sequence[Opened], str | None]]:
        """Who opened this person's records, newest first, with the next cursor."""
        ...


# ---- messages on the bus -----------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ReceiptLine:
    """One message in the list of a facility's receipts."""

    id: str
    state: str
    format: str
    received_at: datetime
    sender_name: str
    parts: int
    faults: int
    first_reason: Message | None = None


@dataclass(frozen=True, slots=True)
class Receipts:
    """A page of receipts and the count of each state over all of them."""

    lines: Sequence[ReceiptLine]
    counts: Mapping[str, int]
    next_cursor: str | None = None


class Bus(Protocol):
    """Receipts of messages that the signed-in person's facility sent."""

    def receipts(
        self, access: Access, state: str | None, limit: int, cursor: str | None
    ) -> Plan[Receipts]:
        """Own receipts, newest first, of one state or of every state."""
        ...

    def receipt(self, id: str, access: Access) -> Plan[Mapping[str, Any] | None]:
        """One receipt in the shape that `/bus/receipts/{id}` answers; None if not ours."""
        ...


# ---- figures and places ------------------------------------------------------------------

Boundaries: TypeAlias = Literal["34", "63"]


@dataclass(frozen=True, slots=True)
class IndicatorName:
    """An indicator as the pages show it. `better` says which direction is good news."""

    key: str
    title: Words
    unit: Words
    description: Words
    better: Literal["up", "down", "neither"] = "neither"
    decimals: int = 0


@dataclass(frozen=True, slots=True)
class Figure:
    """A value with its base of comparison; None where nothing was reported."""

    indicator: str
    value: Decimal | None
    previous: Decimal | None = None
    numerator: Decimal | None = None
    denominator: Decimal | None = None


@dataclass(frozen=True, slots=True)
class PlaceFigure:
    """One place's figure."""

    place: str
    name: str
    value: Decimal | None
    numerator: Decimal | None = None
    denominator: Decimal | None = None


@dataclass(frozen=True, slots=True)
class SeriesPoint:
    """A period ("2026-03") and its value."""

    period: str
    value: Decimal | None


@dataclass(frozen=True, slots=True)
class RecordBehind:
    """A record that a figure counts. `person` only where this access may open that person."""

    type: str
    id: str
    date: str
    facility_name: str
    place_name: str
    summary: str
    patient: str | None = None


@dataclass(frozen=True, slots=True)
class RecordsBehind:
    """A page of them; `total` equals the figure that this access may see behind."""

    records: Sequence[RecordBehind]
    total: int
    next_cursor: str | None = None


class Figures(Protocol):
    """The warehouse. Periods are "2026", "2026-Q1" or "2026-03"; `place` None is the country."""

    def indicators(self) -> Sequence[IndicatorName]:
        """Those that the pages offer, in their order."""
        ...

    def periods(self) -> Sequence[str]:
        """Periods that hold data, newest first."""
        ...

    def data_time(self) -> datetime | None:
        """Up to when the figures hold the records; None before the first refresh."""
        ...

    def figure(self, indicator: str, place: str | None, period: str, bounds: Boundaries) -> Figure:
        """One figure with that of the period before."""
        ...

    def by_place(
        self, indicator: str, place: str | None, period: str, bounds: Boundaries
    ) -> Sequence[PlaceFigure]:
        """The figures of the places directly below: provinces of the country, or communes."""
        ...

    def series(
        self, indicator: str, place: str | None, period: str, bounds: Boundaries
    ) -> Sequence[SeriesPoint]:
        """The months up to the end of `period`, oldest first, at most 24."""
        ...

    def records_behind(
        self,
        indicator: str,
        place: str | None,
        period: str,
        bounds: Boundaries,
        access: Access,
        limit: int,
        cursor: str | None,
    ) -> RecordsBehind:
        """The records that the figure counts, limited to what the access may see."""
        ...


@dataclass(frozen=True, slots=True)
class PlaceShape:
    """A province's outline: polygons of rings of (longitude, latitude); outer ring first."""

    code: str
    name: str
    polygons: Sequence[Sequence[Sequence[tuple[float, float]]]]


@dataclass(frozen=True, slots=True)
class Archipelago:
    """Islands drawn as dots in an inset, with the province they belong to."""

    name: str
    province: str
    points: Sequence[tuple[float, float]]


@dataclass(frozen=True, slots=True)
class PlacePoint:
    """A commune's centre; `polygons` where official borders were imported."""

    code: str
    name: str
    longitude: float
    latitude: float
    polygons: Sequence[Sequence[Sequence[tuple[float, float]]]] = ()


class Places(Protocol):
    """Names and shapes of places under a set of boundaries.

    Shapes are drawn once for each `Places`: new borders come as a new object.
    """

    def __hash__(self) -> int:
        """Places are told apart by identity."""
        ...

    def name(self, code: str, bounds: Boundaries) -> str | None:
        """A province's or commune's name; None where there is no such place."""
        ...

    def parent(self, code: str, bounds: Boundaries) -> str | None:
        """A commune's province; None for a province."""
        ...

    def provinces(self, bounds: Boundaries) -> Sequence[PlaceShape]:
        """Every province's outline."""
        ...

    def archipelagos(self, bounds: Boundaries) -> Sequence[Archipelago]:
        """Hoàng Sa and Trường Sa."""
        ...

    def communes(self, province: str, bounds: Boundaries) -> Sequence[PlacePoint]:
        """A province's communes."""
        ...


# ---- together ----------------------------------------------------------------------------


class Runner(Protocol):
    """Runs plans: `lanh.core.database.SyncDatabase`."""

    def transact(self, plan: Plan[T]) -> T:
        """Run in one transaction."""
        ...

    def read(self, plan: Plan[T]) -> T:
        """Run reads that need no common snapshot."""
        ...


@dataclass(frozen=True, slots=True)
class Services:
    """Everything the pages use. `secret` signs the CSRF cookie; at least 32 characters.

    `identifiers` are the identifier systems that a person's banner shows, with their words.
    `secure` says that the site is reached by HTTPS: cookies are then marked Secure and browsers
    told to stay with HTTPS. `hosts` are the names under which it may be asked ("*" for any).
    """

    database: Runner
    secret: str
    accounts: Accounts
    people: People
    records: Records
    audit: AuditTrail
    bus: Bus
    figures: Figures
    places: Places
    identifiers: Sequence[tuple[str, Words]] = ()
    demonstration: bool = False
    demonstration_users: Sequence[DemonstrationUser] = ()
    secure: bool = False
    hosts: Sequence[str] = ("*",)
