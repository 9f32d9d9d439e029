"""Subscriptions: what matches is told, to whom it may be told, in order, until it is taken."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import structlog

from lanh.core import fhir, jobs, subscriptions
from lanh.core.access import CustodianIn
from lanh.core.database import SyncDatabase, execute, fetch
from lanh.core.jobs import Destinations
from lanh.core.jobs.tests.http_receiver import status
from lanh.core.store import Context, StoreError, Write
from lanh.core.subscriptions import Registry, Unusable
from lanh.core.subscriptions.tests.scene import Scene, client, observation, wanted


@pytest.fixture
def scene(database: SyncDatabase, database_url: str) -> Scene:
    """The engines on a fresh database."""
    return Scene(database, database_url, most_attempts=2)


def _told(scene: Scene) -> list[tuple[str, str]]:
    """(id, version) of the records the receiver got."""
    rows = [fhir.loads(got.body) for got in scene.got]
    return [(row["id"], row["meta"]["versionId"]) for row in rows]


def test_what_matches_is_put_to_the_receiver(scene: Scene) -> None:
    def act(url: str) -> None:
        name = scene.subscribe(wanted(url, channel={"header": ["Authorization: Bearer s3cret"]}))
        assert scene.subscription(name)["status"] == "active"
        scene.put("yes", observation())
        scene.put("no", observation(state="preliminary"))
        scene.put("other", {"resourceType": "Organization", "name": "Trạm"})

    scene.serve(act)
    (got,) = scene.got
    assert (got.method, got.path) == ("PUT", "/fhir/Observation/yes")
    assert got.headers["authorization"] == "Bearer s3cret"
    assert got.headers["content-type"] == "application/fhir+json"
    assert got.headers["idempotency-key"]
    assert fhir.loads(got.body)["status"] == "final"
    rows = scene.database.read(
        fetch("SELECT subject, ids, detail FROM audit.entry WHERE action = 'notify'")
    )
    assert rows[0][0] == "system:his" and rows[0][1] == "yes"


def test_without_payload_an_empty_post(scene: Scene) -> None:
    def act(url: str) -> None:
        resource = wanted(url)
        del resource["channel"]["payload"]
        scene.subscribe(resource)
        scene.put("yes", observation())

    scene.serve(act)
    (got,) = scene.got
    assert (got.method, got.path, got.body) == ("POST", "/fhir", b"")


def test_each_change_in_order(scene: Scene) -> None:
    def act(url: str) -> None:
        scene.subscribe(wanted(url, "Observation?"))
        for state in ("final", "amended", "corrected"):
            scene.put("o", observation(state=state))

    scene.serve(act)
    assert _told(scene) == [("o", "1"), ("o", "2"), ("o", "3")]
    assert [fhir.loads(got.body)["status"] for got in scene.got] == [
        "final", "amended", "corrected",
    ]  # fmt: skip


def test_deletes_and_what_was_before_are_not_told(scene: Scene) -> None:
    scene.put("before", observation())
    scene.read_feed()

    def act(url: str) -> None:
        scene.subscribe(wanted(url, "Observation"))
        scene.write(Write("delete", "Observation", "before"))

    scene.serve(act)
    assert scene.got == []


def test_only_what_the_owner_may_see_at_that_moment(scene: Scene) -> None:
    def act(url: str) -> None:
        scene.subscribe(wanted(url, "Observation"))
        scene.put("own", observation())
        scene.put("theirs", observation(), custodian="97002")
        hidden = {**observation(), "id": "hidden"}
        scene.write(Write("update", "Observation", "hidden", hidden, sensitivity="HIV"))
        scene.put("late", observation())
        scene.read_feed()
        # Between the change and its delivery it became sensitive: not even a ping.
        late = {**observation(state="amended"), "id": "late"}
        scene.write(Write("update", "Observation", "late", late, sensitivity="PSY"))

    scene.serve(act)
    assert _told(scene) == [("own", "1")]


def test_rights_taken_away_before_the_delivery(scene: Scene) -> None:
    def act(url: str) -> None:
        scene.subscribe(wanted(url, "Observation"))
        scene.put("own", observation())
        scene.read_feed()
        scene.subjects["his"] = None

    scene.serve(act)
    assert scene.got == []
    assert scene.database.read(jobs.backlogs())[0].waiting == 0


def test_rights_are_those_of_who_wrote_it_last(scene: Scene) -> None:
    """Who turns the notifications to another address gets no more than may be seen by that one."""
    narrow = client("narrow", CustodianIn(frozenset({"97009"})))
    scene.subjects["narrow"] = narrow

    def act(url: str) -> None:
        name = scene.subscribe(wanted(url, "Observation"))
        scene.put(name, wanted(f"{url}/elsewhere", "Observation"), access=narrow)
        scene.work()
        scene.put("own", observation())

    scene.serve(act)
    assert scene.got == []


def test_a_receiver_that_fails_then_recovers_loses_nothing(scene: Scene) -> None:
    names: list[str] = []

    def act(url: str) -> None:
        names.append(scene.subscribe(wanted(url, "Observation")))
        scene.put("a", observation())
        scene.put("a", observation(state="amended"))
        scene.put("b", observation())

    scene.serve(act, lambda _: status(503))
    scene.hurry()
    scene.serve(lambda _: None, lambda _: status(503))
    scene.work()
    failed = scene.subscription(names[0])
    assert failed["status"] == "error" and "connection" in failed["error"]

    def mend(url: str) -> None:
        scene.put("c", observation())
        scene.read_feed()
        fixed = wanted(url, "Observation")
        scene.put(names[0], fixed, access=client())
        scene.work()
        assert "error" not in scene.subscription(names[0])
        scene.hurry()

    scene.serve(mend)
    assert sorted(_told(scene)) == [("a", "1"), ("a", "2"), ("b", "1"), ("c", "1")]
    assert [each for each in _told(scene) if each[0] == "a"] == [("a", "1"), ("a", "2")]


def test_redirects_are_not_followed(scene: Scene) -> None:
    def act(url: str) -> None:
        scene.subscribe(wanted(url, "Observation"))
        scene.put("a", observation())

    scene.serve(act, lambda _: status(302, "Location: http://169.254.169.254/"), rounds=1)
    assert len(scene.got) == 1
    assert scene.database.read(jobs.backlogs())[0].waiting == 1


def test_off_end_and_delete(scene: Scene) -> None:
    names: list[str] = []

    def act(url: str) -> None:
        soon = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
        names.extend(scene.subscribe(wanted(url, "Observation", end=soon)) for _ in range(3))
        scene.put("a", observation())
        scene.read_feed()
        off = scene.subscription(names[0])
        scene.put(names[0], {**off, "status": "off"}, access=client())
        scene.write(Write("delete", "Subscription", names[1]), access=client())
        scene.database.transact(
            execute(
                "UPDATE subscriptions.subscription SET ends = now() - interval '1 second'"
                " WHERE id = $1",
                names[2],
            )
        )
        assert scene.database.transact(scene.registry.end_those_over()) == 1

    scene.serve(act)
    assert scene.got == []
    assert scene.subscription(names[0])["status"] == "off"
    assert scene.subscription(names[2])["status"] == "off"
    assert scene.database.read(jobs.backlogs()) == []


@pytest.mark.parametrize(
    ("change", "element"),
    [
        ({"criteria": "Nonsense?x=1"}, "criteria"),
        ({"criteria": "Observation?nonsense=1"}, "criteria"),
        ({"criteria": "no search"}, "criteria"),
        ({"channel": {"type": "email", "endpoint": "mailto:a@b.test"}}, "channel.type"),
        ({"channel": {"type": "rest-hook"}}, "channel.endpoint"),
        ({"channel": {"type": "rest-hook", "endpoint": "https://10.0.0.1/"}}, "channel.endpoint"),
        ({"channel": {"type": "rest-hook", "endpoint": "ftp://x.test/"}}, "channel.endpoint"),
        (
            {"channel": {"type": "websocket", "payload": "application/fhir+xml"}},
            "channel.payload",
        ),
        ({"channel": {"type": "websocket", "header": ["Host: x"]}}, "channel.header[0]"),
        ({"channel": {"type": "websocket", "header": ["X: 1"] * 30}}, "channel.header"),
        ({"end": "2020-01-01T00:00:00Z"}, "end"),
        ({"criteria": "Patient"}, "criteria"),
    ],
)
def test_what_cannot_be_served_is_not_written(
    scene: Scene, change: dict[str, Any], element: str
) -> None:
    access = client(types=frozenset({"Observation"}))
    with pytest.raises(Unusable) as refused:
        scene.write(Write("create", "Subscription", None, {**wanted(), **change}), access=access)
    assert refused.value.status == 422
    (issue,) = refused.value.issues[:1]
    assert issue.expression == f"Subscription.{element}"
    assert issue.message.vi and issue.message.en
    assert scene.database.read(fetch("SELECT count(*) FROM store.subscription"))[0][0] == 0


def test_https_to_public_addresses_unless_configured(scene: Scene) -> None:
    registry = Registry(lambda: scene.store, Destinations())
    strict = type(scene.store)(hooks=(registry.hook,))
    for url in ("http://example.org/", "https://127.0.0.1/", "https://[::1]/"):
        write = Write("create", "Subscription", None, wanted(url))
        with pytest.raises(Unusable):
            scene.database.transact(strict.write([write], _context()))


def _context() -> Context:
    """A client's context."""
    return Context(client(), custodian="97001", commune="00004")


def test_a_late_commit_is_not_passed_over(scene: Scene) -> None:
    """A change whose transaction began first and commits last is told all the same."""

    def act(url: str) -> None:
        scene.subscribe(wanted(url, "Observation"))
        begun, go_on = threading.Event(), threading.Event()

        def slow() -> None:
            def plan() -> Any:
                context = _context()
                body = {**observation(), "id": "slow"}
                yield from scene.store.write(
                    [Write("update", "Observation", "slow", body)], context
                )
                begun.set()
                go_on.wait(10)

            scene.database.transact(plan())

        thread = threading.Thread(target=slow)
        thread.start()
        begun.wait(10)
        scene.put("quick", observation())
        scene.read_feed()
        go_on.set()
        thread.join()

    scene.serve(act)
    assert {name for name, _ in _told(scene)} == {"quick", "slow"}


def test_place_and_deliveries_commit_together(scene: Scene) -> None:
    def act(url: str) -> None:
        scene.subscribe(wanted(url, "Observation"))
        scene.put("a", observation())

        def cut_off() -> Any:
            yield from scene.reader.advance()
            raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            scene.database.transact(cut_off())

    scene.serve(act)
    assert _told(scene) == [("a", "1")]


def test_trouble_with_one_subscriptions_criteria_is_its_own(scene: Scene) -> None:
    names: list[str] = []

    def act(url: str) -> None:
        names.append(scene.subscribe(wanted(url, "Observation")))
        scene.subscribe(wanted(url, "Observation?status=final"))
        scene.database.transact(
            execute(
                "UPDATE subscriptions.subscription SET criteria = 'nonsense=1' WHERE id = $1",
                names[0],
            )
        )
        scene.put("a", observation())

    scene.serve(act)
    assert _told(scene) == [("a", "1")]
    scene.work()
    assert scene.subscription(names[0])["status"] == "error"


def test_secrets_are_not_logged(scene: Scene) -> None:
    def act(url: str) -> None:
        scene.subscribe(wanted(url, "Observation", channel={"header": ["X-Key: s3cret-value"]}))
        scene.put("a", observation())
        with pytest.raises(StoreError) as refused:
            scene.subscribe(wanted(url, channel={"header": ["X-Key: s3cret-value\r\nY: 1"]}))
        assert "s3cret" not in str(refused.value)

    with structlog.testing.capture_logs() as logs:
        scene.serve(act, lambda _: status(500))
    assert logs and "s3cret" not in repr(logs)
    rows = scene.database.read(
        fetch("SELECT fault FROM jobs.delivery UNION ALL SELECT payload::text FROM jobs.delivery")
    )
    assert "s3cret" not in repr([tuple(row) for row in rows])


def test_a_websocket_counts_its_matches(scene: Scene) -> None:
    name = scene.subscribe(wanted())
    scene.put("a", observation())
    scene.put("b", observation())
    scene.put("c", observation(state="amended"))
    scene.read_feed()
    assert scene.database.read(subscriptions.pings([name])) == {name: (2, 0)}
    scene.database.transact(subscriptions.told(name, 2))
    assert scene.database.read(subscriptions.pings([name])) == {name: (2, 2)}
