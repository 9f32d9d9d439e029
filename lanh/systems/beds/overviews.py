"""The pages of beds: of a hospital, of a province's reports, of occupancy, of free beds near by."""

from __future__ import annotations

from lanh.core.overviews import (
    Area,
    Bars,
    Behind,
    By,
    Cell,
    Choice,
    Day,
    Empty,
    Fact,
    Found,
    Group,
    Link,
    Measure,
    Nearest,
    Overview,
    PlaceMap,
    Reader,
    Records,
    Said,
    Series,
    Standing,
    Sum,
    Sums,
    Told,
    Where,
)
from lanh.core.text import Words
from lanh.core.ui import formats
from lanh.nation import naming
from lanh.nation.facility import phones
from lanh.nation.place import GROUND
from lanh.nation.roles import (
    COMMUNE_NURSE,
    FACILITY_REGISTRAR,
    HOSPITAL_DOCTOR,
    HOSPITAL_PLANNER,
    MINISTRY_LEADER,
    PROVINCIAL_OFFICER,
)
from lanh.systems.beds.expecting import MORNING, deadline
from lanh.systems.beds.reading import COUNTS
from lanh.systems.beds.registry import WORDS, bed_types
from lanh.systems.beds.standing import TONES, facts, sent

PLANNERS = frozenset({HOSPITAL_PLANNER.code})
AUTHORITIES = frozenset({PROVINCIAL_OFFICER.code, FACILITY_REGISTRAR.code, MINISTRY_LEADER.code})
EVERYBODY = PLANNERS | AUTHORITIES | {HOSPITAL_DOCTOR.code, COMMUNE_NURSE.code}

_REPORTS = (("identifier", f"{naming.BED_REPORT}|"),)
_TYPES = dict(bed_types())
_FREE, _SUMS = ("staffed", "occupied", "free", "occupancy"), ("staffed", "occupied", "occupancy")


def _column(name: str) -> Words:
    return WORDS[f"beds.column.{name}"]


MEASURES = (
    *(Measure(name, _column(name)) for name in COUNTS),
    Measure("occupancy", _column("occupancy"), WORDS["beds.percent"], "occupied", "staffed",
            decimals=1),
    Measure("reports", _column("reports"), records=True),
    Measure("sent", WORDS["beds.state.reported"], records=True, where=("state", "reported")),
    Measure("missing", WORDS["beds.state.missing"], records=True, where=("state", "missing")),
)  # fmt: skip
BY = (
    By("facility", _column("hospital"), record=True),
    By("type", _column("type"), _TYPES),
    By("line", _column("ward")),
    By("state", _column("state"), {each: WORDS[f"beds.state.{each}"] for each in TONES}),
)


def _state(group: Group, reader: Reader) -> Cell:
    state = group.facts[0].keys["state"]
    return Cell(WORDS[f"beds.state.{state}"].say(reader.language), TONES[state])


def _due(group: Group, reader: Reader) -> Cell:
    """When what is not sent is due; to the hospital itself, the form."""
    fact = group.facts[0]
    if fact.keys["state"] == "reported" or fact.day is None:
        return Cell()
    end = deadline(fact.day)
    fill = Link("form", "report", WORDS["beds.page.fill"].say(reader.language),
                {"about": fact.record})  # fmt: skip
    own = fact.keys["facility"] == reader.facility
    return Cell(formats.moment(end) if end else "", links=[fill] if own else [])


def _type(group: Group, reader: Reader) -> Cell:
    code = group.facts[0].keys["type"]
    return Cell(_TYPES[code].say(reader.language) if code in _TYPES else code)


SAID = (
    Said("state", _column("state"), _state),
    Said("due", _column("due"), _due),
    Said("kind", _column("type"), _type),
)

HOSPITAL = Overview(
    key="hospital",
    title=WORDS["beds.hospital"],
    roles=PLANNERS,
    places=GROUND,
    source=Records("MeasureReport", facts, _REPORTS, day="period", days=14, own=True),
    measures=MEASURES,
    by=BY,
    said=SAID,
    parts=(
        Sums(WORDS["beds.page.days"], "day", ("state", *_SUMS, "due"), order="newest"),
        Series(WORDS["beds.page.trend"], "day", "occupancy"),
        Sums(WORDS["beds.page.latest"], "line", ("kind", *COUNTS, "occupancy"), last=True),
    ),
    empty=Empty(WORDS["beds.page.none"], WORDS["beds.page.none_why"]),
    doors=(("form", "ward", WORDS["beds.page.add_ward"]),),
)  # fmt: skip

_OF_DAY = Behind(list="reports", filters={"hospital": "facility", "day": "day", "day.until": "day"})
PROVINCE = Overview(
    key="province",
    title=WORDS["beds.province"],
    heading=WORDS["beds.page.of"],
    roles=AUTHORITIES,
    places=GROUND,
    source=Records("MeasureReport", facts, _REPORTS, day="period"),
    fields=(Day(_column("day")), Area(WORDS["beds.page.province"], bound=True)),
    measures=MEASURES,
    by=BY,
    said=SAID,
    parts=(
        Standing("state", "reports", TONES, {"missing": Behind(list="missing")}),
        Sums(WORDS["beds.page.reports"], "place", ("reports", "sent", "missing", *_FREE),
             at="country"),
        Sums(WORDS["beds.page.reports"], "facility", ("state", "due", *_FREE), order="state",
             behind=(_OF_DAY,), at="area"),
        Bars(WORDS["beds.page.by_hospital"], "facility", "occupancy", at="area", half=True,
             full=100),
        PlaceMap(WORDS["beds.page.trend"], "occupancy", half=True),
        Sums(WORDS["beds.page.by_type"], "type", _FREE),
    ),
)  # fmt: skip

_TYPE = Choice(
    "type", _column("type"), list(_TYPES.items()), WORDS["beds.page.any_type"], key="type"
)
_LATEST = Records("MeasureReport", sent, _REPORTS, day="period", days=3, newest="facility")
OCCUPANCY = Overview(
    key="occupancy",
    title=WORDS["beds.occupancy"],
    heading=WORDS["beds.occupancy.of"],
    roles=AUTHORITIES,
    places=GROUND,
    intro=WORDS["beds.occupancy.intro"],
    source=_LATEST,
    fields=(Area(WORDS["beds.page.province"]), _TYPE),
    measures=MEASURES,
    by=BY,
    said=SAID,
    parts=(
        Sum(("reports", "staffed", "occupied", "free", "occupancy")),
        PlaceMap(WORDS["beds.page.trend"], "occupancy", half=True),
        PlaceMap(WORDS["beds.page.free_by_place"], "free", half=True),
        Sums(WORDS["beds.page.by_place"], "place", ("reports", *_FREE), order="occupancy"),
        Sums(WORDS["beds.page.by_hospital"], "facility", _FREE, order="occupancy",
             behind=(_OF_DAY,), at="area"),
        Sums(WORDS["beds.page.by_type"], "type", _FREE),
        Sums(WORDS["beds.page.by_ward"], "line", ("kind", *_FREE), at="commune"),
    ),
)  # fmt: skip


# ---- where a free bed is -----------------------------------------------------------------------


def _free(near: Found) -> list[Fact]:
    return [fact for fact in near.facts if fact.counts.get("free", 0) > 0]


def _name(near: Found, reader: Reader) -> Cell:
    return Cell(
        str(near.place.get("name") or ""),
        lines=[
            WORDS["beds.page.of_which"].say(
                reader.language, free=fact.counts["free"], ward=fact.names["line"]
            )
            for fact in _free(near)
        ],
    )


def _beds(near: Found, reader: Reader) -> Cell:
    return Cell(formats.number(sum(f.counts["free"] for f in _free(near)), reader.language))


def _phone(near: Found, _reader: Reader) -> Cell:
    return Cell(links=[Link("phone", number) for number in phones(near.place)])


def _as_at(near: Found, _reader: Reader) -> Cell:
    day = near.facts[0].day
    return Cell(f"{MORNING:%H:%M} {formats.day(day)}" if day is not None else "")


FREE = Overview(
    key="free",
    title=WORDS["beds.free"],
    roles=EVERYBODY,
    places=GROUND,
    act=WORDS["beds.page.find"],
    fields=(_TYPE, Where(WORDS["beds.page.where"], WORDS["beds.page.where_hint"])),
    parts=(
        Nearest(
            title=WORDS["beds.page.free_near"],
            name=_name,
            columns=(
                Told(_column("free"), _beds, numeric=True),
                Told(_column("phone"), _phone),
                Told(_column("as_at"), _as_at),
            ),
            coded=naming.FACILITY_CODE,
            fixed=(
                ("identifier", f"{naming.FACILITY_CODE}|"),
                ("status", "active"),
                ("type", f"{naming.FACILITY_KIND}|hospital"),
            ),
            beside=_LATEST,
            wanted=lambda near: bool(_free(near)),
            enough=25,
            none=(WORDS["beds.page.no_free"], WORDS["beds.page.no_free_why"]),
            warn=lambda _reader: [WORDS["beds.page.call"]],
        ),
    ),
)
