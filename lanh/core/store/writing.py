"""The write plan: a whole batch in a constant number of statements for each type it touches."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from lanh.core import access, audit, fhir
from lanh.core.access import Interaction, Predicate, RowFacts
from lanh.core.database import Plan, execute, fetch
from lanh.core.store import compression, feeding, statements
from lanh.core.store.bodies import packed
from lanh.core.store.conditions import resolve_conditions
from lanh.core.store.errors import Conflict, Forbidden, Gone, NotFound, PreconditionFailed
from lanh.core.store.hashing import locator_key
from lanh.core.store.identity import bucket_of
from lanh.core.store.indexing import identifiers, names
from lanh.core.store.layout import NAMED, NUMBERS, Layout
from lanh.core.store.locating import find_current
from lanh.core.store.permission import asks_residence
from lanh.core.store.preparation import (
    Item,
    complete,
    place_row,
    prepare,
    refuse_repeats,
    sensitivity,
    timestamp,
    unchanged,
)
from lanh.core.store.records import (
    Admission,
    Context,
    Hook,
    Outcome,
    Resource,
    Withheld,
    Write,
    Written,
)
from lanh.core.store.registering import register
from lanh.core.store.rights import rule
from lanh.core.store.searching import Asking
from lanh.core.store.vocabulary import Known, learn

if TYPE_CHECKING:
    from typing import Literal

    Status = Literal["created", "updated", "unchanged", "deleted"]

Residence = Callable[[Resource], str | None]
ERASED = -1  # the dictionary number of a row that was erased by order
_PATIENT = NUMBERS["Patient"]
_LETTER = {"created": "c", "updated": "u", "deleted": "d"}


@dataclass(frozen=True, slots=True)
class Ports:
    """What a write needs from elsewhere: hooks to run, where a Patient lives, who admits it."""

    hooks: tuple[Hook, ...]
    residence: Residence
    asking: Asking = field(default_factory=Asking)
    known: Known = field(default_factory=Known)
    admission: Admission | None = None
    withheld: Mapping[str, Withheld] = field(default_factory=dict)


def write_each(ports: Ports, writes: Sequence[tuple[Write, Context]]) -> Plan[list[Outcome]]:
    """Write all or none (an error leaves the transaction to be rolled back); outcomes in order."""
    now = timestamp()
    items = [prepare(place, write, context, now) for place, (write, context) in enumerate(writes)]
    for item in items:
        _withhold(ports, item)
    outcomes: dict[int, Outcome] = {}
    joined: dict[int, int] = {}
    if any(item.write.if_none_exist is not None for item in items):
        joined = yield from resolve_conditions(items, outcomes, ports.asking)
    open_items = [i for i in items if i.place not in outcomes and i.place not in joined]
    for item in open_items:
        place_row(item)
    joined |= refuse_repeats(open_items)
    open_items = [item for item in open_items if item.place not in joined]
    yield from find_current(open_items)
    yield from ports.asking.own.refresh()
    changing = []
    for item in open_items:
        status = _decide(item)
        if status != "unchanged":
            complete(item, ports.known, ports.asking.own.written(item.layout.type))
            changing.append((item, status))
        outcomes[item.place] = _outcome(item, status)
    yield from _check_scope(ports, [item for item, _ in changing])
    yield from _store(ports, [item for item, _ in changing])
    yield from register(ports.asking.own, _search_parameters(changing))
    yield from _tell(changing)
    yield from _account(items, outcomes)
    yield from _hooks(ports, changing, outcomes)
    for place, first in joined.items():
        other = outcomes[first]
        outcomes[place] = Outcome("unchanged", other.type, other.id, other.version, other.updated)
    return [outcomes[place] for place in range(len(items))]


def _search_parameters(
    changing: Sequence[tuple[Item, Status]],
) -> list[tuple[str, Resource | None]]:
    return [
        (item.id or "", None if status == "deleted" else item.resource)
        for item, status in changing
        if item.layout.type == "SearchParameter"
    ]


def _withhold(ports: Ports, item: Item) -> None:
    without = ports.withheld.get(item.layout.type)
    if without is not None and item.resource is not None:
        kept = without(item.resource)
        item.withholds = kept != item.resource
        item.resource = kept


def _outcome(item: Item, status: Status) -> Outcome:
    if status == "unchanged" and item.current is not None:
        item.version, item.updated = item.current.version, item.current.updated
    return Outcome(status, item.layout.type, item.id or "", item.version, item.updated, item.body)


def _decide(item: Item) -> Status:
    """What the write comes to, now that the current row is known and locked."""
    write, current = item.write, item.current
    named: dict[str, Any] = {"type": item.layout.type, "id": item.id, "index": item.place}
    if current is None:
        if write.interaction == "delete":
            raise NotFound.because("not_found", **named)
        if write.if_match is not None:
            raise PreconditionFailed.because(
                "version_differs", version=0, expected=write.if_match, **named
            )
        return "created"
    if not (current.may_delete if write.interaction == "delete" else current.may_update):
        raise NotFound.because("not_found", **named)
    if current.dictionary == ERASED and write.interaction != "delete":
        raise Gone.because("erased", **named)
    if write.interaction == "create" and not current.deleted:
        raise Conflict.because("exists", **named)
    if write.if_match is not None and write.if_match != current.version:
        raise PreconditionFailed.because(
            "version_differs", version=current.version, expected=write.if_match, **named
        )
    item.version = current.version + 1
    if write.interaction == "delete":
        item.bucket, item.patient = current.bucket, current.patient
        return "unchanged" if current.deleted else "deleted"
    if unchanged(item):
        return "unchanged"
    return "created" if current.deleted else "updated"


def _rule_key(item: Item) -> tuple[int, str, bool]:
    return id(item.context.access), item.layout.type, item.current is None


def _check_scope(ports: Ports, items: list[Item]) -> Plan[None]:
    """Refuse rows that would stand outside what the writer may write."""
    rules: dict[tuple[int, str, bool], tuple[Predicate, ...]] = {}
    for item in items:
        key = _rule_key(item)
        if key not in rules and item.write.interaction != "delete":
            interactions: tuple[Interaction, ...] = (
                ("create", "update") if item.current is None else ("update",)
            )
            rules[key] = tuple(
                rule(item.context.access, each, item.layout.type) for each in interactions
            )
    needed = {
        item.patient
        for item in items
        if item.patient
        and item.write.interaction != "delete"
        and any(map(asks_residence, rules[_rule_key(item)]))
    }
    residences: dict[str, str | None] = {}
    if needed:
        keys = sorted(needed)
        rows = yield from fetch(statements.RESIDENCES, keys, [bucket_of(key) for key in keys])
        residences = {row[0]: row[1] for row in rows}
    for item in items:
        if item.write.interaction == "delete":
            continue
        allowed = rules[_rule_key(item)]
        facts = _facts(ports, item, residences)
        if not any(access.allows(each, facts) for each in allowed):
            raise Forbidden.because("outside_scope", type=item.layout.type, index=item.place)


def _facts(ports: Ports, item: Item, residences: dict[str, str | None]) -> RowFacts:
    own = item.layout.has_residence and item.resource is not None
    return RowFacts(
        custodian=item.current.custodian if item.current else item.context.custodian,
        commune=item.current.commune if item.current else item.context.commune,
        residence=(
            ports.residence(item.resource)
            if own and item.resource
            else residences.get(item.patient or "")
        ),
        patient=item.id if item.layout.has_residence else item.patient,
        sensitivity=sensitivity(item) or "",
    )


def _row(ports: Ports, item: Item, *, tombstone: bool = False) -> list[Any]:
    """The values of `statements.columns`. A tombstone stands in the bucket that the row left."""
    layout, current, indexed = item.layout, item.current, item.indexed
    gone = tombstone or indexed is None or item.resource is None
    empty: list[Any] = [None] * len(layout.columns)
    head = [
        item.id,
        current.bucket if tombstone and current else item.bucket,
        item.version,
        item.updated,
    ]
    place = [
        current.custodian if current else item.context.custodian,
        current.commune if current else item.context.commune,
        sensitivity(item),
    ]
    if gone or indexed is None or item.resource is None:
        patient = current.patient if current else item.patient
        residence = current.residence if current else None
        if layout.has_residence:
            empty[-2] = residence
        return [
            *head, 0, True, tombstone, None, None, None, patient, *place, "{}", None, None, 0, None,
            *empty,
        ]  # fmt: skip
    extra = indexed.ranges
    if layout.has_residence:
        extra = [*extra, ports.residence(item.resource)]
    if layout.has_sort_name:
        extra = [*extra, indexed.sort_name]
    return [
        *head, compression.CURRENT, False, False, indexed.code, *indexed.date, item.patient, *place,
        "{" + ",".join(map(str, indexed.tokens)) + "}", indexed.strings,
        _packed(item), indexed.present, indexed.parts, *extra,
    ]  # fmt: skip


def _packed(item: Item) -> bytes:
    return packed(
        item.body or b"", item.layout.type, item.id or "", item.version, item.updated, item.patient
    )


def _store(ports: Ports, items: list[Item]) -> Plan[None]:
    groups: dict[int, list[Item]] = {}
    for item in items:
        groups.setdefault(item.layout.number, []).append(item)
    moved = []
    for _, group in sorted(groups.items()):
        layout = group[0].layout
        leaving = [i for i in group if i.current is not None and i.current.bucket != i.bucket]
        if leaving:
            yield from execute(
                statements.forget(layout), [i.id for i in leaving], [i.bucket for i in leaving]
            )
            moved += leaving
        new = [_row(ports, item) for item in group if item.current is None or item in leaving]
        old = [_row(ports, item) for item in group if item.current and item not in leaving]
        old += [_row(ports, item, tombstone=True) for item in leaving]
        if old:
            yield from execute(statements.replace(layout), *map(list, zip(*old, strict=True)))
        if new:
            yield from execute(statements.insert(layout), *map(list, zip(*new, strict=True)))
    if moved:
        places = {locator_key(i.layout.number, i.id or ""): i.bucket for i in moved}
        keys = sorted(places)
        yield from execute(statements.RELOCATE, keys, [places[key] for key in keys])
    yield from learn(
        ports.known, (word for item in items if item.indexed for word in item.indexed.words)
    )
    yield from _index_across(items)


def _before(item: Item) -> fhir.SearchValues:
    if item.current is None or item.current.body is None:
        return fhir.SearchValues()
    return fhir.extract(fhir.loads(item.current.whole(item.layout.type, item.id or "")))


def _has_identifiers(layout: Layout) -> bool:
    return layout.kinds.get("identifier") == "token"


def _index_across(items: list[Item]) -> Plan[None]:
    """Bring the identifier and name indexes to what the new versions say."""
    added: list[tuple[Any, ...]] = []
    dropped: list[tuple[Any, ...]] = []
    named: list[tuple[Any, ...]] = []
    unnamed: list[tuple[Any, ...]] = []
    for item in items:
        if not _has_identifiers(item.layout):
            continue
        number, bucket = item.layout.number, item.bucket
        before = _before(item)
        was, now = identifiers(before), item.indexed.identifiers if item.indexed else set()
        stays = item.current is not None and item.current.bucket == bucket
        keep = was & now if stays else set()
        added += [(value, system, number, bucket, item.id) for value, system in now - keep]
        dropped += [(value, system, number, item.id) for value, system in was - keep]
        if item.layout.type in NAMED:
            old, new = names(before), item.indexed.names if item.indexed else set()
            named += [(words, number, bucket, item.id) for words in new - old]
            unnamed += [(words, number, item.id) for words in old - new]
    for statement, rows in (
        (statements.DROP_IDENTIFIERS, dropped),
        (statements.ADD_IDENTIFIERS, added),
        (statements.DROP_NAMES, unnamed),
        (statements.ADD_NAMES, named),
    ):
        if rows:
            yield from execute(statement, *map(list, zip(*sorted(rows), strict=True)))


def _tell(changing: Sequence[tuple[Item, Status]]) -> Plan[None]:
    """Append to the change feed: one row for each type. Refuses what is about erased Patients."""
    groups: dict[int, list[str]] = {}
    patients: dict[str, Item] = {}
    for item, status in changing:
        entry = f"{_LETTER[status]}{item.version}:{item.id}"
        groups.setdefault(item.layout.number, []).append(entry)
        if item.patient is not None and status != "deleted":
            patients.setdefault(locator_key(_PATIENT, item.patient), item)
    if not groups:
        return
    erased = yield from fetch(
        statements.FEED,
        [changing[0][0].updated] * len(groups),
        list(groups),
        [feeding.pack(entries) for entries in groups.values()],
        sorted(patients),
    )
    for row in erased[:1]:
        item = patients[row[0]]
        raise Gone.because("erased", type="Patient", id=item.patient, index=item.place)


def _account(items: list[Item], outcomes: dict[int, Outcome]) -> Plan[None]:
    entries = []
    for item in items:
        outcome = outcomes.get(item.place)
        if outcome is None:
            continue
        entries.append(
            audit.Entry.of(
                item.context.access,
                item.write.interaction,
                patient=outcome.id if item.layout.has_residence else item.patient,
                type=outcome.type,
                id=outcome.id,
                detail=item.context.source or "",
                outcome=outcome.status,
            )
        )
    yield from audit.append(entries)


def _hooks(
    ports: Ports, changing: Sequence[tuple[Item, Status]], outcomes: dict[int, Outcome]
) -> Plan[None]:
    if not changing or (not ports.hooks and ports.admission is None):
        return
    written = [
        (Written(outcomes[i.place], i.resource, i.place, i.write.body), i.context)
        for i, _ in changing
    ]
    groups: dict[int, tuple[Context, list[Written]]] = {}
    for record, context in written:
        groups.setdefault(id(context), (context, []))[1].append(record)
    for context, records in groups.values():
        for hook in ports.hooks:
            yield from hook(records, context)
    if ports.admission is not None:
        yield from ports.admission(written)
