"""64-bit hashes of what is searched for: fixed for ever, since rows hold them.

Of ten thousand million values two share a hash with a chance of a few in a million; where the
wrong row would be a wrong person (identifiers), a hit is checked against the body too.
"""

from __future__ import annotations

from base64 import urlsafe_b64encode
from functools import lru_cache
from hashlib import blake2b, sha256

_UNIT = "\x1f"


def hash64(*parts: str) -> int:
    """A signed 64-bit hash of the parts, as bigint columns hold it."""
    digest = blake2b(_UNIT.join(parts).encode(), digest_size=8, person=b"lanh-idx").digest()
    return int.from_bytes(digest, "big", signed=True)


@lru_cache(maxsize=8_192)
def token_hash(parameter: str, system: str | None, code: str) -> int:
    """The hash of a token; `system` None stands for "under whatever system"."""
    if system is None:
        return hash64(parameter, code)
    return hash64(parameter, system, code)


def other_code_hash(parameter: str, code: str) -> int:
    """The hash of a main code that is not the first of its row (the first has a column)."""
    return hash64(parameter, "", code, "other")


@lru_cache(maxsize=2_048)
def reference_key(target: str) -> int:
    """The half of a reference's hash that tells its target: "Type/id", or an absolute URL.

    The SQL function store.reference_key gives the same, so that rows can be joined by it.
    """
    return int.from_bytes(sha256(target.encode()).digest()[:8], "big", signed=True)


@lru_cache(maxsize=4_096)
def reference_mark(parameter: str) -> int:
    """The half of a reference's hash that tells its parameter."""
    return hash64("reference", parameter)


def reference_hash(parameter: str, target: str) -> int:
    """The hash of a reference: both halves, either of which gives the other back by xor."""
    return reference_key(target) ^ reference_mark(parameter)


def uri_hash(parameter: str, uri: str) -> int:
    """The hash of a uri or canonical."""
    return hash64(parameter, "", uri, "")


@lru_cache(maxsize=8_192)
def display_hash(parameter: str, folded: str) -> int:
    """The hash of a folded display of a token parameter."""
    return hash64(parameter, "", folded, "", "text")


@lru_cache(maxsize=2_048)
def unit_hash(parameter: str, system: str | None, code: str | None, unit: str | None) -> int:
    """The hash of the unit of a quantity parameter."""
    return hash64(parameter, system or "", code or "", unit or "", "unit")


def typed_hash(parameter: str, system: str | None, code: str, value: str) -> int:
    """The hash of an identifier with the system and code of its type."""
    return hash64(parameter, system or "", code, value, "of-type")


def exact_mark(text: str) -> str:
    """Six signs that tell a text to the letter, given its folded form (36 bits)."""
    digest = blake2b(text.encode(), digest_size=5, person=b"lanh-txt").digest()
    return urlsafe_b64encode(digest)[:6].decode("ascii")


def locator_key(number: int, identifier: str) -> str:
    """The locator's key of an id that a client chose: 128 bits, in the text form of a uuid."""
    digest = blake2b(f"{number}{_UNIT}{identifier}".encode(), digest_size=16, person=b"lanh-loc")
    told = digest.hexdigest()
    return f"{told[:8]}-{told[8:12]}-{told[12:16]}-{told[16:20]}-{told[20:]}"


@lru_cache(maxsize=4_096)
def system_hash(system: str) -> int:
    """The hash of an identifier's system; 0 for none."""
    return hash64("system", system) if system else 0


def value_hash(value: str) -> int:
    """The hash of an identifier's value."""
    return hash64("value", value)
