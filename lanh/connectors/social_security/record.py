"""The gateway's answer as a record: a ClaimResponse beside the Claim it is about."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from lanh.connectors.social_security.answer import Answer
from lanh.core.access import system_access
from lanh.core.bus import derived_id
from lanh.core.database import Plan
from lanh.core.store import Context, Store, Write
from lanh.nation import naming
from lanh.nation.local_time import VIETNAM

_INSURER = {"type": "Organization", "display": "Bảo hiểm xã hội Việt Nam"}
_COPIED = ("type", "use", "patient")


def claim_response(
    claim: dict[str, Any], claim_id: str, answer: Answer, now: datetime
) -> dict[str, Any]:
    """The ClaimResponse (R4) of an answer: outcome "complete", or "error" with the code and words.

    `now` is the moment it came, which stands where the gateway's own time cannot be read.
    """
    at = _moment(answer.at) or now
    found: dict[str, Any] = {
        "resourceType": "ClaimResponse",
        "status": "active",
        **{name: claim[name] for name in _COPIED if name in claim},
        "created": at.isoformat(timespec="seconds"),
        "insurer": _INSURER,
        "request": {"reference": f"Claim/{claim_id}"},
        "outcome": "complete" if answer.accepted else "error",
    }
    if answer.number:
        found["identifier"] = [{"system": naming.GATEWAY_TRANSACTION, "value": answer.number}]
    if answer.words:
        found["disposition"] = answer.words
    if not answer.accepted:
        coding = {"system": naming.GATEWAY_RESULT, "code": answer.code}
        concept: dict[str, Any] = {"coding": [coding]}
        if answer.words:
            concept["text"] = answer.words
        found["error"] = [{"code": concept}]
    return found


def _moment(text: str) -> datetime | None:
    try:
        return datetime.strptime(text, "%Y%m%d%H%M%S").replace(tzinfo=VIETNAM)
    except ValueError:
        return None


def brought_back(store: Store, record: str, digest: str, answer: Answer) -> Plan[None]:
    """Write the answer about "Claim/id"; the same answer to the same package is written once.

    A record that is gone, or is no Claim (a check-in's Encounter), has nothing beside it.
    """
    kind, _, name = record.partition("/")
    if kind != "Claim":
        return
    context = Context(system_access("social-security"))
    row = yield from store.read("Claim", name, context)
    if row is None or row.deleted:
        return
    body = claim_response(row.resource(), name, answer, datetime.now(UTC))
    identifier = derived_id("social-security", name, digest)
    kept = yield from store.read("ClaimResponse", identifier, context)
    if kept is not None and not kept.deleted and _same(kept.resource(), body):
        return
    yield from store.write([Write("update", "ClaimResponse", identifier, body)], context)


def _same(kept: dict[str, Any], body: dict[str, Any]) -> bool:
    names = ("outcome", "disposition", "identifier", "error")
    return all(kept.get(name) == body.get(name) for name in names)
