"""Signatures of people on what they decide: the workflow's port `Signer`, filled by keys.

    KeyRing.load(folder)                       whose key stands where (`keys.yaml`)
    SignatureService(trust, ...)               fills `lanh.core.workflow.Signer`
    Signatory(...).sign(...)                   a person signs a case: XAdES, and PAdES on the paper

What is signed of a record is an XML document (`Signable`): its own message where its desk has one,
else a statement with the record's digest. The content of a signature is the SHA-256 of the signed
part's exclusive canonical form, which is what XAdES digests.
"""

from lanh.site.signatures.keyring import KeyRing
from lanh.site.signatures.service import SignatureService
from lanh.site.signatures.signable import Signable, content_port, statement
from lanh.site.signatures.signatory import Signatory, signed_papers

__all__ = [
    "KeyRing",
    "Signable",
    "Signatory",
    "SignatureService",
    "content_port",
    "signed_papers",
    "statement",
]
