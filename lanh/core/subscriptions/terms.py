"""What a Subscription asks for, judged (R4 2.46 Subscription)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

from lanh.core import fhir
from lanh.core.access import Access
from lanh.core.database import Plan
from lanh.core.fhir import Issue
from lanh.core.jobs import DestinationRefused, Destinations, HeaderRefused, parse_header
from lanh.core.store import Invalid, Search, Store, StoreError, may
from lanh.core.text import Catalogue

MESSAGES = Catalogue.load(Path(__file__).with_name("messages.yaml"))
PAYLOAD = "application/fhir+json"
MOST_HEADERS = 20
WITHHELD = "********"
"""What the record of a Subscription shows in place of a header's value."""


class Unusable(StoreError):
    """A Subscription that cannot be served: it is not written (422)."""

    status = 422
    code = "business-rule"


@dataclass(frozen=True, slots=True)
class Terms:
    """What is to be told to whom: `criteria` is the query after "?", `payload` "" or FHIR JSON."""

    type: str
    criteria: str
    channel: str
    endpoint: str | None
    payload: str
    headers: tuple[str, ...]
    ends: datetime | None


def _refuse(expression: str, key: str, **parameters: Any) -> Unusable:
    message = MESSAGES.message(key, **parameters)
    return Unusable(Issue("error", "business-rule", f"Subscription.{expression}", message))


def read_terms(resource: dict[str, Any], destinations: Destinations, store: Store) -> Plan[Terms]:
    """The terms of a Subscription that is valid R4. Raises Unusable, saying which element."""
    kind, _, query = str(resource["criteria"]).partition("?")
    try:
        yield from search_of(kind, query, store)
    except Invalid as error:
        issues = [
            Issue("error", "business-rule", "Subscription.criteria", issue.message)
            for issue in error.issues
        ]
        raise Unusable(*issues) from error
    channel = resource["channel"]
    payload = channel.get("payload") or ""
    if channel["type"] not in ("rest-hook", "websocket"):
        raise _refuse("channel.type", "channel", value=str(channel["type"])[:50])
    if payload.partition(";")[0].strip() not in ("", PAYLOAD):
        raise _refuse("channel.payload", "payload", value=payload[:100])
    if channel["type"] == "rest-hook":
        _check_endpoint(channel.get("endpoint"), destinations)
    headers = tuple(channel.get("header") or ())
    _check_headers(headers)
    ends = resource.get("end")
    return Terms(
        kind,
        query,
        channel["type"],
        channel.get("endpoint"),
        PAYLOAD if payload else "",
        headers,
        None if ends is None else _end(ends),
    )


def search_of(kind: str, query: str, store: Store) -> Plan[Search]:
    """The search of criteria, the installation's own parameters known. Raises Invalid, or Unusable
    where they are none."""
    if kind not in fhir.RESOURCE_TYPES:
        raise _refuse("criteria", "criteria", value=f"{kind}?{query}"[:100])
    wanted, _ = yield from store.parse(kind, parse_qsl(query, keep_blank_values=True))
    return wanted


def check_right(terms: Terms, access: Access) -> None:
    """Raise Unusable where the subscriber may see nothing of the type."""
    if not (may(access, "search", terms.type) and may(access, "read", terms.type)):
        raise _refuse("criteria", "criteria.forbidden", type=terms.type)


def check_end(terms: Terms) -> None:
    """Raise Unusable where the end has passed."""
    if terms.ends is not None and terms.ends <= datetime.now(UTC):
        raise _refuse("end", "end")


def _check_endpoint(endpoint: str | None, destinations: Destinations) -> None:
    if not endpoint:
        raise _refuse("channel.endpoint", "endpoint")
    try:
        destinations.check(endpoint)
    except DestinationRefused as error:
        issue = Issue("error", "business-rule", "Subscription.channel.endpoint", error.message)
        raise Unusable(issue) from error


def _check_headers(headers: tuple[str, ...]) -> None:
    if len(headers) > MOST_HEADERS:
        raise _refuse("channel.header", "headers", most=MOST_HEADERS)
    for place, line in enumerate(headers):
        try:
            parse_header(line)
        except HeaderRefused as error:
            raise _refuse(f"channel.header[{place}]", "header", name=str(error)) from None


def without_secrets(resource: dict[str, Any]) -> dict[str, Any]:
    """A Subscription as its record keeps it: the headers by name, their values withheld.

    They are the receiver's credentials. Whoever may read the record need not know them, nor does
    its owner need them back.
    """
    channel = resource.get("channel")
    lines = channel.get("header") if isinstance(channel, dict) else None
    if not isinstance(channel, dict) or not isinstance(lines, list):
        return resource
    shown = [
        f"{line.partition(':')[0]}: {WITHHELD}" if isinstance(line, str) else line for line in lines
    ]
    return {**resource, "channel": {**channel, "header": shown}}


def with_secrets(headers: tuple[str, ...], kept: Sequence[str]) -> tuple[str, ...]:
    """Headers as they were kept where the record's own form of them came back.

    `kept` are those that the writer gave before. Raises Unusable for one that is not among them.
    """
    left = [(line.partition(":")[0].strip().lower(), line) for line in kept]
    found = []
    for place, line in enumerate(headers):
        name, _, value = line.partition(":")
        if value.strip() == WITHHELD:
            known = next((each for each in left if each[0] == name.strip().lower()), None)
            if known is None:
                raise _refuse(f"channel.header[{place}]", "header.withheld", name=name[:50])
            left.remove(known)
            line = known[1]
        found.append(line)
    return tuple(found)


def _end(text: str) -> datetime:
    found = fhir.date_range(text)
    return found[0] if found is not None else datetime.max.replace(tzinfo=UTC)
