"""A small demonstration through the front door: tokens, bus, store, and the same again."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from datetime import date
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette

from lanh.core.accounts import account_by_username, authenticate
from lanh.core.api import Authenticator, TokenEndpoint, bus_routes
from lanh.core.database import AsyncDatabase, SyncDatabase
from lanh.core.store import Position, Store
from lanh.nation.place import load_places
from lanh.site.backend_client import BackendAuth
from lanh.site.demonstration import (
    KeyFile,
    Population,
    Report,
    generate,
    link_citizen,
    messages,
    register_clients,
    register_users,
    users,
)  # fmt: skip
from lanh.site.demonstration.sending import deliver
from lanh.site.wiring import open_intake, open_records, person_access, places_of

UNTIL = date(2026, 11, 20)
URL = "http://lanh.test"


@pytest.fixture
def prepared(database: SyncDatabase, tmp_path: Path) -> tuple[Population, KeyFile]:
    database.transact(load_places())
    population = generate(150, 1, UNTIL)
    keys = KeyFile(tmp_path / "keys" / "demonstration.json")
    assert register_clients(database, population, keys) == len(population.network.facilities) + 1
    register_users(database, population)
    return population, keys


async def _send(url: str, pages: SyncDatabase, population: Population, keys: KeyFile) -> Report:
    database = await AsyncDatabase.connect(url, max_size=4)
    records = open_records()
    authenticator = Authenticator(database, person_access(places_of(pages)))
    routes = [
        *TokenEndpoint(database, [URL]).routes(),
        *bus_routes(pages, open_intake(records.store), authenticator.authenticate),
    ]
    transport = httpx.ASGITransport(app=Starlette(routes=routes))

    def authentication(client: str) -> BackendAuth:
        return BackendAuth(f"{URL}/auth/token", client, keys[client])

    try:
        outgoing = messages(population)
        return await deliver(URL, outgoing, authentication, concurrency=4, transport=transport)
    finally:
        await database.close()


def test_everything_is_accepted_and_sending_again_changes_nothing(
    database: SyncDatabase, database_url: str, prepared: tuple[Population, KeyFile]
) -> None:
    population, keys = prepared
    first = asyncio.run(_send(database_url, database, population, keys))
    assert first.complete, (first.states, first.faults)
    assert set(first.formats) == {"fhir", "hl7v2", "claims"}
    counts = _counts(database)
    assert counts["Patient"] > 150 and counts["Encounter"] > 100
    assert counts["Immunization"] and counts["Claim"] and counts["DiagnosticReport"]
    again = asyncio.run(_send(database_url, database, population, keys))
    assert again.states == first.states
    assert _counts(database) == counts
    person = link_citizen(database, open_records().store, population)
    account = database.read(account_by_username("citizen"))
    assert person is not None and account is not None and account.person == person


def _counts(database: SyncDatabase) -> Counter[str]:
    """Changes of each type: a resend that made a new version anywhere would be counted."""
    counts: Counter[str] = Counter()
    position = Position()
    while True:
        changes, position = database.read(Store().changes(position, 10_000))
        if not changes:
            return counts
        counts.update(change.type for change in changes)


def test_users_can_sign_in_and_opening_them_twice_is_harmless(
    database: SyncDatabase, prepared: tuple[Population, KeyFile]
) -> None:
    population, _ = prepared
    assert register_users(database, population) == []
    for user in users():
        assert user.title.vi and user.title.en
        signed = database.transact(authenticate(user.username, user.password))
        assert signed.account is not None and signed.account.posts[0].role == user.role
    roles = {user.role for user in users()}
    assert len(roles) == len(users())


def test_keys_stay_with_their_owner(prepared: tuple[Population, KeyFile]) -> None:
    _, keys = prepared
    assert keys.path.stat().st_mode & 0o777 == 0o600
    stored = json.loads(keys.path.read_text())
    again = KeyFile(keys.path)
    client = next(iter(stored))
    assert again[client].as_dict(private=False) == keys[client].as_dict(private=False)
