"""The words of the store: who writes, what is written, what came of it, what is kept."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any, Literal, NamedTuple, TypeAlias

from lanh.core import fhir
from lanh.core.access import Access
from lanh.core.database import Plan

Resource: TypeAlias = dict[str, Any]

_FILE = re.compile(rb'"Binary/([A-Za-z0-9\-.]{1,64})"')


@dataclass(frozen=True, slots=True)
class Context:
    """Under whose rights, from where, and about which place a batch is written or read.

    `source` becomes meta.source of each written resource. `custodian` is the facility code and
    `commune` that facility's commune at the time of the event: both stay on the row for ever.
    `tags` are (system, code) pairs added to meta.tag.
    """

    access: Access
    source: str | None = None
    custodian: str | None = None
    commune: str | None = None
    tags: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Write:
    """One create, update or delete.

    A create without id gets one from the store; a create with an id fails where that id exists.
    An update creates where there is nothing yet. `if_match` is the version the row must have.
    `if_none_exist` holds search parameters (name, value): where one row matches, nothing is
    written and the outcome is that row ("unchanged"). `sensitivity` is "" for ordinary rows.
    `fresh` says that the id has just been made by `Store.new_id`, so that nothing can stand there.
    """

    interaction: Literal["create", "update", "delete"]
    type: str
    id: str | None = None
    body: Resource | None = None
    if_match: int | None = None
    if_none_exist: Sequence[tuple[str, str]] | None = None
    sensitivity: str = ""
    fresh: bool = False


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one write; `version` and `updated` are those of the row after it.

    `body` is the JSON as kept, where this write made it.
    """

    status: Literal["created", "updated", "unchanged", "deleted"]
    type: str
    id: str
    version: int
    updated: datetime
    body: bytes | None = field(default=None, repr=False, compare=False)


def source_of(body: bytes) -> str | None:
    """meta.source of a resource as kept; bodies that cannot have one are not parsed."""
    if b'"source"' not in body:
        return None
    source: str | None = (fhir.loads(body).get("meta") or {}).get("source")
    return source


def files_named(body: bytes) -> set[str]:
    """The ids of the Binary resources that a body names: attachments by url, references."""
    return {each.decode() for each in _FILE.findall(body)}


@dataclass(frozen=True)
class Stored:
    """One version of one resource as kept; `body` is the JSON that is served, b"" if deleted."""

    type: str
    id: str
    version: int
    updated: datetime
    body: bytes
    deleted: bool = False
    patient: str | None = None
    custodian: str | None = None
    commune: str | None = None
    sensitivity: str = ""

    def resource(self) -> Resource:
        """The parsed resource (a fresh dict each time), with exact decimals."""
        parsed: Resource = fhir.loads(self.body)
        return parsed

    @cached_property
    def source(self) -> str | None:
        """meta.source: which message or application the version came from."""
        return None if self.deleted else source_of(self.body)


@dataclass(frozen=True, slots=True)
class Written:
    """A write that changed something, as hooks get it; `resource` is None for a delete.

    `place` is that of the write in its batch. `sent` is the resource before anything was withheld
    from the record.
    """

    outcome: Outcome
    resource: Resource | None
    place: int = 0
    sent: Resource | None = field(default=None, repr=False)


Hook: TypeAlias = Callable[[Sequence[Written], Context], Plan[None]]
Admission: TypeAlias = Callable[[Sequence[tuple[Written, Context]]], Plan[None]]
"""Asked once a batch, after the hooks; raises StoreError with the place of the write it refuses."""

Withheld: TypeAlias = Callable[[Resource], Resource]
"""A resource as its record keeps it: without what nobody may read again."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """One search parameter of a query: `values` are alternatives (comma in the URL).

    `then` is what the rows at the other end of a reference must answer: of a chain
    (`subject:Patient.name=an` is `subject`, modifier `Patient`, then `name`), or of `_has`
    (`_has:Observation:patient:code=1` has the modifier `Observation:patient`, then `code`).
    """

    name: str
    values: tuple[str, ...] = ()
    modifier: str | None = None
    then: Parameter | None = None


@dataclass(frozen=True, slots=True)
class Include:
    """Rows that come with the hits: those that a type's reference parameter names, or, of a
    revinclude, those of the type that name a hit. `*` stands for every type or parameter;
    `iterate` also goes on from rows that were included."""

    type: str
    parameter: str
    target: str | None = None
    iterate: bool = False


@dataclass(frozen=True, slots=True)
class Search:
    """A search on one type. Parameters must all hold; sort names take a leading minus.

    `total` asks for a count: `True` an exact one, "estimate" one that stops at `most_counted`.
    `base` is the address of the interface, so that absolute references to it are known as its own.
    `within` is a compartment (type, id) to which rows must belong. A page that is `inclusive`
    begins at its cursor's place, not after it. Build one from a query string with `Store.parse`.
    """

    type: str
    parameters: tuple[Parameter, ...] = ()
    sort: tuple[str, ...] = ()
    count: int = 20
    cursor: str | None = None
    include: tuple[Include, ...] = ()
    revinclude: tuple[Include, ...] = ()
    total: bool | Literal["estimate"] = False
    summary: Literal["count"] | None = None
    base: str = ""
    within: tuple[str, str] | None = None
    inclusive: bool = False
    most_counted: int = 10_000


@dataclass(frozen=True, slots=True)
class Page:
    """One page of hits, the resources included with them, and where the next page begins.

    `total` is None where it was not asked for; `total_bounded` says that there are more.
    `included_bounded` says that not all that should be included is.
    """

    entries: list[Stored]
    included: list[Stored] = field(default_factory=list)
    next_cursor: str | None = None
    total: int | None = None
    total_bounded: bool = False
    included_bounded: bool = False


class Position(NamedTuple):
    """A place in the change feed: everything before it has been read."""

    xid: int = 0
    number: int = 0
    offset: int = 0


@dataclass(frozen=True, slots=True)
class Change:
    """One entry of the change feed; the reader may start again at `position`.

    Two changes of one resource can come in the wrong order when their transactions overlapped:
    a reader keeps the highest version.
    """

    position: Position
    type: str
    id: str
    version: int
    operation: Literal["create", "update", "delete"]
    at: datetime
