"""The signing service that the workflow asks: whether evidence is the signature of somebody."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from lanh.core.database import Plan
from lanh.core.signing import SigningFault, TrustStore, XmlSignature, name_of, verify_xml
from lanh.core.text import Words
from lanh.core.workflow import Judgement, SignatureRequest
from lanh.nation.local_time import VIETNAM
from lanh.site.words import WORDS


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class SignatureService:
    """Fills the workflow's port `Signer`. Evidence is an XML document with one XAdES signature.

    It counts where it is intact and trusted at the moment, covers the very content that was asked
    to be signed, and the trust list registers its certificate for who gives it: nobody signs by
    another's key, and one that is registered for nobody signs nothing.
    """

    trust: Callable[[], TrustStore]
    now: Callable[[], datetime] = _now

    def ask(self, request: SignatureRequest) -> Plan[str]:
        """As the port says: keys are held here, so a request needs nothing but its name."""
        yield from ()
        return request.id

    def verify(self, request: str, content: str, by: str, evidence: str) -> Plan[Words | None]:
        """As the port says."""
        yield from ()
        found = self._looked_at(content, by, self.now(), evidence)
        return found if isinstance(found, Words) else None

    def judge(self, content: str, by: str, at: datetime, evidence: str) -> Plan[Judgement]:
        """As the port says. Certificates are judged at the moment when the platform took the
        signature, which it wrote down itself: one that has run out since takes nothing from it, a
        list that revokes it from before that moment does."""
        yield from ()
        found = self._looked_at(content, by, at, evidence)
        if isinstance(found, Words):
            return Judgement(False, found)
        certificate = found.chain[0] if found.chain else found.certificate
        assert certificate is not None
        given = {
            "name": name_of(certificate.subject),
            "issuer": name_of(certificate.issuer),
            "at": f"{(found.signing_time or at).astimezone(VIETNAM):%d/%m/%Y %H:%M:%S}",
            "until": f"{certificate.not_valid_after_utc.astimezone(VIETNAM):%d/%m/%Y}",
        }
        words = WORDS["signature.holds"]
        return Judgement(True, Words(words.say("vi", **given), words.say("en", **given)))

    def _looked_at(
        self, content: str, by: str, at: datetime, evidence: str
    ) -> Words | XmlSignature:
        """The signature that evidence holds, or why it does not count at a moment."""
        try:
            trust = self.trust()
            found = verify_xml(evidence.encode(), trust, at)
        except SigningFault as fault:
            return Words(fault.message.vi, fault.message.en)
        if len(found) != 1:
            return WORDS["signature.not-one"]
        signature = found[0]
        if signature.problems:
            message = signature.problems[0].message
            return Words(message.vi, message.en)
        if signature.profile != "XAdES" or signature.certificate is None:
            return WORDS["signature.not-xades"]
        covered = {hashlib.sha256(part.content).hexdigest() for part in signature.signed}
        if not signature.valid or covered != {content}:
            return WORDS["signature.other-content"]
        if trust.may_sign(signature.certificate, by, at) is not True:
            return WORDS["signature.not-registered"]
        return signature

    def withdraw(self, request: str) -> Plan[None]:
        """As the port says: nothing waits anywhere."""
        yield from ()
