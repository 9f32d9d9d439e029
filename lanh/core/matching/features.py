"""What is compared: the features of one source record, in a form fit for comparison."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Features:
    """One source record's account of its human.

    `name` is folded (lanh.core.text.fold), `written` is the name with its marks. `birth` is an ISO
    date cut to what is known: `1950`, `1950-03` or `1950-03-14`. `identifiers` are (kind, value)
    pairs; which kinds there are and how strong they are is the policy's business. `parent` is a key
    of the mother's record and `birth_order` the place in a multiple birth, both for newborns.
    `infant` says that the name may be a parent's or missing and that a twin would look the same.
    """

    record_id: str
    name: str
    written: str = ""
    birth: str | None = None
    sex: str | None = None
    place: str | None = None
    phone: str | None = None
    parent: str | None = None
    birth_order: int | None = None
    infant: bool = False
    identifiers: tuple[tuple[str, str], ...] = ()

    def values(self, kind: str) -> frozenset[str]:
        """The identifiers of one kind."""
        return frozenset(value for found, value in self.identifiers if found == kind)


def block_key(*parts: str) -> int:
    """A signed 64-bit key of a tuple of texts."""
    digest = hashlib.blake2b("\x1f".join(parts).encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big", signed=True)


def block_keys(features: Features) -> frozenset[int]:
    """The keys under which a record meets the records it could be the same human as.

    Every identifier; full name with birth date, with day and month in either order; full name with
    birth year and place; birth date with sex and place; phone with the given name (the last
    word); the mother's record. A key never holds a name alone: in a whole country that would be
    a crowd; nor a first of January with a place, for it stands for every unknown day.
    """
    return frozenset(block_key(*parts) for parts in _blocks(features))


def _blocks(features: Features) -> Iterable[tuple[str, ...]]:
    for kind, value in features.identifiers:
        yield ("identifier", kind, value)
    words = features.name.split()
    birth, place = features.birth, features.place
    if words and birth:
        name = " ".join(sorted(words))
        if len(birth) == 10:
            yield ("name-birth", name, birth[:4], *sorted((birth[5:7], birth[8:])))
        if place:
            yield ("name-year-place", name, birth[:4], place)
    if birth and len(birth) == 10 and not birth.endswith("-01-01") and features.sex and place:
        yield ("birth-place", birth, features.sex, place)
    if features.phone and words:
        yield ("phone-given", features.phone, words[-1])
    if features.parent:
        yield ("parent", features.parent)
