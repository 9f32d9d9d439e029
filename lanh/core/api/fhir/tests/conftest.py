"""A client of the interface over ASGI, and subjects with different rights."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request

from lanh.core import access, fhir
from lanh.core.access import (
    EVERY_INTERACTION,
    Access,
    CustodianIn,
    Everything,
    Grant,
    Predicate,
    Purpose,
    Subject,
)
from lanh.core.api.authentication import Unauthorized
from lanh.core.api.fhir import fhir_routes
from lanh.core.database import AsyncDatabase
from lanh.core.store import Store

JSON = {"content-type": "application/fhir+json"}
XML = {"content-type": "application/fhir+xml"}
PATIENT: dict[str, Any] = {
    "resourceType": "Patient",
    "identifier": [{"system": "urn:test:number", "value": "1"}],
    "name": [{"text": "Nguyễn Văn An", "family": "Nguyễn", "given": ["An"]}],
    "birthDate": "1990-02-03",
}
Walk = Callable[[httpx.AsyncClient, AsyncDatabase], Awaitable[None]]
Walker = Callable[[Walk], None]


def named(name: str, resource: dict[str, Any] = PATIENT, **more: Any) -> dict[str, Any]:
    """A resource under an id."""
    return {**resource, "id": name, **more}


def observation(subject: str, **more: Any) -> dict[str, Any]:
    """An Observation of a Patient."""
    return {
        "resourceType": "Observation",
        "status": "final",
        "code": {"coding": [{"system": "http://loinc.org", "code": "718-7"}], "text": "x"},
        "subject": {"reference": f"Patient/{subject}"},
        **more,
    }


def _access(
    name: str,
    interactions: Sequence[str],
    *,
    scope: Predicate | None = None,
    types: frozenset[str] | None = None,
    facility: str | None = None,
) -> Access:
    grant = Grant("test", frozenset(interactions), types, scope or Everything())  # type: ignore[arg-type]
    subject = Subject("person", name, name)
    return Access(subject, Purpose.TREATMENT, (grant,), facility=facility)


def _facility(code: str) -> Access:
    """A facility sees and writes its own rows only."""
    scope = CustodianIn(frozenset({code}))
    return _access(code, sorted(EVERY_INTERACTION), scope=scope, facility=code)


ACCESSES = {
    "system": access.system_access("test"),
    "one": _facility("97001"),
    "two": _facility("97002"),
    "reader": _access("reader", ["read", "search"], types=frozenset({"Patient"})),
    "writer": _access("writer", ["create", "update"]),
    "historian": _access("historian", ["history"], types=frozenset({"Observation"})),
}


def by(name: str, headers: dict[str, str] | None = None) -> dict[str, str]:
    """Headers of a request of somebody."""
    return {**(headers or {}), "authorization": f"Bearer {name}"}


async def authenticate(request: Request) -> Access:
    token = request.headers.get("authorization", "").removeprefix("Bearer ")
    if token not in ACCESSES:
        raise Unauthorized("no-token")
    return ACCESSES[token]


@pytest.fixture
def walk(database_url: str) -> Walker:
    """Runs a coroutine with a client of the interface (everything allowed) and its database."""

    def run(steps: Walk) -> None:
        async def main() -> None:
            database = await AsyncDatabase.connect(database_url, max_size=4)
            app = Starlette(routes=fhir_routes(database, Store(), authenticate))
            async with httpx.AsyncClient(
                transport=httpx.ASGITransport(app),
                base_url="http://test/fhir",
                headers=by("system", {"accept-language": "en"}),
            ) as client:
                await steps(client, database)
            await database.close()

        asyncio.run(main())

    return run


def outcome_of(response: httpx.Response) -> str:
    """The first reason of an OperationOutcome, which must be a valid one."""
    found = fhir.loads(response.content)
    assert found["resourceType"] == "OperationOutcome", response.text
    assert fhir.validate(found) == []
    text: str = found["issue"][0]["details"]["text"]
    return text
