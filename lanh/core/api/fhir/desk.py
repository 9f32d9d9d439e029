"""What every interaction works with: the store, the shared statements, the rules of writing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from lanh.core import audit, fhir
from lanh.core.access import Access, Interaction
from lanh.core.api.authentication import Forbidden
from lanh.core.api.coalescing import Coalescer
from lanh.core.api.fhir.batches import Batches, Wanted, transact
from lanh.core.api.fhir.call import Call
from lanh.core.api.fhir.exchange import Answer, Refused, preference, version_headers
from lanh.core.api.fhir.shaping import shape_of
from lanh.core.api.fhir.shared_searches import SharedSearches
from lanh.core.database import AsyncDatabase, Plan
from lanh.core.fhir import Issue
from lanh.core.profiles import Conformance
from lanh.core.store import Context, Outcome, Store, Stored, Write, may, transaction

T = TypeVar("T")


def check(resource: dict[str, Any]) -> None:
    """Raise transaction.Unprocessable (422) where a resource has errors; warnings pass."""
    issues = fhir.validate(resource)
    if any(issue.severity in ("error", "fatal") for issue in issues):
        raise transaction.Unprocessable(*issues)


@dataclass(slots=True)
class Desk:
    """The engines, and the coalescers by which requests share statements and commits.

    `answers_later` says that a worker does what is asked with `Prefer: respond-async`.
    """

    database: AsyncDatabase
    store: Store
    batches: Batches
    reads: Coalescer[Wanted, Stored | None]
    writes: Coalescer[tuple[Write, Context], Outcome]
    searches: SharedSearches
    conformance: Conformance | None = None
    answers_later: bool = False

    @classmethod
    def open(
        cls, database: AsyncDatabase, store: Store, conformance: Conformance | None = None
    ) -> Desk:
        """A desk on a database. `conformance` has the profiles that are stored."""
        batches = Batches(database, store)
        reads, writes = Coalescer(batches.read), Coalescer(batches.write)
        searches = SharedSearches(database, store)
        return cls(database, store, batches, reads, writes, searches, conformance)

    async def write(self, write: Write, context: Context) -> Outcome:
        """One write; those without conditions share commits."""
        if write.if_match is None and write.if_none_exist is None:
            return await self.writes.submit((write, context))
        done = await self.batches.write_one((write, context))
        if isinstance(done, BaseException):
            raise done
        return done

    async def transact(self, plan: Callable[[], Plan[T]]) -> T:
        """A plan in a transaction of its own, again where it met another."""
        return await transact(self.database, plan)

    async def read(self, plan: Plan[T]) -> T:
        """A plan of reads; its audit entries commit before it returns."""
        return await self.database.read(plan)

    async def written(self, call: Call, done: Outcome) -> Answer:
        """The answer to a write, as `Prefer` asks (R4 3.1.0.1.10)."""
        status = 201 if done.status == "created" else 200
        location = f"{call.base}/{done.type}/{done.id}/_history/{done.version}".encode()
        headers = [(b"location", location), *version_headers(done.version, done.updated)]
        wanted = preference(call, "return")
        if wanted == "minimal":
            return Answer(status, headers=headers)
        if wanted == "operationoutcome":
            return Answer(status, self.told(call, done), headers)
        body = done.body
        if not may(call.context.access, "read", done.type):
            return Answer(status, headers=headers)
        if body is None:
            row = await self.reads.submit((done.type, done.id, call.context))
            body = row.body if row is not None else b""
        shape = shape_of(call, done.type)
        if shape is not None and body:
            body = shape(body)
        return Answer(status, body, [*headers, (b"content-location", location)])

    def told(self, call: Call, done: Outcome) -> bytes:
        """An OperationOutcome that says what became of a write."""
        message = Refused(0, "", f"done_{done.status}", type=done.type, id=done.id).issue.message
        issue = Issue("information", "informational", "", message)
        return fhir.dumps(fhir.operation_outcome([issue], call.language))


def require(access: Access, interaction: Interaction, kind: str) -> None:
    """Raise Forbidden where nothing of a type is open to a subject by this interaction."""
    if not may(access, interaction, kind):
        raise Forbidden("not-granted", interaction=interaction, type=kind)


def entry_of(
    context: Context, action: str, kind: str, row: Stored, detail: str = ""
) -> audit.Entry:
    """The audit entry of a row that was shown."""
    return audit.Entry.of(
        context.access, action, patient=row.patient, type=kind, id=row.id, detail=detail
    )
