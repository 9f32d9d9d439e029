"""Verify the signatures of an XML document: XAdES and plain XMLDSig (XML Signature 1.1).

A signature says something of what its references lead to and of nothing else. So the caller is
handed the very bytes that were digested, read anew, with the place they stood in; whatever a
document was wrapped in, nothing else of it can be taken for signed. What a signature may use is
listed in `dsig`: the rest is refused and never passed over.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, utils
from lxml import etree

from lanh.core.signing import dsig
from lanh.core.signing.certificates import judge
from lanh.core.signing.dsig import ds, xades
from lanh.core.signing.faults import Unreadable, problem
from lanh.core.signing.references import Refused, SignedPart, Work, read_references
from lanh.core.signing.trust import TrustStore
from lanh.core.signing.verdict import Verdict
from lanh.core.signing.verification import signature_holds

MOST_SIGNATURES = 16
MOST_CERTIFICATES = 10
MOST_PASSES = 24  # over the whole document, for all its signatures
CLOCK_SKEW = timedelta(minutes=5)
# A time without zone was written in Vietnam.
_LOCAL = timezone(timedelta(hours=7))


@dataclass(slots=True)
class XmlSignature(Verdict):
    """One signature of a document: what it is over.

    `path` leads to the element that holds it. `signed` is empty unless the signature is `intact`.
    `whole` says that it covers all of the document but the element that holds it.
    `profile` is "XAdES" or "XMLDSig".
    """

    path: str
    whole: bool = False
    signed: tuple[SignedPart, ...] = ()
    profile: str = field(default="XMLDSig", kw_only=True)


def verify_xml(
    content: bytes,
    trust: TrustStore,
    at: datetime,
    *,
    old_digests: bool = False,
    most_bytes: int = dsig.MOST_BYTES,
) -> tuple[XmlSignature, ...]:
    """Every signature of a document, in its order; none where there is none.

    `at` (aware) is the moment at which certificates are judged. `old_digests` takes SHA-1, for
    archives only. Raises Unreadable where the bytes are not XML within bounds, or bear too many
    signatures; whatever is wrong with a signature stands in its `problems`.
    """
    root = dsig.parse(content, most_bytes)
    found = [
        each
        for each in root.iter(ds("Signature"))
        if not any(above.tag == ds("Signature") for above in each.iterancestors())
    ]
    if len(found) > MOST_SIGNATURES:
        raise Unreadable("too-many-signatures", limit=MOST_SIGNATURES)
    work = Work(MOST_PASSES * len(content))
    return tuple(
        _verify(each, trust, at, _Bounds(old_digests, len(content), work)) for each in found
    )


def path_of(element: etree._Element) -> str:
    """The local names from the root to an element."""
    names = [etree.QName(each).localname for each in (element, *element.iterancestors())]
    return "/" + "/".join(reversed(names))


@dataclass(frozen=True, slots=True)
class _Bounds:
    old_digests: bool
    size: int
    work: Work


def _verify(
    signature: etree._Element, trust: TrustStore, at: datetime, bounds: _Bounds
) -> XmlSignature:
    holder = signature.getparent()
    result = XmlSignature(path_of(holder) if holder is not None else "/")
    try:
        info, read = _signed_info(signature)
        others = _certificates(signature)
        result.certificate = _signer(signature, info, read, others, bounds.old_digests)
        parts = read_references(signature, read, bounds.old_digests, bounds.size, bounds.work)
        _properties(signature, parts, result)
    except Refused as refused:
        result.problems.append(refused.problem)
        return result
    result.intact = True
    result.signed = tuple(part for part in parts if not part.inside)
    result.whole = _whole(signature, result.signed)
    result.chain, problems, result.doubts = judge(result.certificate, others, trust, at)
    result.problems += problems
    if result.signing_time is not None and result.signing_time > at + CLOCK_SKEW:
        moment = result.signing_time.isoformat()
        result.problems.append(problem("signed-in-future", moment=moment))
    return result


def _one(parent: etree._Element, tag: str) -> etree._Element:
    found = parent.findall(tag)
    if len(found) != 1:
        raise Refused("signature-malformed", element=etree.QName(tag).localname)
    return found[0]


def _signed_info(signature: etree._Element) -> tuple[bytes, etree._Element]:
    """The bytes that were signed, and SignedInfo read from these bytes."""
    info = _one(signature, ds("SignedInfo"))
    given = _one(info, ds("CanonicalizationMethod"))
    method = given.get("Algorithm", "")
    if method not in dsig.C14N:
        raise Refused("algorithm-refused", algorithm=method[:100])
    prefixes = _prefixes(given)
    made = dsig.canonical(info, method, prefixes, comments=True)
    if made is None:
        raise Refused("not-canonical", id="SignedInfo")
    try:
        return made, dsig.parse(made)
    except Unreadable as error:
        raise Refused("not-canonical", id="SignedInfo") from error


def _prefixes(method: etree._Element) -> list[str] | None:
    given = method.find(f"{{{dsig.EXCLUSIVE}}}InclusiveNamespaces")
    return given.get("PrefixList", "").split() if given is not None else None


def _certificates(signature: etree._Element) -> list[x509.Certificate]:
    found: list[x509.Certificate] = []
    path = f"{ds('KeyInfo')}/{ds('X509Data')}/{ds('X509Certificate')}"
    for each in signature.findall(path)[:MOST_CERTIFICATES]:
        data = dsig.binary(each.text)
        try:
            found.append(x509.load_der_x509_certificate(data or b""))
        except ValueError as error:
            raise Refused("certificate-missing") from error
    if not found:
        raise Refused("certificate-missing")
    return found


def _signer(
    signature: etree._Element,
    info: bytes,
    read: etree._Element,
    certificates: list[x509.Certificate],
    old_digests: bool,
) -> x509.Certificate:
    """The certificate by whose key SignedInfo was signed."""
    name = _one(read, ds("SignatureMethod")).get("Algorithm", "")
    methods = dsig.METHODS | (dsig.OLD_METHODS if old_digests else {})
    if name not in methods:
        raise Refused("algorithm-refused", algorithm=name[:100])
    kind, hashed = methods[name]
    value = dsig.binary(_one(signature, ds("SignatureValue")).text)
    if value is None:
        raise Refused("signature-malformed", element="SignatureValue")
    digest = dsig.digest(info, hashed)
    for each in certificates:
        made = _as_der(each, kind, value)
        if made is not None and signature_holds(each, digest, made, hashed()):
            return each
    raise Refused("signature-differs")


def _as_der(certificate: x509.Certificate, kind: str, value: bytes) -> bytes | None:
    try:
        public = certificate.public_key()
    except ValueError:
        return None
    if isinstance(public, ec.EllipticCurvePublicKey) != (kind == "ecdsa"):
        return None
    if not isinstance(public, ec.EllipticCurvePublicKey):
        return value
    size = (public.curve.key_size + 7) // 8
    if len(value) != 2 * size:
        return None
    r, s = int.from_bytes(value[:size], "big"), int.from_bytes(value[size:], "big")
    return utils.encode_dss_signature(r, s)


def _properties(signature: etree._Element, parts: list[SignedPart], result: XmlSignature) -> None:
    """Signing time and certificate as they were signed (XAdES 1.3.2), or the time alone."""
    inside = [part.element for part in parts if part.inside]
    properties = [each for each in inside if each.tag == xades("SignedProperties")]
    if signature.find(f"{ds('Object')}/{xades('QualifyingProperties')}") is not None:
        if len(properties) != 1:
            raise Refused("properties-not-signed")
        result.profile = "XAdES"
        _certificate_named(properties[0], result.certificate)
    times = [
        each.text
        for part in inside
        for each in part.iter(etree.Element)
        if etree.QName(each).localname == "SigningTime"
    ]
    if len(times) > 1 or (properties and not times):
        raise Refused("signing-time")
    if times:
        result.signing_time = _moment(times[0])


def _moment(text: str | None) -> datetime:
    try:
        made = datetime.fromisoformat((text or "").strip())
    except ValueError as error:
        raise Refused("signing-time") from error
    return made if made.tzinfo is not None else made.replace(tzinfo=_LOCAL)


def _digests_named(properties: etree._Element) -> Iterator[tuple[str, bytes | None]]:
    for version in ("SigningCertificateV2", "SigningCertificate"):
        path = (
            f"{xades('SignedSignatureProperties')}/{xades(version)}/{xades('Cert')}"
            f"/{xades('CertDigest')}"
        )
        for each in properties.findall(path)[:1]:
            method = _one(each, ds("DigestMethod")).get("Algorithm", "")
            yield method, dsig.binary(_one(each, ds("DigestValue")).text)


def _certificate_named(properties: etree._Element, signer: x509.Certificate | None) -> None:
    """The first certificate named must be the signer's (EN 319 132-1, 5.2.2)."""
    named = list(_digests_named(properties))
    if not named or signer is None:
        raise Refused("signing-certificate-differs")
    for method, value in named:
        hashed: hashes.HashAlgorithm | None = None
        if method in dsig.DIGESTS:
            hashed = dsig.DIGESTS[method]()
        if hashed is None:
            raise Refused("algorithm-refused", algorithm=method[:100])
        if signer.fingerprint(hashed) != value:
            raise Refused("signing-certificate-differs")


def _whole(signature: etree._Element, parts: tuple[SignedPart, ...]) -> bool:
    places = {part.place for part in parts}
    if () in places:
        return True
    root = signature.getroottree().getroot()
    own = dsig.place(signature)[:1]
    others = {
        (number,)
        for number, each in enumerate(root)
        if isinstance(each.tag, str) and (number,) != own
    }
    return bool(others) and others <= places
