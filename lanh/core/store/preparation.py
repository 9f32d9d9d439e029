"""What a write comes to before the database is asked: its id, its row, its body."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from lanh.core import fhir
from lanh.core.access import Interaction
from lanh.core.store.bodies import instant, unpacked
from lanh.core.store.errors import Conflict, Forbidden, Invalid
from lanh.core.store.identity import bucket_of, new_id, new_person_id, well_formed
from lanh.core.store.indexing import Indexed, index
from lanh.core.store.layout import NUMBERS, Layout, layout
from lanh.core.store.own_parameters import OwnParameter
from lanh.core.store.records import Context, Resource, Write
from lanh.core.store.rights import may
from lanh.core.store.vocabulary import Known

# Codes of meta.security that make a row sensitive (HL7 v3 ActCode, InformationSensitivityPolicy).
_SENSITIVE = frozenset({"HIV", "PSY", "GDIS", "STD", "SUD", "SDV"})
_KEPT_BY_US = ("versionId", "lastUpdated")


@dataclass(slots=True)
class Current:
    """The row as it stands before a write (locked)."""

    bucket: int
    version: int
    deleted: bool
    patient: str | None
    custodian: str | None
    commune: str | None
    sensitivity: str
    residence: str | None
    dictionary: int
    body: bytes | None
    updated: datetime
    may_update: bool
    may_delete: bool

    def whole(self, kind: str, name: str) -> bytes:
        """The body as it was written."""
        return unpacked(
            self.body, self.dictionary, kind, name, self.version, self.updated, self.patient
        )


@dataclass(slots=True)
class Item:
    """One write on its way through the plan."""

    place: int
    write: Write
    context: Context
    layout: Layout
    id: str | None
    patient: str | None = None
    bucket: int = -1
    current: Current | None = None
    fresh: bool = False  # the id is of our making, or the locator has just taken it
    indexed: Indexed | None = None
    resource: Resource | None = None
    withholds: bool = False  # something of what was sent is not kept in the record
    body: bytes | None = None
    version: int = 1
    updated: datetime = field(default_factory=lambda: datetime.now(UTC))

    @property
    def key(self) -> tuple[str, str | None]:
        """What is written: (type, id)."""
        return self.layout.type, self.id


def timestamp() -> datetime:
    """Now in UTC, by milliseconds: the precision of meta.lastUpdated."""
    now = datetime.now(UTC)
    return now.replace(microsecond=now.microsecond // 1000 * 1000)


def prepare(place: int, write: Write, context: Context, now: datetime) -> Item:
    """Check a write by itself and give it its id. Raises Invalid or Forbidden."""
    if write.type not in NUMBERS:
        raise Invalid.because("unknown_type", type=write.type, index=place)
    item = Item(place, write, context, layout(write.type), write.id, fresh=write.fresh, updated=now)
    _check_rights(item)
    if write.id is not None and not well_formed(write.id):
        raise Invalid.because("bad_id", id=write.id, expression=f"{write.type}.id", index=place)
    if write.interaction == "delete":
        if write.id is None:
            raise Invalid.because(
                "id_needed", interaction=write.interaction, type=write.type, index=place
            )
        return item
    _check_body(item)
    item.resource = write.body
    return item


def _check_rights(item: Item) -> None:
    interaction = item.write.interaction
    rights: tuple[Interaction, ...] = (interaction,)
    if interaction == "update":
        rights = ("create", "update")
    if not any(may(item.context.access, each, item.layout.type) for each in rights):
        raise Forbidden.because(
            "forbidden", interaction=interaction, type=item.layout.type, index=item.place
        )


def _check_body(item: Item) -> None:
    write, body = item.write, item.write.body
    if body is None or (write.interaction == "update" and write.id is None):
        key = "body_needed" if body is None else "id_needed"
        raise Invalid.because(key, interaction=write.interaction, type=write.type, index=item.place)
    if body.get("resourceType") != write.type:
        raise Invalid.because(
            "type_differs", body=body.get("resourceType"), type=write.type, index=item.place
        )
    if write.interaction == "update" and body.get("id") not in (None, write.id):
        raise Invalid.because(
            "id_differs",
            body=body.get("id"),
            id=write.id,
            expression=f"{write.type}.id",
            index=item.place,
        )


def place_row(item: Item) -> None:
    """Find the row's person and bucket, and make an id where there is none."""
    if item.resource is None:
        return
    if item.layout.type == "Patient":
        item.patient = None
        if item.id is None:
            item.id, item.bucket = new_person_id()
            item.fresh = True
        else:
            item.bucket = bucket_of(item.id)
        return
    item.patient = fhir.patient_of(item.resource)
    if item.patient is not None:
        item.bucket = bucket_of(item.patient)
        if item.id is None:
            item.id, item.fresh = new_id(item.bucket), True
    elif item.id is None:
        item.id, item.bucket = new_person_id()
        item.fresh = True
    else:
        item.bucket = bucket_of(item.id)


def complete(item: Item, known: Known, own: Sequence[OwnParameter] = ()) -> None:
    """Give the resource its id and meta, and reckon what its row is searched by."""
    if item.resource is None:
        return
    given = item.resource.get("meta") or {}
    meta: dict[str, Any] = {"versionId": str(item.version), "lastUpdated": instant(item.updated)}
    if given:
        meta = {**meta, **given, **meta}
    if item.context.source is not None:
        meta["source"] = item.context.source
    if item.context.tags:
        tags = list(meta.get("tag") or ())
        for system, code in item.context.tags:
            if not any(tag.get("system") == system and tag.get("code") == code for tag in tags):
                tags.append({"system": system, "code": code})
        meta["tag"] = tags
    # The head comes first in every body; a second assignment keeps the place of a key.
    head = {"resourceType": item.layout.type, "id": item.id, "meta": meta}
    item.resource = {**head, **item.resource, **head}
    item.body = fhir.dumps(item.resource)
    item.indexed = index(item.layout, item.resource, item.patient, known, own)


def sensitivity(item: Item) -> str | None:
    """The row's kind of sensitivity, None for an ordinary row.

    As the writer says, else by meta.security, else as before: a later writer who does not know
    that a row is sensitive does not make it ordinary.
    """
    if item.write.sensitivity:
        return item.write.sensitivity
    if item.resource is not None:
        labels = (item.resource.get("meta") or {}).get("security") or ()
        found = next((each["code"] for each in labels if each.get("code") in _SENSITIVE), None)
        if found is not None:
            return str(found)
    return (item.current.sensitivity or None) if item.current else None


def content(resource: Resource, context: Context | None = None) -> Resource:
    """A resource without what the store adds to it: to tell whether two versions differ."""
    meta = dict(resource.get("meta") or {})
    for key in (*_KEPT_BY_US, "source"):
        meta.pop(key, None)
    if context is not None and context.tags:
        tags = list(meta.get("tag") or ())
        tags += [
            {"system": system, "code": code}
            for system, code in context.tags
            if not any(t.get("system") == system and t.get("code") == code for t in tags)
        ]
        meta["tag"] = tags
    bare = {key: value for key, value in resource.items() if key not in ("id", "meta")}
    if meta:
        bare["meta"] = meta
    return bare


def unchanged(item: Item) -> bool:
    """Whether the row already says what is written: 1.0 and 1.00 differ, the order of keys not."""
    current = item.current
    if current is None or current.deleted or item.resource is None or item.withholds:
        return False
    if (sensitivity(item) or "") != current.sensitivity:
        return False
    before: Resource = content(fhir.loads(current.whole(item.layout.type, item.id or "")))
    after = content(item.resource, item.context)
    return before == after and _canonical(before) == _canonical(after)


def _canonical(value: Any) -> bytes:
    return fhir.dumps(_ordered(value))


def _ordered(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _ordered(value[key]) for key in sorted(value)}
    if isinstance(value, list):
        return [_ordered(each) for each in value]
    return value


def refuse_repeats(items: list[Item]) -> dict[int, int]:
    """Writes of the same row in one batch: equal ones are joined (later place -> first place).

    Raises Conflict where they differ.
    """
    first: dict[tuple[str, str | None], Item] = {}
    joined: dict[int, int] = {}
    for item in items:
        if item.id is None or item.fresh:
            continue
        other = first.setdefault(item.key, item)
        if other is item:
            continue
        same = (
            item.write == other.write or item.write.body == other.write.body
        ) and item.write.interaction == other.write.interaction
        if not same or item.context.access != other.context.access:
            raise Conflict.because(
                "twice_in_batch", type=item.layout.type, id=item.id, index=item.place
            )
        joined[item.place] = other.place
    return joined
