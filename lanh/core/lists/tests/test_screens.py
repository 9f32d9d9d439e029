"""Pages of lists: filters, order, pages in both directions, views, columns, rights, audit."""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import parse_qsl

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lanh.core.access import CustodianIn
from lanh.core.database import SyncDatabase, fetch
from lanh.core.lists import ListDefinition, ListRefused, Lists, Screen
from lanh.core.lists.tests.beds import (
    BEDS,
    FREE,
    KINDS,
    OF_97001,
    TAKEN,
    bed,
    keep,
    reader,
    thirty,
    ward,
)
from lanh.core.store import Forbidden, Store
from lanh.core.store.tests.conftest import patient

ME = "person:7"
LISTS = Lists(Store())


def show(
    database: SyncDatabase, query: str = "", definition: ListDefinition = BEDS, **more: bool
) -> Screen:
    pairs = parse_qsl(query, keep_blank_values=True)
    return database.transact(LISTS.screen(definition, pairs, reader(), ME, "en", **more))


def names(screen: Screen) -> list[str]:
    return [row.cells[0] for row in screen.rows]


def numbered(*numbers: int) -> list[str]:
    return [f"Giường số {at:03}" for at in numbers]


@pytest.fixture
def beds(database: SyncDatabase) -> SyncDatabase:
    thirty(database)
    return database


def test_a_page_is_in_order_with_what_it_includes(beds: SyncDatabase) -> None:
    screen = show(beds)
    assert names(screen) == numbered(*range(1, 9))
    assert screen.rows[0].record == "Location/bed-1"
    assert screen.rows[0].cells == ["Giường số 001", "Khoa Nội", "free"]
    assert [each.name for each in screen.columns if each.shown] == ["name", "ward", "status"]
    assert screen.previous_query is None and screen.total is None and screen.notes == []


def test_pages_lead_forth_and_back_over_the_same_rows(beds: SyncDatabase) -> None:
    for start in ("", "sort=-name", "sort=status", f"status={TAKEN}", "name=giuong"):
        there: list[list[str]] = []
        query: str | None = start
        last = start
        while query is not None:
            screen = show(beds, query)
            there.append(names(screen))
            last, query = query, screen.next_query
        back: list[list[str]] = []
        query = last
        while query is not None:
            screen = show(beds, query)
            back.append(names(screen))
            query = screen.previous_query
        assert back[::-1] == there, start
        every = [name for page in there for name in page]
        assert len(every) == len(set(every)) == (10 if TAKEN in start else 30)
        # And forth again from the first page that was reached backwards.
        assert screen.next_query is not None
        assert names(show(beds, screen.next_query)) == there[1]


def test_a_page_stays_where_it_is_while_rows_come_and_go(beds: SyncDatabase) -> None:
    second = show(beds, show(beds).next_query or "")
    keep(beds, {**bed(0), "name": "Giường số 000"})
    third = show(beds, second.next_query or "")
    assert names(third) == numbered(*range(17, 25))
    assert names(show(beds, third.previous_query or "")) == names(second)
    first = show(beds, show(beds, third.previous_query or "").previous_query or "")
    assert names(first) == numbered(*range(1, 9))
    assert names(show(beds, first.previous_query or "")) == numbered(0)


def test_filters_are_search_parameters(beds: SyncDatabase) -> None:
    assert names(show(beds, f"status={TAKEN}")) == numbered(*range(3, 27, 3))
    assert names(show(beds, "name=SO 02")) == numbered(*range(20, 28))
    assert names(show(beds, "ward=hồi")) == numbered(*range(21, 29))
    assert names(show(beds, "ward=HOI SUC")) == numbered(*range(21, 29))
    assert names(show(beds, "ward=oi")) == []  # a text begins a word, but for `:contains`
    assert names(show(beds, "near=east")) == numbered(*range(21, 29))
    assert names(show(beds, "changed=01/01/2020&changed.until=2020-12-31")) == []
    assert len(names(show(beds, "changed=2020"))) == 8
    screen = show(beds, f"status={TAKEN}&near=east&changed=2020")
    assert [each.title for each in screen.active] == [
        "status: taken", "changed: from 2020", "place: east"
    ]  # fmt: skip
    assert dict(parse_qsl(screen.active[0].query)) == {"near": "east", "changed": "2020"}
    assert [(f.name, f.value) for f in screen.fields if f.value] == [
        ("status", TAKEN), ("changed", "2020"), ("near", "east")
    ]  # fmt: skip


def test_what_is_typed_is_a_text_and_no_query(beds: SyncDatabase) -> None:
    keep(beds, {**bed(99), "name": "A, B|C$"})
    assert names(show(beds, "name=a%2C b|c$")) == ["A, B|C$"]
    assert names(show(beds, "name=x%2Cgiuong")) == []


@pytest.mark.parametrize(
    ("query", "field", "said"),
    [
        ("status=burnt", "status", "not in the list"),
        ("changed=31/02/2026", "changed", "no date"),
        ("changed.until=soon", "changed", "no date"),
        ("changed=2026-03-01&changed.until=2026-02-01", "changed", "after the last"),
        ("near=moon", "near", "no place"),
        ("name=" + "x" * 300, "name", "Longer"),
        ("name=a%00b", "name", "control"),
    ],
)
def test_a_bad_filter_is_told_at_its_field(
    beds: SyncDatabase, query: str, field: str, said: str
) -> None:
    screen = show(beds, query)
    faults = {each.name: each.fault for each in screen.fields if each.fault}
    assert list(faults) == [field] and said in faults[field]
    assert screen.rows == []


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("colour=red", "no filter 'colour'"),
        ("view=gone", "no view 'gone'"),
        ("sort=-colour", "sorted by '-colour'"),
        ("page=after-nonsense", "no more"),
        ("page=sideways-abc", "no more"),
        ("page=before-WyJhIiwiYiJd", "no more"),
        ("sort=name&sort=status", "two values"),
        ("columns=colour", "no column 'colour'"),
    ],
)
def test_a_bad_state_is_told_and_the_list_shown(beds: SyncDatabase, query: str, said: str) -> None:
    screen = show(beds, query)
    assert [said in note for note in screen.notes] == [True]
    assert names(screen) == numbered(*range(1, 9))


def test_a_page_of_other_filters_is_no_page(beds: SyncDatabase) -> None:
    page = dict(parse_qsl(show(beds).next_query or ""))["page"]
    screen = show(beds, f"status={TAKEN}&page={page}")
    assert names(screen) == numbered(*range(3, 27, 3)) and len(screen.notes) == 1


_NAMES = [
    "name",
    "status",
    "changed",
    "changed.until",
    "near",
    "ward",
    "view",
    "sort",
    "page",
    "columns",
]


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.sampled_from(_NAMES) | st.text(max_size=8), st.text(max_size=20)),
                max_size=5))  # fmt: skip
def test_no_state_is_a_crash(database: SyncDatabase, pairs: list[tuple[str, str]]) -> None:
    database.transact(LISTS.screen(BEDS, pairs, reader(), ME, "vi"))


def test_heads_sort_one_way_and_the_other(beds: SyncDatabase) -> None:
    heads = {each.name: each for each in show(beds).columns}
    assert heads["name"].sorted == "ascending" and heads["name"].query == "sort=-name"
    assert heads["status"].sorted is None and heads["status"].query == "sort=status"
    assert heads["ward"].query is None
    down = {each.name: each for each in show(beds, "sort=-name").columns}
    assert down["name"].sorted == "descending" and down["name"].query == "sort=name"


def test_views_are_pills_with_counts_where_they_are_asked_for(beds: SyncDatabase) -> None:
    quiet = show(beds)
    assert [each.count for each in quiet.views] == [None, None, None]
    screen = show(beds, "view=free", counts=True, total=True)
    assert [(each.title, each.count, each.current) for each in screen.views] == [
        ("All", "30", False), ("free beds", "20", True), ("intensive care", None, False)
    ]  # fmt: skip
    assert screen.total == "20"
    assert dict(parse_qsl(screen.query)) == {"status": FREE}
    assert names(show(beds, "view=free&status=")) == numbered(*range(1, 9))


def test_counts_stop_at_a_bound(beds: SyncDatabase, monkeypatch: pytest.MonkeyPatch) -> None:
    from lanh.core.lists.state import State

    counted = beds.transact(LISTS.count(BEDS, State(), reader(), most=25))
    assert counted == (25, True)
    counted = beds.transact(LISTS.count(BEDS, State(), reader(), most=30))
    assert counted == (30, False)


def test_a_person_keeps_views_and_columns(beds: SyncDatabase) -> None:
    pairs = [("status", TAKEN), ("sort", "-name"), ("page", "after-x")]
    name = beds.transact(LISTS.save_view(BEDS, ME, " Đang dùng ", pairs))
    screen = show(beds, f"view={name}", counts=True)
    assert names(screen) == numbered(*range(30, 8, -3))
    own = screen.views[-1]
    assert (own.name, own.title, own.count, own.own, own.current) == (
        name, "Đang dùng", "10", True, True
    )  # fmt: skip
    beds.transact(LISTS.choose_columns(BEDS, ME, ["id"]))
    chosen = show(beds)
    assert chosen.rows[0].cells == ["Giường số 001", "bed-1"]
    assert [each.name for each in chosen.columns if each.shown] == ["name", "id"]
    assert show(beds, "columns=ward&columns=name").rows[0].cells == ["Giường số 001", "Khoa Nội"]
    assert show(beds).rows[0].cells == ["Giường số 001", "Khoa Nội"]
    other = beds.transact(LISTS.screen(BEDS, [], reader(), "person:8", "vi"))
    assert len(other.views) == 3 and len(other.rows[0].cells) == 3
    with pytest.raises(ListRefused, match="not yours"):
        beds.transact(LISTS.remove_view(BEDS, "person:8", name))
    beds.transact(LISTS.remove_view(BEDS, ME, name))
    beds.transact(LISTS.choose_columns(BEDS, ME, ["name", "ward", "status"]))
    assert len(show(beds).views) == 3 and len(show(beds).rows[0].cells) == 3


def test_what_cannot_be_kept_is_refused(database: SyncDatabase) -> None:
    for title in ("", "x" * 81, "a\u0000b"):
        with pytest.raises(ListRefused, match="a name of at most"):
            database.transact(LISTS.save_view(BEDS, ME, title, []))
    with pytest.raises(ListRefused, match="'burnt' is not in the list"):
        database.transact(LISTS.save_view(BEDS, ME, "x", [("status", "burnt")]))
    with pytest.raises(ListRefused, match="no column 'colour'"):
        database.transact(LISTS.choose_columns(BEDS, ME, ["colour"]))
    for at in range(30):
        database.transact(LISTS.save_view(BEDS, ME, f"view {at}", []))
    with pytest.raises(ListRefused, match="saved 30 views"):
        database.transact(LISTS.save_view(BEDS, ME, "one more", []))


def test_access_decides_inside_the_query(beds: SyncDatabase) -> None:
    mine = beds.transact(LISTS.screen(BEDS, [], reader(OF_97001), ME, "vi", counts=True))
    assert len(mine.rows) == 8 and mine.views[0].count == "30"
    other = reader(CustodianIn(frozenset({"97002"})))
    theirs = beds.transact(LISTS.screen(BEDS, [], other, ME, "vi", counts=True))
    assert theirs.rows == [] and theirs.views[0].count == "0"
    with pytest.raises(Forbidden):
        beds.transact(LISTS.screen(BEDS, [], reader(None, "Patient"), ME, "vi"))


PATIENTS = replace(
    BEDS,
    key="people",
    columns=(replace(BEDS.columns[0], value=lambda row, _: row[0]["name"][0]["text"]),),
    resource_type="Patient",
    fixed=(),
    include=(),
    filters=(replace(BEDS.filters[0], search="name"),),
    views=(),
)


def test_what_is_shown_of_people_is_audited(beds: SyncDatabase) -> None:
    keep(beds, {**patient("Trần Thị Bình"), "id": "p1"}, ward("w3", "x"))
    before = beds.read(fetch("SELECT max(number) FROM audit.entry"))[0][0]
    assert names(show(beds, "name=binh", PATIENTS)) == ["Trần Thị Bình"]
    assert names(show(beds, "name=nobody", PATIENTS)) == []
    show(beds)
    rows = beds.read(
        fetch(
            "SELECT action, subject, detail, types, ids, patients FROM audit.entry"
            " WHERE number > $1 ORDER BY number",
            before,
        )
    )
    assert [tuple(row) for row in rows] == [
        ("search", "person:7", "list:people", "Patient", "p1", ["p1"]),
        ("search", "person:7", "list:people", "Patient", "", []),
    ]


def test_texts_typed_about_people_are_not_kept(beds: SyncDatabase) -> None:
    beds.transact(LISTS.save_view(PATIENTS, ME, "Bình", [("name", "binh"), ("sort", "name")]))
    assert show(beds, "", PATIENTS).views[-1].query == "sort=name"
    assert KINDS
