"""Lists over made-up facilities, wards and beds: the pages that the benchmark times are right."""

from __future__ import annotations

from urllib.parse import parse_qsl

import pytest

from lanh.core.database import SyncDatabase, execute
from lanh.core.lists import Lists
from lanh.core.store import Store
from lanh.site.bench import _directory
from lanh.site.bench._lists import CASES, Case, _access, list_pages

RECORDS = 5_000


@pytest.fixture
def directory(database: SyncDatabase, database_url: str) -> SyncDatabase:
    done = _directory._load(database_url, RECORDS // _directory.PER_FACILITY, 0)
    assert done > RECORDS * 0.9
    database.transact(execute("ANALYZE"))
    return database


def _walk(database: SyncDatabase, case: Case, most: int) -> list[str]:
    """The records of a list from its first page on, by its own links."""
    lists = Lists(Store())
    found: list[str] = []
    query: str | None = case.query
    while query is not None and len(found) < most:
        plan = lists.screen(
            case.definition, parse_qsl(query), _access(case.scope), "person:1", "vi"
        )
        screen = database.transact(plan)
        found += [row.record for row in screen.rows]
        query = screen.next_query
    return found


def test_every_case_shows_rows_and_is_timed(directory: SyncDatabase) -> None:
    for case in CASES:
        found = _walk(directory, case, 60)
        assert bool(found) != case.empty and len(found) == len(set(found)), case.name
    figures = list_pages(directory, 0, runs=1)
    assert figures[0].operation == "list_page" and len(figures) == len(CASES) + 1
    assert all(figure.p50_ms for figure in figures) and figures[0].ratio


def test_the_ways_of_finding_agree(directory: SyncDatabase) -> None:
    """An index that is walked, and rows that are found first, show the same rows."""
    cases = {case.name: case for case in CASES}
    forth = _walk(directory, cases["beds by name"], 100_000)
    back = _walk(directory, cases["beds by name, downwards"], 100_000)
    assert forth == back[::-1] and len(forth) > RECORDS * 0.9
    free = _walk(directory, cases["free beds by name"], 100_000)
    assert [each for each in forth if each in set(free)] == free
    assert set(free) == set(_walk(directory, cases["free beds, newest"], 100_000))
    of_one = Case("x", cases["a hospital's beds"].definition,
                  f"facility={_directory.code_of(0)}&sort=name")  # fmt: skip
    assert _walk(directory, of_one, 100_000) == _walk(
        directory, cases["a hospital's beds"], 100_000
    )
