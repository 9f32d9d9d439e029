"""What the generator makes before anything is written: people, facilities and events, no FHIR."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Literal, TypeAlias

from lanh.nation.person import IdentityState
from lanh.site.demonstration.sources import Sex

Level: TypeAlias = Literal["central", "provincial", "regional", "commune", "private"]
Kind: TypeAlias = Literal["hospital", "station", "clinic", "pharmacy", "preventive-centre"]
Speaks: TypeAlias = Literal["hl7v2", "claims", "fhir"]
Duty: TypeAlias = Literal["doctor", "nurse", "midwife", "technician", "pharmacist"]


@dataclass(frozen=True, slots=True)
class Place:
    """A commune with its province, as an address needs it."""

    commune: str
    commune_name: str
    province: str
    province_name: str
    latitude: float
    longitude: float


@dataclass(frozen=True, slots=True)
class Staff:
    """A person who works at a facility. `licence` has the shape 00nnnn/TEST-CCHN."""

    facility: str
    number: int
    name: str
    sex: Sex
    duty: Duty
    department: str
    licence: str
    insurance_number: str


@dataclass(frozen=True, slots=True)
class Facility:
    """A facility with a code of 5 signs that begins with 99 or 00, which are no province.

    `speaks` is what its system sends; `capitals` says that it writes names in capitals.
    """

    code: str
    name: str
    english: str
    kind: Kind
    level: Level
    place: Place
    speaks: Speaks
    capitals: bool
    staff: tuple[Staff, ...]


@dataclass(slots=True, eq=False)
class Person:
    """Somebody as the population register has them. `key` is the place in the whole population."""

    key: int
    sex: Sex
    birth: date
    name: str = ""
    ethnic: str = "01"
    occupation: str = "00000"
    number: str = ""
    insurance_number: str = ""
    card: str | None = None
    phone: str | None = None
    blood: str = "O"
    household: int = 0
    father: Person | None = None
    mother: Person | None = None
    spouse: Person | None = None
    state: IdentityState = IdentityState.MATCH
    died: date | None = None
    asked: Asked | None = None

    def age_on(self, day: date) -> int:
        """Completed years of life on a day."""
        before = (day.month, day.day) < (self.birth.month, self.birth.day)
        return day.year - self.birth.year - before


@dataclass(slots=True, eq=False)
class Household:
    """People at one address."""

    number: int
    place: Place
    line: str
    members: list[Person] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Recorded:
    """A person as one facility wrote them down, mistakes included."""

    facility: Facility
    person: Person
    patient_number: str
    name: str
    sex: Sex
    birth: date
    number: str | None
    phone: str | None
    place: Place
    line: str


@dataclass(frozen=True, slots=True)
class Dispensed:
    """A medicine given out: its code, quantity in units of issue, how it is taken."""

    drug: str
    quantity: int
    per_day: int
    days: int


@dataclass(frozen=True, slots=True)
class Finding:
    """A result: LOINC code, a figure or a word, when it was released. `flag` is H, L, A or none."""

    test: str
    value: Decimal | str
    at: datetime
    flag: str = ""


@dataclass(frozen=True, slots=True)
class Service:
    """A service done: its code, how often, when."""

    code: str
    quantity: int
    at: datetime


@dataclass(slots=True, eq=False)
class Episode:
    """A visit or a stay at one facility. `open`: the person is still there."""

    key: str
    person: Person
    facility: Facility
    care_type: str
    start: datetime
    end: datetime
    department: str
    doctor: Staff
    diagnoses: list[str]
    reason: str
    dispensed: list[Dispensed] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    services: list[Service] = field(default_factory=list)
    pharmacy: Facility | None = None
    insured: bool = True
    emergency: bool = False
    died: bool = False
    open: bool = False
    born: list[Person] = field(default_factory=list)

    @property
    def inpatient(self) -> bool:
        """Whether the person stayed in a bed."""
        return self.care_type in ("03", "09")


@dataclass(frozen=True, slots=True)
class Allergy:
    """What somebody reacts to: allergen, what happened; `onset` is a year or None."""

    allergen: str
    reaction: str
    severity: Literal["mild", "moderate", "severe"]
    high: bool
    grade: Literal["MI", "MO", "SV"]
    onset: int | None


@dataclass(frozen=True, slots=True)
class Asked:
    """That a person was asked about allergies at their station; none reported where it is empty.

    `visit` is the key of the episode in which it was asked, or None.
    """

    at: datetime
    by: Staff
    facility: Facility
    visit: str | None
    allergies: tuple[Allergy, ...]


@dataclass(frozen=True, slots=True)
class Dose:
    """A vaccine dose given."""

    person: Person
    facility: Facility
    vaccine: str
    number: int
    at: datetime
    lot: str
    expires: date
    by: Staff


@dataclass(frozen=True, slots=True)
class Death:
    """A death: at a facility, or at home and notified by the commune station."""

    person: Person
    at: datetime
    cause: str
    facility: Facility
    at_home: bool


@dataclass(slots=True, eq=False)
class Block:
    """A thousand people at most, with everything that happened to them; made on its own."""

    number: int
    households: list[Household]
    people: list[Person]
    episodes: list[Episode] = field(default_factory=list)
    doses: list[Dose] = field(default_factory=list)
    deaths: list[Death] = field(default_factory=list)
