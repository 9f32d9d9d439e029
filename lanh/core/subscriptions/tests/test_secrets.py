"""Headers of a Subscription: kept for delivery, shown to nobody, not to be turned on others."""

from __future__ import annotations

from typing import Any

import pytest

from lanh.core.access import Access
from lanh.core.database import SyncDatabase, fetch
from lanh.core.store import Context, Write
from lanh.core.subscriptions import Unusable, find
from lanh.core.subscriptions.tests.scene import SYSTEM, Scene, client, observation, wanted

SECRET = "Bearer 6f1e0c7d-only-the-receiver"
LINES = {"header": [f"Authorization: {SECRET}", "X-Ward: 7"]}


@pytest.fixture
def scene(database: SyncDatabase, database_url: str) -> Scene:
    made = Scene(database, database_url)
    made.subjects["other"] = client("other")
    return made


def _kept(scene: Scene, name: str) -> tuple[str, ...]:
    found = scene.database.read(find(name))
    assert found is not None
    return found.headers


def _put(scene: Scene, name: str, resource: dict[str, Any], access: Access) -> None:
    body = {k: v for k, v in resource.items() if k != "meta"}
    scene.write(Write("update", "Subscription", name, {**body, "id": name}), access=access)


def test_a_secret_is_delivered_and_shown_nowhere(scene: Scene) -> None:
    names: list[str] = []

    def act(url: str) -> None:
        names.append(scene.subscribe(wanted(url, channel=LINES)))
        scene.put("o", observation())

    scene.serve(act)
    (told,) = scene.got
    assert told.headers["authorization"] == SECRET and told.headers["x-ward"] == "7"
    name = names[0]
    shown = scene.subscription(name)
    assert shown["channel"]["header"] == ["Authorization: ********", "X-Ward: ********"]
    context = Context(SYSTEM)
    for row in scene.database.read(scene.store.history("Subscription", name, context)):
        assert b"only-the-receiver" not in row.body
    tables = scene.database.read(fetch(
        "SELECT format('%I.%I', schemaname, tablename) FROM pg_tables"
        " WHERE schemaname IN ('store', 'audit', 'jobs')"))  # fmt: skip
    for (table,) in tables:
        sql = f"SELECT count(*) FROM {table} AS t WHERE t::text LIKE '%only-the-receiver%'"
        rows = scene.database.read(fetch(sql))
        assert rows[0][0] == 0, table


def test_the_owner_may_write_the_record_back(scene: Scene) -> None:
    name = scene.subscribe(wanted("http://127.0.0.1:9/fhir", channel=LINES))
    shown = scene.subscription(name)
    shown["reason"] = "changed"
    _put(scene, name, shown, client())
    assert _kept(scene, name) == (f"Authorization: {SECRET}", "X-Ward: 7")
    shown["channel"]["header"] = ["Authorization: Bearer new", "X-Ward: ********"]
    _put(scene, name, shown, client())
    assert _kept(scene, name) == ("Authorization: Bearer new", "X-Ward: 7")
    shown["channel"]["header"] = ["Authorization: Bearer newer", "X-Ward: 7"]
    _put(scene, name, shown, client())  # the record looks the same, and the secret is another
    assert _kept(scene, name) == ("Authorization: Bearer newer", "X-Ward: 7")


def test_nobody_else_can_send_it_elsewhere(scene: Scene) -> None:
    name = scene.subscribe(wanted("http://127.0.0.1:9/fhir", channel=LINES))
    shown = scene.subscription(name)
    shown["channel"]["endpoint"] = "http://127.0.0.1:10/fhir"
    with pytest.raises(Unusable) as refused:
        _put(scene, name, shown, client("other"))
    assert refused.value.issues[0].expression == "Subscription.channel.header[0]"
    assert _kept(scene, name) == (f"Authorization: {SECRET}", "X-Ward: 7")
    shown["channel"]["header"] = ["Authorization: ********"]
    new = {k: v for k, v in shown.items() if k not in ("id", "meta")}
    with pytest.raises(Unusable):
        scene.write(Write("create", "Subscription", None, new), access=client())
