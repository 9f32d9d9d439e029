"""A person signs a case: XAdES for the case, PAdES on the papers of its record, one transaction."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from cryptography.x509.oid import NameOID

from lanh.core import documents
from lanh.core.database import Plan
from lanh.core.desks import Desk, Desks, NotFound, Refused, Visitor, person_of
from lanh.core.signing import SigningFault, SigningKey, name_of, place_for, sign_pdf, sign_xml
from lanh.core.store import Context, Store, Stored, Write
from lanh.core.text import Message, Words
from lanh.core.workflow import Case, Workflow
from lanh.nation.local_time import VIETNAM
from lanh.site.signatures.keys import Keys
from lanh.site.signatures.papers import named, paper_name, paper_of, reference_of, signed_papers
from lanh.site.signatures.signable import SignableOf, signable_of
from lanh.site.words import WORDS

_STAMP = Path(__file__).with_name("stamp.typ")


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Signatory:
    """Signs for people by the keys that the installation holds for them."""

    desks: Desks
    workflow: Workflow
    store: Store
    keys: Keys
    signables: Mapping[str, SignableOf] = field(default_factory=dict)
    now: Callable[[], datetime] = _now

    def sign(
        self, desk: str, case_id: str, need: str, visitor: Visitor, *, revision: int
    ) -> Plan[None]:
        """Give the signature of the visitor that a case waits for; where it is given already, the
        same signature stands. Raises DeskError."""
        case = yield from self.workflow.hold(case_id, visitor.access)
        if (yield from self._given(case, need, visitor)):
            return  # pressed twice: the first press has done it
        evidence = yield from self.evidence(visitor, case, need)
        yield from self.desks.sign(desk, case_id, need, visitor, evidence, revision=revision)

    def evidence(self, visitor: Visitor, case: Case, need: str, _secret: str = "") -> Plan[str]:
        """The visitor's XAdES on what a case has to be signed; papers of its record that are to be
        signed get the visitor's PAdES too, in a revision of their own after those before. It is
        part of the transaction in which the case takes the evidence or refuses it.

        Keys are held by the installation, so there is no secret to ask for. Raises DeskError.
        """
        try:
            return (yield from self._evidence(visitor, case, need))
        except SigningFault as fault:
            told, words = fault.message, WORDS["signature.not-given"]
            said = Words(words.say("vi", reason=told.vi), words.say("en", reason=told.en))
            raise Refused(fault.code, Message(said)) from fault

    def _given(self, case: Case, need: str, visitor: Visitor) -> Plan[bool]:
        """Whether the visitor has given a signature that the case's content asks for."""
        signatures = yield from self.workflow.signatures(case.id, visitor.access)
        return any(
            each.need == need and each.signed_by == person_of(visitor) for each in signatures
        )

    def _evidence(self, visitor: Visitor, case: Case, need: str) -> Plan[str]:
        key = self.keys.of(person_of(visitor))
        context = Context(visitor.access)
        record = yield from self.store.read(case.focus.type, case.focus.id, context)
        if record is None or record.deleted:
            raise NotFound.because("not-found")
        desk = self._desk_of(case)
        what = yield from signable_of(self.signables, desk.key)(self.store, record)
        at = self.now()
        evidence = sign_xml(what.document, key, at, into=what.into, parts=(what.part,))
        view = desk.view(record.type)
        for paper in view.papers if view is not None else ():
            if paper.signed:
                name = paper_name(desk.key, paper.key, what.digest)
                yield from self._sign_paper(
                    desk.key, paper.key, name, record, need, visitor, key, at
                )
        return evidence.decode()

    def _desk_of(self, case: Case) -> Desk:
        for desk in self.desks.desks.values():
            if case.definition in {each.key for each in desk.workflows}:
                return desk
        raise NotFound.because("not-found")

    def _sign_paper(
        self, desk: str, paper: str, name: str, record: Stored, need: str, visitor: Visitor,
        key: SigningKey, at: datetime,
    ) -> Plan[None]:  # fmt: skip
        reference = f"{record.type}/{record.id}"
        held = yield from signed_papers(self.store, reference, visitor.access)
        same = next((each for each in held if named(each, name)), None)
        if same is not None:
            content = paper_of(same)
        else:
            content = yield from self.desks.paper(desk, reference, paper, visitor)
        place = place_for(content, need)
        seen = self._seen(key, at) if place is not None else None
        signed = sign_pdf(content, key, at, field=need, box=place, seen=seen)
        earlier = [each for each in held if not named(each, name)]
        body = reference_of(record, name, signed, at, earlier)
        context = Context(visitor.access, record.source, record.custodian, record.commune)
        kind = "DocumentReference"
        if same is not None:
            write = Write("update", kind, same.id, {**body, "id": same.id}, same.version,
                          sensitivity=record.sensitivity)  # fmt: skip
        else:
            write = Write("create", kind, None, body, sensitivity=record.sensitivity)
        yield from self.store.write([write], context)

    def _seen(self, key: SigningKey, at: datetime) -> bytes:
        """What is seen of a signature on a paper."""
        subject = key.chain[0].subject
        bodies = subject.get_attributes_for_oid(NameOID.ORGANIZATION_NAME)
        facts = {
            "name": name_of(subject),
            "body": str(bodies[0].value) if bodies else "",
            "at": f"{at.astimezone(VIETNAM):%d/%m/%Y %H:%M:%S} +07:00",
        }
        return documents.render(_STAMP, facts, at)
