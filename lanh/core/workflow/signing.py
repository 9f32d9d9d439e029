"""Signatures that a state waits for: asked for through a port, checked, kept with evidence."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from lanh.core.database import Plan, execute, fetch, fetch_one
from lanh.core.store import new_id
from lanh.core.text import Words
from lanh.core.workflow.cases import Case
from lanh.core.workflow.definition import SignatureNeed
from lanh.core.workflow.errors import Refused
from lanh.core.workflow.rights import bucket_for

_DIGEST = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class SignatureRequest:
    """What is to be signed: `content` is its SHA-256 in hexadecimal, `id` the engine's own name."""

    id: str
    case: Case
    need: str
    content: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Judgement:
    """What the signing service finds of a signature that was given: whether it holds, and what it
    looked at in words."""

    sound: bool
    words: Words


class Signer(Protocol):
    """The signing service. Its plans run in the unit of work of the act, so what it keeps of a
    request commits with it; it never waits for a person."""

    def ask(self, request: SignatureRequest) -> Plan[str]:
        """Take a request; returns the service's own name for it."""

    def verify(self, request: str, content: str, by: str, evidence: str) -> Plan[Words | None]:
        """Whether `evidence` is the signature of `by` on the content; else what is wrong."""

    def judge(self, content: str, by: str, at: datetime, evidence: str) -> Plan[Judgement]:
        """What is to be said now of evidence that was taken at a moment."""

    def withdraw(self, request: str) -> Plan[None]:
        """The signature is wanted no more."""


@dataclass(frozen=True, slots=True)
class Signature:
    """A signature that is asked for, given since `signed_at`."""

    id: str
    need: str
    content: str
    request: str
    asked_at: datetime
    signed_at: datetime | None
    signed_by: str | None


def of_case(case_id: str) -> Plan[list[Signature]]:
    """The signatures asked for and not withdrawn, given or not."""
    rows = yield from fetch(
        "SELECT id, need, content, request, asked_at, signed_at, signed_by FROM workflow.signature"
        " WHERE case_id = $1 AND withdrawn_at IS NULL ORDER BY asked_at, need",
        case_id,
    )
    return [Signature(*row) for row in rows]


def evidence_of(case_id: str) -> Plan[dict[str, str]]:
    """The evidence of the signatures that stand in a case, by need. For what the case's own system
    sends on: who may see the case is asked before."""
    rows = yield from fetch(
        "SELECT need, evidence FROM workflow.signature WHERE case_id = $1"
        " AND withdrawn_at IS NULL AND signed_at IS NOT NULL AND evidence IS NOT NULL",
        case_id,
    )
    return {str(need): str(evidence) for need, evidence in rows}


def judged(
    case_id: str, signatures: Sequence[Signature], signer: Signer
) -> Plan[dict[str, Judgement]]:
    """What the signing service says now of signatures that stand in a case, by need."""
    found: dict[str, Judgement] = {}
    if all(each.signed_at is None for each in signatures):
        return found
    evidence = yield from evidence_of(case_id)
    for each in signatures:
        held = evidence.get(each.need)
        if held is not None and each.signed_at is not None and each.signed_by is not None:
            found[each.need] = yield from signer.judge(
                each.content, each.signed_by, each.signed_at, held
            )
    return found


def ask(
    case: Case,
    needs: Sequence[SignatureNeed],
    content: str,
    signer: Signer | None,
    moment: datetime,
) -> Plan[None]:
    """Ask for the signatures of a state that is entered. Raises Refused."""
    if not needs:
        return
    if signer is None:
        raise Refused("no-signer")
    if _DIGEST.fullmatch(content) is None:
        raise Refused("content-needed")
    yield from execute(
        "UPDATE workflow.signature SET withdrawn_at = $3 WHERE case_id = $1"
        " AND need = ANY($2::text[]) AND withdrawn_at IS NULL",
        case.id,
        [need.name for need in needs],
        moment,
    )
    for need in needs:
        name = new_id(bucket_for(case.focus))
        request = yield from signer.ask(SignatureRequest(name, case, need.name, content, moment))
        yield from execute(
            "INSERT INTO workflow.signature (id, case_id, need, content, request, asked_at)"
            " VALUES ($1, $2, $3, $4, $5, $6)",
            name,
            case.id,
            need.name,
            content,
            request,
            moment,
        )


def withdraw_open(case: Case, signer: Signer | None, moment: datetime) -> Plan[None]:
    """Withdraw what was asked for and not given, as the case leaves the state that waits for it."""
    rows = yield from fetch(
        "UPDATE workflow.signature SET withdrawn_at = $2 WHERE case_id = $1"
        " AND signed_at IS NULL AND withdrawn_at IS NULL RETURNING request",
        case.id,
        moment,
    )
    for (request,) in rows:
        if signer is not None:
            yield from signer.withdraw(request)


def keep(
    case: Case,
    need: SignatureNeed,
    by: str,
    evidence: str,
    signer: Signer | None,
    moment: datetime,
) -> Plan[None]:
    """Keep a signature that was asked for, once the signing service has verified it."""
    row = yield from fetch_one(
        "SELECT id, request, content, signed_at FROM workflow.signature WHERE case_id = $1"
        " AND need = $2 AND withdrawn_at IS NULL",
        case.id,
        need.name,
    )
    if row is None:
        raise Refused("no-signature-asked", need=need.title)
    if row[3] is not None:
        raise Refused("signature-given", need=need.title)
    if signer is None:
        raise Refused("no-signer")
    fault = yield from signer.verify(row[1], row[2], by, evidence)
    if fault is not None:
        raise Refused("bad-signature", fault=fault)
    yield from execute(
        "UPDATE workflow.signature SET signed_at = $2, signed_by = $3, evidence = $4 WHERE id = $1",
        row[0],
        moment,
        by,
        evidence,
    )
