"""An intake with every connector, and senders, for tests."""

from __future__ import annotations

import json
from typing import Any

from lanh.connectors.claims_xml import ClaimsConnector
from lanh.connectors.fhir import FhirConnector
from lanh.connectors.hl7v2 import Hl7v2Connector
from lanh.core.access import Access, Purpose, Subject, grants_for_client, parse_scope
from lanh.core.bus import Intake, Ports, Receipt, Sender, Submission, sender_of, submit
from lanh.core.database import SyncDatabase, fetch
from lanh.core.store import Store
from lanh.nation import naming


def make_intake() -> Intake:
    """An intake on a plain store."""
    ports = Ports(Store(), naming.RECEIPT_SOURCE, naming.UNRESOLVED_EXTENSION)
    return Intake(ports, [FhirConnector(), ClaimsConnector(), Hl7v2Connector()])


def make_sender(
    client: str = "his-97001",
    facility: str | None = "97001",
    scopes: str = "system/*.cruds",
    more: tuple[str, ...] = (),
) -> Sender:
    """A client system of a facility."""
    given = [scope for scope in map(parse_scope, scopes.split()) if scope]
    facilities = frozenset({*((facility,) if facility else ()), *more})
    access = Access(
        Subject("system", client, client),
        Purpose.TREATMENT,
        grants_for_client(given, facilities),
        facility=facility,
    )
    return sender_of(access)


def send(
    database: SyncDatabase,
    content: bytes | dict[str, Any],
    content_type: str = "application/fhir+json",
    *,
    sender: Sender | None = None,
    intake: Intake | None = None,
    later: bool = False,
) -> Receipt:
    """Submit a message."""
    body = content if isinstance(content, bytes) else json.dumps(content).encode()
    used = intake or make_intake()
    form = used.format_of(content_type, body)
    assert form is not None
    submission = Submission(sender or make_sender(), body, content_type, form)
    return submit(used, database, submission, later=later)


def stored(database: SyncDatabase, kind: str) -> list[tuple[str, int, bool]]:
    """(id, version, deleted) of every row of a type."""
    rows = database.read(
        fetch(f"SELECT id, version, deleted FROM store.{kind.lower()} ORDER BY id")
    )
    return [(row[0], row[1], row[2]) for row in rows]


def census(database: SyncDatabase) -> dict[str, int]:
    """How many rows, versions and feed entries there are: unchanged where nothing was done."""
    tables = database.read(
        fetch(
            "SELECT table_name FROM information_schema.tables WHERE table_schema = 'store'"
            " AND table_type = 'BASE TABLE' ORDER BY 1"
        )
    )
    counts = {}
    for (table,) in tables:
        rows = database.read(fetch(f'SELECT count(*) FROM store."{table}"'))
        counts[table] = int(rows[0][0])
    return counts
