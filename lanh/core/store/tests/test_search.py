"""Searches one by one: each kind of parameter, order, pages, totals, includes, refusals."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from lanh.core.store import Invalid, mirrored, parse_leniently, parse_search
from lanh.core.store.query import split_token, split_values
from lanh.core.store.tests.conftest import SYSTEM, Desk, observation, patient

LOINC = "http://loinc.org"


@pytest.fixture
def shelf(desk: Desk) -> Desk:
    """Three patients and some observations of theirs."""
    desk.put("p1", patient("Nguyễn Văn An", "097000000001"))
    desk.put("p2", patient("Trần Thị Bình", "097000000002", birthDate="1985-12", gender="female"))
    desk.put("p3", patient("Đặng Thu Hà", "097000000003", birthDate="2001", gender="female"))
    desk.put("o1", observation("p1", "5.40"))
    desk.put("o2", observation("p1", "7.1", effectiveDateTime="2026-03", status="amended"))
    code = {
        "coding": [
            {"system": LOINC, "code": "718-7"},
            {"system": "urn:local", "code": "HGB"},
        ]
    }
    desk.put("o3", observation("p2", "9.9", code=code, effectiveDateTime="2025-12-31"))
    period = {"start": "2026-02-27", "end": "2026-03-02"}
    other = observation("p3", "1", effectivePeriod=period)
    del other["effectiveDateTime"]
    desk.put("o4", {**other, "code": {"coding": [{"system": LOINC, "code": "2345-7"}]}})
    desk.put("o5", observation(None, "3"))
    return desk


@pytest.mark.parametrize(
    ("kind", "query", "expected"),
    [
        ("Patient", "", {"p1", "p2", "p3"}),
        ("Patient", "_id=p1,p3,none", {"p1", "p3"}),
        ("Patient", "identifier=urn:test:number|097000000002", {"p2"}),
        ("Patient", "identifier=097000000002,097000000003", {"p2", "p3"}),
        ("Patient", "identifier=urn:other|097000000002", set()),
        ("Patient", "name=nguyen", {"p1"}),
        ("Patient", "name=Nguyễn văn", {"p1"}),
        ("Patient", "name=van an", {"p1"}),
        ("Patient", "name=dang thu", {"p3"}),
        ("Patient", "name=ha", {"p3"}),
        ("Patient", "name=guyen", set()),
        ("Patient", "name:contains=guyen", {"p1"}),
        ("Patient", "name:exact=Nguyễn Văn An", {"p1"}),
        ("Patient", "name:exact=nguyễn văn an", set()),
        ("Patient", "family=tran", {"p2"}),
        ("Patient", "family=binh", set()),
        ("Patient", "given=binh&gender=female", {"p2"}),
        ("Patient", "gender=male", {"p1"}),
        ("Patient", "gender:not=male", {"p2", "p3"}),
        ("Patient", "birthdate=1990-02-03", {"p1"}),
        ("Patient", "birthdate=1990", {"p1"}),
        ("Patient", "birthdate=1985-12-01", set()),
        ("Patient", "birthdate=ge1990-01-01", {"p1", "p3"}),
        ("Patient", "birthdate=lt1990", {"p2"}),
        ("Patient", "birthdate=eb1986-01-01", {"p2"}),
        ("Patient", "birthdate=sa1990-02-03", {"p3"}),
        ("Patient", "death-date:missing=true", {"p1", "p2", "p3"}),
        ("Patient", "birthdate:missing=true", set()),
        ("Observation", "patient=p1", {"o1", "o2"}),
        ("Observation", "patient=Patient/p1&code=718-7", {"o1", "o2"}),
        ("Observation", "subject=p1", {"o1", "o2"}),
        ("Observation", "subject:Patient=p1", {"o1", "o2"}),
        ("Observation", "subject=Group/p1", set()),
        ("Observation", "patient=p1,p2", {"o1", "o2", "o3"}),
        ("Observation", "patient=p2&code=HGB", {"o3"}),
        ("Observation", "patient=p2&code=urn:local|HGB", {"o3"}),
        ("Observation", "patient=p2&code=urn:local|718-7", set()),
        ("Observation", f"code={LOINC}|718-7", {"o1", "o2", "o3", "o5"}),
        ("Observation", "code=718-7,2345-7", {"o1", "o2", "o3", "o4", "o5"}),
        ("Observation", "code=HGB", {"o3"}),
        ("Observation", "code=|718-7", set()),
        ("Observation", "combo-code=2345-7", {"o4"}),
        ("Observation", "status=amended", {"o2"}),
        ("Observation", "status=|amended", {"o2"}),
        ("Observation", "date=2026-03", {"o2"}),
        ("Observation", "date=2026", {"o1", "o2", "o4", "o5"}),
        ("Observation", "date=ge2026-03", {"o2", "o4"}),
        ("Observation", "date=ge2026-03-02", {"o4", "o2"}),
        ("Observation", "date=gt2026-03-01", {"o2", "o4"}),
        ("Observation", "date=le2025-12-31", {"o3"}),
        ("Observation", "date=ne2026-03&date=gt2026-01-15", {"o4"}),
        ("Observation", "value-quantity=5.4", {"o1"}),
        ("Observation", "value-quantity=5.40", {"o1"}),
        ("Observation", "value-quantity=5", {"o1"}),
        ("Observation", "value-quantity=5.41", set()),
        ("Observation", "value-quantity=7", {"o2"}),
        ("Observation", "value-quantity=gt7", {"o2", "o3"}),
        ("Observation", "value-quantity=le5.4|http://unitsofmeasure.org|g/dL", {"o1", "o4", "o5"}),
        ("Observation", "value-quantity=5.4||g/L", set()),
        ("Observation", "value-quantity=ap5", {"o1"}),
        ("Observation", "combo-value-quantity=9.9", {"o3"}),
        ("Observation", "_source=urn:test:message&status=amended", {"o2"}),
        ("Observation", "_lastUpdated=gt2020", {"o1", "o2", "o3", "o4", "o5"}),
        ("Observation", "_lastUpdated=lt2020", set()),
    ],
)
def test_search(shelf: Desk, kind: str, query: str, expected: set[str]) -> None:
    assert shelf.ids(kind, query) == expected


def test_a_performing_patient_is_not_the_subject(desk: Desk) -> None:
    desk.put("o1", {**observation(None), "performer": [{"reference": "Patient/p1"}]})
    row = desk.database.read(desk.store.read("Observation", "o1", SYSTEM))
    assert row is not None and row.patient == "p1"
    assert desk.ids("Observation", "patient=p1") == set()
    assert desk.ids("Observation", "performer=Patient/p1") == {"o1"}


@pytest.mark.parametrize(
    ("kind", "query", "first"),
    [
        ("Observation", "_sort=-date", ["o2", "o4", "o5", "o1", "o3"]),
        ("Observation", "_sort=date", ["o3", "o1", "o5", "o4", "o2"]),
        ("Observation", "_sort=status,-date", ["o2", "o4", "o5", "o1", "o3"]),
        ("Patient", "_sort=name", ["p1", "p2", "p3"]),
        ("Patient", "_sort=-birthdate", ["p3", "p1", "p2"]),
        ("Patient", "_sort=-_id", ["p3", "p2", "p1"]),
    ],
)
def test_order_and_pages(shelf: Desk, kind: str, query: str, first: list[str]) -> None:
    assert [row.id for row in shelf.page(kind, query).entries] == first
    for size in (1, 2):
        found: list[str] = []
        cursor = ""
        while True:
            page = shelf.page(kind, f"{query}&_count={size}{cursor}")
            found += [row.id for row in page.entries]
            if page.next_cursor is None:
                break
            cursor = f"&_cursor={page.next_cursor}"
        assert found == first


def test_pages_where_some_have_no_date(desk: Desk) -> None:
    for at in range(6):
        body = observation("p1")
        if at % 2:
            del body["effectiveDateTime"]
        desk.put(f"o{at}", body)
    for query in ("_sort=date", "_sort=-date"):
        found: list[str] = []
        cursor = ""
        while True:
            page = desk.page("Observation", f"{query}&_count=1{cursor}")
            found += [row.id for row in page.entries]
            if page.next_cursor is None:
                break
            cursor = f"&_cursor={page.next_cursor}"
        assert sorted(found) == [f"o{at}" for at in range(6)]


def test_totals_and_counts(shelf: Desk) -> None:
    page = shelf.page("Observation", "code=718-7&_total=accurate&_count=1")
    assert (page.total, len(page.entries)) == (4, 1)
    counted = shelf.page("Observation", "_summary=count&value-quantity=gt5||g/dL")
    assert (counted.total, counted.entries, counted.total_bounded) == (3, [], False)
    assert shelf.page("Observation", "_count=0").entries == []


def test_include(shelf: Desk) -> None:
    page = shelf.page("Observation", "code=718-7&_include=Observation:subject")
    assert {(row.type, row.id) for row in page.included} == {("Patient", "p1"), ("Patient", "p2")}
    page = shelf.page("Observation", "code=718-7&_include=Observation:subject:Group")
    assert page.included == []


@pytest.mark.parametrize(
    ("kind", "query"),
    [
        ("Patient", "nonsense=1"),
        ("Patient", "gender:of-type=a|b|c"),
        ("Patient", "birthdate.name=x"),
        ("Patient", "general-practitioner.nonsense=x"),
        ("Patient", "general-practitioner:Group.name=x"),
        ("Observation", "focus.name=x"),
        ("Patient", "_has:Observation:nonsense:code=1"),
        ("Patient", "_has:Observation:encounter:code=1"),
        ("Patient", "_has:Observation:patient=1"),
        ("Patient", "_has:Observation:patient:nonsense=1"),
        ("Patient", "gender:in=http://example.vn/set"),
        ("Patient", "_filter=name eq 1"),
        ("Patient", "_query=x"),
        ("Patient", "_contained=both"),
        ("Patient", "_total=many"),
        ("Patient", "_revinclude=Observation:code"),
        ("Patient", "_include:often=Patient:organization"),
        ("Patient", "_sort=general-practitioner"),
        ("Location", "near=here"),
        ("Location", "near=91|0"),
        ("Location", "near=10|106|1|kg"),
        ("Observation", "code-value-quantity=718-7"),
        ("Patient", "gender=|"),
        ("Patient", "birthdate=yesterday"),
        ("Patient", "birthdate=1990-13"),
        ("Patient", "_count=many"),
        ("Patient", "_cursor=xxxx"),
        ("Patient", "_include=Observation:subject"),
        ("Patient", "_summary=some"),
        ("Observation", "value-quantity=five"),
        ("Observation", "value-quantity=5|mg"),
    ],
)
def test_refusals(shelf: Desk, kind: str, query: str) -> None:
    with pytest.raises(Invalid) as caught:
        shelf.page(kind, query)
    message = caught.value.issues[0].message
    assert message.vi and message.en and message.vi != message.en


def test_a_cursor_belongs_to_its_search(shelf: Desk) -> None:
    page = shelf.page("Observation", "code=718-7&_count=1")
    with pytest.raises(Invalid):
        shelf.page("Observation", f"code=2345-7&_count=1&_cursor={page.next_cursor}")


def test_lenient_reading_tells_what_it_passed_over() -> None:
    search, ignored = parse_leniently("Patient", [("nonsense", "1"), ("gender", "male")])
    assert [each.name for each in search.parameters] == ["gender"]
    assert "nonsense" in ignored[0].en
    with pytest.raises(Invalid):
        parse_search("Patient", [("nonsense", "1")])


def test_escapes() -> None:
    assert split_values(r"a\,b,c") == (r"a\,b", "c")
    assert split_token(r"a\|b|c\,d") == ("a|b", "c,d")
    assert split_token("c") == (None, "c")


def test_signs_with_a_meaning_in_patterns(desk: Desk) -> None:
    address: list[dict[str, Any]] = [{"text": "Số 7/5 (cũ) *50%_ [A]"}]
    desk.put("p1", {**patient(), "address": address})
    for query in ("address=7/5 (cũ) *", "address:contains=50%_", "address:contains=[a]"):
        assert desk.ids("Patient", query.replace("%", "%25")) == {"p1"}
    assert desk.ids("Patient", "address=.*") == set()


def test_things_sort_by_their_names_in_vietnamese(desk: Desk) -> None:
    names = ["Xã Đức Hòa", "Xã Dương Hòa", "Ấp Bắc", "An Lạc", None]
    for at, name in enumerate(names):
        for kind in ("Location", "Organization"):
            body: dict[str, Any] = {"resourceType": kind}
            desk.put(f"x{at}", body | ({"name": name} if name else {"active": True}))
    for kind in ("Location", "Organization"):
        for query, order in (("_sort=name", [4, 3, 2, 1, 0]), ("_sort=-name", [0, 1, 2, 3, 4])):
            found = [row.id for row in desk.page(kind, query).entries]
            assert found == [f"x{at}" for at in order]
            first = desk.page(kind, f"{query}&_count=2")
            rest = desk.page(kind, f"{query}&_cursor={first.next_cursor}")
            assert [row.id for row in (*first.entries, *rest.entries)] == found


def test_a_mirrored_search_gives_the_rows_on_the_other_side(desk: Desk) -> None:
    for at in range(9):
        desk.put(f"x{at}", {"resourceType": "Location", "name": f"Giường {at % 4}"})
    for sort in ("name", "-name", "_id", "-_lastUpdated,name"):
        search = parse_search("Location", [("_sort", sort), ("_count", "4")])
        first = desk.database.read(desk.store.search(search, SYSTEM))
        after = replace(search, cursor=first.next_cursor)
        second = desk.database.read(desk.store.search(after, SYSTEM))
        back = desk.database.read(desk.store.search(mirrored(after), SYSTEM))
        assert back.entries[::-1] == first.entries and back.next_cursor is None
        assert mirrored(mirrored(after)) == after
        again = mirrored(replace(mirrored(search), cursor=mirrored(after).cursor))
        page = desk.database.read(desk.store.search(again, SYSTEM))
        assert page.entries == [first.entries[-1], *second.entries[:3]]
    with pytest.raises(Invalid):
        mirrored(replace(search, sort=("name",), cursor=first.next_cursor))
