"""Orders of erasure: given, listed, followed to their end."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import uuid_utils

from lanh.core import audit
from lanh.core.access import Access
from lanh.core.database import Plan, Row, execute, fetch, fetch_one
from lanh.core.store import Store
from lanh.core.text import Catalogue, Message

MESSAGES = Catalogue.load(Path(__file__).with_name("messages.yaml"))

_COLUMNS = (
    "id, patients, basis, reason, ordered_by, ordered_at, state, done_at, report::text, number"
)


class OrderFault(ValueError):
    """An order that cannot be given; `message` says why in both languages."""

    def __init__(self, message: Message) -> None:
        super().__init__(message.en)
        self.message = message


@dataclass(frozen=True, slots=True)
class Order:
    """One order. `patients` are ids of source Patients; `report` counts what was reached."""

    id: str
    patients: tuple[str, ...]
    basis: str
    reason: str
    ordered_by: str
    ordered_at: datetime
    state: str
    done_at: datetime | None
    report: Mapping[str, int]
    number: int


def order(
    store: Store,
    access: Access,
    patients: Sequence[str],
    basis: str,
    reason: str,
    *,
    id: str | None = None,
) -> Plan[str]:
    """Give an order, in the current transaction; returns its id.

    `basis` names the law and the decision, `reason` why; neither should name the person. With the
    `id` of an order that was given before, on a backup from before it, the order is given again;
    where it stands nothing is done. Raises OrderFault.
    """
    named = sorted(set(patients))
    if not named:
        raise OrderFault(MESSAGES.message("no_patient"))
    if not basis.strip() or not reason.strip():
        raise OrderFault(MESSAGES.message("no_basis"))
    identifier = id or str(uuid_utils.uuid7())
    given = yield from fetch(
        "INSERT INTO nation.erasure_order (id, patients, basis, reason, ordered_by)"
        " VALUES ($1::text, $2::text[], $3::text, $4::text, $5::text)"
        " ON CONFLICT DO NOTHING RETURNING id",
        identifier,
        named,
        basis.strip(),
        reason.strip(),
        access.actor,
    )
    if given:
        yield from store.forbid(named)
        entries = [
            audit.Entry.of(
                access, "erasure-ordered", patient=patient, type="Patient", id=patient,
                detail=identifier,
            )
            for patient in named
        ]  # fmt: skip
        yield from audit.append(entries)
    return identifier


def orders(after: int = 0, limit: int = 1000) -> Plan[list[Order]]:
    """A page of all orders, in the order in which they were given; `after` is a number."""
    rows = yield from fetch(
        f"SELECT {_COLUMNS} FROM nation.erasure_order"  # noqa: S608 - constants only
        " WHERE number > $1::bigint ORDER BY number LIMIT $2::integer",
        after,
        limit,
    )
    return [_order(row) for row in rows]


def open_orders() -> Plan[list[Order]]:
    """The orders that are not carried out to their end yet, oldest first."""
    rows = yield from fetch(
        f"SELECT {_COLUMNS} FROM nation.erasure_order"  # noqa: S608 - constants only
        " WHERE state <> 'done' ORDER BY number"
    )
    return [_order(row) for row in rows]


def locked(identifier: str) -> Plan[Order | None]:
    """One order, held until the transaction ends."""
    row = yield from fetch_one(
        f"SELECT {_COLUMNS} FROM nation.erasure_order WHERE id = $1::text FOR UPDATE",  # noqa: S608
        identifier,
    )
    return None if row is None else _order(row)


def note(identifier: str, state: str, report: Mapping[str, int]) -> Plan[None]:
    """Keep how far an order is, and what was reached so far."""
    yield from execute(
        "UPDATE nation.erasure_order SET state = $2::text, report = report || $3::jsonb,"
        " done_at = CASE WHEN $2::text = 'done' THEN now() END WHERE id = $1::text",
        identifier,
        state,
        json.dumps(dict(report)),
    )


def finish(identifier: str) -> Plan[None]:
    """Note that every derivation followed."""
    yield from note(identifier, "done", {})


def _order(row: Row) -> Order:
    identifier, patients, basis, reason, by, at, state, done, report, number = row
    told: dict[str, Any] = json.loads(report)
    return Order(identifier, tuple(patients), basis, reason, by, at, state, done, told, number)
