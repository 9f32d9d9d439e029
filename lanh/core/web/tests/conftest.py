"""The pages on fakes and real sessions, asked by a client that keeps cookies and posts forms."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import httpx
import pytest
from lxml import html

from lanh.core.database import SyncDatabase
from lanh.core.desks import Desk
from lanh.core.web import Services, application
from lanh.core.web.tests.fake_bus import FakeBus
from lanh.core.web.tests.fake_pairs import FakePairs
from lanh.core.web.tests.fakes import PASSWORD, FakePeople, FakeTrail, made_up
from lanh.core.web.tests.sink import DESK, desk_services


@dataclass
class Browser:
    """A browser without script: follows redirects, fills in forms of the page it is on."""

    client: httpx.Client
    page: httpx.Response = field(init=False)

    def get(self, path: str) -> httpx.Response:
        self.page = self.client.get(path, follow_redirects=True)
        return self.page

    def post(self, path: str, **values: str) -> httpx.Response:
        """Send a form with the page's forgery token."""
        tokens = self.tree.xpath("//input[@name='csrfmiddlewaretoken']/@value")
        data = {"csrfmiddlewaretoken": tokens[0], **values}
        self.page = self.client.post(path, data=data, follow_redirects=True)
        return self.page

    @property
    def tree(self) -> html.HtmlElement:
        return html.fromstring(self.page.text)

    @property
    def text(self) -> str:
        """What a reader sees."""
        return " ".join(self.tree.body.text_content().split())

    @property
    def title(self) -> str:
        return str(self.tree.findtext(".//title"))

    @property
    def path(self) -> str:
        return urlsplit(str(self.page.url)).path

    def sign_in(self, user: str) -> Browser:
        self.client.cookies.clear()
        self.get("/sign-in")
        self.post("/sign-in", username=user, password=PASSWORD)
        assert self.path == "/", self.text
        return self

    def find(self, text: str) -> list[str]:
        """Search from the search page; the handles of the hits."""
        self.get("/people")
        self.post("/people", text=text)
        return [str(v) for v in self.tree.xpath("//table//input[@name='handle']/@value")]

    def open_person(self, text: str = "dang minh khoi") -> str:
        """Search and open the first hit; the page's path."""
        self.post("/people/open", handle=self.find(text)[0])
        return self.path


@pytest.fixture
def trail() -> FakeTrail:
    return FakeTrail()


@pytest.fixture
def people() -> FakePeople:
    return FakePeople()


@pytest.fixture
def pairs() -> FakePairs:
    return FakePairs()


@pytest.fixture
def bus() -> FakeBus:
    return FakeBus()


@pytest.fixture
def services(
    database: SyncDatabase, trail: FakeTrail, people: FakePeople, pairs: FakePairs, bus: FakeBus
) -> Services:
    return made_up(database, audit=trail, people=people, pairs=pairs, bus=bus)


@pytest.fixture
def browser(services: Services) -> Iterator[Browser]:
    transport = httpx.WSGITransport(application(services), raise_app_exceptions=False)
    with httpx.Client(transport=transport, base_url="http://lanh.test") as client:
        yield Browser(client)


@pytest.fixture
def at(database: SyncDatabase) -> Iterator[Callable[[Desk], Browser]]:
    clients = []

    def open_(desk: Desk) -> Browser:
        app = application(desk_services(database, desk))
        client = httpx.Client(
            transport=httpx.WSGITransport(app, raise_app_exceptions=True),
            base_url="http://lanh.test",
        )
        clients.append(client)
        return Browser(client)

    yield open_
    for client in clients:
        client.close()


@pytest.fixture
def nurse(at: Callable[[Desk], Browser]) -> Browser:
    return at(DESK).sign_in("nurse")
