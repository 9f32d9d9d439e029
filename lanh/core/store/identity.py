"""Ids that carry their bucket, and the bucket of a person's key."""

from __future__ import annotations

import os
import re
import time
from zlib import crc32

from lanh.core.store.layout import BUCKETS

# 24 signs of base-32 (0-9, a-v): 9 of time in milliseconds, 2 of bucket, 13 at random (65 bits).
# They sort by time, like a UUIDv7, and are a third shorter in each index that holds them.
_OWN = re.compile(r"[0-9a-v]{24}", re.ASCII)
_ID = re.compile(r"[A-Za-z0-9\-.]{1,64}", re.ASCII)
_SIGNS = "0123456789abcdefghijklmnopqrstuv"
_PAIRS = [first + second for first in _SIGNS for second in _SIGNS]
_SHIFTS = tuple(range(110, -1, -10))  # of each pair of signs in the number of 120 bits
_BUCKET_PLACE = 9
_RANDOM_BITS = 65


def bucket_of(key: str) -> int:
    """The bucket (0..63) of a person's key, or of an own id where no person is concerned.

    It is fixed for ever: rows stand by it.
    """
    return crc32(key.encode()) % BUCKETS


def new_id(bucket: int) -> str:
    """A new id whose row stands in `bucket`."""
    now = time.time_ns() // 1_000_000
    noise = int.from_bytes(os.urandom(9), "big") >> (72 - _RANDOM_BITS)
    number = (((now << 10) | bucket) << _RANDOM_BITS) | noise
    return "".join([_PAIRS[number >> shift & 1023] for shift in _SHIFTS])


def new_person_id() -> tuple[str, int]:
    """A new id for a row that is its own key (a Patient, a facility), and its bucket.

    The bucket is the hash of the id, which the id cannot hold in itself: in the place of a bucket
    it has the mark 64, and the bucket is reckoned from the whole.
    """
    identifier = new_id(BUCKETS)
    return identifier, bucket_of(identifier)


def bucket_in(identifier: str) -> int | None:
    """The bucket that an id tells by itself; None for an id that a client chose.

    A client may have chosen an id of this very shape, so a row that is not found where its id
    says is looked for by the locator as well.
    """
    if _OWN.fullmatch(identifier) is None:
        return None
    bucket = int(identifier[_BUCKET_PLACE : _BUCKET_PLACE + 2], 32)
    if bucket < BUCKETS:
        return bucket
    return bucket_of(identifier) if bucket == BUCKETS else None


def well_formed(identifier: str) -> bool:
    """Whether a text is a FHIR id (R4, datatypes: id)."""
    return _ID.fullmatch(identifier) is not None
