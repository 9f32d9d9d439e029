"""Bundles posted to the base: transactions as a whole, batches entry by entry."""

from __future__ import annotations

from typing import Any

from lanh.core import fhir
from lanh.core.api.fhir.batches import transact
from lanh.core.api.fhir.exchange import Refused
from lanh.core.database import AsyncDatabase
from lanh.core.fhir import Issue
from lanh.core.store import Context, Store, StoreError, transaction
from lanh.core.text import Language

_REASONS = {
    400: "400 Bad Request",
    403: "403 Forbidden",
    404: "404 Not Found",
    409: "409 Conflict",
    410: "410 Gone",
    412: "412 Precondition Failed",
    422: "422 Unprocessable Entity",
}


class Faulty(Exception):
    """A resource that is no valid R4: HTTP 422."""

    def __init__(self, issues: list[Issue]) -> None:
        super().__init__("; ".join(issue.message.en for issue in issues[:5]))
        self.issues = issues


def check(resource: dict[str, Any]) -> None:
    """Raise Faulty where a resource has errors; warnings pass."""
    issues = fhir.validate(resource)
    if any(issue.severity in ("error", "fatal") for issue in issues):
        raise Faulty(list(issues))


async def process(
    database: AsyncDatabase,
    store: Store,
    bundle: dict[str, Any],
    context: Context,
    language: Language,
) -> bytes:
    """The response Bundle. Raises Refused, Faulty, StoreError."""
    kind = bundle.get("type")
    if bundle.get("resourceType") != "Bundle" or kind not in ("transaction", "batch"):
        raise Refused(400, "value", "bundle_type")
    if kind == "transaction":
        check(bundle)
        original = fhir.dumps(bundle)  # a second try needs it as it came
        result = await transact(
            database, lambda: transaction.execute(store, fhir.loads(original), context)
        )
        return fhir.dumps(result.bundle())
    entries = [
        await _alone(database, store, entry, context, language)
        for entry in bundle.get("entry") or ()
    ]
    return fhir.dumps({"resourceType": "Bundle", "type": "batch-response", "entry": entries})


async def _alone(
    database: AsyncDatabase, store: Store, entry: Any, context: Context, language: Language
) -> dict[str, Any]:
    """One entry of a batch, as a transaction of its own; its error is its response."""
    bundle = {"resourceType": "Bundle", "type": "transaction", "entry": [entry]}
    try:
        check(bundle)
        original = fhir.dumps(bundle)
        result = await transact(
            database, lambda: transaction.execute(store, fhir.loads(original), context)
        )
    except Faulty as error:
        return _refused(400 if _no_request(entry) else 422, error.issues, language)
    except StoreError as error:
        return _refused(error.status, list(error.issues), language)
    return transaction.answer_entry(result.entries[0])


def _no_request(entry: Any) -> bool:
    return not (isinstance(entry, dict) and isinstance(entry.get("request"), dict))


def _refused(status: int, issues: list[Issue], language: Language) -> dict[str, Any]:
    return {
        "response": {
            "status": _REASONS.get(status, str(status)),
            "outcome": fhir.operation_outcome(issues, language),
        }
    }


async def one(
    database: AsyncDatabase, store: Store, entry: dict[str, Any], context: Context
) -> transaction.Entry:
    """A conditional update or delete, as a transaction of one entry."""
    bundle = {"resourceType": "Bundle", "type": "transaction", "entry": [entry]}
    original = fhir.dumps(bundle)
    result = await transact(
        database, lambda: transaction.execute(store, fhir.loads(original), context)
    )
    return result.entries[0]
