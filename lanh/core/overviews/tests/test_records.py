"""Overviews of records: under the reader's access, narrowed, in few statements, by pages."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from lanh.core.access import CommuneIn, CustodianIn, Nothing, narrowed, predicate
from lanh.core.database import SyncDatabase
from lanh.core.overviews import (
    Area,
    Behind,
    By,
    Cell,
    Counted,
    Found,
    Map,
    Measure,
    Nearest,
    Overview,
    OverviewScreen,
    PlaceMap,
    Records,
    Series,
    Standing,
    Sum,
    Sums,
    Table,
    Where,
    forget,
    show,
)
from lanh.core.overviews import Nothing as NothingHere
from lanh.core.overviews.tests.country import (
    COUNTRY,
    TODAY,
    Somebody,
    access,
    facts,
    report,
    station,
    words,
    write,
)
from lanh.core.store import Context, Forbidden, Search, Store
from lanh.kit.harness import counted

_BEFORE = TODAY - timedelta(days=1)
_PLACES = {"S1": "00001", "S2": "00002", "S3": "00003"}

FRIDGES = Overview(
    "fridges",
    words("Fridges"),
    frozenset({"officer"}),
    COUNTRY,
    parts=(
        Sum(("reports", "doors")),
        Standing("state", "reports", {"sent": "ok", "open": "warn"}),
        Sums(words("Places"), "place", ("reports", "doors"), order="doors",
             behind=(Behind(list="secret"), Behind(list="reports", filters={"place": "place",
                     "of": "=fridge"}))),
        Sums(words("Stations"), "facility", ("doors",), at="area", page=1),
        PlaceMap(words("Map"), "doors"),
        Series(words("Days"), "day", "doors"),
    ),
    source=Records("MeasureReport", facts, (("measure", "urn:test:fridges"),), day="period",
                   days=7),
    fields=(Area(words("Place")),),
    measures=(Measure("doors", words("Doors")), Measure("reports", words("Reports"), records=True)),
    by=(
        By("state", words("State"), {"sent": words("Sent"), "open": words("Open")}),
        By("facility", words("Station"), record=True),
    ),
)  # fmt: skip


@pytest.fixture
def filled(database: SyncDatabase) -> SyncDatabase:
    """Two days of three stations, one report of today not told, one of last month."""
    rows = [
        (report("S1", _BEFORE, 4), "S1"), (report("S1", TODAY, 6), "S1"),
        (report("S2", _BEFORE, 5), "S2"), (report("S2", TODAY, None), "S2"),
        (report("S3", TODAY, 7), "S3"), (report("S3", TODAY - timedelta(days=30), 100), "S3"),
    ]  # fmt: skip
    write(database, *((body, code, _PLACES[code]) for body, code in rows))
    return database


def _show(database: SyncDatabase, who: Somebody, overview: Overview = FRIDGES, /, **asked: str
          ) -> OverviewScreen:  # fmt: skip
    return database.read(show(overview, who, asked, lambda link: link.key != "secret"))


def _tables(screen: OverviewScreen) -> list[Table]:
    return [shown.block for shown in screen.blocks if isinstance(shown.block, Table)]


def _texts(table: Table) -> list[list[str]]:
    return [[cell.text for cell in row] for row in table.rows]


def test_the_country_then_a_province_then_the_list_behind(filled: SyncDatabase) -> None:
    plan = show(FRIDGES, Somebody(), {}, lambda link: link.key != "secret")
    country, statements = filled.read(counted(plan))
    assert statements <= 2, "the search, and what the store must hear of its parameters"
    (places,) = _tables(country)
    assert _texts(places) == [["Bắc", "4", "15"], ["Nam", "1", "7"]], "last month's is not of it"
    jump = places.rows[0][2].link
    assert jump is not None and (jump.key, jump.query) == (
        "reports",
        {"place": "01", "of": "fridge"},
    )
    down = places.rows[0][0].link
    assert down is not None and down.query == {"province": "01"}
    province = _show(filled, Somebody(), **down.query)
    places, stations = _tables(province)
    assert _texts(places) == [["An", "2", "10"], ["Bình", "2", "5"]]
    assert _texts(stations) == [["Station S1", "10"]] and stations.next is not None
    assert stations.next == {"province": "01", "rows": "1"}, "by pages"
    later = _tables(_show(filled, Somebody(), **stations.next))[1]
    assert _texts(later) == [["Station S2", "5"]] and later.previous is not None
    assert [link.words for link in province.path] == ["The country"]


def test_what_may_not_be_read_is_in_no_sum(filled: SyncDatabase) -> None:
    of_commune = Somebody(access(CommuneIn(frozenset({"00002"}))))
    assert _texts(_tables(_show(filled, of_commune))[0]) == [["Bắc", "2", "5"]]
    empty = _show(filled, of_commune, province="02")
    assert any(isinstance(shown.block, NothingHere) for shown in empty.blocks)
    stranger = replace(of_commune.access, grants=())
    with pytest.raises(Forbidden):
        _show(filled, Somebody(stranger))


def test_narrowing_never_widens(filled: SyncDatabase) -> None:
    inner = narrowed(access(CommuneIn(frozenset({"00001"}))), CommuneIn(frozenset({"00002"})))
    assert isinstance(predicate(inner, "search", "MeasureReport"), Nothing)
    wider = narrowed(access(CustodianIn(frozenset({"S1"}))), CommuneIn(frozenset({"00001"})))
    found = filled.read(Store().search(Search("MeasureReport"), Context(wider)))
    assert len(found.entries) == 2


def test_a_facility_sees_its_own_and_what_was_told_last(filled: SyncDatabase) -> None:
    assert isinstance(FRIDGES.source, Records)
    own = replace(FRIDGES, source=replace(FRIDGES.source, own=True), parts=(
        Sums(words("Days"), "day", ("doors",), order="newest"),
        Sums(words("Last"), "facility", ("doors",), last=True),
    ))  # fmt: skip
    days, last = _tables(_show(filled, Somebody(facility="S2"), own))
    assert _texts(days) == [["11/03/2026", "–"], ["10/03/2026", "5"]]
    assert _texts(last) == [["Station S2", "5"]], "of the day on which something was told"
    nobody = _show(filled, Somebody(), own)
    assert isinstance(nobody.blocks[0].block, NothingHere)


def test_more_records_than_are_read_is_said(filled: SyncDatabase) -> None:
    assert isinstance(FRIDGES.source, Records)
    few = replace(FRIDGES, source=replace(FRIDGES.source, most=2))
    said = [getattr(shown.block, "text", "") for shown in _show(filled, Somebody(), few).blocks]
    assert any("Only the first 2 records" in text for text in said)


def test_places_are_counted_by_the_database(database: SyncDatabase) -> None:
    forget()
    rows = [(station(f"S{n}", c), f"S{n}", c) for n, c in enumerate(["00001", "00001", "00003"])]
    write(database, *rows)
    stations = Overview(
        "map", words("Map"), frozenset({"officer"}), COUNTRY,
        (Sums(words("Places"), "place", ("records",)), PlaceMap(words("Map"), "records")),
        Counted("Location", (("status", "active"),)), (Area(words("Place")),),
        (Measure("records", words("Stations")),),
    )  # fmt: skip
    screen = _show(database, Somebody(), stations)
    assert _texts(_tables(screen)[0]) == [["Bắc", "2"], ["Nam", "1"]]
    drawn = screen.blocks[1].block
    assert isinstance(drawn, Map) and set(drawn.links) == {"01", "02"}
    of_commune = Somebody(access(CommuneIn(frozenset({"00003"}))))
    found = _texts(_tables(_show(database, of_commune, stations))[0])
    assert found == [["Nam", "1"]], "what is remembered is remembered by what may be seen"
    write(database, (station("S9", "00003"), "S9", "00003"))
    assert _texts(_tables(_show(database, of_commune, stations))[0]) == [["Nam", "1"]]
    tally = database.read(Store().tally(Search("Location"), Context(access(CommuneIn(
        frozenset({"00003"}))))))  # fmt: skip
    assert tally == {"00003": 2}


def _name(found: Found, _reader: object) -> Cell:
    return Cell(str(found.place["name"]))


def test_the_nearest_with_what_else_is_known_of_them(filled: SyncDatabase) -> None:
    spots = {"S1": 0.0, "S2": 0.5}
    write(filled, *((station(code, "00001", north), code, _PLACES[code])
                    for code, north in spots.items()))  # fmt: skip
    beside = Records("MeasureReport", facts, (("measure", "urn:test:fridges"),), day="period",
                     days=7, newest="facility")  # fmt: skip
    near = Nearest(
        words("Near {place}"), _name, (), "urn:test:station",
        (words("None within {far} km"), words("Look farther")), beside=beside,
        wanted=lambda found: sum(f.counts["doors"] for f in found.facts) < 6,
    )  # fmt: skip
    overview = Overview(
        "near", words("Near"), frozenset({"officer"}), COUNTRY, (near,),
        fields=(Where(words("From"), words("A commune")),),
    )  # fmt: skip
    plan = show(overview, Somebody(facility="S1"), {}, lambda _link: True)
    own, statements = filled.read(counted(plan))
    assert statements <= 8, "the own place, five circles, what is beside"
    assert _tables(own)[0].title == "Near Station S1"
    assert _texts(_tables(own)[0]) == [["Station S2", "55.6\u00a0km"]]
    several = _show(filled, Somebody(), overview, where="an")
    assert len(several.blocks[0].block.links) == 2  # type: ignore[union-attr]
    nearer = _show(filled, Somebody(facility="S1"), overview, where="an")
    assert _tables(nearer)[0].title == "Near An, Bắc", "of two that bear the name the nearer"
    far = _show(filled, Somebody(), overview, commune="00003")
    assert any(getattr(s.block, "title", "") == "None within 200 km" for s in far.blocks)
