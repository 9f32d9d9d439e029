"""Running a transaction: all entries of a Bundle or none, in one unit of work."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeVar

from lanh.core import fhir
from lanh.core.database import Plan
from lanh.core.store.engine import Store
from lanh.core.store.errors import Conflict, Invalid, NotFound, PreconditionFailed, StoreError
from lanh.core.store.records import Context, Outcome, Resource, Write
from lanh.core.store.transaction.answers import answer_entry, searchset
from lanh.core.store.transaction.entries import WRITES, Entry, read_entry
from lanh.core.store.transaction.links import (
    find_conditional,
    give_ids,
    pin,
    pinned,
    rewrite,
)
from lanh.core.store.transaction.patching import (
    Judge,
    Overtaken,
    change_of,
    check_version,
    current,
    judge,
    patched,
)

T = TypeVar("T")
Look = Callable[[Entry], Plan[bytes]]


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


def execute(
    store: Store,
    bundle: Resource,
    context: Context,
    *,
    keep_unresolved: bool = False,
    judged: Judge = judge,
    look: Look | None = None,
) -> Plan[Result]:
    """Run a transaction Bundle within the current transaction; the caller rolls back on an error.

    The bundle is changed in place: ids given, links and conditional references rewritten. It
    should have been validated; what a PATCH makes is given to `judged`. A reference that leads
    nowhere (a urn of no entry, a condition that finds none) is an error, or is kept and told of
    where `keep_unresolved`. `look` answers reads and searches; without it they are answered as
    the store has them. Raises StoreError, whose `index` is the place of the entry; Overtaken means
    that another writer came between and the whole may be tried again.
    """
    if bundle.get("resourceType") != "Bundle" or bundle.get("type") != "transaction":
        raise Invalid.because("not_transaction", expression="Bundle.type")
    entries = [read_entry(index, each) for index, each in enumerate(bundle.get("entry") or ())]
    try:
        yield from _settle_conditions(store, entries, context)
        _refuse_overlaps(entries)
        yield from _apply_patches(store, entries, context, judged)
        links = yield from find_conditional(store, entries, context, keep=keep_unresolved)
        give_ids(store, entries, links)
        rewrite(entries, links, keep=keep_unresolved)
        yield from _write_all(store, entries, context)
        for entry in entries:
            if entry.same_as is not None:
                entry.outcome = entry.same_as.outcome
            if entry.method in ("GET", "HEAD"):
                plan = look(entry) if look is not None else _look(store, entry, context)
                entry.answer = yield from _placed(entry, plan)
    except StoreError as error:
        if error.index is not None:
            error.issues = tuple(_in_bundle(issue, error.index) for issue in error.issues)
        raise
    return Result(entries, links.unresolved)


def _in_bundle(issue: fhir.Issue, index: int) -> fhir.Issue:
    """The issue with its place told from the Bundle."""
    entry, place = f"Bundle.entry[{index}]", issue.expression
    if place.startswith(("Bundle.entry", "Parameters", "patch")):
        return issue
    _, dot, rest = place.partition(".")
    return replace(
        issue, expression=f"{entry}.resource{dot}{rest}" if place else f"{entry}.request"
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
        own = (entry.resource or {}).get("id") if entry.method == "PUT" else None
        if rows:
            if own is not None and own != rows[0].id:
                raise Invalid.because(
                    "id_differs",
                    body=own,
                    id=rows[0].id,
                    expression=f"{entry.type}.id",
                    index=entry.index,
                )
            _take(entry, rows[0])
        elif entry.method == "PATCH":
            raise NotFound.because("none_match", type=entry.type, index=entry.index)
        elif own is not None:
            entry.id = str(own)


def _take(entry: Entry, row: Outcome) -> None:
    """Have an entry write the row that its condition found, if it stays as it was found."""
    entry.id = row.id
    if entry.method == "POST":
        entry.outcome = row
        return
    check_version(entry.type, row.id, row.version, entry.if_match, index=entry.index)
    entry.current = row.version


def _refuse_overlaps(entries: Sequence[Entry]) -> None:
    """No row may be written by two entries, those found by a condition included (R4 3.1.0.11.2)."""
    seen: set[tuple[str, object]] = set()
    for entry in entries:
        if entry.method not in WRITES or entry.outcome is not None:
            continue
        target: object = entry.id
        if target is None and entry.method == "PUT":
            target = entry.query
        if target is None:
            continue
        if (entry.type, target) in seen:
            raise Invalid.because(
                "twice_in_transaction",
                type=entry.type,
                id=entry.id or "?",
                index=entry.index,
                expression=entry.place,
            )
        seen.add((entry.type, target))


def _apply_patches(
    store: Store, entries: Sequence[Entry], context: Context, judged: Judge
) -> Plan[None]:
    for entry in entries:
        if entry.method == "PATCH":
            yield from _placed(entry, _apply_patch(store, entry, context, judged))


def _apply_patch(store: Store, entry: Entry, context: Context, judged: Judge) -> Plan[None]:
    change = change_of(entry.resource)
    try:
        row = yield from current(store, entry.type, entry.id or "", context, entry.expected)
    except PreconditionFailed as error:
        if entry.current is None:
            raise
        raise Overtaken(*error.issues) from error
    entry.resource = patched(row, change, judged)
    entry.current = row.version


def _placed(entry: Entry, plan: Plan[T]) -> Plan[T]:
    """A plan whose errors tell the entry they belong to."""
    try:
        result = yield from plan
    except StoreError as error:
        error.index = entry.index
        raise
    return result


def _write_all(store: Store, entries: Sequence[Entry], context: Context) -> Plan[None]:
    """Write every entry; those that name versions come after those whose versions they name."""
    writing = [e for e in entries if e.method in WRITES and e.outcome is None]
    writing = [e for e in writing if e.id is not None and e.same_as is None]
    texts = {f"{e.type}/{e.id}": e for e in writing if e.method != "DELETE"}
    pins = {entry.index: pinned(entry, texts) for entry in writing}
    yield from _write_some(store, [e for e in writing if not pins[e.index]], context)
    naming = [entry for entry in writing if pins[entry.index]]
    if naming:
        wanted = [(entry, each) for entry in naming for each in pins[entry.index]]
        yield from pin(store, wanted, entries, context)
        yield from _write_some(store, naming, context)


def _write_some(store: Store, writing: Sequence[Entry], context: Context) -> Plan[None]:
    if not writing:
        return
    try:
        outcomes = yield from store.write([_write(entry) for entry in writing], context)
    except StoreError as error:
        if error.index is None:
            raise
        entry = writing[error.index]
        error.index = entry.index
        if entry.current is not None and isinstance(error, PreconditionFailed):
            raise Overtaken(*error.issues, index=entry.index) from error
        if entry.only_new and isinstance(error, Conflict):
            raise PreconditionFailed(*error.issues, index=entry.index) from error
        raise
    for entry, outcome in zip(writing, outcomes, strict=True):
        entry.outcome = outcome


def _write(entry: Entry) -> Write:
    if entry.method == "DELETE":
        return Write("delete", entry.type, entry.id, if_match=entry.expected)
    body = dict(entry.resource or {})
    body["id"] = entry.id
    return Write(
        "create" if entry.fresh or entry.only_new else "update",
        entry.type,
        entry.id,
        body,
        if_match=entry.expected,
        fresh=entry.fresh,
    )


def _look(store: Store, entry: Entry, context: Context) -> Plan[bytes]:
    if entry.id is None:
        wanted, _ = yield from store.parse(entry.type, entry.query)
        page = yield from store.search(wanted, context)
        return fhir.dumps(searchset(page.entries, page.included, page.total))
    row = yield from store.read(entry.type, entry.id, context, entry.version)
    if row is None or row.deleted:
        raise NotFound.because("not_found", type=entry.type, id=entry.id)
    return b"" if entry.if_none_match == row.version else row.body
