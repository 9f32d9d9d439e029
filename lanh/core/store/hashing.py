"""64-bit hashes of what is searched for: fixed for ever, since rows hold them.

Two values can share a hash, so a hit on tokens is checked against the body (`evidence`).
"""

from __future__ import annotations

from functools import lru_cache
from hashlib import blake2b

_UNIT = "\x1f"


def hash64(*parts: str) -> int:
    """A signed 64-bit hash of the parts, as bigint columns hold it."""
    digest = blake2b(_UNIT.join(parts).encode(), digest_size=8, person=b"lanh-idx").digest()
    return int.from_bytes(digest, "big", signed=True)


@lru_cache(maxsize=131_072)
def token_hash(parameter: str, system: str | None, code: str) -> int:
    """The hash of a token; `system` None stands for "under whatever system"."""
    if system is None:
        return hash64(parameter, code)
    return hash64(parameter, system, code)


def other_code_hash(parameter: str, code: str) -> int:
    """The hash of a main code that is not the first of its row (the first has a column)."""
    return hash64(parameter, "", code, "other")


def reference_hash(parameter: str, target: str) -> int:
    """The hash of a reference: "Type/id", or an absolute URL."""
    return hash64(parameter, "", target, "")


def uri_hash(parameter: str, uri: str) -> int:
    """The hash of a uri or canonical."""
    return hash64(parameter, "", uri, "")


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
