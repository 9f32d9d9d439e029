"""The signing service that the workflow asks: whether evidence is the signature of somebody."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from lanh.core.database import Plan
from lanh.core.signing import SigningFault, TrustStore, XmlSignature, verify_xml
from lanh.core.text import Words
from lanh.core.workflow import SignatureRequest
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

    trust: TrustStore
    now: Callable[[], datetime] = _now

    def ask(self, request: SignatureRequest) -> Plan[str]:
        """As the port says: keys are held here, so a request needs nothing but its name."""
        yield from ()
        return request.id

    def verify(self, request: str, content: str, by: str, evidence: str) -> Plan[Words | None]:
        """As the port says."""
        yield from ()
        try:
            found = verify_xml(evidence.encode(), self.trust, self.now())
        except SigningFault as fault:
            return Words(fault.message.vi, fault.message.en)
        if len(found) != 1:
            return WORDS["signature.not-one"]
        return self._fault(found[0], content, by)

    def _fault(self, signature: XmlSignature, content: str, by: str) -> Words | None:
        if signature.problems:
            message = signature.problems[0].message
            return Words(message.vi, message.en)
        if signature.profile != "XAdES" or signature.certificate is None:
            return WORDS["signature.not-xades"]
        covered = {hashlib.sha256(part.content).hexdigest() for part in signature.signed}
        if not signature.valid or covered != {content}:
            return WORDS["signature.other-content"]
        if self.trust.may_sign(signature.certificate, by, self.now()) is not True:
            return WORDS["signature.not-registered"]
        return None

    def withdraw(self, request: str) -> Plan[None]:
        """As the port says: nothing waits anywhere."""
        yield from ()
