"""A hospital with a doctor and a head, their keys, and a patient: what these tests share. All
people, numbers and authorities are synthetic."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar, cast

from lanh.core import terminology
from lanh.core.access import Access, CustodianIn, Grant, Subject
from lanh.core.accounts import Role
from lanh.core.database import Plan, SyncDatabase, fetch
from lanh.core.desks import CaseScreen, Desk, Desks, FormScreen, Sent, Visitor
from lanh.core.documents import render
from lanh.core.signing import Anchor, Days, KeyFault, SigningKey, TrustStore, fingerprint
from lanh.core.signing.tests import authority
from lanh.core.store import Context, Stored, Write
from lanh.core.workflow import Definitions, Workflow
from lanh.kit import roles_with
from lanh.nation import codes, naming
from lanh.nation.calendar import packaged
from lanh.nation.local_time import VIETNAM
from lanh.nation.roles import HOSPITAL_DOCTOR, HOSPITAL_HEAD, ROLES
from lanh.site.signatures import Signatory, SignatureService, content_port, kept_port
from lanh.site.signing import SIGNABLES
from lanh.site.wiring import open_records
from lanh.systems.deaths.system import SYSTEM

T = TypeVar("T")
DESK = cast(Desk, SYSTEM.desk)
ROLES_HERE = roles_with(ROLES, [SYSTEM])
NOW = datetime(2026, 3, 2, 9, 0, tzinfo=VIETNAM)  # a Monday; the authority's keys are valid then
FACILITY = "99001"
ICD = naming.ICD10
CODES = "urn:lanh:codes"
UCUM = naming.UCUM


@dataclass(frozen=True, slots=True)
class KeyRing:
    """Keys that are open, by their holders."""

    keys: Mapping[str, SigningKey]

    def of(self, holder: str) -> SigningKey:
        """As the port of `Signatory` says."""
        found = self.keys.get(holder)
        if found is None:
            raise KeyFault("key-none")
        return found


class PaperPress:
    """The desks' port `Papers`."""

    render = staticmethod(render)


def visitor(number: int, role: Role, facility: str = FACILITY) -> Visitor:
    scope = CustodianIn(frozenset({facility}))
    grants = tuple(
        Grant(role.code, right.interactions, right.types, scope, right.sensitivities)
        for right in ROLES_HERE[role.code].rights
    )
    subject = Subject("person", str(number), f"Người Thử {number}")
    access = Access(subject, role.purposes[0], grants, facility=facility, commune="99001")
    return Visitor(str(number), role.code, access, "vi", NOW, facility)


DOCTOR = visitor(1, HOSPITAL_DOCTOR)
HEAD = visitor(2, HOSPITAL_HEAD)
OTHER_DOCTOR = visitor(3, HOSPITAL_DOCTOR)
ELSEWHERE = visitor(4, HOSPITAL_DOCTOR, "99002")

FIELDS: dict[str, list[str]] = {
    "q/giver/author": ["BS. Người Thử"],
    "q/giver/relative": ["Trần Thị Thử"],
    "q/death/died": ["02/03/2026 07:15"],
    "q/death/place": [f"{CODES}:death-place|facility"],
    "q/death/manner": [f"{CODES}:death-manner|disease"],
    "q/causes/line:0#row": ["1"],
    "q/causes/line:0/line-code": [f"{ICD}|J18.9"],
    "q/causes/line:0/line-code/line-words": ["Viêm phổi"],
    "q/causes/line:0/line-interval": ["5"],
    "q/causes/line:0/line-interval#unit": [f"{UCUM}|d"],
    "q/causes/line:1#row": ["1"],
    "q/causes/line:1/line-code": [f"{ICD}|E11.9"],
    "q/causes/line:1/line-interval": ["10"],
    "q/causes/line:1/line-interval#unit": [f"{UCUM}|a"],
    "q/main/underlying": [f"{ICD}|E11.9"],
    "q/death/surgery": ["false"],
    "q/examination/autopsy": ["false"],
    "q/death/infant": ["false"],
    "q/maternal/pregnancy/timing": [f"{CODES}:death-pregnancy|not-pregnant"],
    "q/care/stay/admitted": ["27/02/2026 16:00"],
    "q/care/stay/intensive-days": ["1"],
}


def patient(number: int, **more: Any) -> dict[str, Any]:
    identifier = {"system": naming.PERSONAL_NUMBER, "value": f"0971500000{number:02}"}
    return {
        "resourceType": "Patient",
        "identifier": [identifier],
        "name": [{"text": f"Nguyễn Thị Thử {number}"}],
        "gender": "female",
        "birthDate": "1950-03-02",
        "address": [{"text": "Xã Thử, tỉnh Thử"}],
        **more,
    }


def parties() -> dict[str, authority.Party]:
    return {"person:1": authority.doctor(), "person:2": authority.hospital()}


def trust() -> TrustStore:
    signers = {who: ((fingerprint(p.certificate), Days()),) for who, p in parties().items()}
    return TrustStore((Anchor(authority.root().certificate),), signers=signers)


class Hospital:
    """Desks, workflow, keys and store on a database."""

    def __init__(
        self, database: SyncDatabase, keys: Mapping[str, SigningKey] | None = None
    ) -> None:
        self.database = database
        self.at = NOW
        records = open_records()
        self.store = records.store
        content = content_port(self.store, SIGNABLES)
        self.workflow = Workflow(
            Definitions(SYSTEM.states), packaged(),
            signer=SignatureService(trust, lambda: self.at), now=lambda: self.at,
        )  # fmt: skip
        self.desks = Desks(
            (DESK,), store=self.store, workflow=self.workflow, value_sets=records.terminology,
            papers=PaperPress(), content=content, kept=kept_port(self.store, content),
        )  # fmt: skip
        held = keys or {who: party.key for who, party in parties().items()}
        self.signatory = Signatory(
            self.desks, self.workflow, self.store, KeyRing(held), SIGNABLES, lambda: self.at
        )
        self.run(terminology.load(codes.code_system("icd10"), NOW.date()))

    def run(self, plan: Plan[T]) -> T:
        return self.database.transact(plan)

    def admit(self, number: int = 1, who: Visitor = DOCTOR, **more: Any) -> str:
        """A patient of the visitor's facility; the reference."""
        context = Context(who.access, None, who.facility, "99001")
        body = patient(number, **more)
        outcome = self.run(self.store.write([Write("create", "Patient", None, body)], context))[0]
        return f"Patient/{outcome.id}"

    def send(
        self, about: str, changes: Mapping[str, list[str] | None] | None = None,
        who: Visitor = DOCTOR, **more: Any,
    ) -> FormScreen | Sent:  # fmt: skip
        screen = self.run(self.desks.begin("deaths", "death-notice", self.now(who), about))
        return self.sent_on(screen, changes, who, **more)

    def sent_on(
        self, screen: FormScreen, changes: Mapping[str, list[str] | None] | None = None,
        who: Visitor = DOCTOR, **more: Any,
    ) -> FormScreen | Sent:  # fmt: skip
        given = {**FIELDS, **(changes or {})}
        fields = {name: held for name, held in given.items() if held is not None}
        return self.run(
            self.desks.send(screen.draft, self.now(who), fields, screen.submission, **more)
        )

    def noticed(self, about: str | None = None, **more: Any) -> Sent:
        done = self.send(about or self.admit(), **more)
        assert isinstance(done, Sent), (done.page.faults, done.warnings)
        return done

    def case(self, sent: Sent, who: Visitor = HEAD) -> CaseScreen:
        found = self.run(self.desks.record("deaths", sent.record, who)).case
        assert found is not None
        return found

    def sign(self, sent: Sent, who: Visitor, need: str) -> None:
        case = self.case(sent, who).case
        self.run(self.signatory.sign("deaths", case.id, need, who, revision=case.revision))

    def act(self, sent: Sent, name: str, who: Visitor = HEAD, reason: str = "") -> str:
        case = self.case(sent, who).case
        moved = self.run(
            self.desks.act("deaths", case.id, name, who, revision=case.revision, reason=reason)
        )
        return moved.state

    def told(self, about: str | None = None) -> Sent:
        """A notice that both have signed and the head has sent."""
        sent = self.noticed(about)
        self.sign(sent, DOCTOR, "doctor")
        self.sign(sent, HEAD, "head")
        assert self.act(sent, "send") == "sent"
        return sent

    def read(self, reference: str, who: Visitor = DOCTOR) -> Stored:
        kind, _, name = reference.partition("/")
        found = self.run(self.store.read(kind, name, Context(who.access)))
        assert found is not None
        return found

    def outbox(self, subscriber: str = "civil-registry") -> list[bytes]:
        rows = self.database.read(
            fetch("SELECT payload FROM jobs.delivery WHERE subscriber = $1 ORDER BY id", subscriber)
        )
        return [bytes(row[0]) for row in rows]

    def now(self, who: Visitor) -> Visitor:
        return replace(who, at=self.at)

    def later(self, **span: float) -> None:
        self.at += timedelta(**span)


__all__ = ["DOCTOR", "ELSEWHERE", "FACILITY", "FIELDS", "HEAD", "NOW", "Hospital", "Path"]
