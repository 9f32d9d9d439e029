"""A sender's rights as JSON, so that a message can be taken up again by the rights it came with."""

from __future__ import annotations

import json
from dataclasses import fields
from typing import Any

from lanh.core import access
from lanh.core.access import Access, CustodianIn, Grant, Predicate, Purpose, Subject
from lanh.core.bus.port import Sender

_NODES = {
    node.__name__: node
    for node in (
        access.Everything, access.Nothing, access.CustodianIn, access.CommuneIn,
        access.ResidenceIn, access.PatientIn, access.NoPatient, access.SensitivityIn,
        access.AnyOf, access.AllOf,
    )
}  # fmt: skip


def sender_of(
    subject: Access,
    *,
    facilities: dict[str, str | None] | None = None,
) -> Sender:
    """The sender behind an Access.

    It speaks for the facilities in whose name it may create records, and for its own; `facilities`
    (code to commune code) says so where the grants do not.
    """
    if facilities is None:
        found = {
            code
            for grant in subject.grants
            if "create" in grant.interactions and isinstance(grant.scope, CustodianIn)
            for code in grant.scope.facilities
        }
        if subject.facility is not None:
            found.add(subject.facility)
        facilities = {
            code: subject.commune if code == subject.facility else None for code in sorted(found)
        }
    return Sender(subject.subject.id, subject, subject.facility, facilities)


def encode(subject: Access) -> str:
    """An Access as JSON text."""
    return json.dumps(
        {
            "subject": [subject.subject.kind, subject.subject.id, subject.subject.name],
            "purpose": str(subject.purpose),
            "grants": [_grant(grant) for grant in subject.grants],
            "facility": subject.facility,
            "commune": subject.commune,
            "on_behalf_of": subject.on_behalf_of,
            "capabilities": sorted(subject.capabilities),
        }
    )


def decode(text: str) -> Access:
    """The Access of a JSON text."""
    data = json.loads(text)
    kind, name, title = data["subject"]
    return Access(
        subject=Subject(kind, name, title),
        purpose=Purpose(data["purpose"]),
        grants=tuple(_read_grant(grant) for grant in data["grants"]),
        facility=data["facility"],
        commune=data["commune"],
        on_behalf_of=data["on_behalf_of"],
        capabilities=frozenset(data["capabilities"]),
    )


def _grant(grant: Grant) -> dict[str, Any]:
    return {
        "role": grant.role,
        "interactions": sorted(grant.interactions),
        "types": None if grant.types is None else sorted(grant.types),
        "scope": _predicate(grant.scope),
        "sensitivities": None if grant.sensitivities is None else sorted(grant.sensitivities),
    }


def _read_grant(data: dict[str, Any]) -> Grant:
    return Grant(
        role=data["role"],
        interactions=frozenset(data["interactions"]),
        types=None if data["types"] is None else frozenset(data["types"]),
        scope=_read_predicate(data["scope"]),
        sensitivities=None if data["sensitivities"] is None else frozenset(data["sensitivities"]),
    )


def _predicate(node: Predicate) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for field in fields(node):
        value = getattr(node, field.name)
        values[field.name] = (
            [_predicate(part) for part in value] if isinstance(value, tuple) else sorted(value)
        )
    return {"node": type(node).__name__, **values}


def _read_predicate(data: dict[str, Any]) -> Predicate:
    values: dict[str, Any] = {
        name: tuple(map(_read_predicate, value)) if name == "parts" else frozenset(value)
        for name, value in data.items()
        if name != "node"
    }
    node: Predicate = _NODES[data["node"]](**values)
    return node
