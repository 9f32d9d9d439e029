"""A key kept as a file: PKCS#8 that nobody but its owner may read."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa, utils

from lanh.core.signing.faults import KeyFault
from lanh.core.signing.keys import (
    Algorithm,
    algorithm_of,
    algorithm_of_public,
    check_digest,
)

MOST_BYTES = 64 * 1024
RSA_BITS = 3072

PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey


class SoftwareKey:
    """A SigningKey whose secret stands in this process. Never shown: its repr names the signer."""

    def __init__(self, private: PrivateKey, chain: tuple[x509.Certificate, ...]) -> None:
        if not chain:
            raise KeyFault("chain-empty")
        if chain[0].public_key() != private.public_key():
            raise KeyFault("chain-of-another-key")
        self._private = private
        self._chain = chain
        self._algorithm = algorithm_of(chain[0])

    def __repr__(self) -> str:
        return f"SoftwareKey({self._algorithm.value}, serial {self._chain[0].serial_number:x})"

    def __reduce__(self) -> str:
        raise TypeError("a key is not written anywhere but to its file")

    @property
    def algorithm(self) -> Algorithm:
        """How this key signs."""
        return self._algorithm

    @property
    def chain(self) -> tuple[x509.Certificate, ...]:
        """The signer's certificate, then those above it."""
        return self._chain

    def sign_digest(self, digest: bytes) -> bytes:
        """As the port says."""
        check_digest(digest)
        hashed = utils.Prehashed(hashes.SHA256())
        if isinstance(self._private, rsa.RSAPrivateKey):
            return self._private.sign(digest, padding.PKCS1v15(), hashed)
        return self._private.sign(digest, ec.ECDSA(hashed))

    @classmethod
    def open(cls, key: Path, chain: Path) -> SoftwareKey:
        """The key of a PKCS#8 file (PEM, unencrypted) with its chain (PEM, the signer's first).

        Raises KeyFault where the file is a link, belongs to another user, may be read by others,
        or does not hold what it should.
        """
        secret = _read_own(key)
        try:
            private = serialization.load_pem_private_key(secret, password=None)
        except (ValueError, TypeError) as error:
            raise KeyFault("key-file", path=str(key)) from error
        if not isinstance(private, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey):
            raise KeyFault("key-kind")
        return cls(private, read_certificates(chain))


def read_certificates(path: Path) -> tuple[x509.Certificate, ...]:
    """The certificates of a PEM file, in its order. Raises KeyFault."""
    try:
        return tuple(x509.load_pem_x509_certificates(path.read_bytes()))
    except (OSError, ValueError) as error:
        raise KeyFault("chain-file", path=str(path)) from error


def create_key(path: Path, algorithm: Algorithm) -> PrivateKey:
    """A new key, written as PKCS#8 with rights 0600. Never over a file that is there: KeyFault."""
    private: PrivateKey
    if algorithm is Algorithm.RSA_SHA256:
        private = rsa.generate_private_key(65537, RSA_BITS)
    else:
        private = ec.generate_private_key(ec.SECP256R1())
    write_key(path, private)
    return private


def write_key(path: Path, private: PrivateKey) -> None:
    """Write a key as PKCS#8 with rights 0600. Raises KeyFault where the file is there already."""
    algorithm_of_public(private.public_key())
    secret = private.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    except FileExistsError as error:
        raise KeyFault("key-exists", path=str(path)) from error
    except OSError as error:
        raise KeyFault("key-file", path=str(path)) from error
    with os.fdopen(handle, "wb") as file:
        os.fchmod(file.fileno(), 0o600)
        file.write(secret)
        file.flush()
        os.fsync(file.fileno())


def _read_own(path: Path) -> bytes:
    """The bytes of a file that is ours alone. Raises KeyFault."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
    except OSError as error:
        raise KeyFault("key-file", path=str(path)) from error
    with os.fdopen(handle, "rb") as file:
        state = os.fstat(file.fileno())
        if not stat.S_ISREG(state.st_mode):
            raise KeyFault("key-file", path=str(path))
        if state.st_uid != os.geteuid() or stat.S_IMODE(state.st_mode) & 0o077:
            raise KeyFault("key-open-to-others", path=str(path))
        return file.read(MOST_BYTES)


def read_secret(path: Path) -> str:
    """The first line of a file that is ours alone, such as a PIN. Raises KeyFault."""
    try:
        return _read_own(path).decode().splitlines()[0].strip()
    except (UnicodeDecodeError, IndexError) as error:
        raise KeyFault("secret-file", path=str(path)) from error
