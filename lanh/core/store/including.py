"""What comes with the hits: rows they refer to (`_include`), rows that refer to them
(`_revinclude`), and, with `:iterate`, what those lead to (R4 3.1.1.5.5).

A row comes only where it may be read, and by a revinclude also found.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from lanh.core import fhir
from lanh.core.access import AllOf, Predicate, simplify
from lanh.core.database import Plan, fetch
from lanh.core.store import statements
from lanh.core.store.compiling import Scope, Shared, of_subject
from lanh.core.store.hashing import reference_hash, uri_hash
from lanh.core.store.identity import bucket_of
from lanh.core.store.layout import NUMBERS, Layout, layout
from lanh.core.store.own_parameters import OwnParameters, own_values
from lanh.core.store.permission import Arguments, condition
from lanh.core.store.reading import read_many, stored
from lanh.core.store.records import Context, Include, Search, Stored
from lanh.core.store.rights import may, rule
from lanh.core.store.searchable import Names, references_to

MOST_INCLUDED = 2_000  # rows with one page
_MOST_ROUNDS = 10

Key = tuple[str, str]


@dataclass
class _Round:
    """Rows from which includes go on, and what has been found so far."""

    context: Context
    own: OwnParameters
    seen: set[Key]
    found: list[Stored] = field(default_factory=list)
    bounded: bool = False

    def take(self, rows: Iterable[Stored]) -> list[Stored]:
        """The rows that are new, kept up to the bound."""
        new = []
        for row in rows:
            key = (row.type, row.id)
            if row.deleted or key in self.seen:
                continue
            if len(self.found) == MOST_INCLUDED:
                self.bounded = True
                break
            self.seen.add(key)
            self.found.append(row)
            new.append(row)
        return new


def included(
    wanted: Search, hits: Sequence[Stored], context: Context, own: OwnParameters
) -> Plan[tuple[list[Stored], bool]]:
    """The rows to include with the hits, and whether there are more than the bound."""
    state = _Round(context, own, {(row.type, row.id) for row in hits})
    rows: Sequence[Stored] = hits
    for turn in range(_MOST_ROUNDS):
        forward = [each for each in wanted.include if each.iterate or turn == 0]
        backward = [each for each in wanted.revinclude if each.iterate or turn == 0]
        new: list[Stored] = []
        if forward:
            new += yield from _named(state, rows, forward)
        if backward:
            new += yield from _naming(state, rows, backward)
        if not new or state.bounded:
            break
        rows = new
    else:
        state.bounded = state.bounded or bool(rows)
    return state.found, state.bounded


def _named(
    state: _Round, rows: Sequence[Stored], includes: Sequence[Include]
) -> Plan[list[Stored]]:
    """The rows that rows refer to."""
    keys: dict[Key, None] = {}
    canonical: dict[str, dict[str, None]] = {}
    for row in rows:
        applying = [each for each in includes if each.type in ("*", row.type)]
        if not applying:
            continue
        for each, name, reference in _references(state.own, row, applying):
            if isinstance(reference, tuple):
                if each.target in (None, reference[0]):
                    keys[reference] = None
            elif not reference.startswith("#"):
                targets = Names(state.own).targets(layout(row.type), name)
                for target in (each.target,) if each.target else targets:
                    canonical.setdefault(target, {})[reference] = None
    wanted = [key for key in keys if key not in state.seen][: MOST_INCLUDED + 1]
    found = yield from read_many(wanted, state.context)
    new = state.take(found)
    for target, urls in canonical.items():
        found = yield from _canonical(state, target, list(urls))
        new += state.take(found)
    return new


def _references(
    own: OwnParameters, row: Stored, includes: Sequence[Include]
) -> Iterable[tuple[Include, str, tuple[str, str] | str]]:
    resource = row.resource()
    references = dict(fhir.extract(resource).references)
    mine = own.answered(row.type)
    values = own_values(list(mine.values()), resource)
    if values is not None:
        for name, each in mine.items():
            if each.key in values.references:
                references[name] = values.references[each.key]
    for include in includes:
        names = references if include.parameter == "*" else (include.parameter,)
        for name in names:
            found = references.get(name, ())
            # A canonical with a version is there without it too, for searches.
            named = {
                each.partition("|")[0] for each in found if isinstance(each, str) and "|" in each
            }
            for reference in found:
                if reference not in named:
                    yield include, name, reference


def _canonical(state: _Round, kind: str, urls: list[str]) -> Plan[list[Stored]]:
    """Rows of a type by their canonical url, with the version where one is named."""
    shape = layout(kind)
    if shape.kinds.get("url") != "uri" or not may(state.context.access, "read", kind):
        return []
    hashes = [uri_hash("url", url.partition("|")[0]) for url in urls]
    arguments = Arguments()
    where = f"t.tokens && {arguments.add(hashes, 'bigint[]')}"
    rows = yield from _select(state, shape, where, arguments)
    return [row for row in rows if _is_one_of(row, urls)]


def _is_one_of(row: Stored, urls: list[str]) -> bool:
    resource = row.resource()
    url, version = resource.get("url"), resource.get("version")
    return url in urls or f"{url}|{version}" in urls


def _naming(
    state: _Round, rows: Sequence[Stored], includes: Sequence[Include]
) -> Plan[list[Stored]]:
    """The rows that refer to rows."""
    new: list[Stored] = []
    by_type: dict[str, list[str]] = {}
    for row in rows:
        by_type.setdefault(row.type, []).append(row.id)
    for each in includes:
        for kind in NUMBERS if each.type == "*" else (each.type,):
            access = state.context.access
            if not (may(access, "search", kind) and may(access, "read", kind)):
                continue
            for target, ids in by_type.items():
                if each.target in (None, target):
                    found = yield from _to(state, layout(kind), each.parameter, target, ids)
                    new += state.take(found)
    return new


def _to(
    state: _Round, shape: Layout, parameter: str, target: str, ids: list[str]
) -> Plan[list[Stored]]:
    """Rows of a type that name one of the targets by a parameter."""
    names = Names(state.own)
    if parameter == "*":
        parameters = references_to(shape, target, names)
    else:
        parameters = [parameter] if target in names.targets(shape, parameter) else []
    found: list[Stored] = []
    by_column = [
        name
        for name in parameters
        if target == "Patient" and name in shape.patient_parameters
        and names.own(shape, name) is None
    ]  # fmt: skip
    if by_column:
        arguments = Arguments(ids, [bucket_of(each) for each in ids])
        scope = Scope(shape, "t", Shared(arguments, lambda kind: _rule(state, kind)))
        where = (
            "EXISTS (SELECT 1 FROM unnest($1::text[], $2::smallint[]) AS k (id, bucket)"  # noqa: S608
            " WHERE k.id = t.patient AND k.bucket = t.bucket"
            " AND hashtextextended(k.id, 0) = hashtextextended(t.patient, 0))"
            f" AND {of_subject(scope)}"
        )
        found += yield from _select(state, shape, where, arguments)
    by_token = []
    for name in parameters:
        own = names.own(shape, name)
        if name not in by_column:
            key = name if own is None else own.key
            by_token += [reference_hash(key, f"{target}/{each}") for each in ids]
    if by_token:
        arguments = Arguments()
        where = f"t.tokens && {arguments.add(by_token, 'bigint[]')}"
        found += yield from _select(state, shape, where, arguments)
    return found


def _rule(state: _Round, kind: str) -> Predicate:
    access = state.context.access
    return simplify(AllOf((rule(access, "read", kind), rule(access, "search", kind))))


def _select(state: _Round, shape: Layout, where: str, arguments: Arguments) -> Plan[list[Stored]]:
    """Current rows that may be read and found, one more than may be included."""
    allowed = condition(_rule(state, shape.type), arguments, patients=shape.has_residence)
    rows = yield from fetch(
        f"SELECT {statements.READ} FROM {shape.table} t"  # noqa: S608
        f" WHERE {where} AND NOT t.deleted AND {allowed} ORDER BY t.id LIMIT {MOST_INCLUDED + 1}",
        *arguments.values,
    )
    return [stored(shape.type, row) for row in rows]
