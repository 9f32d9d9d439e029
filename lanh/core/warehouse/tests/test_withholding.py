"""Small counts of a lake: none is told, and none follows from all that can be asked."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import date

import pytest

from lanh.core.access import Everything
from lanh.core.warehouse import Granularity, Period, Placement, Ports, Warehouse, refresh
from lanh.core.warehouse.tests.feed import INDICATORS, FakeFeed, Reader, definitions
from lanh.core.warehouse.tests.span import Span

CHANGE = date(2025, 7, 1)
# Old commune: its old province, the new commune (whose code is that of an old one) and province.
TREE = {
    "11": ("1", "11", "A"), "12": ("1", "11", "A"), "21": ("2", "21", "A"), "22": ("2", "22", "A"),
    "31": ("3", "31", "B"), "32": ("3", "31", "B"), "33": ("3", "33", "B"),
}  # fmt: skip
DAYS = [date.fromisoformat(f"2025-{each}") for each in (
    "01-06", "01-29", "03-03", "05-20", "06-30", "07-01", "08-04", "10-07", "12-30", "12-31",
)] + [date(2026, 1, 1), date(2026, 1, 20)]  # fmt: skip
STATUSES = ("finished", "in-progress")
SPANS = {"old": (date.min, CHANGE), "new": (CHANGE, date.max)}
VISITS, DONE = replace(INDICATORS[0], small_counts="withheld"), INDICATORS[2]
FINISHED = replace(
    VISITS, key="done", sql=VISITS.sql.replace("TRUE", "status = 'finished'"),
    part_of="visits", breakdown="status",
)  # fmt: skip
SHARE = replace(DONE, key="rate", small_counts="withheld")


def _placements() -> Iterator[Placement]:
    for since, until in SPANS.values():
        for code, (old, commune, new) in TREE.items():
            yield Placement(code, since, until, "old", old, code)
            yield Placement(code, since, until, "new", new, commune)


WHOLE = definitions(
    indicators=(VISITS, FINISHED, SHARE), placements=_placements, nesting=("new", "old"),
    in_force=SPANS, zone_minutes=0,
)  # fmt: skip


def _feed(seed: int) -> tuple[FakeFeed, dict[tuple[str, date, str], int]]:
    """Visits at places of those days; after the change by codes of new communes only."""
    chance, feed = random.Random(seed), FakeFeed()
    counts: dict[tuple[str, date, str], int] = {}
    for day in DAYS:
        for code in sorted({c if day < CHANGE else TREE[c][1] for c in TREE}):
            for status, often in (("finished", [0, 0, 1, 5, 8]), ("in-progress", [0, 2, 6, 9])):
                counts[code, day, status] = chance.choice(often)
    number = 0
    for (code, day, status), count in counts.items():
        for _ in range(count):
            number += 1
            body = {"resourceType": "Encounter", "id": f"v{number}", "status": status,
                    "period": {"start": f"{day}T08:00:00+07:00"}}  # fmt: skip
            feed.put(body, custodian="F", commune=code)
    return feed, counts


def _areas() -> Iterator[tuple[str, str]]:
    for boundaries in ("old", "new"):
        for code, (old, commune, new) in TREE.items():
            for area in (old, code) if boundaries == "old" else (new, commune):
                yield boundaries, area


def _periods() -> list[Period]:
    grains: tuple[Granularity, ...] = ("year", "quarter", "month", "week")
    return list(
        {str(p): p for d in DAYS for g in grains for p in [Period.containing(d, g)]}.values()
    )


def _inside(code: str, boundaries: str, area: str) -> bool:
    old, commune, new = TREE[code]
    return area in ((old, code) if boundaries == "old" else (new, commune))


@pytest.fixture(scope="module")
def counts() -> dict[tuple[str, date, str], int]:
    return _feed(1)[1]


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    folder = tmp_path_factory.mktemp("lake")
    refresh(Reader(), folder, Ports(_feed(1)[0], WHOLE))
    return Warehouse(folder, WHOLE)


def test_nothing_small_is_told_or_follows(
    warehouse: Warehouse, counts: dict[tuple[str, date, str], int]
) -> None:
    """Every area of both sets by every period: as figures, as places below, by parts, by share."""
    atoms = {atom: at for at, atom in enumerate(counts)}
    span, hidden, told = Span(), [], 0
    # What is left of the visits when those done are taken off is asked for by nobody.
    statuses = {"visits": STATUSES, "done": STATUSES[:1], "left": STATUSES[1:]}
    for boundaries, area in [("new", "VN"), *dict.fromkeys(_areas())]:
        for period in _periods():
            for key, some in statuses.items():
                row = {
                    at: 1
                    for (code, day, status), at in atoms.items()
                    if status in some and period.start <= day < period.end
                    and (area == "VN" or _inside(code, boundaries, area))
                }  # fmt: skip
                exact = sum(n for atom, n in counts.items() if atoms[atom] in row)
                small = area != "VN" and 0 < exact < 5
                if key == "left":
                    hidden += [(f"{boundaries} {area} {period}", row)] if small else []
                    continue
                found = warehouse.figure(key, area, period, boundaries=boundaries)
                name = f"{key} {boundaries} {area} {period}"
                if found.withheld:
                    assert (found.value, found.numerator, found.records) == (None, None, None)
                    hidden += [(name, row)] if small else []
                else:
                    assert found.numerator == exact
                    assert not small, name
                    span.add(row)
                    told += area != "VN"
    assert told > 60 and len(hidden) > 60
    assert not [name for name, row in hidden if span.holds(row)]


def test_places_behind_and_series_withhold_what_the_figure_does(warehouse: Warehouse) -> None:
    period = Period.parse("2025-Q3")
    seen = {True: 0, False: 0}
    for key in ("visits", "done", "rate"):
        for boundaries, area in [("old", "VN"), ("new", "VN"), ("new", "A"), ("old", "3")]:
            for place in warehouse.by_place(key, area, period, boundaries=boundaries):
                own = warehouse.figure(key, place.code, period, boundaries=boundaries)
                assert (place.withheld, place.value) == (own.withheld, own.value), place
                page = warehouse.records_behind(
                    key, place.code, period, boundaries=boundaries, allowed=lambda _: Everything()
                )
                assert page.withheld == own.withheld
                assert page.total == (own.records or 0) and bool(page.records) == bool(page.total)
                series = warehouse.series(
                    key, place.code, "quarter", 2, until=period.start, boundaries=boundaries
                )
                assert series[-1] == own
                seen[own.withheld] += 1
    assert all(seen.values()), seen


def test_a_narrower_question_is_not_answered(warehouse: Warehouse) -> None:
    year = Period.parse("2025")
    whole = {"boundaries": "new"}
    assert not warehouse.figure("visits", "A", year, boundaries="new").withheld
    for more in ({"within": frozenset({"11"})}, {"dimension": "residence"}):
        figure = warehouse.figure("visits", "VN", year, **whole, **more)  # type: ignore[arg-type]
        assert figure.withheld and figure.value is None
        assert all(p.withheld for p in warehouse.by_place("visits", "VN", year, **whole, **more))  # type: ignore[arg-type]
    day = Period.parse("2025-08-04")
    assert warehouse.figure("visits", "A", day, boundaries="new").withheld, "no days"
    assert warehouse.figure("visits", "VN", day, boundaries="new").withheld
    assert warehouse.figure("visits", "11", Period.parse("2025-08"), boundaries="old").withheld
    every = Warehouse(warehouse.lake.folder, replace(WHOLE, least=1))
    assert not every.figure("visits", "A", day, boundaries="new").withheld


def test_what_cannot_be_judged_is_refused() -> None:
    for wrong in (
        replace(FINISHED, part_of="nothing"), replace(VISITS, cumulative=True),
        replace(VISITS, measure="sum"), replace(FINISHED, place="residence"),
    ):  # fmt: skip
        with pytest.raises(ValueError, match=wrong.key):
            replace(WHOLE, indicators=(VISITS, wrong) if wrong.part_of else (wrong,))
