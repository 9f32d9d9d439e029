"""The embedded server: made whole or not at all, found again, started after any kind of death."""

from __future__ import annotations

import os
import shutil
import signal
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from lanh.core.database import Cluster, ClusterError

_QUICK = {"fsync": "off", "shared_buffers": "16MB", "max_connections": "20"}


@pytest.fixture
def root() -> Iterator[Path]:
    """A data folder that the server's user can come to."""
    folder = Path(tempfile.mkdtemp(prefix="lanh-", dir="/var/tmp"))
    folder.chmod(0o755)
    yield folder
    Cluster(folder).stop()
    shutil.rmtree(folder, ignore_errors=True)


def _kill(cluster: Cluster) -> None:
    pid = cluster.pid
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    while cluster.running:
        time.sleep(0.01)


def test_data_outlives_a_killed_server(root: Path) -> None:
    cluster = Cluster(root, settings={**_QUICK, "fsync": "on"})
    url = cluster.start()
    with psycopg.connect(url) as connection:
        connection.execute("CREATE TABLE kept (id bigint)")
        connection.execute("INSERT INTO kept VALUES (7)")
    with psycopg.connect(url):  # a server process that lives a little longer than the server
        _kill(cluster)
        assert Cluster(root, settings=_QUICK).start() == url
    with psycopg.connect(url) as connection:
        assert connection.execute("SELECT id FROM kept").fetchall() == [(7,)]


def test_a_running_server_is_adopted(root: Path) -> None:
    first = Cluster(root, settings=_QUICK)
    first.start()
    second = Cluster(root, settings=_QUICK)
    second.start()
    assert second.process is None
    assert second.pid == first.pid
    second.stop()
    assert not first.running


def test_a_first_start_that_was_cut_off_begins_again(root: Path) -> None:
    partial = root / "postgresql.partial"
    partial.mkdir()
    (partial / "PG_VERSION").write_text("18\n")
    cluster = Cluster(root, settings=_QUICK)
    cluster.start()
    assert not partial.exists()


def test_a_recycled_process_id_does_not_stop_the_start(root: Path) -> None:
    cluster = Cluster(root, settings=_QUICK)
    cluster.start()
    _kill(cluster)
    file = root / "postgresql" / "postmaster.pid"
    rest = file.read_text().split("\n", 1)[1]
    file.write_text(f"{os.getpid()}\n{rest}")
    cluster.start()
    assert cluster.running


def test_data_of_another_version_is_left_alone(root: Path) -> None:
    data = root / "postgresql"
    data.mkdir()
    (data / "PG_VERSION").write_text("9\n")
    with pytest.raises(ClusterError, match="made by PostgreSQL 9"):
        Cluster(root).start()
    assert [path.name for path in data.iterdir()] == ["PG_VERSION"]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root runs the server as another user")
def test_a_folder_that_the_servers_user_cannot_enter_is_named(root: Path) -> None:
    closed = root / "closed"
    closed.mkdir(mode=0o700)
    with pytest.raises(ClusterError, match=f"cannot enter {closed}"):
        Cluster(closed / "data").start()
    assert closed.stat().st_mode & 0o777 == 0o700
