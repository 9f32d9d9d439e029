"""What is withheld cannot be reckoned from what is told: looked for by linear algebra."""

from __future__ import annotations

from collections.abc import Iterable

from hypothesis import given, settings
from hypothesis import strategies as st

from lanh.core.warehouse.disclosure import REMAINDER, Cell, Table, withheld
from lanh.core.warehouse.tests.span import Span

ABOVE = {
    "Q1": "Y", "Q2": "Y", "M1": "Q1", "M2": "Q1", "M3": "Q2", "M4": "Q2",
}  # fmt: skip
MONTHS = ("M1", "M2", "M3", "M4")
PERIODS = ("Y", "Q1", "Q2", *MONTHS)
PLACES = ("a", "b", "c")


def total(counts: dict[tuple[str, str], int], places: Iterable[str] = PLACES) -> Table:
    return Table(tuple(places), ("all",), ABOVE, {(p, t, "all"): n for (p, t), n in counts.items()})


def within(longer: str) -> set[str]:
    return {t for t in MONTHS if longer in (t, ABOVE[t], "Y")}


def reckoned(of: Table, breakdown: Table | None, hidden: frozenset[Cell]) -> set[Cell]:
    """The cells that follow from all cells told, and from what the parent tells of each period and
    kind: those in the space that the told ones span."""
    kinds = (*breakdown.kinds, REMAINDER) if breakdown else ("all",)
    every = [(p, t, k) for p in of.places for t in MONTHS for k in kinds]
    atoms = {cell: at for at, cell in enumerate(every)}

    def row(places: Iterable[str], period: str, some: Iterable[str]) -> dict[int, int]:
        months = within(period)
        return {atoms[p, m, k]: 1 for p in places for m in months for k in some}

    span = Span()
    for period in PERIODS:
        for kind in kinds:
            span.add(row(of.places, period, [kind]))
    cells: dict[Cell, dict[int, int]] = {}
    for place in of.places:
        for period in PERIODS:
            cells[place, period, "all"] = row([place], period, kinds)
            for kind in kinds if breakdown else ():
                cells[place, period, kind] = row([place], period, [kind])
    for cell, vector in cells.items():
        if cell not in hidden:
            span.add(vector)
    return {cell for cell in hidden if cell in cells and span.holds(cells[cell])}


def count_of(table: Table, cell: Cell) -> int:
    place, period, kind = cell
    return sum(table.counts.get((place, month, kind), 0) for month in within(period))


COUNTS = st.dictionaries(
    st.tuples(st.sampled_from(PLACES), st.sampled_from(MONTHS)),
    st.sampled_from([0, 1, 2, 4, 5, 6, 9, 30]),
)


@settings(max_examples=150, deadline=None)
@given(COUNTS)
def test_no_small_count_is_told_nor_follows(counts: dict[tuple[str, str], int]) -> None:
    table = total(counts)
    hidden = withheld(table, (), 5)
    for place in PLACES:
        for period in PERIODS:
            if 0 < count_of(table, (place, period, "all")) < 5:
                assert (place, period, "all") in hidden
    assert not {c for c in reckoned(table, None, hidden) if count_of(table, c)}


PARTS = st.dictionaries(
    st.tuples(st.sampled_from(PLACES), st.sampled_from(MONTHS), st.sampled_from(["x", "y"])),
    st.sampled_from([0, 1, 3, 5, 8, 20]),
)


@settings(max_examples=100, deadline=None)
@given(PARTS, COUNTS)
def test_nor_by_kinds(parts: dict[Cell, int], rest: dict[tuple[str, str], int]) -> None:
    sums = dict(rest)
    for (place, month, _), count in parts.items():
        sums[place, month] = sums.get((place, month), 0) + count
    table, breakdown = total(sums), Table(PLACES, ("x", "y"), ABOVE, parts)
    hidden = withheld(table, (breakdown,), 5)
    whole = Table(
        PLACES, ("x", "y"), ABOVE,
        {**parts, **{(p, t, REMAINDER): n for (p, t), n in rest.items()}},
    )  # fmt: skip
    for place in PLACES:
        for period in PERIODS:
            for kind in ("x", "y", REMAINDER):
                if 0 < count_of(whole, (place, period, kind)) < 5:
                    assert (place, period, kind) in hidden
    follows = reckoned(table, breakdown, hidden)
    assert not {c for c in follows if count_of(table if c[2] == "all" else whole, c)}


def test_the_search_finds_what_a_rule_over_places_alone_lets_through() -> None:
    table = total({("a", "M1"): 3, ("a", "M2"): 9, ("b", "M1"): 7, ("b", "M2"): 8})
    naive = frozenset({("a", "M1", "all"), ("b", "M1", "all")})
    assert reckoned(table, None, naive) == naive, "by their own quarters"


def test_one_small_place_takes_another_and_another_month_with_it() -> None:
    table = total({("a", "M1"): 3, ("a", "M2"): 9, ("b", "M1"): 7, ("b", "M2"): 8,
                   ("c", "M1"): 40, ("c", "M2"): 50})  # fmt: skip
    assert {cell[:2] for cell in withheld(table, (), 5)} == {
        ("a", "M1"), ("a", "M2"), ("b", "M1"), ("b", "M2"),
    }  # fmt: skip


def test_the_only_place_with_deaths_is_hidden_among_the_others() -> None:
    """Its months are the country's: no other place can stand for it but one of which the year is
    not told either."""
    hidden = {cell[:2] for cell in withheld(total({("a", "M1"): 4, ("a", "M3"): 60}), (), 5)}
    assert {("a", "Y"), ("b", "Y"), ("a", "M3"), ("b", "M1")} <= hidden
    assert not any(place == "c" for place, _ in hidden)


def test_two_of_one_each_are_not_known_by_their_sum() -> None:
    hidden = {cell[:2] for cell in withheld(total({("a", "M1"): 1, ("b", "M1"): 1}), (), 5)}
    assert {("a", "Y"), ("b", "Y")} <= hidden, "either may have both"


def test_nothing_is_withheld_of_what_is_large_or_where_all_may_be_told() -> None:
    large = {(place, month): 5 + at for at, place in enumerate(PLACES) for month in MONTHS}
    assert not withheld(total(large), (), 5)
    assert not withheld(total({("a", "M1"): 1}), (), 1)
