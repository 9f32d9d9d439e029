"""A key in a token or security module, by PKCS#11: the secret never enters this process.

PKCS#11 holds the login by token and process, not by session, so all keys of a token share one
session here. Needs the extra `hsm` (python-pkcs11) and the vendor's module.
"""

from __future__ import annotations

import hashlib
import os
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import utils

from lanh.core.signing.faults import KeyFault
from lanh.core.signing.keys import Algorithm, algorithm_of, check_digest
from lanh.core.signing.software import read_secret
from lanh.core.signing.verification import signature_holds

# DigestInfo of SHA-256 (RFC 8017, section 9.2, note 1): CKM_RSA_PKCS pads but does not name.
_DIGEST_INFO = bytes.fromhex("3031300d060960864801650304020105000420")

# After these the session or the token is gone, and a new session may serve.
_GONE = (
    "SessionHandleInvalid", "SessionClosed", "UserNotLoggedIn", "DeviceRemoved", "DeviceError",
    "TokenNotPresent", "TokenNotRecognised", "KeyHandleInvalid", "ObjectHandleInvalid",
    "GeneralError", "SlotIDInvalid",
)  # fmt: skip

Pin = Callable[[], str]


def pin_from_file(path: Path) -> Pin:
    """The PIN in the first line of a file that nobody else may read; read at each login."""
    return lambda: read_secret(path)


def pin_from_environment(name: str, environment: Mapping[str, str] | None = None) -> Pin:
    """The PIN in a variable; read at each login."""

    def pin() -> str:
        given = (os.environ if environment is None else environment).get(name)
        if not given:
            raise KeyFault("pin-missing", name=name)
        return given

    return pin


@dataclass(slots=True)
class _Token:
    """One token in this process: its session, and the login that it holds."""

    module: Path
    label: str
    lock: threading.RLock = field(default_factory=threading.RLock)
    session: Any = None
    process: int = 0
    refused: set[bytes] = field(default_factory=set)

    def opened(self, pin: Pin) -> Any:
        """A session that is logged in. Raises KeyFault."""
        if self.process != os.getpid():
            self._begin()
        if self.session is None:
            self.session = self._login(pin)
        return self.session

    def drop(self) -> None:
        """Forget the session, closing it where it can be closed."""
        import pkcs11

        session, self.session = self.session, None
        if session is not None:
            try:
                session.close()
            except pkcs11.PKCS11Error:
                return

    def _begin(self) -> None:
        """A child of fork may use nothing of its parent's (PKCS#11 2.40 usage guide, 2.5.2)."""
        import pkcs11

        if self.process:
            self.session = None
            pkcs11.lib(str(self.module)).reinitialize()
        self.process = os.getpid()

    def _login(self, pin: Pin) -> Any:
        import pkcs11

        try:
            library = pkcs11.lib(str(self.module))
        except (RuntimeError, OSError) as error:
            raise KeyFault("module", path=str(self.module)) from error
        secret = pin()
        # A token locks itself after a few wrong PINs: one that was refused is not tried again.
        tried = hashlib.sha256(secret.encode()).digest()
        if tried in self.refused:
            raise KeyFault("pin-wrong", token=self.label)
        try:
            token = library.get_token(token_label=self.label)
            try:
                return token.open(user_pin=secret)
            except pkcs11.UserAlreadyLoggedIn:
                return token.open()
        except pkcs11.NoSuchToken as error:
            raise KeyFault("token-absent", token=self.label) from error
        except (pkcs11.PinIncorrect, pkcs11.PinLenRange, pkcs11.PinInvalid) as error:
            self.refused.add(tried)
            raise KeyFault("pin-wrong", token=self.label) from error
        except pkcs11.PinLocked as error:
            raise KeyFault("pin-locked", token=self.label) from error
        except pkcs11.PKCS11Error as error:
            raise KeyFault("token-failed", token=self.label, kind=type(error).__name__) from error


_tokens: dict[tuple[Path, str], _Token] = {}
_tokens_lock = threading.Lock()


def _token(module: Path, label: str) -> _Token:
    with _tokens_lock:
        return _tokens.setdefault((module, label), _Token(module, label))


class TokenKey:
    """A SigningKey in a PKCS#11 token. Never shown: its repr names token and label."""

    def __init__(
        self,
        module: Path,
        token: str,
        key: str,
        pin: Pin,
        chain: tuple[x509.Certificate, ...] = (),
    ) -> None:
        """The key labelled `key` of the token labelled `token`.

        `chain` begins with the signer's certificate; without it the certificate that the token
        holds under the same label is taken. Raises KeyFault where something of it is not there.
        """
        try:
            import pkcs11  # noqa: F401
        except ImportError as error:
            raise KeyFault("hsm-not-installed") from error
        self._token = _token(module, token)
        self._key = key
        self._pin = pin
        self._chain = chain or (self._certificate(),)
        self._algorithm = algorithm_of(self._chain[0])
        digest = hashlib.sha256(b"").digest()
        _check(self._chain[0], digest, self.sign_digest(digest))

    def __repr__(self) -> str:
        return f"TokenKey({self._token.label!r}, {self._key!r}, {self._algorithm.value})"

    @property
    def algorithm(self) -> Algorithm:
        """How this key signs."""
        return self._algorithm

    @property
    def chain(self) -> tuple[x509.Certificate, ...]:
        """The signer's certificate, then those above it."""
        return self._chain

    def sign_digest(self, digest: bytes) -> bytes:
        """As the port says. A session that is gone is opened again, once."""
        check_digest(digest)
        return self._attempt(lambda session: self._sign(session, digest))

    def _sign(self, session: Any, digest: bytes) -> bytes:
        from pkcs11 import Mechanism, ObjectClass

        key = session.get_key(object_class=ObjectClass.PRIVATE_KEY, label=self._key)
        if self._algorithm is Algorithm.RSA_SHA256:
            return bytes(key.sign(_DIGEST_INFO + digest, mechanism=Mechanism.RSA_PKCS))
        raw = bytes(key.sign(digest, mechanism=Mechanism.ECDSA))
        half = len(raw) // 2
        return utils.encode_dss_signature(
            int.from_bytes(raw[:half], "big"), int.from_bytes(raw[half:], "big")
        )

    def _certificate(self) -> x509.Certificate:
        found = self._attempt(self._certificate_bytes)
        if not found:
            raise KeyFault("token-certificate", token=self._token.label, key=self._key)
        try:
            return x509.load_der_x509_certificate(found)
        except ValueError as error:
            raise KeyFault("token-certificate", token=self._token.label, key=self._key) from error

    def _certificate_bytes(self, session: Any) -> bytes:
        from pkcs11 import Attribute, ObjectClass

        wanted = {Attribute.CLASS: ObjectClass.CERTIFICATE, Attribute.LABEL: self._key}
        for each in session.get_objects(wanted):
            return bytes(each[Attribute.VALUE])
        return b""

    def _attempt(self, ask: Callable[[Any], bytes]) -> bytes:
        import pkcs11

        with self._token.lock:
            for last in (False, True):
                try:
                    return ask(self._token.opened(self._pin))
                except (pkcs11.NoSuchKey, pkcs11.MultipleObjectsReturned) as error:
                    raise KeyFault("key-absent", token=self._token.label, key=self._key) from error
                except pkcs11.PKCS11Error as error:
                    if last or type(error).__name__ not in _GONE:
                        raise KeyFault(
                            "token-failed", token=self._token.label, kind=type(error).__name__
                        ) from error
                    self._token.drop()
        raise AssertionError("the second attempt answers or raises")


def _check(certificate: x509.Certificate, digest: bytes, signature: bytes) -> None:
    """Raises KeyFault where the certificate is not that of the key that signed."""
    if not signature_holds(certificate, digest, signature):
        raise KeyFault("chain-of-another-key")
