"""Random choices that depend on the seed and on what is chosen, never on the order of the work."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Mapping, Sequence
from random import Random
from typing import TypeVar

T = TypeVar("T")


def stream(seed: int, *key: str | int) -> Random:
    """A stream of random numbers of its own for a key, the same on every machine and in any order.

    Not for secrets: demonstration data must come out the same again.
    """
    text = "/".join(str(part) for part in (seed, *key))
    digest = hashlib.blake2b(text.encode(), digest_size=16).digest()
    return Random(int.from_bytes(digest, "big"))  # noqa: S311


def record_id(*key: str | int) -> str:
    """A UUID that follows from a key, so that a message sent again names the same record."""
    digest = hashlib.blake2b("/".join(map(str, key)).encode(), digest_size=16).digest()
    return str(uuid.UUID(bytes=digest, version=4))


def spread(weights: Mapping[T, float], total: int, random: Random) -> dict[T, int]:
    """Divide `total` whole things by weight; each share is off by less than one.

    Systematic sampling with one random start, so that over many calls nothing is favoured.
    """
    whole = sum(weights.values())
    start = random.random()
    counts: dict[T, int] = {}
    reached, before = 0.0, 0
    for key, weight in weights.items():
        reached += weight * total / whole
        after = min(total, int(reached + start))
        counts[key] = after - before
        before = after
    if counts:
        # The start can leave the last thing over, or take one too many: the last share absorbs it.
        counts[key] += total - before
    return counts


def shuffled(weights: Mapping[T, float], total: int, random: Random) -> list[T]:
    """`total` things in shares by weight, in random order."""
    items = [key for key, count in spread(weights, total, random).items() for _ in range(count)]
    random.shuffle(items)
    return items


def pick(weights: Mapping[T, float], random: Random) -> T:
    """One thing by weight."""
    return random.choices(list(weights), list(weights.values()))[0]


def chosen(items: Sequence[T], count: int, random: Random) -> list[T]:
    """`count` different things, or all where there are fewer."""
    return random.sample(list(items), min(count, len(items)))
