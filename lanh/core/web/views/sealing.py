"""What a page of people is in (filters, texts, places in a list) under opaque addresses: it is kept
in the session, and an address of it means nothing to anybody else."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import parse_qsl

from lanh.core.database import Plan
from lanh.core.web import sessions
from lanh.core.web.visit import Visit

SEAL = "s"
"""The one parameter of an address whose state is kept."""

OPEN = frozenset({"view"})
"""What may stand in the address of a list about people: a view's name says nothing of them."""


class Unsealed(Exception):
    """The address is of another session, or of one that has ended."""


def seals(visit: Visit, place: str, queries: Sequence[str]) -> Plan[dict[str, str]]:
    """Query strings that stand for others, as they are told at a place ("desk/list")."""
    wanted = [each for each in dict.fromkeys(queries) if each]
    values = [{"at": place, "query": each} for each in wanted]
    handles = yield from sessions.keep_handles(visit.session_here, "state", values)
    return {query: f"{SEAL}={handle}" for query, handle in zip(wanted, handles, strict=True)}


def sealed_address(visit: Visit, address: str) -> Plan[str]:
    """The address of a list with its state kept; without one it stays as it is."""
    path, _, query = address.partition("?")
    system, _, list_ = path.strip("/").partition("/lists/")
    found = yield from seals(visit, f"{system}/{list_}", [query])
    return f"{path}?{found[query]}" if query else path


def unsealed(visit: Visit, place: str, query: str) -> Plan[str]:
    """The query string that one stands for, or itself where it is not sealed. Raises Unsealed."""
    handle = dict(parse_qsl(query)).get(SEAL)
    if handle is None:
        return query
    value: dict[str, Any] | None
    value = yield from sessions.meaning(visit.session_here, "state", handle[:40])
    if value is None or value["at"] != place:
        raise Unsealed
    return str(value["query"])


def keep_cursor(visit: Visit, page: str, cursor: str | None) -> Plan[str | None]:
    """What stands in an address (`after`) for a place in a list of people."""
    if not cursor:
        return None
    return (yield from sessions.keep_handle(visit.session_here, f"at.{page}", {"cursor": cursor}))


def cursor_of(visit: Visit, page: str) -> Plan[str | None]:
    """The place that `after` stands for; None, the first page, where this session gave none."""
    handle = str(visit.GET.get("after", ""))[:40]
    if not handle:
        return None
    value = yield from sessions.meaning(visit.session_here, f"at.{page}", handle)
    return str(value["cursor"]) if value is not None else None
