"""Searches that share a statement: a slow or failing one is answered by itself."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import pytest

from lanh.core import access
from lanh.core.api.fhir.shared_searches import SharedSearches
from lanh.core.database import AsyncDatabase, Plan, fetch
from lanh.core.store import Context, Page, Repeated, Search, Store, Stored, parse_search

CONTEXT = Context(access.system_access("test"))
SLOW, BROKEN = "slow", "broken"


class _Odd(Store):
    """Finds one row for each search; slow and broken ones spoil whatever they are part of."""

    def __init__(self) -> None:
        super().__init__()
        self.together: list[int] = []
        self.alone: list[str] = []

    def search_each(self, searches: Sequence[Repeated]) -> Plan[list[Page | None]]:
        self.together.append(len(searches))
        names = [_name(each.search) for each in searches]
        if SLOW in names:
            yield from fetch("SELECT pg_sleep(5)")
        if BROKEN in names:
            yield from fetch("SELECT 1 / 0")
        yield from fetch("SELECT pg_sleep(0.02)")
        return [_page(name) for name in names]

    def search(self, search: Search, context: Context) -> Plan[Page]:
        self.alone.append(_name(search))
        yield from fetch("SELECT pg_sleep(0.05)" if _name(search) == SLOW else "SELECT 1")
        if _name(search) == BROKEN:
            yield from fetch("SELECT 1 / 0")
        return _page(_name(search))


def _name(search: Search) -> str:
    return search.parameters[0].values[0]


def _page(name: str) -> Page:
    row = Stored("Patient", name, 1, datetime.now(UTC), b"{}", patient=name)
    return Page([row])


def _run(url: str, names: Sequence[str]) -> tuple[_Odd, list[Any], list[Any]]:
    async def main() -> tuple[_Odd, list[Any], list[Any]]:
        database = await AsyncDatabase.connect(url, max_size=4)
        store = _Odd()
        searches = SharedSearches(database, store, patience=0.4)
        wanted = [parse_search("Patient", [("name", name)]) for name in names]
        found = await asyncio.gather(
            *(searches.find(each, CONTEXT) for each in wanted), return_exceptions=True
        )
        told = await database.read(
            fetch("SELECT unnest(string_to_array(ids, ',')) FROM audit.entry ORDER BY 1")
        )
        await database.close()
        return store, found, [row[0] for row in told]

    return asyncio.run(main())


def test_searches_of_a_form_are_gathered_and_all_are_audited(database_url: str) -> None:
    names = [f"n{at:02d}" for at in range(30)]
    store, found, told = _run(database_url, names)
    assert [page.entries[0].id for page in found] == names
    assert told == names
    assert len(store.together) < 10 and not store.alone


@pytest.mark.parametrize("place", [0, 9])
def test_a_broken_search_fails_alone(database_url: str, place: int) -> None:
    names = [f"n{at:02d}" for at in range(19)]
    names.insert(place, BROKEN)
    _, found, told = _run(database_url, names)
    failed = [name for name, page in zip(names, found, strict=True) if not isinstance(page, Page)]
    assert failed == [BROKEN]
    assert told == sorted(set(names) - {BROKEN})


def test_a_slow_search_holds_the_others_up_for_a_moment_only(database_url: str) -> None:
    names = [f"n{at:02d}" for at in range(19)]
    names.insert(9, SLOW)
    store, found, told = _run(database_url, names)
    assert [page.entries[0].id for page in found] == names
    assert told == sorted(names)
    assert SLOW in store.alone
