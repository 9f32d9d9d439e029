"""What is reckoned of facts, what may be told, what a query can ask: pure."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lanh.core.overviews import (
    Area,
    Bars,
    BoundariesAsked,
    By,
    Choice,
    Day,
    Fact,
    Measure,
    Nearest,
    Overview,
    Records,
    Sums,
    faults_of,
    kilometres,
    newest,
    weeks,
    withheld,
)
from lanh.core.overviews.asking import entries, read
from lanh.core.overviews.tests.country import COUNTRY, TODAY, Somebody, facts, words

DOORS = Measure("doors", words("Doors"))
_SPOTS = st.tuples(st.floats(8, 24), st.floats(102, 110))


def test_a_sum_a_share_and_what_is_not_told() -> None:
    rows = [Fact(counts={"doors": 3, "all": 4}), Fact(counts={"all": 2}), Fact({"of": "b"})]
    assert DOORS.value(rows) == 3
    assert Measure("share", words("S"), count="doors", of="all").value(rows) == 50
    assert DOORS.value(rows[1:]) is None, "nobody told it"
    assert Measure("share", words("S"), count="doors", of="none").value(rows) is None
    assert Measure("doors", words("D"), where=("of", "b")).value(rows) is None


def test_of_each_the_newest_that_was_told() -> None:
    before = TODAY - timedelta(days=1)
    rows = [
        Fact({"f": "a"}, {"doors": 1}, day=before),
        Fact({"f": "a"}, day=TODAY),
        Fact({"f": "b"}, {"doors": 1}, day=before),
        Fact({"f": "b"}, {"doors": 2}, day=TODAY),
    ]
    assert [(f.keys["f"], f.day) for f in newest(rows, "f")] == [("a", before), ("b", TODAY)]


def test_what_is_withheld() -> None:
    def hidden(**counts: int) -> set[str]:
        return set(withheld({key: Decimal(n) for key, n in counts.items()}, 5))

    assert hidden(a=4, b=5, c=9) == {"a", "b"}, "one alone could be reckoned from the sum"
    assert hidden(a=4, b=1, c=9) == {"a", "b"}
    assert hidden(a=0, b=5) == set() and hidden(a=3) == {"a"}


@given(st.dictionaries(st.text(max_size=3), st.integers(0, 30), max_size=8), st.integers(1, 10))
def test_nothing_small_is_told_and_none_can_be_reckoned(counts: dict[str, int], least: int) -> None:
    hidden = withheld({key: Decimal(n) for key, n in counts.items()}, least)
    assert {key for key, n in counts.items() if 0 < n < least} <= hidden
    assert len(hidden) != 1 or all(n == 0 or key in hidden for key, n in counts.items())


@pytest.mark.parametrize(
    ("period", "last"),
    [("2026", date(2026, 12, 28)), ("2026-Q1", date(2026, 3, 30)), ("2026-02", date(2026, 2, 23))],
)
def test_weeks_end_with_the_period(period: str, last: date) -> None:
    found = weeks(period, 3)
    assert found[-1] == last and {each.weekday() for each in found} == {0}


@given(_SPOTS, _SPOTS)
def test_distance_is_the_same_both_ways(one: tuple[float, float], two: tuple[float, float]) -> None:
    assert kilometres(one, two) == pytest.approx(kilometres(two, one))
    assert kilometres(one, one) == 0


def test_distances_are_those_of_the_map() -> None:
    assert kilometres((21.0285, 105.8542), (16.4637, 107.5909)) == pytest.approx(539.5, abs=2)


def _overview(**more: object) -> Overview:
    kinds = [("a", words("A"))]
    given = {
        "fields": (
            Area(words("Place"), bound=True),
            Day(words("Day")),
            Choice("kind", words("Kind"), kinds, words("Any"), key="kind"),
        ),
        **more,
    }
    return Overview("fridges", words("Fridges"), frozenset({"officer"}), COUNTRY, (), **given)  # type: ignore[arg-type]


def test_what_cannot_be_taken_is_left_out() -> None:
    asked = read(_overview(), Somebody(), {"province": "77", "day": "soon", "kind": "z"})
    assert (asked.area, asked.day, asked.values["kind"]) == ("", TODAY, "")
    asked = read(_overview(), Somebody(), {"province": "00003", "day": "2026-02-01", "kind": "a"})
    assert (asked.level, asked.day.month, asked.values["kind"]) == ("commune", 2, "a")


def test_who_is_bound_to_a_province_stays_in_it() -> None:
    officer = Somebody(place="01")
    assert read(_overview(), officer, {}).area == "01"
    assert read(_overview(), officer, {"province": "02"}).area == "01"
    assert read(_overview(), officer, {"province": "00003"}).area == "01"
    assert read(_overview(), officer, {"province": "00002"}).area == "00002"
    asked = read(_overview(), officer, {})
    assert [each.name for each in entries(_overview(), asked, officer)] == ["day", "kind"]
    free = _overview(fields=(Area(words("Place")), BoundariesAsked(words("Bounds"))))
    assert read(free, officer, {}).area == "01", "begins there"
    assert read(free, officer, {"province": ""}).area == ""
    assert read(free, officer, {}).query(rows="50")["province"] == "01"


def test_a_definition_that_cannot_work_is_told() -> None:
    source = Records("MeasureReport", facts, (("colour", "red"),), day="period")
    wrong = _overview(
        source=source,
        measures=(DOORS, DOORS),
        by=(By("state", words("State")),),
    )
    parts = (
        Sums(words("T"), "states", ("doors",)),
        Sums(words("T"), "state", ("windows",)),
        Bars(words("B"), "state", "doors", order="windows"),
    )
    told = [m.en for m in faults_of(Overview(wrong.key, wrong.title, wrong.roles, COUNTRY, parts,
            wrong.source, wrong.fields, wrong.measures, wrong.by))]  # fmt: skip
    assert sum("states" in each for each in told) == 1
    assert sum("windows" in each for each in told) == 2
    assert sum("doors stands twice" in each for each in told) == 1
    assert sum("colour" in each for each in told) == 1
    assert any("no parts" in each.en for each in faults_of(_overview()))
    nearest = Nearest(words("N"), lambda f, r: None, (), "urn:x", (words("0"), words("0")),  # type: ignore[arg-type,return-value]
                      (("near-by", "1"),))  # fmt: skip
    assert len(faults_of(Overview("n", words("N"), frozenset(), COUNTRY, (nearest,)))) == 1
