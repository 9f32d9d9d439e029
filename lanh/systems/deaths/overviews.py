"""The page of mortality: deaths by chapter, place and ISO week, the share of ill-defined causes.

It reads the indicators' sums and no record; small counts of a place are not told.
"""

from __future__ import annotations

from lanh.core.overviews import (
    Area,
    Bars,
    Behind,
    BoundariesAsked,
    By,
    Cell,
    Choice,
    Group,
    Indicators,
    Measure,
    Note,
    Overview,
    PeriodAsked,
    PlaceMap,
    Reader,
    Said,
    Series,
    Sum,
    Sums,
)
from lanh.nation.place import GROUND
from lanh.nation.roles import MINISTRY_LEADER, PROVINCIAL_OFFICER
from lanh.systems.deaths.mortality import CAUSES
from lanh.systems.deaths.words import WORDS

TOTAL, ILL = "deaths-certified", "deaths-ill-defined"
_SPANS = {f"deaths-{key}": f"{low}–{high}" for key, (low, high) in CAUSES.items()}
_CAUSES = {key: WORDS[f"{key}.title"] for key in _SPANS}
_SPANS_TOLD = {**_SPANS, ILL: "R00–R99"}
_BEHIND = Behind(figures=True, filters={"indicator": "cause", "place": "place"})


def _span(group: Group, _reader: Reader) -> Cell:
    return Cell(_SPANS_TOLD.get(group.key, ""))


MORTALITY = Overview(
    key="mortality",
    title=WORDS["mortality.title"],
    heading=WORDS["mortality.of"],
    roles=frozenset({PROVINCIAL_OFFICER.code, MINISTRY_LEADER.code}),
    places=GROUND,
    withhold=True,
    source=Indicators(TOTAL, (*_SPANS, ILL), by="cause", choice="cause"),
    fields=(
        PeriodAsked(WORDS["mortality.period"]),
        Choice("cause", WORDS["mortality.cause"], list(_CAUSES.items()), WORDS[f"{TOTAL}.title"]),
        Area(WORDS["mortality.province"]),
        BoundariesAsked(WORDS["mortality.bounds"]),
    ),
    measures=(
        Measure("count", WORDS["mortality.deaths"], WORDS["unit.deaths"]),
        Measure("share", WORDS["mortality.share"], count="count", of="total", decimals=1),
        Measure("all", WORDS["mortality.total"], count="total"),
        Measure("ill", WORDS[f"{ILL}.title"], count=ILL, of="total", decimals=1),
    ),
    by=(
        By("cause", WORDS["mortality.cause"],
           {**_CAUSES, ILL: WORDS["mortality.ill"], "other": WORDS["mortality.other"]}),
    ),
    said=(Said("range", WORDS["mortality.range"], _span),),
    parts=(
        Sum(("all", "ill")),
        Note(WORDS["mortality.note"]),
        Bars(WORDS["mortality.causes"], "cause", "count", order="count", most=8,
             codes=_SPANS_TOLD),
        Sums(WORDS["mortality.causes"], "cause", ("range", "count", "share"), order="count",
             behind=(_BEHIND,)),
        PlaceMap(WORDS["mortality.places"], "count", half=True),
        Sums(WORDS["mortality.places"], "place", ("count",), order="count", behind=(_BEHIND,),
             half=True),
        Series(WORDS["mortality.weeks"], "week", "count"),
    ),
)  # fmt: skip
