"""Requests drawn from the OpenAPI description find no fault (schemathesis).

Each answer has a status, a media type and a form that the description tells of; the server never
fails. The draws are the same in every run.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import FailureGroup
from schemathesis.python.asgi import shutdown_lifespans
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from starlette.applications import Starlette

from lanh.core.access import system_access
from lanh.core.api.fhir import fhir_routes
from lanh.core.api.fhir.tests.conftest import authenticate, by, named, observation
from lanh.core.database import AsyncDatabase
from lanh.core.store import Context, Store, Write

CHECKS: list[Any] = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]
DESCRIPTION = "/fhir/openapi.json"
ROWS = [("Patient", "p1"), ("Patient", "p2"), ("Observation", "o1"), ("Binary", "b1")]


@pytest.fixture
def interface(database_url: str) -> Iterator[Starlette]:
    """The interface on a database with a few rows."""
    yield _application(database_url)
    shutdown_lifespans()


def _application(database_url: str) -> Starlette:

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        database = await AsyncDatabase.connect(database_url, max_size=4)
        store = Store()
        bodies = [
            named("p1"),
            named("p2"),
            named("o1", observation("p1")),
            {"resourceType": "Binary", "id": "b1", "contentType": "text/plain", "data": "YQ=="},
        ]
        writes = [Write("update", each["resourceType"], each["id"], each) for each in bodies]
        context = Context(system_access("test"), custodian="97001")
        await database.transact(store.write(writes, context))
        app.router.routes.extend(fhir_routes(database, store, authenticate))
        yield
        await database.close()

    return Starlette(lifespan=lifespan)


def campaign(app: Starlette, who: str, examples: int, types: str = "") -> Counter[int]:
    """Ask each operation of the description `examples` times rightly and as often wrongly.

    Returns how often each status was answered. Raises FailureGroup for the first fault.
    """
    path = f"{DESCRIPTION}?_type={types}" if types else DESCRIPTION
    description = schemathesis.openapi.from_asgi(path, app)
    seen: Counter[int] = Counter()
    drawn = settings(
        max_examples=examples, deadline=None, database=None, derandomize=True,
        phases=[Phase.generate], suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    for result in description.get_all_operations():
        operation = result.ok()  # type: ignore[union-attr]
        for mode in GenerationMode:

            @drawn
            @given(case=operation.as_strategy(mode), row=st.sampled_from([None, *ROWS]))
            def ask(case: Any, row: tuple[str, str] | None) -> None:
                given_path = case.path_parameters
                if row is not None and "id" in given_path:
                    given_path["id"] = row[1]
                    if "type" in given_path:
                        given_path["type"] = row[0]
                answer = case.call(headers=by(who) if who else {})
                seen[answer.status_code] += 1
                case.validate_response(answer, checks=CHECKS)

            ask()
    return seen


def test_a_client_of_everything(interface: Starlette) -> None:
    seen = campaign(interface, "system", 3)
    assert {200, 400, 404, 422} <= seen.keys()
    assert sum(seen.values()) > 200


def test_a_client_of_one_facility_and_none(interface: Starlette) -> None:
    assert {200, 400, 404} <= campaign(interface, "one", 1).keys()
    stranger = campaign(interface, "", 1)
    assert stranger.keys() <= {200, 400, 401, 404, 406} and stranger[401] > stranger[200]


def test_the_schemas_of_types(interface: Starlette) -> None:
    seen = campaign(interface, "system", 2, "Patient")
    assert {200, 400, 404} <= seen.keys()


@pytest.mark.long
@pytest.mark.parametrize("types", ["", "Patient,Observation,Binary", "Bundle,Task,ValueSet"])
@pytest.mark.parametrize("who", ["system", "two"])
@pytest.mark.timeout(3600)
def test_at_length(interface: Starlette, who: str, types: str) -> None:
    assert sum(campaign(interface, who, 40, types).values()) > 1_000


def test_a_fault_is_found(interface: Starlette, monkeypatch: pytest.MonkeyPatch) -> None:
    """The campaign itself works: an interface that answers otherwise does not pass."""
    monkeypatch.setattr("lanh.core.api.fhir.exchange.MEDIA_TYPE", "text/plain")
    monkeypatch.setattr(
        "lanh.core.api.fhir.interface.capability_statement", lambda *_: b'"no resource"'
    )
    with pytest.raises(FailureGroup):
        campaign(interface, "system", 1)
