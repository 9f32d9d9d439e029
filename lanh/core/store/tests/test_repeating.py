"""Searches of one form in one statement: each has its own page, under its own predicate."""

from __future__ import annotations

from urllib.parse import parse_qsl

import pytest

from lanh.core.access import CustodianIn
from lanh.core.store import Context, Invalid, Page, Repeated, parse_search
from lanh.core.store.tests.conftest import SYSTEM, Desk, counted, limited, observation, patient

LOINC = "http://loinc.org"
ELSEWHERE = limited(CustodianIn(frozenset({"97002"})), custodian="97002")
HERE = limited(CustodianIn(frozenset({"97001"})))


def _repeated(desk: Desk, kind: str, query: str, context: Context = SYSTEM) -> Repeated:
    wanted = parse_search(kind, parse_qsl(query), base="http://test/fhir")
    found = desk.store.repeated(wanted, context)
    assert found is not None, query
    return found


def _together(desk: Desk, *asked: Repeated) -> tuple[list[Page | None], list[str]]:
    seen: list[str] = []
    pages = desk.database.read(counted(desk.store.search_each(asked), seen))
    return pages, [sql for sql in seen if "search_parameter" not in sql]


@pytest.fixture
def filled(desk: Desk) -> Desk:
    """Three patients, each with five measurements on days of their own."""
    for at in range(3):
        desk.put(f"p{at}", patient(("Nguyễn Văn An", "Trần Thị Bình", "Nguyên An")[at], f"n{at}"))
        for day in range(1, 6):
            when = f"2026-0{at + 1}-0{day}T08:00:00+07:00"
            desk.put(f"o{at}{day}", observation(f"p{at}", effectiveDateTime=when))
    return desk


QUERIES = {
    "Observation": [
        "patient=p0&_sort=-date&_count=2 | patient=p1&_sort=-date&_count=2"
        " | patient=nobody&_sort=-date&_count=2",
        "subject=Patient/p0 | subject=Patient/p1 | subject=Patient/p0",
        f"patient=p0&code={LOINC}%7C718-7&_sort=date | patient=p2&code={LOINC}%7C1&_sort=date",
        "patient=p0&code=718-7&date=ge2026-01-03 | patient=p2&code=718-7&date=ge2026-03-05",
    ],
    "Patient": [
        "identifier=urn:test:number%7Cn0 | identifier=urn:test:number%7Cn2 | identifier=urn:x%7Cn0",
        "identifier=n1 | identifier=n2",
        "name=nguyen | name=binh | name=ai",
        "family=nguyen&given=an&birthdate=1990-02-03 | family=tran&given=an&birthdate=1990-02-03"
        " | family=tran&given=binh&birthdate=1990-02-04",
    ],
}


@pytest.mark.parametrize(
    ("kind", "queries"), [(kind, each) for kind in QUERIES for each in QUERIES[kind]]
)
def test_one_statement_answers_as_each_alone(filled: Desk, kind: str, queries: str) -> None:
    asked = [_repeated(filled, kind, query) for query in queries.split(" | ")]
    pages, statements = _together(filled, *asked)
    alone = [filled.database.read(filled.store.search(each.search, SYSTEM)) for each in asked]
    assert pages == alone
    assert any(page.entries for page in alone)
    assert len(statements) == 1


def test_the_order_and_the_next_page_are_each_ones_own(filled: Desk) -> None:
    asked = [_repeated(filled, "Observation", f"patient=p{n}&_sort=-date&_count=2") for n in (2, 0)]
    pages, _ = _together(filled, *asked)
    found = [[row.id for row in page.entries] for page in pages if page is not None]
    assert found == [["o25", "o24"], ["o05", "o04"]]
    cursors = {page.next_cursor for page in pages if page is not None}
    assert len(cursors) == 2 and None not in cursors


def test_nobody_sees_by_anothers_rights(filled: Desk) -> None:
    mine, theirs = (_repeated(filled, "Patient", "name=nguyen", who) for who in (HERE, ELSEWHERE))
    pages, _ = _together(filled, theirs, mine, theirs)
    found = [[row.id for row in page.entries] for page in pages if page is not None]
    assert found == [[], ["p0", "p2"], []]


def test_equal_rights_of_two_subjects_share_a_statement(filled: Desk) -> None:
    again = limited(CustodianIn(frozenset({"97001"})))
    asked = [_repeated(filled, "Patient", "name=nguyen", who) for who in (HERE, again)]
    pages, statements = _together(filled, *asked)
    assert pages[0] == pages[1] and len(statements) == 1


@pytest.mark.parametrize(
    ("kind", "query"),
    [
        ("Observation", "code=718-7"),  # no narrow way into the table
        ("Observation", "patient=p0,p1"),
        ("Observation", "patient=p0&_include=Observation:patient"),
        ("Observation", "patient=p0&_total=accurate"),
        ("Observation", "patient.name=an"),
        ("Observation", "patient=p0&_cursor=x"),
        ("Observation", "subject=p0"),  # of whatever type
        ("Patient", r"name=a\,n"),
        ("Patient", "name:exact=an"),
        ("Patient", "identifier=urn:test:number|"),
    ],
)
def test_what_has_no_common_form_goes_by_itself(desk: Desk, kind: str, query: str) -> None:
    assert desk.store.repeated(parse_search(kind, parse_qsl(query)), SYSTEM) is None


def test_a_malformed_value_is_told_at_once(desk: Desk) -> None:
    wanted = parse_search("Patient", parse_qsl("name=an&birthdate=yesterday"))
    with pytest.raises(Invalid, match="birthdate"):
        desk.store.repeated(wanted, SYSTEM)


def test_nothing_is_answered_to_whom_nothing_is_open(desk: Desk) -> None:
    nobody = limited(CustodianIn(frozenset()), interactions=("read",))
    wanted = parse_search("Patient", parse_qsl("name=an"))
    assert desk.store.repeated(wanted, nobody) is None
