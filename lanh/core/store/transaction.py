"""FHIR transactions (R4 3.1.0.11.2): all entries of a Bundle or none, in one unit of work."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

import msgspec

from lanh.core import fhir
from lanh.core.database import Plan
from lanh.core.store.engine import Store
from lanh.core.store.errors import Invalid, NotFound, PreconditionFailed, StoreError
from lanh.core.store.layout import NUMBERS, layout
from lanh.core.store.preparation import instant
from lanh.core.store.query import parse_search
from lanh.core.store.records import Context, Outcome, Resource, Stored, Write

_URL = re.compile(
    r"/?(?P<type>[A-Za-z]+)(?:/(?P<id>[A-Za-z0-9\-.]{1,64}))?"
    r"(?:/_history/(?P<version>\d{1,9}))?(?:\?(?P<query>.*))?",
    re.DOTALL,
)
_REST = re.compile(r"https?://.+/(?P<type>[A-Za-z]+)/(?P<id>[A-Za-z0-9\-.]{1,64})")
_ETAG = re.compile(r'(?:W/)?"(\d{1,9})"')
_METHODS = frozenset({"DELETE", "GET", "HEAD", "POST", "PUT"})
Pairs = tuple[tuple[str, str], ...]


@dataclass(slots=True)
class Entry:
    """One entry on its way: what is asked, and what came of it."""

    index: int
    method: str
    type: str
    full_url: str | None
    resource: Resource | None
    id: str | None = None
    version: int | None = None
    query: Pairs = ()
    if_match: int | None = None
    fresh: bool = False
    same_as: Entry | None = None
    outcome: Outcome | None = None
    answer: bytes | None = None

    @property
    def condition(self) -> tuple[str, Pairs] | None:
        """The condition of a conditional create, update or delete."""
        if self.method in ("POST", "PUT", "DELETE") and self.query:
            return self.type, self.query
        return None


@dataclass(frozen=True, slots=True)
class Result:
    """What came of each entry, in order; `unresolved` are (entry, reference) that were kept."""

    entries: list[Entry]
    unresolved: list[tuple[int, str]] = field(default_factory=list)

    def bundle(self) -> Resource:
        """The transaction-response Bundle; resources in it are bytes as kept (msgspec.Raw)."""
        return {
            "resourceType": "Bundle",
            "type": "transaction-response",
            "entry": [answer_entry(entry) for entry in self.entries],
        }


def answer_entry(entry: Entry) -> dict[str, Any]:
    """The response entry of one request."""
    if entry.answer is not None:
        return {"resource": msgspec.Raw(entry.answer), "response": {"status": "200 OK"}}
    outcome = entry.outcome
    if outcome is None:
        return {"response": {"status": "204 No Content"}}
    status = {"created": "201 Created", "deleted": "204 No Content"}.get(outcome.status, "200 OK")
    return {
        "response": {
            "status": status,
            "location": f"{outcome.type}/{outcome.id}/_history/{outcome.version}",
            "etag": f'W/"{outcome.version}"',
            "lastModified": instant(outcome.updated),
        }
    }


def execute(
    store: Store, bundle: Resource, context: Context, *, keep_unresolved: bool = False
) -> Plan[Result]:
    """Run a transaction Bundle within the current transaction; the caller rolls back on an error.

    The bundle is changed in place: ids given, references to entries and conditional references
    rewritten. It should have been validated. A reference that leads nowhere (a urn of no entry, a
    condition that finds none) is an error, or is kept and told of where `keep_unresolved`. Raises
    StoreError, whose `index` is the place of the entry.
    """
    if bundle.get("resourceType") != "Bundle" or bundle.get("type") != "transaction":
        raise Invalid.because("not_transaction", expression="Bundle.type")
    entries = [read_entry(index, each) for index, each in enumerate(bundle.get("entry") or ())]
    yield from _settle_conditions(store, entries, context)
    mapping = _give_ids(store, entries)
    unresolved = yield from _rewrite(store, entries, mapping, context, keep_unresolved)
    writing = [e for e in entries if e.method in ("DELETE", "POST", "PUT") and e.outcome is None]
    writing = [e for e in writing if e.id is not None and e.same_as is None]
    try:
        outcomes = yield from store.write([_write(entry) for entry in writing], context)
    except StoreError as error:
        if error.index is not None:
            error.index = writing[error.index].index
        raise
    for entry, outcome in zip(writing, outcomes, strict=True):
        entry.outcome = outcome
    for entry in entries:
        if entry.same_as is not None:
            entry.outcome = entry.same_as.outcome
        if entry.method in ("GET", "HEAD"):
            entry.answer = yield from _get(store, entry, context)
    return Result(entries, unresolved)


def read_entry(index: int, entry: dict[str, Any]) -> Entry:
    """The request of an entry. Raises Invalid."""
    request = entry.get("request") or {}
    method, url = request.get("method"), request.get("url")
    place = f"Bundle.entry[{index}].request"
    match = _URL.fullmatch(url) if isinstance(url, str) else None
    if not isinstance(method, str) or match is None or match["type"] not in NUMBERS:
        raise Invalid.because("entry_request", entry=index, index=index, expression=place)
    if method not in _METHODS:
        raise Invalid.because(
            "entry_method", method=method, entry=index, index=index, expression=place
        )
    resource = entry.get("resource")
    name, query = match["id"], tuple(parse_qsl(match["query"] or "", keep_blank_values=True))
    fits = {
        "POST": name is None and resource is not None,
        "PUT": resource is not None and (name is not None) != bool(query),
        "DELETE": (name is not None) != bool(query),
    }
    if not fits.get(method, True):
        raise Invalid.because("entry_request", entry=index, index=index, expression=place)
    if method == "POST":
        query = tuple(parse_qsl(request.get("ifNoneExist") or "", keep_blank_values=True))
    etag = _ETAG.fullmatch(request.get("ifMatch") or "")
    return Entry(
        index=index,
        method=method,
        type=match["type"],
        full_url=entry.get("fullUrl"),
        resource=resource,
        id=name,
        version=int(match["version"]) if match["version"] else None,
        query=query,
        if_match=int(etag.group(1)) if etag else None,
    )


def _settle_conditions(store: Store, entries: Sequence[Entry], context: Context) -> Plan[None]:
    wanted = [entry.condition for entry in entries if entry.condition is not None]
    found = yield from store.find_all(wanted, context)
    for entry in entries:
        if entry.condition is None:
            continue
        rows = found[entry.condition]
        if len(rows) > 1:
            raise PreconditionFailed.because("several_match", type=entry.type, index=entry.index)
        if rows:
            entry.id = rows[0].id
            entry.outcome = rows[0] if entry.method == "POST" else None


def _give_ids(store: Store, entries: Sequence[Entry]) -> dict[str, str]:
    """Ids for what is created, and what each fullUrl stands for then: "Type/id".

    An id carries the bucket of its patient, so patients and what concerns none come first.
    """
    mapping: dict[str, str] = {}
    created: dict[tuple[str, Pairs], Entry] = {}
    later: list[Entry] = []
    for entry in entries:
        if entry.condition is not None and entry.id is None and entry.method != "DELETE":
            first = created.setdefault(entry.condition, entry)
            if first is not entry:  # the same condition twice in one bundle: one row
                entry.same_as = first
                later.append(entry)
                continue
        if entry.method in ("POST", "PUT") and entry.id is None:
            if not layout(entry.type).own_key:
                later.append(entry)
                continue
            entry.id, entry.fresh = store.new_id(entry.type, None), True
        _map(mapping, entry)
    for entry in later:
        if entry.same_as is None and entry.resource is not None:
            fhir.rewrite_references(entry.resource, mapping.get)
            patient = fhir.patient_of(entry.resource)
            entry.id, entry.fresh = store.new_id(entry.type, patient), True
            _map(mapping, entry)
    for entry in later:
        if entry.same_as is not None:
            entry.id = entry.same_as.id
            _map(mapping, entry)
    return mapping


def _map(mapping: dict[str, str], entry: Entry) -> None:
    if entry.id is None or entry.full_url is None or entry.method not in ("POST", "PUT"):
        return
    target = f"{entry.type}/{entry.id}"
    mapping[entry.full_url] = target
    rest = _REST.fullmatch(entry.full_url)
    if rest is not None:
        mapping.setdefault(f"{rest['type']}/{rest['id']}", target)


def _rewrite(
    store: Store,
    entries: Sequence[Entry],
    mapping: dict[str, str],
    context: Context,
    keep: bool,
) -> Plan[list[tuple[int, str]]]:
    """Point every reference at the row it means; returns those that lead nowhere."""
    asked: dict[tuple[str, Pairs], list[tuple[Entry, str]]] = {}
    lost: list[tuple[int, str]] = []
    for entry in entries:
        if entry.resource is None or entry.outcome is not None:
            continue
        fhir.rewrite_references(entry.resource, mapping.get)
        for _, reference in fhir.references(entry.resource):
            text = reference["reference"]
            kind, mark, query = text.partition("?")
            if mark and kind in NUMBERS:
                pairs = tuple(parse_qsl(query, keep_blank_values=True))
                asked.setdefault((kind, pairs), []).append((entry, text))
            elif text.startswith(("urn:uuid:", "urn:oid:")):
                lost.append((entry.index, text))
    found = yield from store.find_all(list(asked), context)
    resolved: dict[str, str] = {}
    for (kind, pairs), places in asked.items():
        rows = found[kind, pairs]
        if len(rows) == 1:
            resolved.update((text, f"{kind}/{rows[0].id}") for _, text in places)
            continue
        if len(rows) > 1 or not keep:
            raise PreconditionFailed.because(
                "reference_condition",
                reference=places[0][1],
                found=len(rows),
                index=places[0][0].index,
            )
        lost += [(entry.index, text) for entry, text in places]
    for entry in {id(e): e for places in asked.values() for e, _ in places}.values():
        fhir.rewrite_references(entry.resource, resolved.get)
    if lost and not keep:
        index, text = lost[0]
        raise Invalid.because("reference_unresolved", reference=text, index=index)
    return lost


def _write(entry: Entry) -> Write:
    if entry.method == "DELETE":
        return Write("delete", entry.type, entry.id, if_match=entry.if_match)
    body = dict(entry.resource or {})
    body["id"] = entry.id
    return Write(
        "create" if entry.fresh else "update",
        entry.type,
        entry.id,
        body,
        if_match=entry.if_match,
        fresh=entry.fresh,
    )


def _get(store: Store, entry: Entry, context: Context) -> Plan[bytes]:
    if entry.id is None:
        wanted = parse_search(entry.type, entry.query)
        page = yield from store.search(wanted, context)
        return fhir.dumps(searchset(page.entries, page.included, page.total))
    row = yield from store.read(entry.type, entry.id, context, entry.version)
    if row is None or row.deleted:
        raise NotFound.because("not_found", type=entry.type, id=entry.id, index=entry.index)
    return row.body


def searchset(
    entries: Sequence[Stored], included: Sequence[Stored], total: int | None
) -> dict[str, Any]:
    """A searchset Bundle whose resources are the bytes as kept."""
    listed = [(row, "match") for row in entries] + [(row, "include") for row in included]
    bundle: dict[str, Any] = {"resourceType": "Bundle", "type": "searchset"}
    if total is not None:
        bundle["total"] = total
    if listed:
        bundle["entry"] = [
            {
                "fullUrl": f"{row.type}/{row.id}",
                "resource": msgspec.Raw(row.body),
                "search": {"mode": mode},
            }
            for row, mode in listed
        ]
    return bundle
