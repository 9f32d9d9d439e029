"""What several tests look at, made once."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from functools import cache

from lanh.site.demonstration import OutgoingMessage, Population, generate, messages
from lanh.site.demonstration.model import Block, Person

UNTIL = date(2026, 11, 20)
MANY = 20_000


@cache
def population(people: int = 2_000, seed: int = 1) -> Population:
    """A population of the tests' day."""
    return generate(people, seed, UNTIL)


@cache
def blocks(people: int = 2_000, seed: int = 1) -> tuple[Block, ...]:
    """Its blocks."""
    return tuple(population(people, seed).blocks())


def everybody(people: int = 2_000, seed: int = 1) -> Iterator[Person]:
    """Its people."""
    for block in blocks(people, seed):
        yield from block.people


@cache
def sent(people: int = 1_000, seed: int = 1) -> tuple[OutgoingMessage, ...]:
    """Its messages."""
    return tuple(messages(population(people, seed)))
