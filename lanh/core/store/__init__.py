"""Versioned records: one engine for every FHIR type, as statement plans.

`Store(hooks=(), residence=None)` gives the plans (run them with `SyncDatabase.transact` or
`AsyncDatabase.transact`; one transact is one unit of work):

    write(writes, context) -> Plan[list[Outcome]]            all or nothing, in bulk
    write_each([(write, context)]) -> Plan[list[Outcome]]    the same for many contexts at once
    read(type, id, context, version=None) -> Plan[Stored | None]
    read_many([(type, id)], context) -> Plan[list[Stored]]   absent or hidden ones are left out
    parse(type, pairs, lenient=, base=) -> Plan[(Search, passed over)]   a query string
    search(search, context) -> Plan[Page]                    parse_search(type, pairs) -> Search
    every(search, context) -> Plan[list[Stored]]             all pages of a bounded search
    tally(search, context) -> Plan[dict[commune, int]]       how many answer, by commune
    search_each([repeated(search, context)])                 many of common forms at once
    parse_several(pairs, within=), search_several(searches, context)   of several types at once
    history(type, id, context) -> Plan[list[Stored]]         newest first
    matching(type, pairs, context) -> Plan[list[Outcome]]    what a condition finds, under a lock
    find_all([(type, pairs)], context)                       the same for many conditions
    new_id(type, patient) -> str                             for a Write that is `fresh`
    owners([(type, id)]) -> Plan[dict[(type, id), str | None]]
    changes(after, limit) -> Plan[tuple[list[Change], Position]]   from a position on
    hold(name, position)                                     what a reader of the feed still needs
    end(), current(type, after, limit)                       a full scan, where the feed is cut
    bodies(changes) -> Plan[list[Stored]]                    the current state of what changed
    forbid(patients), forbidden_for_all(patients), erase(patients, context)
                                                         erasure by order: see erasing.py

`reindex(limit) -> Plan[bool | None]` is a step of indexing rows by the SearchParameters of this
installation, `own_parameters()` tells how far each is.
`scan(type, context, at=moment, after=id) -> Plan[(rows, next id)]` reads a whole type as it stood
at a moment, in the order of ids, for exports.

`mirrored(search) -> Search` asks for the rows on the other side of a page, in the opposite order.

A deleted row is read as a `Stored` with `deleted=True` and no body. Writes append audit entries
and feed entries themselves; reads do not: who answers a person appends the entry
(`audit.append`) and commits it before the answer is sent.
`transaction.execute(store, bundle, context, keep_unresolved=False) -> Plan[transaction.Result]`
runs a FHIR transaction Bundle in the current transaction; `transaction.patch(...)` patches one row.
`histories.of_row(...)`, `histories.of_types(...)` are history by pages and spans of time;
`compartments.about(patient, context, ...)` is all about one patient, by pages.
`feed.drop_read(keep, required)` drops what of the change feed every reader has read.
`readable(access, type, key, bucket, arguments) -> str` is the SQL condition under which a row may
be read, for engines that keep something of a record in tables of their own; `condition(...)` that
of a predicate on such a table, which has the columns of a row that predicates ask.
"""

from lanh.core.store import compartments, feed, histories, transaction
from lanh.core.store.dormancy import last_dates
from lanh.core.store.engine import Store
from lanh.core.store.erasing import Erased
from lanh.core.store.errors import (
    Conflict,
    Forbidden,
    Gone,
    Invalid,
    NotFound,
    NotKept,
    PreconditionFailed,
    StoreError,
)
from lanh.core.store.identity import bucket_of, new_id
from lanh.core.store.layout import Layout, layout
from lanh.core.store.ordering import mirrored
from lanh.core.store.own_parameters import OwnParameter
from lanh.core.store.permission import Arguments, condition
from lanh.core.store.query import parse_leniently, parse_search
from lanh.core.store.reading import readable
from lanh.core.store.records import (
    Admission,
    Change,
    Context,
    Hook,
    Include,
    Outcome,
    Page,
    Parameter,
    Position,
    Search,
    Stored,
    Withheld,
    Write,
    Written,
    files_named,
)
from lanh.core.store.registering import why_unusable
from lanh.core.store.repeating import Repeated
from lanh.core.store.resolving import Terminology
from lanh.core.store.rights import may
from lanh.core.store.scanning import Scanned, scan
from lanh.core.store.searchable import check_parameter
from lanh.core.store.several import check_member

__all__ = [
    "Admission",
    "Arguments",
    "Change",
    "Conflict",
    "Context",
    "Erased",
    "Forbidden",
    "Gone",
    "Hook",
    "Include",
    "Invalid",
    "Layout",
    "NotFound",
    "NotKept",
    "Outcome",
    "OwnParameter",
    "Page",
    "Parameter",
    "Position",
    "PreconditionFailed",
    "Repeated",
    "Scanned",
    "Search",
    "Store",
    "StoreError",
    "Stored",
    "Terminology",
    "Withheld",
    "Write",
    "Written",
    "bucket_of",
    "check_member",
    "check_parameter",
    "compartments",
    "condition",
    "feed",
    "files_named",
    "histories",
    "last_dates",
    "layout",
    "may",
    "mirrored",
    "new_id",
    "parse_leniently",
    "parse_search",
    "readable",
    "scan",
    "transaction",
    "why_unusable",
]
