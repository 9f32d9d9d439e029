"""From a signer's certificate up to an anchor that is trusted, as of a moment (RFC 5280, 6.1).

Nothing is fetched: certificates between come from the signature or the trust store.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from lanh.core.signing.faults import KeyFault, Problem, problem
from lanh.core.signing.keys import algorithm_of
from lanh.core.signing.revocation import revocation
from lanh.core.signing.trust import Anchor, TrustStore

LONGEST_CHAIN = 8
MOST_TRIED = 64

_UNDERSTOOD = {
    x509.BasicConstraints.oid,
    x509.KeyUsage.oid,
    x509.ExtendedKeyUsage.oid,
    x509.CertificatePolicies.oid,
    x509.SubjectAlternativeName.oid,
    x509.IssuerAlternativeName.oid,
    x509.AuthorityKeyIdentifier.oid,
    x509.SubjectKeyIdentifier.oid,
    x509.CRLDistributionPoints.oid,
    x509.AuthorityInformationAccess.oid,
}
_WEAK = {"md5", "sha1"}


def judge(
    signer: x509.Certificate,
    others: Iterable[x509.Certificate],
    trust: TrustStore,
    moment: datetime,
) -> tuple[tuple[x509.Certificate, ...], list[Problem], list[Problem]]:
    """The chain found, why it does not hold, and what could not be looked into.

    The chain begins with `signer` and ends with an anchor; it is the signer alone where no chain
    was found. `moment` is aware. `others` may hold anything; at most 64 links are tried.
    """
    problems = _of_signer(signer, moment)
    between = [*others, *trust.intermediates]
    tried = [0]
    paths = list(_paths((signer,), between, trust.anchors, tried))
    if not paths:
        problems.append(problem("no-chain", issuer=name_of(signer.issuer)))
        return (signer,), problems, []
    judged = []
    for path, anchor in paths:
        found, doubts = _along(path, anchor, trust, moment)
        judged.append((path, found, doubts))
        if not found and not doubts:
            break
    path, found, doubts = min(judged, key=lambda each: (len(each[1]), len(each[2])))
    return path, problems + found, doubts


def name_of(name: x509.Name) -> str:
    """The common name, or else the organisation, or else the whole name; at most 200 signs."""
    for oid in (x509.NameOID.COMMON_NAME, x509.NameOID.ORGANIZATION_NAME):
        for attribute in name.get_attributes_for_oid(oid):
            if isinstance(attribute.value, str) and attribute.value.strip():
                return attribute.value.strip()[:200]
    return name.rfc4514_string()[:200]


def _of_signer(signer: x509.Certificate, moment: datetime) -> list[Problem]:
    found = _validity(signer, moment)
    usage = _key_usage(signer)
    if usage is not None and not (usage.digital_signature or usage.content_commitment):
        found.append(problem("certificate-not-for-signing", name=name_of(signer.subject)))
    try:
        algorithm_of(signer)
    except KeyFault as fault:
        found.append(Problem(fault.code, fault.message))
    return found


def _paths(
    path: tuple[x509.Certificate, ...],
    between: Sequence[x509.Certificate],
    anchors: Sequence[Anchor],
    tried: list[int],
) -> Iterable[tuple[tuple[x509.Certificate, ...], Anchor]]:
    last = path[-1]
    for anchor in anchors:
        if anchor.certificate == last:
            yield path, anchor
        elif _issued(last, anchor.certificate, tried):
            yield (*path, anchor.certificate), anchor
    if len(path) >= LONGEST_CHAIN:
        return
    for each in between:
        if each not in path and _issued(last, each, tried):
            yield from _paths((*path, each), between, anchors, tried)


def _issued(certificate: x509.Certificate, issuer: x509.Certificate, tried: list[int]) -> bool:
    if certificate.issuer != issuer.subject or tried[0] >= MOST_TRIED:
        return False
    tried[0] += 1
    try:
        certificate.verify_directly_issued_by(issuer)
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True


def _along(
    path: tuple[x509.Certificate, ...], anchor: Anchor, trust: TrustStore, moment: datetime
) -> tuple[list[Problem], list[Problem]]:
    found: list[Problem] = []
    doubts: list[Problem] = []
    if not anchor.trusted_at(moment):
        found.append(problem("anchor-not-trusted-then", name=name_of(anchor.certificate.subject)))
    for place, certificate in enumerate(path):
        if place:
            found += _validity(certificate, moment) + _as_issuer(certificate, place - 1)
        found += _extensions(certificate)
        if certificate == anchor.certificate:
            continue
        if certificate.signature_hash_algorithm is None or (
            certificate.signature_hash_algorithm.name in _WEAK
        ):
            found.append(problem("certificate-weak", name=name_of(certificate.subject)))
        revoked, unknown = revocation(certificate, path[place + 1], trust.revocation_lists, moment)
        found += revoked
        (found if trust.revocation_required else doubts).extend(unknown)
    return found, doubts


def _validity(certificate: x509.Certificate, moment: datetime) -> list[Problem]:
    name = name_of(certificate.subject)
    if moment < certificate.not_valid_before_utc:
        day = certificate.not_valid_before_utc.isoformat()
        return [problem("certificate-not-yet", name=name, since=day)]
    if moment > certificate.not_valid_after_utc:
        day = certificate.not_valid_after_utc.isoformat()
        return [problem("certificate-expired", name=name, until=day)]
    return []


def _key_usage(certificate: x509.Certificate) -> x509.KeyUsage | None:
    try:
        return certificate.extensions.get_extension_for_class(x509.KeyUsage).value
    except (x509.ExtensionNotFound, ValueError, x509.DuplicateExtension):
        return None


def _as_issuer(certificate: x509.Certificate, below: int) -> list[Problem]:
    """`below` is the number of issuing certificates between this one and the signer's."""
    name = name_of(certificate.subject)
    try:
        constraints = certificate.extensions.get_extension_for_class(x509.BasicConstraints).value
        authority, length = constraints.ca, constraints.path_length
    except (x509.ExtensionNotFound, ValueError, x509.DuplicateExtension):
        authority, length = False, None
    usage = _key_usage(certificate)
    if not authority or (usage is not None and not usage.key_cert_sign):
        return [problem("certificate-no-authority", name=name)]
    if length is not None and below > length:
        return [problem("chain-too-long", name=name)]
    public = certificate.public_key()
    if isinstance(public, rsa.RSAPublicKey | ec.EllipticCurvePublicKey):
        try:
            algorithm_of(certificate)
        except KeyFault as fault:
            return [Problem(fault.code, fault.message)]
    return []


def _extensions(certificate: x509.Certificate) -> list[Problem]:
    name = name_of(certificate.subject)
    try:
        critical = [each.oid for each in certificate.extensions if each.critical]
    except (ValueError, x509.DuplicateExtension):
        return [problem("certificate-unreadable", name=name)]
    strange = [oid.dotted_string for oid in critical if oid not in _UNDERSTOOD]
    if strange:
        return [problem("certificate-extension", name=name, extension=", ".join(strange))]
    return []
