"""Subscriptions by websocket: bound by who owns them, pinged at each match, none forgotten."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient
from starlette.websockets import WebSocket, WebSocketDisconnect

from lanh.core.access import Access
from lanh.core.api.authentication import Unauthorized
from lanh.core.api.subscription_socket import PATH, subscription_routes
from lanh.core.database import AsyncDatabase, SyncDatabase
from lanh.core.subscriptions.tests.scene import Scene, client, observation, wanted


@pytest.fixture
def scene(database: SyncDatabase, database_url: str) -> Scene:
    """The engines on a fresh database."""
    return Scene(database, database_url)


@pytest.fixture
def http(scene: Scene) -> Iterator[TestClient]:
    """A server with the websocket, on which `his` and `other` may sign in."""

    async def authenticate(socket: WebSocket) -> Access:
        name = socket.headers.get("authorization", "").removeprefix("Bearer ")
        if name not in ("his", "other"):
            raise Unauthorized("no-token")
        return client(name)

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        database = await AsyncDatabase.connect(scene.url, max_size=2)
        app.router.routes.extend(subscription_routes(database, authenticate))
        yield
        await database.close()

    with TestClient(Starlette(lifespan=lifespan)) as http:
        yield http


def _signed_in(name: str = "his") -> dict[str, str]:
    return {"authorization": f"Bearer {name}"}


def test_bound_then_pinged_at_each_match(scene: Scene, http: TestClient) -> None:
    name = scene.subscribe(wanted())
    with http.websocket_connect(PATH, headers=_signed_in()) as socket:
        socket.send_text(f"bind {name}")
        assert socket.receive_text() == f"bound {name}"
        scene.put("a", observation())
        scene.put("no", observation(state="amended"))
        scene.read_feed()
        assert socket.receive_text() == f"ping {name}"
        scene.put("b", observation())
        scene.put("c", observation())
        scene.read_feed()
        assert [socket.receive_text() for _ in range(2)] == [f"ping {name}"] * 2


def test_what_happened_meanwhile_is_told_by_the_next_socket(scene: Scene, http: TestClient) -> None:
    name = scene.subscribe(wanted())
    scene.put("a", observation())
    scene.read_feed()
    with http.websocket_connect(PATH, headers=_signed_in()) as socket:
        socket.send_text(f"bind {name}")
        assert [socket.receive_text() for _ in range(2)] == [f"bound {name}", f"ping {name}"]


def test_only_its_owner_binds_it(scene: Scene, http: TestClient) -> None:
    name = scene.subscribe(wanted())
    hook = scene.subscribe(wanted("http://127.0.0.1:1/"))
    with http.websocket_connect(PATH, headers=_signed_in("other")) as socket:
        socket.send_text(f"bind {name}")
        assert socket.receive_text() == f"error {name}"
        socket.send_text("bind nothing")
        assert socket.receive_text() == "error nothing"
        socket.send_text("x" * 500)
        assert socket.receive_text() == "error"
    with http.websocket_connect(PATH, headers=_signed_in()) as socket:
        socket.send_text(f"bind {hook}")
        assert socket.receive_text() == f"error {hook}"
    with pytest.raises(WebSocketDisconnect), http.websocket_connect(PATH) as socket:
        socket.receive_text()
