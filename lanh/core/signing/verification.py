"""Whether a signature of a digest was made by the key of a certificate."""

from __future__ import annotations

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa, utils


def signature_holds(
    certificate: x509.Certificate,
    digest: bytes,
    signature: bytes,
    hashed: hashes.HashAlgorithm | None = None,
) -> bool:
    """PKCS#1 v1.5 or DER ECDSA over a digest, by default of SHA-256."""
    prehashed = utils.Prehashed(hashed or hashes.SHA256())
    public = certificate.public_key()
    try:
        if isinstance(public, rsa.RSAPublicKey):
            public.verify(signature, digest, padding.PKCS1v15(), prehashed)
        elif isinstance(public, ec.EllipticCurvePublicKey):
            public.verify(signature, digest, ec.ECDSA(prehashed))
        else:
            return False
    except (InvalidSignature, ValueError):
        return False
    return True
