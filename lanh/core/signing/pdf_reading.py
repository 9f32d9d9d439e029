"""Verify the signatures of a PDF: PAdES and the older CMS form (ISO 32000-1, 12.8)."""

from __future__ import annotations

import io
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from cryptography import x509

from lanh.core.signing.certificates import judge
from lanh.core.signing.faults import Problem, Unreadable, problem
from lanh.core.signing.trust import TrustStore
from lanh.core.signing.verdict import Verdict

MOST_PDF_BYTES = 64 * 1024 * 1024
MOST_PDF_SIGNATURES = 16
CLOCK_SKEW = timedelta(minutes=5)
_FORMS = {"/ETSI.CAdES.detached": "PAdES", "/adbe.pkcs7.detached": "CMS"}
_DIGESTS = {"sha256", "sha384", "sha512"}


@dataclass(slots=True)
class PdfSignature(Verdict):
    """One signature of a paper, in the order of signing.

    `covered` is the number of bytes from the beginning that it covers, with its own place: the
    paper as signed is `content[:covered]`. `last` says that nothing follows them. `profile` is
    "PAdES" or "CMS".
    """

    field: str
    last: bool = False
    covered: int = 0


def verify_pdf(content: bytes, trust: TrustStore, at: datetime) -> tuple[PdfSignature, ...]:
    """Every signature of a paper; none where there is none.

    After a signature only further signatures, filled fields and what keeps signatures verifiable
    may have been added. Raises Unreadable where the bytes are not a PDF within bounds, are
    encrypted, or bear too many signatures.
    """
    from pyhanko.pdf_utils.reader import PdfFileReader

    if len(content) > MOST_PDF_BYTES:
        raise Unreadable("too-large", limit=MOST_PDF_BYTES)
    try:
        reader = PdfFileReader(io.BytesIO(content))
        encrypted = reader.encrypted
        found = [] if encrypted else list(reader.embedded_regular_signatures)
    except Exception as error:
        # A reader of hostile bytes: whatever it raises, the paper cannot be read.
        raise Unreadable("not-pdf", reason=type(error).__name__) from error
    if encrypted:
        raise Unreadable("pdf-encrypted")
    if len(found) > MOST_PDF_SIGNATURES:
        raise Unreadable("too-many-signatures", limit=MOST_PDF_SIGNATURES)
    return tuple(_verify(each, content, trust, at) for each in found)


def _verify(embedded: Any, content: bytes, trust: TrustStore, at: datetime) -> PdfSignature:
    result = PdfSignature("")
    try:
        result.field = str(embedded.field_name)[:200]
        found = _integrity(embedded, content, result)
        others = _certificates(embedded)
    except Exception as error:
        # As above: what cannot be read to its end is not intact.
        result.problems.append(problem("pdf-signature-malformed", reason=type(error).__name__))
        return result
    if found:
        result.problems += found
        return result
    result.intact = True
    if result.certificate is None:
        raise AssertionError("an intact signature has a certificate")
    result.chain, problems, result.doubts = judge(result.certificate, others, trust, at)
    result.problems += problems
    if result.signing_time is not None and result.signing_time > at + CLOCK_SKEW:
        moment = result.signing_time.isoformat()
        result.problems.append(problem("signed-in-future", moment=moment))
    return result


def _integrity(embedded: Any, content: bytes, result: PdfSignature) -> list[Problem]:
    """What is wrong with the bytes, the structure and what was added later."""
    from pyhanko.sign.diff_analysis import ModificationLevel
    from pyhanko.sign.validation.generic_cms import validate_sig_integrity

    form = str(embedded.sig_object.get("/SubFilter", ""))
    result.profile = _FORMS.get(form, "")
    if not result.profile:
        return [problem("pdf-form-refused", form=form[:60])]
    result.certificate = x509.load_der_x509_certificate(embedded.signer_cert.dump())
    found = _structure(embedded, content, result)
    if found:
        return found
    digest = embedded.compute_digest()
    intact, valid = validate_sig_integrity(
        embedded.signer_info,
        embedded.signer_cert,
        expected_content_type="data",
        actual_digest=digest,
    )
    if not intact:
        return [problem("digest-differs", part=result.field)]
    if not valid:
        return [problem("signature-differs")]
    result.signing_time = embedded.self_reported_timestamp
    if result.signing_time is not None and result.signing_time.tzinfo is None:
        return [problem("signing-time")]
    embedded.compute_integrity_info()
    level = getattr(embedded.diff_result, "modification_level", ModificationLevel.OTHER)
    if level > ModificationLevel.FORM_FILLING or not embedded.summarise_integrity_info().get(
        "docmdp_ok", True
    ):
        return [problem("pdf-changed", field=result.field)]
    return []


def _structure(embedded: Any, content: bytes, result: PdfSignature) -> list[Problem]:
    """The bytes covered are all up to the end of a revision but the signature's own place."""
    start, first, second, rest = (int(each) for each in embedded.byte_range)
    gap = content[first:second]
    hexadecimal = bytes(embedded.pkcs7_content).hex().encode()
    if (
        start != 0
        or not 0 < first < second
        or rest <= 0
        or second + rest > len(content)
        or gap[:1] + gap[-1:] != b"<>"
        or gap[1:-1].lower() != hexadecimal
    ):
        return [problem("pdf-coverage", field=result.field)]
    result.covered = second + rest
    result.last = result.covered == len(content)
    info = embedded.signer_info
    names = {info["digest_algorithm"]["algorithm"].native, embedded.external_md_algorithm}
    if not names <= _DIGESTS:
        return [problem("algorithm-refused", algorithm=", ".join(sorted(names - _DIGESTS)))]
    signature = info["signature_algorithm"]["algorithm"].native
    if not signature.endswith(("_rsa", "_ecdsa", "rsassa_pss", "rsassa_pkcs1v15")) or (
        signature.startswith(("md", "sha1"))
    ):
        return [problem("algorithm-refused", algorithm=signature[:60])]
    attributes = [each["type"].native for each in info["signed_attrs"]]
    if len(attributes) != len(set(attributes)) or "message_digest" not in attributes:
        return [problem("pdf-signature-malformed", reason="signedAttrs")]
    if result.profile == "PAdES" and "signing_certificate_v2" not in attributes:
        return [problem("properties-not-signed")]
    return []


def _certificates(embedded: Any) -> list[x509.Certificate]:
    return [
        x509.load_der_x509_certificate(each.dump())
        for each in list(embedded.other_embedded_certs)[:10]
    ]
