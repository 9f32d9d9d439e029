"""Passwords as scrypt hashes with their parameters (RFC 7914), in the PHC string format."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from dataclasses import dataclass

from lanh.core.text import nfc


@dataclass(frozen=True, slots=True)
class Scrypt:
    """The cost: 2**log_n rounds of `r` kB blocks, `p` times. The default takes 32 MiB."""

    log_n: int = 15
    r: int = 8
    p: int = 1


STANDARD = Scrypt()


def hash_password(password: str, cost: Scrypt = STANDARD) -> str:
    """A salted hash that names its own parameters: `$scrypt$ln=15,r=8,p=1$salt$hash`."""
    salt = secrets.token_bytes(16)
    digest = _derive(password, salt, cost)
    return f"$scrypt$ln={cost.log_n},r={cost.r},p={cost.p}${_text(salt)}${_text(digest)}"


def verify_password(password: str, stored: str) -> bool:
    """Whether `password` has this hash; the comparison takes the same time either way.

    Raises ValueError where `stored` is no hash of ours.
    """
    _, name, parameters, salt, digest = stored.split("$")
    if name != "scrypt":
        raise ValueError("not a scrypt hash")
    values = dict(part.split("=") for part in parameters.split(","))
    cost = Scrypt(int(values["ln"]), int(values["r"]), int(values["p"]))
    return hmac.compare_digest(_derive(password, _bytes(salt), cost), _bytes(digest))


def cost_of(stored: str) -> Scrypt:
    """The parameters of a stored hash, to see whether they are still the standard."""
    values = dict(part.split("=") for part in stored.split("$")[2].split(","))
    return Scrypt(int(values["ln"]), int(values["r"]), int(values["p"]))


def _derive(password: str, salt: bytes, cost: Scrypt) -> bytes:
    rounds = 2**cost.log_n
    return hashlib.scrypt(
        nfc(password).encode(),
        salt=salt,
        n=rounds,
        r=cost.r,
        p=cost.p,
        maxmem=256 * rounds * cost.r,
        dklen=32,
    )


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode().rstrip("=")


def _bytes(text: str) -> bytes:
    return base64.b64decode(text + "=" * (-len(text) % 4))
