"""The unit's signature in CHUKYDONVI (Decision 3176; Decree 188/2025 Art. 69(9)).

XMLDSig over THONGTINDONVI and THONGTINHOSO: either the whole envelope, enveloped, or each part by
its Id. What it says of the package is a doubt, or refuses it: the installation decides.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypeAlias

from lanh.connectors.claims_xml.words import WORDS
from lanh.core.fhir import Issue, Severity
from lanh.core.signing import SigningFault, TrustStore, XmlSignature, verify_xml

PLACE = "/GIAMDINHHS/CHUKYDONVI"
_FIELD = "GIAMDINHHS.CHUKYDONVI"
_WIDE = (b"\xff\xfe", b"\xfe\xff", b"\x00<", b"<\x00")

SignatureCheck: TypeAlias = Callable[[bytes, str], list[Issue]]
"""From the bytes of a package and the code of its facility to what is to be told."""


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class UnitSignature:
    """The check by a trust list: a SignatureCheck.

    `required`: a missing signature or one that does not count refuses the package; otherwise it
    is a doubt and the package is taken. Certificates are judged as of `clock`, the moment of
    receipt. Where the trust list registers certificates for a facility, it must be one of these.
    """

    trust: TrustStore
    required: bool = False
    clock: Callable[[], datetime] = _now

    def __call__(self, content: bytes, facility: str) -> list[Issue]:
        """What is to be told of a package's signature; never raises on bad input."""
        # Most senders do not sign yet: a package without the word needs no tree.
        if b"Signature" not in content and not content.startswith(_WIDE):
            return [self._missing()]
        try:
            found = verify_xml(content, self.trust, self.clock())
        except SigningFault as fault:
            return [Issue(self._severity, "security", _FIELD, fault.message)]
        own = [each for each in found if each.path == PLACE]
        if not own:
            return [self._missing()]
        return [issue for each in own for issue in self._told(each, facility)]

    @property
    def _severity(self) -> Severity:
        return "error" if self.required else "warning"

    def _missing(self) -> Issue:
        return Issue(self._severity, "required", _FIELD, WORDS.message("signature-missing"))

    def _told(self, signature: XmlSignature, facility: str) -> list[Issue]:
        messages = [each.message for each in signature.problems]
        if signature.intact and not signature.whole:
            messages.append(WORDS.message("signature-partial"))
        registered: bool | None = None
        if signature.intact and signature.certificate is not None:
            registered = self.trust.may_sign(signature.certificate, facility, self.clock())
            if registered is False:
                messages.append(
                    WORDS.message(
                        "signer-not-registered", signer=signature.signer, facility=facility[:10]
                    )
                )
        told = [Issue(self._severity, "security", _FIELD, each) for each in messages]
        if told:
            return told
        told = [Issue("information", "security", _FIELD, each.message) for each in signature.doubts]
        if registered is None:
            message = WORDS.message("signer-unknown", signer=signature.signer)
            told.append(Issue("information", "security", _FIELD, message))
        return told
