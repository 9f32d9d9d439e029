"""Pages of lists over a million facilities, wards and beds: as the engine answers a person."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from urllib.parse import parse_qsl

from lanh.core.access import (
    Access,
    CommuneIn,
    CustodianIn,
    Everything,
    Grant,
    Predicate,
    Purpose,
    Subject,
)
from lanh.core.database import Plan, SyncDatabase, fetch
from lanh.core.lists import Column, Filter, ListDefinition, Lists, SavedView, Screen
from lanh.core.store import Context, Store
from lanh.core.text import Words
from lanh.nation import naming
from lanh.site.bench import Figure
from lanh.site.bench._directory import BED_KINDS, STATUSES, code_of
from lanh.site.bench._measure import measured, percentile

_RUNS = 9
_FREE, _CLEANED = f"{STATUSES}|U", f"{STATUSES}|K"


def _said(text: str) -> Words:
    return Words(text, text)


def _type(code: str) -> str:
    return f"{naming.BED_TYPE}|{code}"


def _name(reference: str) -> Column:
    return Column(
        reference,
        _said(reference),
        lambda row, _: row[1].get(row[0].get(reference, {}).get("reference", ""), {}).get("name"),
    )


BEDS = ListDefinition(
    key="bench-beds",
    title=_said("beds"),
    columns=(
        Column("name", _said("name"), lambda row, _: row[0].get("name"), sort="name", main=True),
        _name("partOf"),
        _name("managingOrganization"),
        Column(
            "status",
            _said("status"),
            lambda row, _: row[0].get("operationalStatus", {}).get("code"),
        ),
        Column(
            "changed",
            _said("changed"),
            lambda row, _: row[0]["meta"]["lastUpdated"],
            sort="_lastUpdated",
        ),
    ),
    resource_type="Location",
    fixed=(("type", ",".join(map(_type, BED_KINDS))),),
    include=("Location:partof", "Location:organization"),
    filters=(
        Filter("name", _said("name"), "name"),
        Filter("status", _said("status"), "operational-status", "choice",
               tuple((f"{STATUSES}|{code}", _said(code)) for code in "UOKC")),
        Filter("kind", _said("kind"), "type", "choice",
               tuple((_type(code), _said(code)) for code in BED_KINDS)),
        Filter("facility", _said("facility"), "organization.identifier"),
        Filter("ward", _said("ward"), "partof.name"),
    ),
    views=(
        SavedView("free", _said("free"), {"status": _FREE}),
        SavedView("intensive", _said("intensive care"), {"kind": _type("intensive")}),
    ),
)  # fmt: skip

FACILITIES = ListDefinition(
    key="bench-facilities",
    title=_said("facilities"),
    columns=BEDS.columns[:1],
    resource_type="Organization",
    filters=(
        Filter("name", _said("name"), "name"),
        Filter("code", _said("code"), "identifier"),
        Filter("province", _said("province"), "address-state"),
        Filter("level", _said("level"), "type", "choice",
               tuple((f"{naming.FACILITY_LEVEL}|{code}", _said(code)) for code in "123")),
    ),
    order="name",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Case:
    """A page that somebody opens: which list, in which state, seeing which rows; `empty` where
    there are none."""

    name: str
    definition: ListDefinition
    query: str
    scope: Predicate = Everything()  # noqa: RUF009 - immutable
    counts: bool = False
    empty: bool = False


_PROVINCE = CommuneIn(frozenset(f"97{at:03}" for at in range(300)))
_DISTRICT = CommuneIn(frozenset(f"97{at:03}" for at in range(30)))
_HOSPITAL = CustodianIn(frozenset({code_of(0)}))

CASES = (
    Case("beds, newest", BEDS, ""),
    Case("beds by name", BEDS, "sort=name"),
    Case("beds by name, downwards", BEDS, "sort=-name"),
    Case("free beds, newest", BEDS, f"status={_FREE}"),
    Case("free beds by name", BEDS, f"status={_FREE}&sort=name"),
    Case("beds to be cleaned by name", BEDS, f"status={_CLEANED}&sort=name"),
    Case("free intensive beds by name", BEDS,
         f"status={_FREE}&kind={_type('intensive')}&sort=name"),
    Case("delivery beds by name", BEDS, f"kind={_type('delivery')}&sort=name"),
    Case("a province's free beds", BEDS, f"status={_FREE}&sort=name", _PROVINCE),
    Case("thirty communes' free beds", BEDS, f"status={_FREE}&sort=name", _DISTRICT),
    Case("a hospital's beds", BEDS, "sort=name", _HOSPITAL),
    Case("a hospital's beds, text", BEDS, "name=giường 01&sort=name", _HOSPITAL),
    Case("beds of a facility's code", BEDS, f"facility={code_of(18)}&sort=name"),
    Case("free beds with the counts of views", BEDS, f"status={_FREE}", counts=True),
    Case("text in every name", BEDS, "name=giường&sort=name"),
    Case("text in few names", BEDS, "name=mắt&sort=name"),
    Case("text in few names, newest", BEDS, "name=mắt"),
    Case("text in no name", BEDS, "name=không có&sort=name", empty=True),
    Case("text in no name, newest", BEDS, "name=zzzz", empty=True),
    Case("words of every name in no order of any", BEDS, "name=01 giường&sort=name", empty=True),
    Case("facilities", FACILITIES, ""),
    Case("facilities, text", FACILITIES, "name=bệnh viện đa khoa hòa bình"),
    Case("facilities of a province and level", FACILITIES,
         f"province=tỉnh 97&level={naming.FACILITY_LEVEL}|1"),
)  # fmt: skip


def _access(scope: Predicate) -> Access:
    grant = Grant("officer", frozenset({"read", "search"}), None, scope)
    return Access(Subject("person", "1", "bench"), Purpose.OPERATIONS, (grant,))


def list_pages(database: SyncDatabase, server: int, runs: int = _RUNS) -> list[Figure]:
    """The first page of each case and the one after it, each in a transaction of its own, as the
    server answers: `list_page` is the median of all. The baseline is the same number of rows read
    by their ids."""
    lists = Lists(Store())
    figures, every = [], []
    for case in CASES:
        taken = []
        begun = time.process_time()
        with measured(server) as span:
            for at in range(runs):
                start = time.perf_counter()
                screen = database.transact(_screen(lists, case, case.query))
                taken.append((time.perf_counter() - start) * 1000)
                if at == 0 and screen.next_query:
                    start = time.perf_counter()
                    database.transact(_screen(lists, case, screen.next_query))
                    taken.append((time.perf_counter() - start) * 1000)
        cpu = (time.process_time() - begun + span.cpu) * 1000 / len(taken)
        every += taken
        figures.append(
            Figure(f"  {case.name}", cpu, p50_ms=median(taken), p99_ms=percentile(taken, 0.99))
        )
    limit = _by_ids(database, lists, runs)
    whole = Figure(
        "list_page", p50_ms=median(every), p99_ms=percentile(every, 0.99),
        baseline=f"25 rows by id, {limit:.1f} ms", ratio=median(every) / limit,
    )  # fmt: skip
    return [whole, *figures]


def _screen(lists: Lists, case: Case, query: str) -> Plan[Screen]:
    return lists.screen(
        case.definition, parse_qsl(query), _access(case.scope), "person:1", "vi",
        counts=case.counts,
    )  # fmt: skip


def _by_ids(database: SyncDatabase, lists: Lists, runs: int) -> float:
    """The median of reading as many rows as a page has by their ids."""
    rows = database.read(fetch("SELECT id FROM store.location ORDER BY id DESC LIMIT 25"))
    keys: Sequence[tuple[str, str]] = [("Location", row[0]) for row in rows]
    taken = []
    for _ in range(runs * 3):
        start = time.perf_counter()
        database.transact(lists.store.read_many(keys, Context(_access(Everything()))))
        taken.append((time.perf_counter() - start) * 1000)
    return median(taken)
