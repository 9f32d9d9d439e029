"""Fixtures that every test may use: a PostgreSQL of the test run's own, a database a test."""

from __future__ import annotations

import os
import shutil
import tempfile
import uuid
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from lanh.core.database import Cluster, SyncDatabase, migrate
from lanh.site.engines import ENGINES


def _with_database(url: str, name: str) -> str:
    head, _, query = url.partition("?")
    head = head.rsplit("/", 1)[0] + "/" + name
    return f"{head}?{query}" if query else head


def _quick_folder() -> str:
    """Memory where there is plenty: cloning a database of 1,900 small files is 25 times faster."""
    memory = "/dev/shm"  # noqa: S108 - a folder of our own is made in it
    if os.access(memory, os.W_OK) and shutil.disk_usage(memory).free > 4 * 1024**3:
        return memory
    return "/var/tmp"  # noqa: S108 - likewise


@pytest.fixture(scope="session")
def server_url() -> Iterator[str]:
    """A PostgreSQL server: LANH_TEST_DATABASE_URL, or an embedded one for this run.

    LANH_TEST_POSTGRESQL names the installation of another version, as /usr/lib/postgresql/15.
    """
    given = os.environ.get("LANH_TEST_DATABASE_URL")
    if given:
        yield given
        return
    root = Path(tempfile.mkdtemp(prefix="lanh-", dir=_quick_folder()))
    root.chmod(0o755)
    other = os.environ.get("LANH_TEST_POSTGRESQL")
    cluster = Cluster(
        root,
        settings={"fsync": "off", "synchronous_commit": "off"},
        installation=Path(other) if other else None,
    )
    try:
        yield cluster.start()
    finally:
        cluster.stop()
        shutil.rmtree(root, ignore_errors=True)


@pytest.fixture(scope="session")
def template_database(server_url: str) -> str:
    """The name of a database with every migration applied; tests clone it."""
    name = f"template_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')
    migrate(_with_database(server_url, name), ENGINES)
    return name


@pytest.fixture
def database_url(server_url: str, template_database: str) -> Iterator[str]:
    """The URL of a fresh database with every migration applied, dropped after the test."""
    name = f"test_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute(
            f'CREATE DATABASE "{name}" TEMPLATE "{template_database}" STRATEGY FILE_COPY'
        )
    yield _with_database(server_url, name)
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.fixture
def database(database_url: str) -> Iterator[SyncDatabase]:
    """A pool on a fresh database."""
    pool = SyncDatabase.connect(database_url, max_size=4)
    yield pool
    pool.close()


@pytest.fixture(scope="session")
def test_data() -> Path:
    """The folder of outside test material; the test is skipped where it is not set."""
    folder = os.environ.get("LANH_TEST_DATA")
    if not folder or not Path(folder).is_dir():
        pytest.skip("LANH_TEST_DATA is not set")
    return Path(folder)
