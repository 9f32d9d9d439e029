"""Random worlds and random searches: the store finds what the reference model finds."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qsl

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lanh.core.access import CustodianIn
from lanh.core.database import drive_sync
from lanh.core.store import Context, PreconditionFailed, Search, Store, Write, parse_search
from lanh.core.store.tests import reference_model as model
from lanh.core.store.tests.conftest import SYSTEM, limited
from lanh.core.store.tests.reference_model import Answers, World
from lanh.core.store.tests.search_strategies import (
    EVERYWHERE,
    FACILITIES,
    HERE,
    LINKED,
    Asked,
    asked,
    composites,
    full_worlds,
    measurements,
    panels,
    patients,
    steps,
)


@pytest.fixture
def connection(database_url: str) -> Iterator[psycopg.Connection[Any]]:
    """A connection whose transactions are rolled back, one an example."""
    options = "-c timezone=UTC"
    with psycopg.connect(
        database_url, options=options, cursor_factory=psycopg.RawCursor
    ) as connection:
        yield connection
        connection.rollback()


def _fill(store: Store, connection: psycopg.Connection[Any], found: Any) -> World:
    """The steps done in both; each status is the model's."""
    world = World()
    for kind, at, body, custodian in found:
        name = f"{kind[0].lower()}{at}"
        context = Context(SYSTEM.access, custodian=custodian, commune="00004")
        if body is None:
            expected = world.delete(kind, name)
            if expected is None:
                continue
            write = Write("delete", kind, name)
        else:
            expected = world.put(kind, name, body, custodian)
            write = Write("update", kind, name, body)
        (done,) = drive_sync(connection, store.write([write], context))
        assert done.status == expected
        assert done.version == len(world.versions[kind, name])
    return world


def _all_pages(
    store: Store, connection: psycopg.Connection[Any], search: Search, context: Context
) -> list[str]:
    ids: list[str] = []
    repeated = store.repeated(search, context)
    if repeated is not None:  # what is answered together is answered the same
        together = drive_sync(connection, store.search_each([repeated, repeated]))
        alone = drive_sync(connection, store.search(search, context))
        assert together == [alone, alone]
    while True:
        page = drive_sync(connection, store.search(search, context))
        ids += [row.id for row in page.entries]
        if page.next_cursor is None:
            return ids
        assert len(page.entries) == search.count
        search = Search(search.type, search.parameters, search.sort, search.count, page.next_cursor)


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(steps, st.lists(asked, min_size=8, max_size=12), st.booleans())
def test_searches_find_what_the_model_finds(
    connection: psycopg.Connection[Any], found: Any, searches: Any, whole: bool
) -> None:
    store = Store()
    seen = EVERYWHERE if whole else HERE
    context = SYSTEM if whole else limited(CustodianIn(HERE))
    try:
        world = _fill(store, connection, found)
        for kind, parameters in searches:
            query = "&".join(text for text, _ in parameters)
            search = parse_search(
                kind,
                parse_qsl(query),
            )
            answers = model.both(*(each for _, each in parameters))
            expected = {
                name
                for name, row in world.rows(kind, seen).items()
                if answers(row, name, world, seen)
            }
            paged = Search(kind, search.parameters, ("-_lastUpdated",), 2)
            ids = _all_pages(store, connection, paged, context)
            assert len(ids) == len(set(ids)) and set(ids) == expected, query
            counted = Search(kind, search.parameters, summary="count")
            page = drive_sync(connection, store.search(counted, context))
            assert page.total == len(expected), query
        _check_history(store, connection, world)
    finally:
        connection.rollback()


@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(full_worlds, st.lists(LINKED, min_size=12, max_size=12))
def test_hidden_links_tell_nothing(
    connection: psycopg.Connection[Any], found: Any, queries: list[tuple[str, str, Answers]]
) -> None:
    """Rows of one facility, linked with rows of another that may not be seen."""
    store = Store()
    try:
        world = _fill(store, connection, found)
        for kind, query, answers in queries:
            search = parse_search(kind, parse_qsl(query))
            page = drive_sync(connection, store.search(search, limited(CustodianIn(HERE))))
            rows = world.rows(kind, HERE).items()
            expected = {n for n, row in rows if answers(row, n, world, HERE)}
            assert {row.id for row in page.entries} == expected, (kind, query)
    finally:
        connection.rollback()


@settings(
    max_examples=30,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    st.lists(panels(), min_size=2, max_size=3),
    st.lists(
        composites("component-code-value-quantity", "component")
        | measurements("component-value-quantity", "component.valueQuantity"),
        min_size=10,
        max_size=10,
    ),
)
def test_values_of_one_element_are_not_crossed(
    connection: psycopg.Connection[Any], bodies: Any, queries: list[Asked]
) -> None:
    store = Store()
    steps = [("Observation", at, body, FACILITIES[0]) for at, body in enumerate(bodies)]
    try:
        world = _fill(store, connection, steps)
        for query, answers in queries:
            search = parse_search("Observation", parse_qsl(query))
            page = drive_sync(connection, store.search(search, SYSTEM))
            rows = world.rows("Observation", EVERYWHERE).items()
            expected = {n for n, row in rows if answers(row, n, world, EVERYWHERE)}
            assert {row.id for row in page.entries} == expected, query
    finally:
        connection.rollback()


def _check_history(store: Store, connection: psycopg.Connection[Any], world: World) -> None:
    for (kind, name), versions in world.versions.items():
        rows = drive_sync(connection, store.history(kind, name, SYSTEM))
        kept = [None if row.deleted else _without_meta(row.resource()) for row in rows]
        assert kept == versions[::-1]


def _without_meta(resource: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in resource.items() if key not in ("id", "meta")}


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(steps, st.lists(patients(), min_size=1, max_size=4))
def test_conditional_creates_find_what_the_model_finds(
    connection: psycopg.Connection[Any], found: Any, bodies: list[dict[str, Any]]
) -> None:
    """A create under a condition: one match is the answer, several are refused, none creates."""
    store = Store()
    try:
        world = _fill(store, connection, found)
        for body in bodies:
            number = body["identifier"][0]
            text = f"{number.get('system', '')}|{number['value']}"
            answers = model.token("identifier", text)
            matches = [
                name
                for name, row in world.rows("Patient", EVERYWHERE).items()
                if answers(row, name, world, EVERYWHERE)
            ]
            write = Write("create", "Patient", None, body, if_none_exist=[("identifier", text)])
            if len(matches) > 1:
                with pytest.raises(PreconditionFailed):
                    drive_sync(connection, store.write([write], SYSTEM))
                continue
            (done,) = drive_sync(connection, store.write([write], SYSTEM))
            if matches:
                assert (done.status, done.id) == ("unchanged", matches[0])
            else:
                assert done.status == "created"
                world.put("Patient", done.id, body, FACILITIES[0])
    finally:
        connection.rollback()
