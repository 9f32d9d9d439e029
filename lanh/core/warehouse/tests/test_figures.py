"""Figures against a count by hand, and the records behind them against the figures."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from lanh.core.access import (
    AllOf,
    AnyOf,
    CommuneIn,
    CustodianIn,
    Everything,
    Nothing,
    PatientIn,
    Predicate,
    ResidenceIn,
    SensitivityIn,
)
from lanh.core.warehouse import NotRefreshed, Period, Ports, UnknownArea, Warehouse, refresh
from lanh.core.warehouse.tests.feed import INDICATORS, FakeFeed, Reader, definitions
from lanh.core.warehouse.tests.oracle import Visit, chosen, place, value, visits
from lanh.core.warehouse.tests.scenario import Scenario

KEYS = [indicator.key for indicator in INDICATORS]
PERIODS = [Period.parse(t) for t in ("2025", "2025-Q2", "2025-07", "2025-W10", "2025-03-04")]
AREAS = {"old": ["VN", "1", "2", "11", "12"], "new": ["VN", "9", "91", "92"]}


@pytest.fixture(scope="module")
def feed() -> FakeFeed:
    return Scenario(21).steps(900)


@pytest.fixture(scope="module")
def warehouse(feed: FakeFeed, tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    folder = tmp_path_factory.mktemp("lake")
    # In stretches, so that what is read was brought up to date and not only built.
    refresh(Reader(), folder, Ports(feed, definitions()), commit_every=300)
    return Warehouse(folder, definitions())


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize("boundaries", ["old", "new"])
def test_figures_equal_a_count_by_hand(
    warehouse: Warehouse, feed: FakeFeed, key: str, boundaries: str
) -> None:
    seen = 0
    for area, period, dimension in itertools.product(
        AREAS[boundaries], PERIODS, ("custodian", "residence")
    ):
        for within in (None, frozenset({"11", "92"})):
            wanted = chosen(feed, key, area, period, boundaries, dimension, within)
            numerator, records = value(key, wanted)
            figure = warehouse.figure(
                key, area, period, boundaries=boundaries, within=within,
                dimension=dimension,  # type: ignore[arg-type]
            )  # fmt: skip
            assert (figure.numerator, figure.records) == (numerator, records)
            if key == "finished":
                assert figure.denominator == len(wanted)
                assert figure.value == (numerator * 100 / len(wanted) if wanted else None)
            else:
                assert figure.value == numerator
            seen += records
    assert seen > 0


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize("boundaries", ["old", "new"])
def test_the_records_behind_are_exactly_those_of_the_figure(
    warehouse: Warehouse, key: str, boundaries: str
) -> None:
    for area, period in itertools.product(AREAS[boundaries], PERIODS):
        figure = warehouse.figure(key, area, period, boundaries=boundaries)
        found, cursor = [], None
        while True:
            page = warehouse.records_behind(
                key, area, period, boundaries=boundaries, allowed=lambda _: Everything(),
                limit=37, cursor=cursor,
            )  # fmt: skip
            assert page.total == figure.records
            found += page.records
            cursor = page.next_cursor
            if cursor is None:
                break
        assert len({(r.type, r.id) for r in found}) == len(found) == figure.records
        if key == "cost":
            assert sum((r.amount for r in found), Decimal(0)) == figure.value
        assert [r.day for r in found] == sorted((r.day for r in found), reverse=True)


RULES: list[tuple[Predicate, Callable[[Visit], bool]]] = [
    (Nothing(), lambda v: False),
    (CustodianIn(frozenset({"F1", "F2"})), lambda v: v.custodian in ("F1", "F2")),
    (CommuneIn(frozenset({"11"})), lambda v: v.commune == "11"),
    (ResidenceIn(frozenset({"21", "92"})), lambda v: v.residence in ("21", "92")),
    (SensitivityIn(frozenset()), lambda v: v.sensitivity == ""),
    (SensitivityIn(frozenset({"HIV"})), lambda v: True),
    (AnyOf(()), lambda v: False),
    (AllOf((CommuneIn(frozenset({"11", "12"})), SensitivityIn(frozenset()))),
     lambda v: v.commune in ("11", "12") and v.sensitivity == ""),
    (AnyOf((CustodianIn(frozenset({"F0"})), ResidenceIn(frozenset({"11"})))),
     lambda v: v.custodian == "F0" or v.residence == "11"),
]  # fmt: skip


@pytest.mark.parametrize(("predicate", "rule"), RULES)
def test_records_behind_are_limited_to_what_the_reader_may_see(
    warehouse: Warehouse, feed: FakeFeed, predicate: Predicate, rule: Callable[[Visit], bool]
) -> None:
    period = Period.parse("2025")
    page = warehouse.records_behind(
        "visits", "VN", period, boundaries="new", allowed=lambda _: predicate, limit=10_000
    )
    wanted = {v.id for v in chosen(feed, "visits", "VN", period, "new", "custodian") if rule(v)}
    assert {record.id for record in page.records} == wanted
    assert page.total == len(wanted)


def test_records_of_one_patient_only(warehouse: Warehouse) -> None:
    def read(predicate: Predicate) -> list[str | None]:
        page = warehouse.records_behind(
            "visits",
            "VN",
            Period.parse("2025"),
            boundaries="new",
            allowed=lambda _: predicate,
            limit=1000,
        )
        return [record.patient for record in page.records]

    everyone = read(Everything())
    mine = everyone[0]
    assert mine is not None
    assert read(PatientIn(frozenset({mine}))) == [mine] * everyone.count(mine)


@pytest.mark.parametrize("boundaries", ["old", "new"])
@pytest.mark.parametrize("key", KEYS)
def test_places_below_hold_what_a_count_by_hand_finds(
    warehouse: Warehouse, feed: FakeFeed, key: str, boundaries: str
) -> None:
    period = Period.parse("2025")
    for area, level in [(a, 0 if a == "VN" else 1) for a in AREAS[boundaries] if len(a) < 2 or
                        a == "VN"]:  # fmt: skip
        groups: dict[str, list[Visit]] = {}
        dimension = warehouse.indicator(key).place
        for visit in chosen(feed, key, area, period, boundaries, dimension):
            code = visit.commune if dimension == "custodian" else visit.residence
            groups.setdefault(place(code, boundaries)[level], []).append(visit)
        found = warehouse.by_place(key, area, period, boundaries=boundaries)
        assert {f.code: (f.numerator, f.records) for f in found} == {
            code: value(key, some) for code, some in groups.items()
        }
        for one in found:
            if one.code:
                assert (
                    one.value
                    == warehouse.figure(key, one.code, period, boundaries=boundaries).value
                )


def test_both_sets_of_boundaries_share_out_the_same_total(warehouse: Warehouse) -> None:
    period = Period.parse("2025")
    totals = {
        sum(
            place.numerator or 0 for place in warehouse.by_place("cost", "VN", period, boundaries=b)
        )
        for b in ("old", "new")
    }
    assert totals == {warehouse.figure("cost", "VN", period, boundaries="old").value}


def test_a_series_ends_with_the_period_asked_for(warehouse: Warehouse) -> None:
    series = warehouse.series(
        "visits", "9", "month", 12, until=date(2025, 12, 31), boundaries="new"
    )
    assert [str(figure.period) for figure in series][::11] == ["2025-01", "2025-12"]
    year = warehouse.figure("visits", "9", Period.parse("2025"), boundaries="new")
    assert sum((figure.numerator or 0 for figure in series), Decimal(0)) == year.value


def test_completeness_is_who_reported_of_those_expected(
    warehouse: Warehouse, feed: FakeFeed
) -> None:
    period = Period.parse("2025-07")
    figure = warehouse.figure("visits", "VN", period, boundaries="new")
    everyone = visits(feed)
    now = {v.custodian for v in everyone if period.start <= v.day < period.end}
    before = {v.custodian for v in everyone if date(2025, 5, 1) <= v.day < period.end}
    assert figure.completeness == Decimal(len(now)) / Decimal(len(before))
    assert figure.data_until is not None


def test_unknown_things_are_said_to_be_unknown(warehouse: Warehouse) -> None:
    period = Period.parse("2025")
    with pytest.raises(UnknownArea):
        warehouse.figure("visits", "91", period, boundaries="old")
    with pytest.raises(KeyError):
        warehouse.figure("no such", "VN", period, boundaries="old")
    with pytest.raises(ValueError, match="cursor"):
        warehouse.records_behind(
            "visits", "VN", period, boundaries="old", allowed=lambda _: Everything(), cursor="x"
        )


def test_a_reader_sees_each_refresh_and_many_threads_read_at_once(tmp_path: Path) -> None:
    scenario = Scenario(5)
    reader = Warehouse(tmp_path, definitions())
    assert reader.data_until() is None
    period = Period.parse("2025")
    with pytest.raises(NotRefreshed):
        reader.figure("visits", "VN", period, boundaries="new")
    states: list[int] = []

    def next_state(steps: int) -> None:
        refresh(Reader(), tmp_path, Ports(scenario.steps(steps), definitions()))
        states.append(len(chosen(scenario.feed, "visits", "VN", period, "new", "custodian")))
        assert reader.figure("visits", "VN", period, boundaries="new").value == states[-1]

    next_state(50)
    readings: list[list[int]] = [[], [], []]
    faults: list[BaseException] = []
    stop = threading.Event()

    def read(own: list[int]) -> None:
        try:
            while not stop.wait(0.01):
                figure = reader.figure("visits", "VN", period, boundaries="new")
                page = reader.records_behind(
                    "visits", "VN", period, boundaries="new", allowed=lambda _: Everything(),
                    limit=1000,
                )  # fmt: skip
                assert len(page.records) == page.total
                assert figure.numerator == figure.records
                own += [figure.records or 0, page.total]
        except BaseException as fault:
            faults.append(fault)

    threads = [threading.Thread(target=read, args=(own,)) for own in readings]
    for thread in threads:
        thread.start()
    for _ in range(3):
        next_state(20)
    stop.set()
    for thread in threads:
        thread.join()
    assert faults == []
    assert len(set(states)) == len(states)
    for own in readings:
        # Each reading is one of the states, whole, and none is older than the one before it.
        places = [states.index(count) for count in own]
        assert places and places == sorted(places)


@pytest.mark.parametrize(
    ("text", "start", "end", "previous"),
    [
        ("2026", date(2026, 1, 1), date(2027, 1, 1), "2025"),
        ("2026-Q1", date(2026, 1, 1), date(2026, 4, 1), "2025-Q4"),
        ("2026-12", date(2026, 12, 1), date(2027, 1, 1), "2026-11"),
        ("2026-W01", date(2025, 12, 29), date(2026, 1, 5), "2025-W52"),
        ("2026-03-01", date(2026, 3, 1), date(2026, 3, 2), "2026-02-28"),
    ],
)
def test_periods(text: str, start: date, end: date, previous: str) -> None:
    period = Period.parse(text)
    assert (period.start, period.end, str(period)) == (start, end, text)
    assert str(period.previous()) == previous


@pytest.mark.parametrize("text", ["", "2026-13", "2026-Q5", "26", "2026-02-30", "2026-W60"])
def test_what_is_no_period_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        Period.parse(text)
