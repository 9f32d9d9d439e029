"""Made-up resources and contexts for the store's tests."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qsl

import pytest

from lanh.core import access
from lanh.core.access import Access, Everything, Grant, Predicate, Purpose, Subject
from lanh.core.database import Plan, Statement, SyncDatabase
from lanh.core.store import Context, Outcome, Page, Store, Write, parse_search

Resource = dict[str, Any]
SYSTEM = Context(
    access.system_access("test"), source="urn:test:message", custodian="97001", commune="00004"
)


def patient(name: str = "Nguyễn Văn An", number: str = "097000000001", **more: Any) -> Resource:
    """A Patient with a name, a 12-digit number and a birth date."""
    family, *given = name.split()
    return {
        "resourceType": "Patient",
        "identifier": [{"system": "urn:test:number", "value": number}],
        "name": [{"text": name, "family": family, "given": given}],
        "gender": "male",
        "birthDate": "1990-02-03",
        **more,
    }


def observation(subject: str | None, value: str = "5.40", **more: Any) -> Resource:
    """A laboratory Observation of a patient."""
    found: Resource = {
        "resourceType": "Observation",
        "status": "final",
        "code": {"coding": [{"system": "http://loinc.org", "code": "718-7"}]},
        "effectiveDateTime": "2026-01-02T03:04:05+07:00",
        "valueQuantity": {
            "value": Decimal(value),
            "unit": "g/dL",
            "system": "http://unitsofmeasure.org",
            "code": "g/dL",
        },
        **more,
    }
    if subject is not None:
        found["subject"] = {"reference": f"Patient/{subject}"}
    return found


def limited(
    scope: Predicate,
    *,
    interactions: Sequence[str] = ("read", "search", "create", "update", "delete", "history"),
    types: frozenset[str] | None = None,
    custodian: str | None = "97001",
    sensitivities: frozenset[str] | None = frozenset(),
) -> Context:
    """The context of a subject who has one grant."""
    grant = Grant("test", frozenset(interactions), types, scope, sensitivities)  # type: ignore[arg-type]
    subject = Access(Subject("person", "7", "Test"), Purpose.TREATMENT, (grant,))
    return Context(subject, custodian=custodian, commune="00004")


class Desk:
    """The store on one database, without the ceremony."""

    def __init__(self, database: SyncDatabase, store: Store | None = None) -> None:
        self.database = database
        self.store = store or Store()

    def write(self, *writes: Write, context: Context = SYSTEM) -> list[Outcome]:
        return self.database.transact(self.store.write(writes, context))

    def create(self, body: Resource, context: Context = SYSTEM) -> Outcome:
        return self.write(Write("create", body["resourceType"], None, body), context=context)[0]

    def put(self, id: str, body: Resource, context: Context = SYSTEM) -> Outcome:
        return self.write(Write("update", body["resourceType"], id, body), context=context)[0]

    def page(self, kind: str, query: str, context: Context = SYSTEM) -> Page:
        wanted = parse_search(kind, parse_qsl(query, keep_blank_values=True))
        page = self.database.read(self.store.search(wanted, context))
        repeated = self.store.repeated(wanted, context)
        if repeated is not None:  # what is answered together is answered the same
            assert self.database.read(self.store.search_each([repeated, repeated])) == [page, page]
        return page

    def ids(self, kind: str, query: str, context: Context = SYSTEM) -> set[str]:
        return {row.id for row in self.page(kind, query, context).entries}


@pytest.fixture
def desk(database: SyncDatabase) -> Desk:
    """A store on a fresh database."""
    return Desk(database)


def counted(plan: Plan[Any], seen: list[str]) -> Plan[Any]:
    """The same plan, with the text of each statement added to `seen`."""
    try:
        step = next(plan)
        while True:
            seen.append(step.sql if isinstance(step, Statement) else step.table)
            rows = yield step
            step = plan.send(rows)
    except StopIteration as stop:
        return stop.value


def everything(**more: Any) -> Context:
    """A context limited to nothing."""
    return limited(Everything(), **more)


def batches(items: Sequence[Any], size: int) -> Iterator[Sequence[Any]]:
    """Runs of at most `size` items."""
    for at in range(0, len(items), size):
        yield items[at : at + size]
