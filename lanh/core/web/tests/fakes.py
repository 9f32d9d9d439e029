"""A made-up small country behind the pages' ports; identifiers that cannot be real."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from lanh.core.access import Access, CommuneIn, Grant, PatientIn, Predicate, Purpose, Subject
from lanh.core.database import Plan
from lanh.core.text import Message, Words, fold
from lanh.core.web import services as ports
from lanh.core.web.services import (
    FoundPeople,
    FoundPerson,
    LinksToReview,
    LinkToReview,
    Opened,
    Opening,
    PatientLink,
    Record,
    Refused,
    SignedIn,
)
from lanh.core.web.tests.fake_bus import FakeBus
from lanh.core.web.tests.fake_figures import FakeFigures, FakePlaces
from lanh.core.web.tests.fake_pairs import FakePairs

PASSWORD = "dung-thu-2026"
NOW = datetime(2026, 10, 20, 2, 30, tzinfo=UTC)
PERSONAL = "urn:lanh:id:personal-number"

IT = Words("CNTT bệnh viện", "Hospital IT")
STEWARD = Words("Quản trị dữ liệu", "Data steward")
LEADER = Words("Lãnh đạo Bộ Y tế", "Ministry leader")
DRUGS = ("Amlodipin 5 mg", "Paracetamol 500 mg")
CLINICAL = frozenset({ports.FIND_PEOPLE, ports.OPEN_PEOPLE})
USERS: dict[str, SignedIn] = {
    user.id: user
    for user in (
        SignedIn(
            "u-nurse", "Lò Thị Mai", "vi", "nurse", Words("Điều dưỡng trạm y tế", "Commune nurse"),
            (Purpose.TREATMENT, Purpose.PUBLIC_HEALTH),
            CLINICAL | {ports.SEE_FIGURES, ports.SEE_RECORDS_BEHIND},
            "99001", "Trạm Y tế xã Mường Thử", "00101", "Xã Mường Thử",
        ),
        SignedIn(
            "u-it", "Trần Quốc Bảo", "vi", "it", IT,
            (Purpose.OPERATIONS,), frozenset({ports.SEE_RECEIPTS, ports.SEE_SCORES}), "99002",
            "Bệnh viện Đa khoa Thử Nghiệm",
        ),
        SignedIn(
            "u-steward", "Phạm Ngọc Ánh", "vi", "steward", STEWARD,
            (Purpose.OPERATIONS,), CLINICAL | {ports.DECIDE_LINKS, ports.SEE_FIGURES},
        ),
        SignedIn(
            "u-leader", "Nguyễn Thị Thu Hà", "vi", "leader", LEADER,
            (Purpose.PUBLIC_HEALTH,), frozenset({ports.SEE_FIGURES, ports.SEE_SCORES}), place="VN",
        ),
        SignedIn(
            "u-citizen", "Đặng Minh Khôi", "vi", "citizen", Words("Người dân", "Citizen"),
            (Purpose.PATIENT_REQUEST,), frozenset({ports.OWN_RECORD}), person="person-1",
        ),
    )
}  # fmt: skip


@dataclass
class FakeAccounts:
    """Users "nurse", "it", … with one password; three failures lock a name."""

    failures: dict[str, int] = field(default_factory=dict)
    ended: set[str] = field(default_factory=set)

    def authenticate(self, username: str, password: str, at: datetime) -> Plan[SignedIn | Refused]:
        yield from ()
        if self.failures.get(username, 0) >= 3:
            words = Words("Tạm khóa, thử lại sau 15 phút.", "Locked, try again in 15 minutes.")
            return Refused(Message(words), datetime.now(UTC) + timedelta(minutes=15))
        user = USERS.get(f"u-{username}")
        if user is None or password != PASSWORD:
            self.failures[username] = self.failures.get(username, 0) + 1
            words = Words("Tên đăng nhập hoặc mật khẩu không đúng.", "Wrong username or password.")
            return Refused(Message(words))
        return user

    def signed_in(self, account: str, at: datetime) -> Plan[SignedIn | None]:
        yield from ()
        return None if account in self.ended else USERS.get(account)

    def access_for(self, account: SignedIn, purpose: Purpose, at: datetime) -> Plan[Access]:
        yield from ()
        scope: Predicate = CommuneIn(frozenset({account.place or ""}))
        if account.person:
            scope = PatientIn(frozenset(PATIENTS))
        grant = Grant(account.role, frozenset({"read", "search"}), None, scope)
        subject = Subject("person", account.id, account.display_name)
        return Access(subject, purpose, (grant,), capabilities=account.capabilities)


PATIENTS = ("patient-a", "patient-b")


def _patient(id_: str, name: str) -> dict[str, Any]:
    family, _, given = name.partition(" ")
    return {
        "resourceType": "Patient",
        "id": id_,
        "identifier": [{"system": PERSONAL, "value": "098090012345"}],
        "name": [{"text": name, "family": family, "given": [given]}],
        "gender": "male",
        "birthDate": "1990-03-05",
        "telecom": [{"system": "phone", "value": "0900 000 123"}],
        "address": [{"text": "Bản Thử, xã Mường Thử, tỉnh Thí Điểm"}],
    }


def _lab(n: int, day: str, name: str, value: str, unit: str, low: str, high: str) -> dict[str, Any]:
    return {
        "resourceType": "Observation",
        "id": f"lab-{n}",
        "status": "final",
        "category": [{"coding": [{"code": "laboratory"}]}],
        "code": {"text": name},
        "effectiveDateTime": f"{day}T08:15:00+07:00",
        "valueQuantity": {"value": Decimal(value), "unit": unit},
        "referenceRange": [{"low": {"value": Decimal(low)}, "high": {"value": Decimal(high)}}],
    }


def _resources() -> Iterator[tuple[dict[str, Any], str]]:
    yield _patient("patient-a", "Đặng Minh Khôi"), "99001"
    yield _patient("patient-b", "ĐẶNG MINH KHÔI"), "99002"
    yield (
        {
            "resourceType": "AllergyIntolerance", "id": "allergy-1", "criticality": "high",
            "code": {"text": "Penicillin"},
            "reaction": [{"manifestation": [{"text": "Sốc phản vệ"}], "severity": "severe"}],
        },
        "99002",
    )  # fmt: skip
    for n in range(12):
        day = f"2026-{(n % 9) + 1:02}-1{n % 5}"
        facility = "99002" if n % 2 else "99001"
        yield (
            {
                "resourceType": "Encounter", "id": f"visit-{n}", "status": "finished",
                "class": {"code": "IMP" if n == 5 else "AMB"},
                "period": {"start": f"{day}T08:00:00+07:00"},
            },
            facility,
        )  # fmt: skip
        yield (
            {
                "resourceType": "Condition", "id": f"condition-{n}",
                "code": {"text": ["Tăng huyết áp vô căn (nguyên phát)", "Viêm họng cấp"][n % 2]},
                "clinicalStatus": {"coding": [{"code": "resolved" if n % 2 else "active"}]},
                "encounter": {"reference": f"Encounter/visit-{n}"},
                "onsetDateTime": day,
            },
            facility,
        )  # fmt: skip
        yield (
            {
                "resourceType": "MedicationRequest", "id": f"drug-{n}", "status": "active",
                "medicationCodeableConcept": {"text": DRUGS[n % 2]},
                "authoredOn": day,
                "dosageInstruction": [{"text": "Ngày uống 1 viên, buổi sáng"}],
                "dispenseRequest": {"quantity": {"value": 30, "unit": "viên"}},
            },
            facility,
        )  # fmt: skip
    yield _lab(1, "2026-08-14", "Glucose máu lúc đói", "7.8", "mmol/L", "3.9", "6.4"), "99002"
    yield _lab(2, "2026-08-14", "Creatinin máu", "88", "µmol/L", "62", "106"), "99002"
    yield _lab(3, "2026-08-14", "Kali máu", "3.1", "mmol/L", "3.5", "5.0"), "99002"
    yield (
        {
            "resourceType": "Immunization", "id": "dose-1", "status": "completed",
            "vaccineCode": {"text": "Viêm gan B"}, "occurrenceDateTime": "2026-02-11",
            "lotNumber": "LO-THU-01", "protocolApplied": [{"doseNumberPositiveInt": 3}],
        },
        "99001",
    )  # fmt: skip


FACILITIES = {"99001": "Trạm Y tế xã Mường Thử", "99002": "Bệnh viện Đa khoa Thử Nghiệm"}
RECORDS = [
    Record(
        resource["resourceType"], resource["id"], 1, NOW - timedelta(days=n), resource,
        facility, FACILITIES[facility], f"rcpt-{n:08}",
    )
    for n, (resource, facility) in enumerate(_resources())
]  # fmt: skip


@dataclass
class FakeRecords:
    """Two source Patients of one person."""

    def of_patients(self, patients: Sequence[str], access: Access) -> Plan[Sequence[Record]]:
        yield from ()
        return RECORDS if set(patients) & set(PATIENTS) else []


LINK_WORDS = {
    "feature.number": Words("Số định danh", "Personal number"),
    "feature.name": Words("Họ tên", "Name"),
    "feature.birth": Words("Ngày sinh", "Birth date"),
    "feature.sex": Words("Giới tính", "Sex"),
    "feature.phone": Words("Điện thoại", "Phone"),
    "feature.place": Words("Nơi cư trú", "Residence"),
    "feature.personal-number": Words("Số định danh", "Personal number"),
    "feature.insurance-number": Words("Số bảo hiểm xã hội", "Social-insurance number"),
    "finding.different": Words("khác", "different"),
    "finding.swapped": Words("đảo ngày và tháng", "day and month swapped"),
    "finding.close": Words("gần giống", "close"),
    "finding.same": Words("giống", "same"),
    "finding.marks-differ": Words("khác dấu", "marks differ"),
}
LINKS = [
    PatientLink(
        "patient-a", "person-1", "99001", FACILITIES["99001"], "number",
        Words("Cùng số định danh", "Same personal number"), Decimal(1),
        {"number": "same"}, NOW, "Lành",
    ),
    PatientLink(
        "patient-b", "person-1", "99002", FACILITIES["99002"], "demographics",
        Words("Họ tên, ngày sinh, nơi ở", "Name, birth date, residence"), Decimal("0.93"),
        {"name": "marks-differ", "birth": "same"}, NOW, "Lành",
    ),
]  # fmt: skip


@dataclass
class FakePeople:
    """Thirty people of one commune, person-1 with two source Patients."""

    decided: list[tuple[str, ...]] = field(default_factory=list)

    def people(self) -> list[FoundPerson]:
        named = ["Đặng Minh Khôi", "Dang Minh Khoi", "Đặng Thị Minh", "Nguyễn Văn An"]
        return [
            FoundPerson(
                f"person-{n + 1}", named[n % 4] if n < 4 else f"{named[n % 4]} {n}", "male",
                f"19{90 - n}-03-05", "Xã Mường Thử, tỉnh Thí Điểm", "•••••••••345", "•••••••789",
                exact=n == 0, deceased=n == 2,
            )
            for n in range(32)
        ]  # fmt: skip

    def find(self, text: str, access: Access, limit: int, cursor: str | None) -> Plan[FoundPeople]:
        yield from ()
        wanted = fold(text)
        if "|" in text or wanted.replace(" ", "").isdigit():
            number = text.split("|")[0].replace(" ", "")
            hits = self.people()[:1] if number == "098090012345" else []
            return FoundPeople(hits, None, "card" if "|" in text else "number")
        hits = [person for person in self.people() if wanted in fold(person.name)]
        start = int(cursor or 0)
        following = str(start + limit) if len(hits) > start + limit else None
        return FoundPeople(hits[start : start + limit], following, "name")

    def links(self, person: str, access: Access) -> Plan[Sequence[PatientLink]]:
        yield from ()
        return LINKS if person == "person-1" else []

    def person_of(self, patient: str, access: Access) -> Plan[str | None]:
        yield from ()
        return "person-1" if patient in PATIENTS else None

    def _item(self) -> LinkToReview:
        fields = {"name": "ĐẶNG MINH KHÔI", "birth": "1990-03-05", "sex": "male", "phone": ""}
        other = {"name": "Đặng Minh Khôi", "birth": "1990-03-06", "sex": "male", "phone": "0900"}
        return LinkToReview(LINKS[1], fields, other, 1)

    def to_review(self, access: Access, limit: int, cursor: str | None) -> Plan[LinksToReview]:
        yield from ()
        return LinksToReview([self._item()], None, 1)

    def review(self, patient: str, access: Access) -> Plan[LinkToReview | None]:
        yield from ()
        return self._item() if patient == "patient-b" else None

    def confirm(self, patient: str, reason: str, access: Access) -> Plan[None]:
        yield from ()
        self.decided.append(("confirm", patient, reason))

    def unlink(self, patient: str, reason: str, access: Access) -> Plan[None]:
        yield from ()
        self.decided.append(("unlink", patient, reason))

    def link(self, patient: str, person: str, reason: str, access: Access) -> Plan[None]:
        yield from ()
        self.decided.append(("link", patient, person, reason))


@dataclass
class FakeTrail:
    """Keeps what was written; `broken` makes writing fail."""

    written: list[Opening] = field(default_factory=list)
    broken: bool = False

    def append(self, openings: Sequence[Opening]) -> Plan[None]:
        yield from ()
        if self.broken:
            raise OSError("the audit trail cannot be written")
        self.written += openings

    def of_person(
        self, person: str, patients: Sequence[str], access: Access, limit: int, cursor: str | None
    ) -> Plan[tuple[Sequence[Opened], str | None]]:
        yield from ()
        role = Words("Điều dưỡng trạm y tế", "Commune nurse")
        where = FACILITIES["99001"]
        return [Opened(NOW, "Lò Thị Mai", role, where, "TREAT", "read")], None


NUMBER_WARNING = Message(
    Words(
        "Năm sinh trong số định danh khác với ngày sinh đã ghi. Kiểm tra lại giấy tờ.",
        "The birth year in the number is unlike the birth date. Check the papers.",
    )
)


def made_up(database: ports.Runner, **changes: Any) -> ports.Services:
    """Services on fakes, with real sessions in `database`."""
    given: dict[str, Any] = {
        "database": database,
        "secret": "a secret of the tests, long enough to be one",
        "accounts": FakeAccounts(),
        "people": FakePeople(),
        "pairs": FakePairs(),
        "records": FakeRecords(),
        "audit": FakeTrail(),
        "bus": FakeBus(),
        "figures": FakeFigures(),
        "places": FakePlaces(),
        "identifiers": ((PERSONAL, Words("Số định danh", "Personal number")),),
        "number_warnings": lambda system, value, sex, birth: [NUMBER_WARNING],
        "link_words": LINK_WORDS.__getitem__,
        "demonstration": lambda: True,
        "demonstration_users": [
            ports.DemonstrationUser(user.id[2:], PASSWORD, user.display_name, user.role_name)
            for user in USERS.values()
        ],
    }
    return ports.Services(**(given | changes))
