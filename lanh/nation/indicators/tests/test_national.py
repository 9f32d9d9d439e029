"""Each national indicator on worked examples, under both sets of boundaries, down to records."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from lanh.core.access import Everything, Nothing
from lanh.core.database import SyncDatabase
from lanh.core.warehouse import Period, Ports, Warehouse, refresh
from lanh.core.warehouse.tests.feed import Reader
from lanh.nation.indicators import national_definitions
from lanh.nation.indicators.tests.examples import HANOI, NORTH, example_feed, person, visit
from lanh.nation.visit import number

MARCH = Period.parse("2026-03")
KEYS = [indicator.key for indicator in national_definitions().indicators]


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    folder = tmp_path_factory.mktemp("lake")
    definitions = national_definitions()
    refresh(Reader(), folder, Ports(example_feed(), definitions))
    return Warehouse(folder, definitions)


@pytest.mark.parametrize(
    ("key", "period", "value"),
    [
        ("visits", "2026-03", 2),  # v1, v2; not the stay, the cancelled, the mistaken one
        ("visits", "2025-Q2", 1),
        ("admissions", "2026-03", 1),
        ("people", "2026-03", 3),  # A, B, C: a1 and a2 are one human
        ("people", "2025-06", 1),  # B, from the visit of June 2025
        ("doses", "2026-03", 1),
        ("results", "2026-03", 2),
        ("results", "2026-04", 1),
        ("dispenses", "2026-03", 1),
        ("paid", "2026-03", Decimal("123457.00")),
        ("deaths", "2026-03", 0),
        ("deaths", "2026-04", 1),
        ("facilities", "2026-03", 2),
        ("facilities", "2025-Q2", 1),
        ("verified", "2026-03", 25),  # one of four Patients
    ],
)
def test_indicators_on_worked_examples(
    warehouse: Warehouse, key: str, period: str, value: Decimal | int
) -> None:
    figure = warehouse.figure(key, "VN", Period.parse(period), boundaries="34")
    assert figure.value == value


@pytest.mark.parametrize(
    ("key", "boundaries", "places"),
    [
        ("visits", "34", {"01": 1, "08": 1}),
        ("visits", "63", {"01": 1, "02": 1}),
        ("people", "34", {"01": 1, "08": 3}),  # by residence; A lives in two places on record
        ("paid", "63", {"01": 123457}),
    ],
)
def test_places_under_either_set_of_boundaries(
    warehouse: Warehouse, key: str, boundaries: str, places: dict[str, int]
) -> None:
    found = warehouse.by_place(key, "VN", MARCH, boundaries=boundaries)
    assert {place.code: place.value for place in found} == places


@pytest.mark.parametrize("boundaries", ["34", "63"])
def test_from_the_country_to_a_commune_to_its_records(
    warehouse: Warehouse, boundaries: str
) -> None:
    for key in ("visits", "doses", "results", "dispenses", "paid", "admissions"):
        country = warehouse.figure(key, "VN", MARCH, boundaries=boundaries)
        provinces = warehouse.by_place(key, "VN", MARCH, boundaries=boundaries)
        assert sum(p.numerator or 0 for p in provinces) == country.value
        for province in provinces:
            communes = warehouse.by_place(key, province.code, MARCH, boundaries=boundaries)
            assert sum(c.numerator or 0 for c in communes) == province.value
            for commune in communes:
                page = warehouse.records_behind(
                    key, commune.code, MARCH, boundaries=boundaries, allowed=lambda _: Everything()
                )
                assert page.total == len(page.records) == commune.records


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize("period", ["2025-06", "2026-03", "2026-04", "2026"])
def test_every_figure_has_exactly_its_records(warehouse: Warehouse, key: str, period: str) -> None:
    for boundaries in ("34", "63"):
        figure = warehouse.figure(key, "VN", Period.parse(period), boundaries=boundaries)
        page = warehouse.records_behind(
            key, "VN", Period.parse(period), boundaries=boundaries, allowed=lambda _: Everything()
        )
        assert len(page.records) == page.total == figure.records


def test_linking_two_people_changes_the_count_and_no_record(tmp_path: Path) -> None:
    feed = example_feed()
    definitions = national_definitions()
    refresh(Reader(), tmp_path, Ports(feed, definitions))
    warehouse = Warehouse(tmp_path, definitions)
    before = {k: warehouse.figure(k, "VN", MARCH, boundaries="34").value for k in KEYS}
    person(feed, "A", "a1", "a2", "b")
    person(feed, "B")
    refresh(Reader(), tmp_path, Ports(feed, definitions))
    after = {k: warehouse.figure(k, "VN", MARCH, boundaries="34").value for k in KEYS}
    assert after == before | {"people": 2}


def test_a_late_first_visit_restates_since_when_there_is_a_record(tmp_path: Path) -> None:
    feed = example_feed()
    definitions = national_definitions()
    refresh(Reader(), tmp_path, Ports(feed, definitions))
    warehouse = Warehouse(tmp_path, definitions)
    june = Period.parse("2025-06")
    assert warehouse.figure("verified", "VN", june, boundaries="34").denominator == 1
    visit(feed, "late", "a1", NORTH, "2025-06-30")
    refresh(Reader(), tmp_path, Ports(feed, definitions))
    assert warehouse.figure("verified", "VN", june, boundaries="34").value == 50
    assert warehouse.figure("people", "VN", june, boundaries="34").value == 2


def test_a_visit_of_two_records_is_counted_once(tmp_path: Path) -> None:
    feed, definitions = example_feed(), national_definitions()
    refresh(Reader(), tmp_path, Ports(feed, definitions))
    warehouse = Warehouse(tmp_path, definitions)
    before = {k: warehouse.figure(k, "VN", MARCH, boundaries="34").value for k in KEYS}
    day, seven = "2026-03-20", {"identifier": [number(NORTH["custodian"], "7")]}
    visit(feed, "fhir", "b", NORTH, day, **seven)
    visit(feed, "claim", "b", NORTH, day, **seven)
    visit(feed, "elsewhere", "b", HANOI, day, identifier=[number(HANOI["custodian"], "7")])
    visit(feed, "without", "b", NORTH, day)
    stay = {"identifier": [number(NORTH["custodian"], "8")]}
    visit(feed, "stay", "c", NORTH, day, kind="IMP", **stay)
    visit(feed, "arrival", "c", NORTH, day, kind="EMER", **stay)
    refresh(Reader(), tmp_path, Ports(feed, definitions))
    after = {k: warehouse.figure(k, "VN", MARCH, boundaries="34").value for k in KEYS}
    assert after["visits"] == (before["visits"] or 0) + 3
    assert after["admissions"] == (before["admissions"] or 0) + 1
    page = warehouse.records_behind(
        "visits", "VN", MARCH, boundaries="34", allowed=lambda _: Everything()
    )
    assert page.total == len(page.records) == after["visits"]
    visit(feed, "claim", "b", NORTH, day, status="entered-in-error", **seven)
    refresh(Reader(), tmp_path, Ports(feed, definitions))
    assert warehouse.figure("visits", "VN", MARCH, boundaries="34").value == after["visits"]


def test_every_indicator_says_what_it_is_in_both_languages() -> None:
    for indicator in national_definitions().indicators:
        for words in (indicator.title, indicator.unit, indicator.description):
            assert words.vi and words.en


def test_from_the_store_to_a_figure(database: SyncDatabase, tmp_path: Path) -> None:
    from lanh.core.access import system_access
    from lanh.core.store import Context, Store, Write

    store = Store()
    encounter = {
        "resourceType": "Encounter", "id": "e1", "status": "finished", "class": {"code": "AMB"},
        "subject": {"reference": "Patient/p1"},
        "period": {"start": "2026-03-02T09:00:00+07:00"},
    }  # fmt: skip
    context = Context(system_access("test"), custodian="ZZ001", commune="00004")
    writes = [
        Write("update", "Patient", "p1", {"resourceType": "Patient", "id": "p1"}),
        Write("update", "Encounter", "e1", encounter),
    ]
    database.transact(store.write(writes, context))
    definitions = national_definitions()
    report = refresh(database, tmp_path, Ports(store, definitions))
    assert report.records == 2
    warehouse = Warehouse(tmp_path, definitions)
    assert warehouse.figure("visits", "01", MARCH, boundaries="34").value == 1
    database.transact(store.write([Write("delete", "Encounter", "e1")], context))
    assert refresh(database, tmp_path, Ports(store, definitions)).erased == 1
    assert warehouse.figure("visits", "01", MARCH, boundaries="34").value == 0
    assert refresh(database, tmp_path, Ports(store, definitions)).changes == 0
    days = warehouse.days()
    assert days is None or days[0] <= date.today()  # noqa: DTZ011


def test_each_type_behind_a_figure_is_judged_by_itself(warehouse: Warehouse) -> None:
    def types(hidden: str | None, shown: str | None = None) -> set[str]:
        def allowed(kind: str) -> Everything | Nothing:
            return Nothing() if kind == hidden or shown not in (None, kind) else Everything()

        page = warehouse.records_behind("facilities", "VN", MARCH, boundaries="34", allowed=allowed)
        assert page.total == len(page.records)
        return {record.type for record in page.records}

    assert types(None, shown="Claim") == {"Claim"}
    assert types(None, shown="Encounter") == {"Encounter"}
    assert types("Encounter") and "Encounter" not in types("Encounter")
