"""Whether a certificate had been revoked by a moment, by lists given as files (RFC 5280, 6.3)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from cryptography import x509

from lanh.core.signing.faults import Problem, problem

_UNDERSTOOD = {
    x509.AuthorityKeyIdentifier.oid,
    x509.CRLNumber.oid,
    x509.IssuingDistributionPoint.oid,
}


def revocation(
    certificate: x509.Certificate,
    issuer: x509.Certificate,
    lists: Sequence[x509.CertificateRevocationList],
    moment: datetime,
) -> tuple[list[Problem], list[Problem]]:
    """What is wrong, and what is not known, of a certificate at a moment.

    An entry counts from its date on, by whatever list of the issuer. Without one the certificate
    is known to be good where a list was to be renewed at the moment or later.
    """
    name = certificate.subject.rfc4514_string()[:200]
    own = [each for each in lists if _speaks_for(each, certificate, issuer)]
    for each in own:
        entry = each.get_revoked_certificate_by_serial_number(certificate.serial_number)
        if entry is not None and not _removed(entry) and entry.revocation_date_utc <= moment:
            since = entry.revocation_date_utc.isoformat()
            return [problem("certificate-revoked", name=name, since=since)], []
    if not own:
        return [], [problem("revocation-unknown", name=name)]
    latest = max(own, key=lambda each: each.last_update_utc)
    if latest.next_update_utc is not None and latest.next_update_utc < moment:
        until = latest.next_update_utc.isoformat()
        return [], [problem("revocation-old", name=name, until=until)]
    return [], []


def _removed(entry: x509.RevokedCertificate) -> bool:
    try:
        reason = entry.extensions.get_extension_for_class(x509.CRLReason).value.reason
    except (x509.ExtensionNotFound, ValueError):
        return False
    return reason is x509.ReasonFlags.remove_from_crl


def _speaks_for(
    each: x509.CertificateRevocationList, certificate: x509.Certificate, issuer: x509.Certificate
) -> bool:
    if each.issuer != issuer.subject:
        return False
    hashed = each.signature_hash_algorithm
    if hashed is None or hashed.name in {"md5", "sha1"} or not _may_sign(issuer):
        return False
    try:
        key = issuer.public_key()
        if not each.is_signature_valid(key):  # type: ignore[arg-type]
            return False
        extensions = list(each.extensions)
    except (TypeError, ValueError, x509.DuplicateExtension):
        return False
    if any(one.critical and one.oid not in _UNDERSTOOD for one in extensions):
        return False
    points = [one.value for one in extensions if one.oid == x509.IssuingDistributionPoint.oid]
    return all(
        isinstance(point, x509.IssuingDistributionPoint) and _covers(point, certificate)
        for point in points
    )


def _may_sign(issuer: x509.Certificate) -> bool:
    try:
        return issuer.extensions.get_extension_for_class(x509.KeyUsage).value.crl_sign
    except x509.ExtensionNotFound:
        return True
    except (ValueError, x509.DuplicateExtension):
        return False


def _covers(point: x509.IssuingDistributionPoint, certificate: x509.Certificate) -> bool:
    """Lists about others' certificates, some reasons or attributes only are left aside."""
    if point.indirect_crl or point.only_some_reasons or point.only_contains_attribute_certs:
        return False
    try:
        basic = certificate.extensions.get_extension_for_class(x509.BasicConstraints).value
        authority = basic.ca
    except (x509.ExtensionNotFound, ValueError, x509.DuplicateExtension):
        authority = False
    if point.only_contains_ca_certs and not authority:
        return False
    return not (point.only_contains_user_certs and authority)
