"""What a citizen's page says of allergies, from a station's messages to the strip: three states."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
from lxml import html

from lanh.core import bus
from lanh.core.accounts import Post, client_access, create_account
from lanh.core.database import SyncDatabase
from lanh.core.web import application
from lanh.core.web.tests.conftest import Browser
from lanh.nation import codes
from lanh.nation.person import IdentityState
from lanh.nation.place import load_places
from lanh.site.demonstration import KeyFile, Population, clients, generate, messages
from lanh.site.demonstration.clients import SCOPES
from lanh.site.demonstration.model import Household, Person
from lanh.site.demonstration.tests.made import UNTIL
from lanh.site.instance import Instance
from lanh.site.services import page_services
from lanh.site.settings import Settings
from lanh.site.wiring import Records, open_intake, open_records, places_of

PASSWORD = "dung-thu-trinh-dien"
Choice = Callable[[Person], bool]

STATES: dict[str, Choice] = {
    "allergic": lambda p: p.asked is not None and any(a.high for a in p.asked.allergies),
    "none-known": lambda p: p.asked is not None and not p.asked.allergies,
    "not-asked": lambda p: p.asked is None,
}


def _somebody(population: Population, fits: Choice) -> tuple[Person, Household]:
    for block in population.blocks():
        for home in block.households:
            for person in home.members:
                known = person.state is IdentityState.MATCH and person.died is None
                if known and fits(person):
                    return person, home
    raise AssertionError("take more people")


def _send(database: SyncDatabase, records: Records, population: Population, keys: Path,
          wanted: set[str]) -> None:  # fmt: skip
    access = {c.id: client_access(c, SCOPES) for c in clients(population, KeyFile(keys))}
    intake = open_intake(records.store)
    for message in messages(population):
        if message.client in wanted:
            sender = bus.sender_of(access[message.client])
            given = bus.Submission(sender, message.body, message.content_type, message.format)
            assert bus.submit(intake, database, given)["state"] == "accepted"


@pytest.fixture
def population(database: SyncDatabase) -> Population:
    database.transact(load_places())
    return generate(1_000, 1, UNTIL)


def test_the_strip_tells_an_allergy_that_none_is_known_and_that_nobody_asked(
    database: SyncDatabase, population: Population, tmp_path: Path
) -> None:
    records = open_records()
    chosen = {state: _somebody(population, fits) for state, fits in STATES.items()}
    stations = {
        state: population.directory.stations[home.place.commune]
        for state, (_, home) in chosen.items()
    }
    wanted = {f"facility-{station.code}" for station in stations.values()}
    _send(database, records, population, tmp_path / "keys.json", wanted)
    for state, station in stations.items():
        commune = station.place.commune
        post = Post("commune-nurse", commune, station.code, commune)
        database.transact(create_account(state, PASSWORD, state, posts=[post]))
    instance = Instance(Settings(tmp_path / "data"))
    instance.make()
    pages = application(page_services(instance, database, records, places_of(database)))
    transport = httpx.WSGITransport(pages)
    strips: dict[str, html.HtmlElement] = {}
    with httpx.Client(transport=transport, base_url="http://lanh.test") as client:
        for state, (person, _) in chosen.items():
            client.cookies.clear()
            browser = Browser(client)
            browser.get("/sign-in")
            browser.post("/sign-in", username=state, password=PASSWORD)
            browser.open_person(person.number)
            (strips[state],) = browser.tree.xpath("//section[contains(@class, 'strip')]")
    asked = chosen["allergic"][0].asked
    assert asked is not None
    told = strips["allergic"].text_content()
    for allergy in asked.allergies:
        assert codes.concept("allergens", allergy.allergen).display.vi in told
        assert allergy.reaction in told
    assert "bad" in strips["allergic"].get("class") and strips["allergic"].xpath(".//li[@class]")
    assert "Không ghi nhận dị ứng" in strips["none-known"].text_content()
    assert "ok" in strips["none-known"].get("class")
    assert "Chưa hỏi dị ứng" in strips["not-asked"].text_content()
    assert "warn" in strips["not-asked"].get("class")
