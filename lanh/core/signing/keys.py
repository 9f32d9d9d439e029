"""The port that keys stand behind: who signs knows neither file nor token."""

from __future__ import annotations

import hashlib
from enum import Enum
from typing import Protocol

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from lanh.core.signing.faults import KeyFault

LEAST_RSA_BITS = 2048
CURVES = ("secp256r1", "secp384r1", "secp521r1")


class Algorithm(Enum):
    """How a digest is signed: both with SHA-256."""

    RSA_SHA256 = "RSA-SHA256"  # PKCS#1 v1.5
    ECDSA_SHA256 = "ECDSA-SHA256"


class SigningKey(Protocol):
    """A key with the certificate of whoever signs by it."""

    @property
    def algorithm(self) -> Algorithm:
        """How this key signs."""

    @property
    def chain(self) -> tuple[x509.Certificate, ...]:
        """The signer's certificate, then those above it as far as they are known."""

    def sign_digest(self, digest: bytes) -> bytes:
        """The signature of a SHA-256 digest (32 bytes): PKCS#1 v1.5, or ECDSA as DER.

        May be called by several threads. Raises KeyFault.
        """


def sign(key: SigningKey, data: bytes) -> bytes:
    """The signature of `data`. Raises KeyFault."""
    return key.sign_digest(hashlib.sha256(data).digest())


def algorithm_of(certificate: x509.Certificate) -> Algorithm:
    """How the key of a certificate signs. Raises KeyFault for keys that are not taken."""
    return algorithm_of_public(certificate.public_key())


def algorithm_of_public(public: object) -> Algorithm:
    """RSA of at least 2048 bits, or ECDSA on P-256, P-384 or P-521. Raises KeyFault."""
    if isinstance(public, rsa.RSAPublicKey):
        if public.key_size < LEAST_RSA_BITS:
            raise KeyFault("key-weak", bits=public.key_size, least=LEAST_RSA_BITS)
        return Algorithm.RSA_SHA256
    if isinstance(public, ec.EllipticCurvePublicKey) and public.curve.name in CURVES:
        return Algorithm.ECDSA_SHA256
    raise KeyFault("key-kind")


def check_digest(digest: bytes) -> None:
    """Raises KeyFault where `digest` is not one of SHA-256."""
    if len(digest) != hashlib.sha256().digest_size:
        raise KeyFault("digest-length", found=len(digest))
