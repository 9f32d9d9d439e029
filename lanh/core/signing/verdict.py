"""What is said of every signature, whatever it stands in."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from cryptography import x509

from lanh.core.signing.certificates import name_of
from lanh.core.signing.faults import Problem


@dataclass(slots=True, kw_only=True)
class Verdict:
    """Who signed, when, and whether it counts at the moment asked about.

    `problems` are the reasons why it is not valid; `doubts` what could not be looked into.
    `signing_time` is the signer's own word, signed; `profile` the standard that it follows.
    """

    intact: bool = False
    profile: str = ""
    signing_time: datetime | None = None
    certificate: x509.Certificate | None = None
    chain: tuple[x509.Certificate, ...] = ()
    problems: list[Problem] = field(default_factory=list)
    doubts: list[Problem] = field(default_factory=list)

    @property
    def valid(self) -> bool:
        """Whether it counts: intact, by a certificate that is trusted at the moment."""
        return self.intact and not self.problems

    @property
    def signer(self) -> str:
        """The signer's name in the certificate, empty where there is none."""
        return name_of(self.certificate.subject) if self.certificate is not None else ""
