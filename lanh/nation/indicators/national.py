"""The first national indicators: SQL over the views of this folder, and what they mean."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from functools import lru_cache
from pathlib import Path

from lanh.core.text import Catalogue
from lanh.core.warehouse import Definitions, Indicator, Placement
from lanh.core.warehouse.views import load_view
from lanh.nation.place import COUNTRY, SET_34_FROM, Places

_HERE = Path(__file__).parent
_WORDS = Catalogue.load(_HERE / "messages.yaml")
# The order in which views are listed; a refresh reads the records of these types only.
_VIEWS = (
    "patient", "person_link", "encounter", "immunization", "laboratory", "dispense", "claim",
)  # fmt: skip
# Viet Nam's time, without summer time (Decision 121/CP, 1975).
ZONE_MINUTES = 7 * 60

_COLUMNS = "type, id, patient, custodian, commune, residence, sensitivity"
_NOT_DONE = "('planned', 'cancelled', 'entered-in-error')"
_INPATIENT = "('IMP', 'ACUTE', 'NONAC')"


def _counted(view: str, day: str, condition: str, numerator: str = "1") -> str:
    """Facts that are the rows of one view."""
    return (
        f"SELECT {_COLUMNS}, {day} AS day, {numerator} AS numerator, 1 AS denominator,"  # noqa: S608
        f" id AS key FROM {view} WHERE {condition}"
    )


# A visit that two messages of a facility made two records of is one: that of its number.
_ONCE = (
    f"(SELECT * FROM encounter WHERE status NOT IN {_NOT_DONE} QUALIFY row_number() OVER"  # noqa: S608
    " (PARTITION BY patient, custodian, CASE WHEN patient IS NULL THEN id"
    f" ELSE coalesce(number, id) END ORDER BY class IN {_INPATIENT} DESC NULLS LAST,"
    " started_on NULLS LAST, id) = 1)"
)
_VISITS = _counted(_ONCE, "started_on", f"coalesce(class, 'AMB') NOT IN {_INPATIENT}")
_ADMISSIONS = _counted(_ONCE, "started_on", f"class IN {_INPATIENT}")
_DOSES = _counted("immunization", "given_on", "status = 'completed'")
_RESULTS = _counted(
    "laboratory", "coalesce(observed_on, began_on, issued_on)",
    "status IN ('final', 'amended', 'corrected')",
)  # fmt: skip
_DISPENSES = _counted("dispense", "coalesce(handed_on, prepared_on)", "status = 'completed'")
_PAID = _counted(
    "claim", "coalesce(ended_on, created_on)", "status = 'active' AND paid IS NOT NULL", "paid"
)
# Everything dated that a facility sends.
_EVENTS = " UNION ALL ".join((_VISITS, _ADMISSIONS, _DOSES, _RESULTS, _DISPENSES, _PAID))
# A Patient counts from the day of its first event; without one, from the day it was received.
_RECORDS = (
    f"SELECT p.*, least(coalesce(e.first_day, received), received) AS day"  # noqa: S608
    f" FROM (SELECT *, CAST(updated + INTERVAL {ZONE_MINUTES} MINUTE AS DATE) AS received"
    f" FROM patient) p LEFT JOIN (SELECT patient, min(day) AS first_day FROM ({_EVENTS})"
    " WHERE patient IS NOT NULL GROUP BY patient) e ON e.patient = p.patient"
)
_PEOPLE = (
    f"SELECT {_COLUMNS}, day, 1 AS numerator, 1 AS denominator, person AS key FROM ({_RECORDS})"  # noqa: S608
)
# The 4th digit tells sex and century (0 and 1: 19xx, 2 and 3: 20xx, even for men), the 5th and
# 6th the year of birth (Decree 137/2015, Circular 59/2021).
_AGREES = (
    "coalesce(regexp_full_match(personal_number, '[0-9]{12}')"
    " AND substr(personal_number, 5, 2) = substr(birth_date, 3, 2)"
    " AND ascii(substr(personal_number, 4, 1)) - 48"
    " = (TRY_CAST(substr(birth_date, 1, 2) AS INTEGER) - 19) * 2"
    " + CASE gender WHEN 'female' THEN 1 WHEN 'male' THEN 0 END, FALSE)"
)
_VERIFIED = (
    f"SELECT {_COLUMNS}, day, CASE WHEN {_AGREES} THEN 1 ELSE 0 END AS numerator,"  # noqa: S608
    f" 1 AS denominator, id AS key FROM ({_RECORDS})"
)
_DEATHS = (
    f"SELECT {_COLUMNS}, min(died_on) OVER (PARTITION BY person) AS day, 1 AS numerator,"  # noqa: S608
    " 1 AS denominator, person AS key FROM patient WHERE died_on IS NOT NULL"
)
_FACILITIES = (
    f"SELECT {_COLUMNS}, day, 1 AS numerator, 1 AS denominator, custodian AS key"  # noqa: S608
    f" FROM ({_EVENTS})"
)


def _indicator(key: str, unit: str, sql: str, **more: object) -> Indicator:
    return Indicator(
        key=key,
        title=_WORDS[f"{key}.title"],
        unit=_WORDS[f"unit.{unit}"],
        description=_WORDS[f"{key}.description"],
        sql=sql,
        **more,  # type: ignore[arg-type]
    )


_INDICATORS = (
    _indicator("visits", "visits", _VISITS),
    _indicator("admissions", "admissions", _ADMISSIONS),
    _indicator(
        "people", "people", _PEOPLE, measure="distinct", cumulative=True, place="residence",
        direction="up",
    ),
    _indicator("doses", "doses", _DOSES, direction="up"),
    _indicator("results", "results", _RESULTS),
    _indicator("dispenses", "dispenses", _DISPENSES),
    _indicator("paid", "dong", _PAID, measure="sum"),
    _indicator(
        "deaths", "deaths", _DEATHS, measure="distinct", place="residence", direction="down",
        small_counts="withheld",
    ),
    _indicator("facilities", "facilities", _FACILITIES, measure="distinct", direction="up"),
    _indicator(
        "verified", "percent", _VERIFIED, measure="share", cumulative=True, place="residence",
        direction="up", decimals=1,
    ),
)  # fmt: skip


_SPANS = {"63": (date(1, 1, 1), SET_34_FROM), "34": (SET_34_FROM, date(9999, 12, 31))}


def _placements(places: Places) -> Iterator[Placement]:
    for code, written, asked, province, commune in places.placements():
        yield Placement(code, *_SPANS[written], asked, province, commune)


@lru_cache(maxsize=4)
def national_definitions(places: Places | None = None, edition: str = "packaged") -> Definitions:
    """The views and indicators of the national dashboard.

    `places` are those of the database, or None for the packaged ones; `edition` names them, so
    that a lake built with other places is built anew.
    """
    known = places or Places.packaged()
    return Definitions(
        views=tuple(load_view(_HERE / "views" / f"{name}.yaml") for name in _VIEWS),
        indicators=_INDICATORS,
        activity=_EVENTS,
        placements=lambda: _placements(known),
        placements_edition=edition,
        country=COUNTRY,
        zone_minutes=ZONE_MINUTES,
        nesting=("34", "63"),
        in_force=_SPANS,
    )
