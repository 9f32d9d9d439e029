"""The erasure itself: one transaction over records, persons, links and messages."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from lanh.core import bus, forms, lists, matching, workflow
from lanh.core.access import system_access
from lanh.core.database import Plan
from lanh.core.store import Context, Store, Stored, files_named
from lanh.nation import naming
from lanh.nation.erasure.orders import locked, note
from lanh.nation.person import PersonLinking


def erase_records(store: Store, linking: PersonLinking, identifier: str) -> Plan[bool]:
    """Erase what an order names, all or nothing, within the current transaction.

    False, with nothing done, while a write or a spreadsheet from before the order, or a message of
    the facilities concerned, is still under way: to be tried again. Doing it once more changes
    nothing. Raises LookupError for an unknown order.
    """
    order = yield from locked(identifier)
    if order is None:
        raise LookupError(identifier)
    if order.state != "ordered":
        return True
    patients = list(order.patients)
    context = Context(system_access("erasure"))
    versions = yield from _versions(store, patients, context)
    owners = sorted({each.custodian for each in versions if each.custodian})
    ready = yield from store.forbidden_for_all(patients)
    if not ready or (yield from bus.waiting(owners)):
        return False
    if (yield from lists.sheets_under_way(order.ordered_at)):
        return False
    held = yield from bus.messages_holding(_marks(versions), owners)
    persons = sorted(set((yield from matching.persons_of(patients)).values()))
    erased = yield from store.erase(patients, context)
    left = yield from matching.records_of(persons)
    kept = [person for person in persons if left[person]]
    yield from linking.renew_persons(kept, context)
    orphans = [("Person", person) for person in persons if not left[person]]
    past = [("Person", person) for person in kept]
    files = set(erased.files)
    for draft in (yield from forms.erase_drafts(patients)):
        files |= files_named(draft.encode())
    attached = yield from _attached(store, files, owners, context)
    more = yield from store.erase([], context, also=orphans + attached, past=past)
    named = {naming.receipt_of(source) for source in erased.sources | more.sources}
    yield from matching.erase_words(patients)
    yield from workflow.erase_words(patients)
    records = [f"{kind}/{name}" for kind, name in (*erased.records, *more.records)]
    rows = yield from lists.erase_rows(records, [*_marks(versions), *_telephones(versions)])
    messages = yield from bus.erase_messages(sorted({*held, *filter(None, named)}))
    report = {
        "records": len(erased.records) + len(more.records),
        "bodies": erased.bodies + more.bodies,
        "messages": messages,
        "rows": rows,
    }
    yield from note(identifier, "records-erased", report)
    return True


def _attached(
    store: Store, files: Collection[str], owners: Sequence[str], context: Context
) -> Plan[list[tuple[str, str]]]:
    """The files named that the person's own facilities keep. A record may name any file: of others
    none is touched. A file that was deleted before still has its versions."""
    wanted = [("Binary", each) for each in sorted(files)]
    stored = yield from store.read_many(wanted, context)
    return [(each.type, each.id) for each in stored if each.custodian in owners]


def _versions(store: Store, patients: Sequence[str], context: Context) -> Plan[list[Stored]]:
    """Every version of the Patients, as they may have been told in messages."""
    found: list[Stored] = []
    for patient in patients:
        found += yield from store.history("Patient", patient, context)
    return found


def _marks(versions: Sequence[Stored]) -> list[str]:
    """What stands for the person in a message: every number that they ever had."""
    return _values(versions, "identifier")


def _telephones(versions: Sequence[Stored]) -> list[str]:
    """Every telephone or address of mail that they ever had."""
    return _values(versions, "telecom")


def _values(versions: Sequence[Stored], element: str) -> list[str]:
    marks: dict[str, None] = {}
    for version in versions:
        if version.deleted:
            continue
        resource: dict[str, Any] = version.resource()
        for each in resource.get(element) or ():
            if isinstance(each.get("value"), str):
                marks[each["value"]] = None
    return list(marks)
