"""Put a demonstration into an installation: client systems, accounts, and messages to the bus."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any

from lanh.core.database import SyncDatabase
from lanh.nation.local_time import VIETNAM
from lanh.site.backend_client import BackendAuth
from lanh.site.demonstration import register
from lanh.site.demonstration.clients import SCOPES, KeyFile, register_clients
from lanh.site.demonstration.messages import messages
from lanh.site.demonstration.population import Population, generate
from lanh.site.demonstration.sending import Report, send
from lanh.site.demonstration.signing import give_keys
from lanh.site.demonstration.users import register_users
from lanh.site.signatures import DEMONSTRATION

PEOPLE = 2_000
SEED = 1
_HELD = 20_000  # people whose messages are made before any is sent, so that progress has an end

Told = Callable[[str, int, int], None]
"""Told a step ("demonstration.clients", ".people", ".messages"), how much is done, of how much
(0 where that is not known)."""


def today() -> date:
    """The current day in Viet Nam."""
    return datetime.now(VIETNAM).date()


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to make: how many people, from which seed, over the two years before which day.

    The three together decide every byte that is sent, so whoever may go on later keeps them.
    """

    people: int = PEOPLE
    seed: int = SEED
    until: date = field(default_factory=today)

    def as_fact(self) -> dict[str, Any]:
        """What an installation keeps of it."""
        return {"people": self.people, "seed": self.seed, "until": self.until.isoformat()}

    @classmethod
    def of_fact(cls, kept: Mapping[str, Any]) -> Wanted:
        """What was kept."""
        return cls(kept["people"], kept["seed"], date.fromisoformat(kept["until"]))


def _silent(_step: str, _done: int, _total: int) -> None:
    return None


def install(
    database: SyncDatabase,
    base_url: str,
    keys: Path,
    wanted: Wanted | None = None,
    told: Told = _silent,
    concurrency: int = 8,
) -> Report:
    """Register client systems and accounts, then send every message to `base_url`/bus.

    `keys` is the folder of this installation's private keys; the register's extract is written
    beside them. May be run again after it was cut off: what was taken is known to the bus, which
    answers with the receipt it gave then. Raises httpx.HTTPError, TokenRefused.
    """
    wanted = wanted or Wanted()
    population = generate(wanted.people, wanted.seed, wanted.until)
    key_file = KeyFile(keys / "demonstration.json")
    told("demonstration.clients", 0, 0)
    register_clients(database, population, key_file)
    register_users(database, population)
    give_keys(database, keys / DEMONSTRATION)
    if wanted.people <= _HELD:
        register.write(
            keys / "population-register.ndjson", register.entries(population.blocks(), wanted.until)
        )
    return transmit(population, base_url, key_file, told, concurrency)


def transmit(
    population: Population, base_url: str, keys: KeyFile, told: Told = _silent, concurrency: int = 8
) -> Report:
    """Send a population's messages as client systems that are registered already."""
    outgoing = messages(population)
    total = 0
    if population.people <= _HELD:
        told("demonstration.people", 0, population.people)
        held = list(outgoing)
        outgoing, total = iter(held), len(held)
    token_url = f"{base_url.rstrip('/')}/auth/token"

    def authentication(client: str) -> BackendAuth:
        return BackendAuth(token_url, client, keys[client], SCOPES)

    def progress(done: int, _states: Counter[str]) -> None:
        told("demonstration.messages", done, total)

    return send(base_url, outgoing, authentication, progress, concurrency)
