"""Migrations are applied once, in order, and never silently changed."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest

from lanh.core.database import Engine, MigrationError, migrate


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    """An engine with one migration."""
    (tmp_path / "0001_first.sql").write_text("CREATE SCHEMA zz; CREATE TABLE zz.a (id bigint);")
    yield Engine("zz", tmp_path)


def test_each_file_is_applied_once(engine: Engine, database_url: str) -> None:
    assert migrate(database_url, [engine]) == ["zz/0001_first.sql"]
    (engine.folder / "0002_second.sql").write_text("ALTER TABLE zz.a ADD b text;")
    assert migrate(database_url, [engine]) == ["zz/0002_second.sql"]
    assert migrate(database_url, [engine]) == []


def test_a_changed_file_is_refused(engine: Engine, database_url: str) -> None:
    migrate(database_url, [engine])
    (engine.folder / "0001_first.sql").write_text("SELECT 1;")
    with pytest.raises(MigrationError, match="was changed after it was applied"):
        migrate(database_url, [engine])


def test_a_failing_file_leaves_nothing(engine: Engine, database_url: str) -> None:
    (engine.folder / "0002_bad.sql").write_text("CREATE TABLE zz.b (id bigint); SELECT 1 / 0;")
    with pytest.raises(MigrationError, match="0002_bad"):
        migrate(database_url, [engine])
    with psycopg.connect(database_url) as connection:
        row = connection.execute("SELECT to_regclass('zz.a'), to_regclass('zz.b')").fetchone()
    assert row == ("zz.a", None)


@pytest.mark.parametrize("name", ["first.sql", "0002_gap.sql", "0001-dash.sql"])
def test_a_misnamed_file_is_refused(tmp_path: Path, database_url: str, name: str) -> None:
    (tmp_path / name).write_text("SELECT 1;")
    with pytest.raises(MigrationError):
        migrate(database_url, [Engine("zz", tmp_path)])


def test_two_starts_at_once_apply_each_file_once(engine: Engine, database_url: str) -> None:
    with ThreadPoolExecutor(4) as pool:
        applied = list(pool.map(lambda _: migrate(database_url, [engine]), range(4)))
    assert sorted(map(len, applied)) == [0, 0, 0, 1]
