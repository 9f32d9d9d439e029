"""Keys, seals and their verification: one port for keys in files and in tokens, XAdES, PAdES."""

from lanh.core.signing.certificates import judge, name_of
from lanh.core.signing.faults import KeyFault, Problem, SigningFault, Unreadable
from lanh.core.signing.hardware import Pin, TokenKey, pin_from_environment, pin_from_file
from lanh.core.signing.keys import Algorithm, SigningKey, sign
from lanh.core.signing.pdf_places import place_for
from lanh.core.signing.pdf_reading import PdfSignature, verify_pdf
from lanh.core.signing.pdf_signing import Box, sign_pdf
from lanh.core.signing.references import SignedPart
from lanh.core.signing.software import SoftwareKey, create_key, read_certificates, write_key
from lanh.core.signing.trust import Anchor, Days, TrustStore, fingerprint
from lanh.core.signing.verification import signature_holds
from lanh.core.signing.xml_signing import sign_xml
from lanh.core.signing.xml_verifying import XmlSignature, verify_xml

__all__ = [
    "Algorithm",
    "Anchor",
    "Box",
    "Days",
    "KeyFault",
    "PdfSignature",
    "Pin",
    "Problem",
    "SignedPart",
    "SigningFault",
    "SigningKey",
    "SoftwareKey",
    "TokenKey",
    "TrustStore",
    "Unreadable",
    "XmlSignature",
    "create_key",
    "fingerprint",
    "judge",
    "name_of",
    "pin_from_environment",
    "pin_from_file",
    "place_for",
    "read_certificates",
    "sign",
    "sign_pdf",
    "sign_xml",
    "signature_holds",
    "verify_pdf",
    "verify_xml",
    "write_key",
]
