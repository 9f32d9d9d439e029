"""What the outbox goes to besides subscriptions: listeners to events, and partners outside."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping

from lanh.connectors import civil_registry
from lanh.connectors.civil_registry import Answer
from lanh.core.database import AsyncDatabase, Plan
from lanh.core.jobs import Destinations, Receiver
from lanh.core.signing import pin_from_file
from lanh.core.store import Store
from lanh.core.workflow import Workflow
from lanh.nation import events
from lanh.nation.person.death import end_care
from lanh.site.settings import Settings
from lanh.systems.deaths import following


def receivers(
    database: AsyncDatabase, store: Store, workflow: Workflow, settings: Settings
) -> Mapping[str, Receiver]:
    """The Receivers by kind of delivery. A partner without an address has none: what is for it
    waits in the outbox."""
    found: dict[str, Receiver] = {
        events.KIND: events.Listeners(database, {events.PERSON_DIED: (end_care(store),)})
    }
    registry = _civil_registry(settings)
    if registry is not None:

        def answered(record: str, answer: Answer) -> Plan[None]:
            accepted = answer.state == "accepted"
            words = answer.number if accepted else answer.reason or answer.state
            yield from following.answered(workflow, record, answer.message, accepted, words)

        found[civil_registry.MESSAGES] = civil_registry.Messages(database, registry, answered)
        found[civil_registry.ANSWERS] = civil_registry.Answers(database, registry, answered)
    return found


def _civil_registry(settings: Settings) -> civil_registry.Registry | None:
    address = settings.civil_registry
    if address is None:
        return None
    path = settings.civil_registry_token
    token = pin_from_file(path)() if path is not None else ""
    # The operator named this address: it may lie in the country's own network.
    everywhere = (ipaddress.ip_network("0.0.0.0/0"), ipaddress.ip_network("::/0"))
    plain = address.startswith("http://")
    destinations = Destinations(everywhere, plain_http=plain)
    return civil_registry.Registry(address.rstrip("/"), token, destinations)
