"""Signatures of people on what they decide: the workflow's port `Signer`, filled by keys.

    KeyFolders(folders), TrustFolders(folders) whose key stands where (`keys.yaml`), who is trusted
    SignatureService(trust, ...)               fills `lanh.core.workflow.Signer`
    Signatory(...).sign(...)                   a person signs a case: XAdES, and PAdES on the paper

What is signed of a record is an XML document (`Signable`): its own message where its desk has one,
else a statement with the record's digest. The content of a signature is the SHA-256 of the signed
part's exclusive canonical form, which is what XAdES digests.
"""

from lanh.site.signatures.folders import DEMONSTRATION, KeyFolders, TrustFolders
from lanh.site.signatures.papers import kept_port, paper_of, signed_papers
from lanh.site.signatures.service import SignatureService
from lanh.site.signatures.signable import Signable, content_port, statement
from lanh.site.signatures.signatory import Signatory

__all__ = [
    "DEMONSTRATION",
    "KeyFolders",
    "Signable",
    "Signatory",
    "SignatureService",
    "TrustFolders",
    "content_port",
    "kept_port",
    "paper_of",
    "signed_papers",
    "statement",
]
