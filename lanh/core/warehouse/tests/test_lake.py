"""Refreshing the lake: incremental, whole or not at all, erasures, changed definitions."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb
import pytest

from lanh.core.store import Position
from lanh.core.warehouse import LakeError, Ports, RefreshReport, parts, rebuild, refresh
from lanh.core.warehouse.lake import Lake
from lanh.core.warehouse.reader import State
from lanh.core.warehouse.tests.feed import VIEWS, FakeFeed, Reader, definitions
from lanh.core.warehouse.tests.scenario import Scenario

TABLES = ("cells", "distincts", "firsts", "activity")


def _refresh(feed: FakeFeed, folder: Path, **options: Any) -> RefreshReport:
    given = options.pop("definitions", definitions())
    return refresh(Reader(), folder, Ports(feed, given), **options)


def contents(folder: Path, given: Any = None) -> dict[str, list[Any]]:
    """Every row of the rollups and of the views of a lake, sorted."""
    lake = Lake(folder)
    state = State(lake, lake.manifest(), given or definitions())
    found = {name: state.rows(f"SELECT * FROM {name} ORDER BY ALL") for name in TABLES}
    for view in VIEWS:
        found[view.name] = state.rows(f"SELECT * FROM lake_views.{view.name} ORDER BY ALL")
    return found


def _files(folder: Path) -> list[Path]:
    return list(folder.rglob("*.parquet"))


@pytest.mark.parametrize("seed", range(4))
def test_a_lake_refreshed_step_by_step_equals_one_built_at_once(tmp_path: Path, seed: int) -> None:
    scenario = Scenario(seed)
    for _ in range(4):
        scenario.steps(scenario.random.randrange(1, 40))
        _refresh(scenario.feed, tmp_path / "steps", commit_every=25)
    report = _refresh(scenario.feed, tmp_path / "steps")
    assert (report.changes, report.commits) == (0, 0)
    _refresh(scenario.feed, tmp_path / "once")
    steps, once = contents(tmp_path / "steps"), contents(tmp_path / "once")
    assert steps == once
    assert once["cells"] and once["visit"]


def test_rows_agree_with_the_feed(tmp_path: Path) -> None:
    feed = Scenario(7).steps(150)
    _refresh(feed, tmp_path)
    visits = {row[1]: row for row in contents(tmp_path)["visit"]}
    live = {id_ for (kind, id_), s in feed.newest.items() if kind == "Encounter" and not s.deleted}
    assert set(visits) == live
    raw = Lake(tmp_path)
    names = raw.manifest().types["Encounter"].names
    files = [str(raw.data("Encounter", name)) for name in names]
    rows = duckdb.sql(f"SELECT id, version, resource FROM read_parquet({files})").fetchall()
    found = set()
    for id_, version, resource in rows:
        if resource is not None and feed.newest["Encounter", id_].version == version:
            assert resource == feed.newest["Encounter", id_].body.decode()
            found.add(id_)
    assert found == live


def test_the_resource_is_kept_byte_for_byte(tmp_path: Path) -> None:
    feed = FakeFeed()
    stored = feed.put({"resourceType": "Patient", "id": "a", "text": {"div": 'Đặng Thị Ánh\n"1"'}})
    _refresh(feed, tmp_path)
    lake = Lake(tmp_path)
    files = [str(lake.data("Patient", part)) for part in lake.manifest().types["Patient"].names]
    rows = duckdb.sql(f"SELECT resource FROM read_parquet({files})").fetchall()
    assert rows == [(stored.body.decode(),)]


def test_what_is_deleted_leaves_every_file(tmp_path: Path) -> None:
    feed = FakeFeed()
    for number in range(50):
        feed.put({"resourceType": "Patient", "id": f"p{number}", "language": f"mark-{number}"})
    _refresh(feed, tmp_path)
    feed.put({"resourceType": "Patient", "id": "p7", "language": "mark-7 again"})
    _refresh(feed, tmp_path)
    feed.delete("Patient", "p7")
    report = _refresh(feed, tmp_path)
    assert report.erased == 1
    texts = []
    for path in _files(tmp_path):
        for row in duckdb.sql(f"SELECT * FROM read_parquet('{path}')").fetchall():
            texts.append(str(row))
    assert any("mark-8" in text for text in texts)
    assert not any("mark-7" in text or "'p7'" in text for text in texts)


def test_late_data_restates_the_period_it_belongs_to(tmp_path: Path) -> None:
    feed = FakeFeed()
    visit = {"resourceType": "Encounter", "id": "v", "status": "finished",
             "period": {"start": "2025-03-01"}}  # fmt: skip
    feed.put(visit, custodian="F", commune="11")
    _refresh(feed, tmp_path)
    feed.put(visit | {"period": {"start": "2024-12-31"}}, custodian="F", commune="11")
    _refresh(feed, tmp_path)
    days = {str(row[2]) for row in contents(tmp_path)["cells"]}
    assert days == {"2024-12-31"}


def test_a_stretch_of_the_feed_read_twice_adds_nothing(tmp_path: Path) -> None:
    feed = Scenario(3).steps(60)
    _refresh(feed, tmp_path)
    before = contents(tmp_path)
    lake = Lake(tmp_path)
    lake.commit(replace(lake.manifest(), position=type(lake.manifest().position)()))
    _refresh(feed, tmp_path)
    assert contents(tmp_path) == before


def test_changed_definitions_rebuild_views_and_figures(tmp_path: Path) -> None:
    feed = Scenario(4).steps(80)
    _refresh(feed, tmp_path / "changed", definitions=definitions(zone_minutes=0))
    report = _refresh(feed, tmp_path / "changed")
    assert report.rebuilt and report.changes == 0
    _refresh(feed, tmp_path / "fresh")
    assert contents(tmp_path / "changed") == contents(tmp_path / "fresh")
    report = _refresh(feed, tmp_path / "changed")
    assert not report.rebuilt


def test_many_small_refreshes_leave_few_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parts, "_CHANGE_PARTS", 3)
    scenario = Scenario(5)
    scenario.steps(200)
    for _ in range(10):
        _refresh(scenario.feed, tmp_path)
        scenario.steps(2)
    lake = Lake(tmp_path)
    for each in lake.manifest().types.values():
        assert len(each.names) < 8
    assert len(list((tmp_path / "rollups").iterdir())) == 1
    assert not lake.scratch.exists()


def test_two_processes_do_not_refresh_one_lake(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    with lake.writing(), pytest.raises(LakeError, match="another process"):
        _refresh(FakeFeed(), tmp_path)
    assert _refresh(FakeFeed(), tmp_path).commits == 1


def test_an_empty_feed_gives_an_empty_lake_with_a_time(tmp_path: Path) -> None:
    report = _refresh(FakeFeed(), tmp_path)
    assert report.until is not None
    assert contents(tmp_path)["visit"] == []


def test_a_lake_that_the_feed_does_not_reach_is_built_from_the_records(tmp_path: Path) -> None:
    scenario = Scenario(6)
    feed = scenario.steps(120)
    _refresh(feed, tmp_path / "behind")
    scenario.steps(60)
    _refresh(feed, tmp_path / "once")
    feed.drop()
    report = _refresh(feed, tmp_path / "behind", commit_every=7)
    assert report.rebuilt and report.changes == 0
    _refresh(feed, tmp_path / "new")
    assert (
        contents(tmp_path / "behind") == contents(tmp_path / "once") == contents(tmp_path / "new")
    )
    assert feed.held == {"warehouse": Position(len(feed.log))}
    before = len(feed.log)
    scenario.steps(40)
    assert _refresh(feed, tmp_path / "behind").changes == len(feed.log) - before
    rebuild(Reader(), tmp_path / "new", Ports(feed, definitions()))
    assert contents(tmp_path / "behind") == contents(tmp_path / "new")


def test_a_lake_ahead_of_a_restored_database_is_built_again(tmp_path: Path) -> None:
    _refresh(Scenario(8).steps(90), tmp_path)
    earlier = Scenario(8).steps(40)
    assert _refresh(earlier, tmp_path).rebuilt
    _refresh(earlier, tmp_path / "fresh")
    assert contents(tmp_path) == contents(tmp_path / "fresh")


_CHILD = """
import sys
from pathlib import Path
from lanh.core.warehouse import Ports, rebuild, refresh
from lanh.core.warehouse.tests.feed import Reader, definitions
from lanh.core.warehouse.tests.scenario import Scenario
feed = Scenario(11).steps(400)
print("ready", flush=True)
if sys.argv[2] == "rebuild":
    rebuild(Reader(), Path(sys.argv[1]), Ports(feed, definitions()))
else:
    refresh(Reader(), Path(sys.argv[1]), Ports(feed, definitions()), commit_every=40)
print("done", flush=True)
"""


def test_killed_at_any_moment_a_refresh_loses_and_doubles_nothing(tmp_path: Path) -> None:
    chance = random.Random(1)
    killed = 0
    for number in range(8):
        how = "rebuild" if number % 2 else "refresh"
        child = subprocess.Popen(
            [sys.executable, "-c", _CHILD, str(tmp_path / "killed"), how],
            stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": str(Path.cwd())},
        )  # fmt: skip
        assert child.stdout is not None
        assert child.stdout.readline() == "ready\n"
        time.sleep(chance.uniform(0.02, 0.5))
        child.send_signal(signal.SIGKILL)
        child.wait()
        killed += child.returncode == -signal.SIGKILL
    feed = Scenario(11).steps(400)
    _refresh(feed, tmp_path / "killed")
    _refresh(feed, tmp_path / "whole")
    assert killed > 0
    assert contents(tmp_path / "killed") == contents(tmp_path / "whole")
    assert not Lake(tmp_path / "killed").scratch.exists()
    lake = Lake(tmp_path / "killed")
    assert lake.sweep(lake.manifest()) == 0
