"""The supervisor: what is killed comes back, and a killed supervisor takes its children along."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from lanh.site.tests.installation import Installation, alive, eventually


@pytest.mark.parametrize("child", ["server-1", "mllp", "worker"])
def test_a_killed_child_is_started_again(running: Installation, child: str) -> None:
    before = running.kill(child)
    after = eventually(lambda: running.pid(child) not in (0, before) and running.pid(child))
    assert alive(after)
    assert running.status()["children"][child]["restarts"] >= 1
    assert eventually(running.ready)


def test_requests_wait_for_a_killed_server_and_are_answered(running: Installation) -> None:
    before = running.kill("server-1")
    with ThreadPoolExecutor(8) as pool:
        answers = list(
            pool.map(
                lambda _: httpx.get(f"{running.url}/healthz", timeout=30).status_code, range(8)
            )
        )
    assert answers == [200] * 8
    assert running.pid("server-1") != before


def test_a_killed_database_is_started_again(running: Installation) -> None:
    before = running.kill("postgresql")
    eventually(lambda: running.pid("postgresql") not in (0, before))
    assert eventually(running.ready)
    assert running.lanh("token").returncode == 0


def test_a_killed_supervisor_takes_its_children_along(installation: Installation) -> None:
    installation.up()
    children = [installation.pid(child) for child in installation.status()["children"]]
    installation.kill("supervisor")
    eventually(lambda: not any(alive(pid) for pid in children))
    installation.up()
    assert installation.ready()


def test_down_after_a_killed_supervisor_stops_the_database(installation: Installation) -> None:
    installation.up()
    database = installation.pid("postgresql")
    installation.kill("supervisor")
    assert installation.lanh("down").returncode == 0
    assert not alive(database)


def test_logs_are_structured_and_private(running: Installation) -> None:
    for log in (running.data / "logs").glob("*.log"):
        assert log.stat().st_mode & 0o077 == 0
        for line in log.read_text().splitlines():
            assert line.startswith("{"), f"{log.name}: {line}"
