"""Which interaction each method on each kind of address is: what routes, and what is told of it.

The CapabilityStatement and the OpenAPI description are made of the same table.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Literal, TypeAlias

from lanh.core import fhir
from lanh.core.api.fhir import bundles, histories, instances, patching, searching
from lanh.core.api.fhir.addresses import Address
from lanh.core.api.fhir.call import Call
from lanh.core.api.fhir.desk import Desk
from lanh.core.api.fhir.exchange import Answer, Refused, not_allowed

Respond: TypeAlias = Callable[[Call], Awaitable[Answer]]
Answers: TypeAlias = Callable[[Desk, Call, Address, Respond], Awaitable[Answer]]
Level: TypeAlias = Literal["system", "type", "instance"]

# The kinds of addresses, as templates below the base.
BASE, BASE_SEARCH, BASE_HISTORY = "/", "/_search", "/_history"
TYPE, TYPE_SEARCH, TYPE_HISTORY = "/{type}", "/{type}/_search", "/{type}/_history"
ROW, ROW_HISTORY, VERSION = "/{type}/{id}", "/{type}/{id}/_history", "/{type}/{id}/_history/{vid}"
COMPARTMENT = "/{compartment}/{id}/{member}"
MEMBER_SEARCH, COMPARTMENT_SEARCH = f"{COMPARTMENT}/_search", "/{compartment}/{id}/_search"


@dataclass(frozen=True, slots=True)
class Interaction:
    """One interaction of R4: its code in the CapabilityStatement, where and how it is asked.

    `takes` says what its body is, `gives` what the answer without fault holds, `statuses` its
    codes beside those of any request. A conditional one is asked of a type with a query.
    """

    code: str
    place: str
    method: str
    answers: Answers
    takes: Literal["resource", "bundle", "patch", "form"] | None
    gives: Literal["resource", "searchset", "history", "bundle"] | None
    statuses: tuple[int, ...]
    conditional: bool = False

    @property
    def level(self) -> Level:
        """Where a CapabilityStatement lists it."""
        if self.place in (BASE, BASE_SEARCH, BASE_HISTORY):
            return "system"
        return "type" if self.place.startswith("/{type}") else "instance"


async def _process(desk: Desk, call: Call, at: Address, respond: Respond) -> Answer:
    return await bundles.process(desk, call, respond)


async def _search(desk: Desk, call: Call, at: Address, respond: Respond) -> Answer:
    if not at.compartment or at.type is None or at.id is None:
        return await searching.search(desk, call, at.type)
    kind = None if at.member in (None, "*") else at.member
    if kind is not None and kind not in fhir.RESOURCE_TYPES:
        raise Refused(404, "not-found", "unknown_path")
    return await searching.search(desk, call, kind, (at.type, at.id))


async def _history(desk: Desk, call: Call, at: Address, respond: Respond) -> Answer:
    return await histories.history(desk, call, at.type, at.id)


async def _create(desk: Desk, call: Call, at: Address, respond: Respond) -> Answer:
    return await instances.create(desk, call, str(at.type))


async def _conditional(desk: Desk, call: Call, at: Address, respond: Respond) -> Answer:
    return await instances.conditional(desk, call, str(at.type))


async def _patch(desk: Desk, call: Call, at: Address, respond: Respond) -> Answer:
    return await patching.patch(desk, call, str(at.type), at.id)


async def _read(desk: Desk, call: Call, at: Address, respond: Respond) -> Answer:
    return await instances.read(desk, call, str(at.type), str(at.id))


async def _version(desk: Desk, call: Call, at: Address, respond: Respond) -> Answer:
    return await instances.read_version(desk, call, str(at.type), str(at.id), str(at.version))


async def _update(desk: Desk, call: Call, at: Address, respond: Respond) -> Answer:
    return await instances.update(desk, call, str(at.type), str(at.id))


async def _delete(desk: Desk, call: Call, at: Address, respond: Respond) -> Answer:
    return await instances.delete(desk, call, str(at.type), str(at.id))


def _searches(code: str, by_get: str | None, by_post: str) -> list[Interaction]:
    """A search by GET and by POST; `_search` may be asked by GET too."""
    places = [each for each in (by_get, by_post) if each is not None]
    found = [Interaction(code, p, "GET", _search, None, "searchset", (200, 202)) for p in places]
    return [
        *found,
        Interaction(code, by_post, "POST", _search, "form", "searchset", (200, 202, 413, 415)),
    ]


_WRITE = (400, 403, 409, 412, 413, 415, 422)
INTERACTIONS: tuple[Interaction, ...] = (
    Interaction("read", ROW, "GET", _read, None, "resource", (200, 304, 410)),
    Interaction("vread", VERSION, "GET", _version, None, "resource", (200, 304, 410)),
    Interaction("update", ROW, "PUT", _update, "resource", "resource", (200, 201, *_WRITE)),
    Interaction(
        "update", TYPE, "PUT", _conditional, "resource", "resource", (200, 201, *_WRITE),
        conditional=True,
    ),
    Interaction("patch", ROW, "PATCH", _patch, "patch", "resource", (200, 410, *_WRITE)),
    Interaction(
        "patch", TYPE, "PATCH", _patch, "patch", "resource", (200, *_WRITE), conditional=True
    ),
    Interaction("delete", ROW, "DELETE", _delete, None, None, (204, 409, 412)),
    Interaction(
        "delete", TYPE, "DELETE", _conditional, None, None, (204, 409, 412), conditional=True
    ),
    Interaction("history-instance", ROW_HISTORY, "GET", _history, None, "history", (200, 410)),
    Interaction("history-type", TYPE_HISTORY, "GET", _history, None, "history", (200, 410)),
    Interaction("create", TYPE, "POST", _create, "resource", "resource", (200, 201, *_WRITE)),
    *_searches("search-type", TYPE, TYPE_SEARCH),
    Interaction("transaction", BASE, "POST", _process, "bundle", "bundle", (200, *_WRITE, 410)),
    Interaction("history-system", BASE_HISTORY, "GET", _history, None, "history", (200, 410)),
    *_searches("search-system", BASE, BASE_SEARCH),
    *_searches("search-compartment", COMPARTMENT, MEMBER_SEARCH),
    *_searches("search-compartment", None, COMPARTMENT_SEARCH),
)  # fmt: skip
"""Every interaction; a batch is asked as a transaction is."""

_BY_PLACE: dict[str, dict[str, Interaction]] = {}
for _each in INTERACTIONS:
    _BY_PLACE.setdefault(_each.place, {})[_each.method] = _each


def place_of(at: Address) -> str:
    """The kind of address."""
    if at.compartment:
        if at.member is None:
            return COMPARTMENT_SEARCH
        return MEMBER_SEARCH if at.word == "_search" else COMPARTMENT
    if at.type is None:
        return BASE if at.word is None else f"/{at.word}"
    if at.id is None:
        return TYPE if at.word is None else f"{TYPE}/{at.word}"
    if at.word is None:
        return ROW
    return VERSION if at.version is not None else ROW_HISTORY


def interaction_of(at: Address, method: str) -> Interaction:
    """The interaction that a method on an address is. Raises Refused (405)."""
    found = _BY_PLACE[place_of(at)]
    asked = found.get("GET" if method == "HEAD" else method)
    if asked is None:
        raise not_allowed(method, *found, *(("HEAD",) if "GET" in found else ()))
    return asked
