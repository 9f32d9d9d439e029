"""Made-up authorities and signers for tests: every name says that it is synthetic."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID

from lanh.core.signing import Anchor, SoftwareKey, TrustStore
from lanh.core.signing.software import PrivateKey

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
YEAR = timedelta(days=365)


@cache
def rsa_key(number: int = 0) -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, 2048)


@cache
def ec_key(number: int = 0) -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


def name(text: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "SYNTHETIC – tests only"),
            x509.NameAttribute(NameOID.COMMON_NAME, text),
        ]
    )


@dataclass(frozen=True)
class Party:
    """A key with its certificate and what stands above it."""

    private: PrivateKey
    certificate: x509.Certificate
    above: tuple[x509.Certificate, ...] = ()

    @property
    def key(self) -> SoftwareKey:
        return SoftwareKey(self.private, (self.certificate, *self.above))

    @property
    def trust(self) -> TrustStore:
        return TrustStore((Anchor(self.certificate),))


def usage(**given: bool) -> x509.KeyUsage:
    every = dict.fromkeys(
        ("digital_signature", "content_commitment", "key_encipherment", "data_encipherment",
         "key_agreement", "key_cert_sign", "crl_sign", "encipher_only", "decipher_only"), False
    )  # fmt: skip
    return x509.KeyUsage(**{**every, **given})


def issue(
    subject: str,
    private: PrivateKey,
    issuer: Party | None = None,
    *,
    authority: bool = False,
    path_length: int | None = None,
    since: datetime = NOW - YEAR,
    until: datetime = NOW + YEAR,
    key_usage: x509.KeyUsage | None = None,
    hashed: Any = None,
    serial: int | None = None,
    extra: tuple[tuple[x509.ExtensionType, bool], ...] = (),
) -> Party:
    """A certificate by `issuer`, or self-signed; those above an issuer go along."""
    usages = key_usage or (
        usage(key_cert_sign=True, crl_sign=True)
        if authority
        else usage(digital_signature=True, content_commitment=True)
    )
    builder = (
        x509.CertificateBuilder()
        .subject_name(name(subject))
        .issuer_name(issuer.certificate.subject if issuer else name(subject))
        .public_key(private.public_key())
        .serial_number(serial or x509.random_serial_number())
        .not_valid_before(since)
        .not_valid_after(until)
        .add_extension(x509.BasicConstraints(ca=authority, path_length=path_length), True)
        .add_extension(usages, True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(private.public_key()), False)
    )
    for extension, critical in extra:
        builder = builder.add_extension(extension, critical)
    signer = issuer.private if issuer else private
    made = builder.sign(signer, hashed or hashes.SHA256())
    above = (issuer.certificate, *issuer.above) if issuer else ()
    return Party(private, made, above)


@cache
def root() -> Party:
    return issue("Gốc thử nghiệm", rsa_key(1), authority=True)


@cache
def middle() -> Party:
    return issue("Trung gian thử nghiệm", rsa_key(2), root(), authority=True, path_length=0)


@cache
def hospital() -> Party:
    """Signs with RSA."""
    return issue("Bệnh viện Thử", rsa_key(3), middle())


@cache
def doctor() -> Party:
    """Signs with ECDSA."""
    return issue("Bác sĩ Thử", ec_key(4), middle())


@cache
def stranger() -> Party:
    """Self-signed, trusted by nobody."""
    return issue("Người lạ thử", rsa_key(5))


def trust(**more: Any) -> TrustStore:
    """Trusts the made-up root."""
    return TrustStore((Anchor(root().certificate),), **more)


def revocations(
    issuer: Party,
    revoked: dict[int, datetime] | None = None,
    *,
    made: datetime = NOW - timedelta(days=1),
    following: datetime = NOW + timedelta(days=6),
) -> x509.CertificateRevocationList:
    """A revocation list: serial number to the date of its revocation."""
    builder = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(issuer.certificate.subject)
        .last_update(made)
        .next_update(following)
    )
    for serial, since in (revoked or {}).items():
        builder = builder.add_revoked_certificate(
            x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(since).build()
        )
    return builder.sign(issuer.private, hashes.SHA256())
