"""What is counted of daily bed reports: occupancy, free beds, reports on time.

A fact is a report. They are placed by the hospital's commune; no figure tells of a person.
"""

from __future__ import annotations

from lanh.kit import Indicator
from lanh.systems.beds.registry import WORDS

_COLUMNS = "type, id, patient, custodian, commune, residence, sensitivity"


def _lines(numerator: str, denominator: str, condition: str = "TRUE") -> str:
    """Sums over the lines that a report has."""
    return (
        f"SELECT {_COLUMNS}, reported_on AS day, {numerator} AS numerator,"  # noqa: S608
        f" {denominator} AS denominator, id AS key FROM bed_line"
        " WHERE status = 'complete' AND measure = 'urn:lanh:measures:daily-beds'"
        f" AND {condition} GROUP BY {_COLUMNS}, reported_on"
    )


_OCCUPIED, _STAFFED = "sum(coalesce(occupied, 0))", "sum(coalesce(staffed, 0))"
# Sent before the end of the clock, among all that were expected.
_ON_TIME = (
    f"SELECT {_COLUMNS}, reported_on AS day, CASE WHEN status = 'complete'"  # noqa: S608
    " AND TRY_CAST(sent AS TIMESTAMPTZ) <= TRY_CAST(due AS TIMESTAMPTZ) THEN 1 ELSE 0 END"
    " AS numerator, 1 AS denominator, id AS key FROM bed_report WHERE due IS NOT NULL"
)


def _indicator(key: str, unit: str, sql: str, **more: object) -> Indicator:
    return Indicator(
        key=key,
        title=WORDS[f"{key}.title"],
        unit=WORDS[f"unit.{unit}"],
        description=WORDS[f"{key}.description"],
        sql=sql,
        owner=WORDS["beds.owner"],
        **more,  # type: ignore[arg-type]
    )


INDICATORS = (
    _indicator("bed_days", "bed_days", _lines(_OCCUPIED, _STAFFED), measure="sum"),
    _indicator("bed_free", "bed_days", _lines("sum(coalesce(free, 0))", "1"), measure="sum",
               direction="up"),
    _indicator("bed_occupancy", "percent", _lines(_OCCUPIED, _STAFFED), measure="share",
               decimals=1),
    _indicator("icu_occupancy", "percent", _lines(_OCCUPIED, _STAFFED, "bed_type = 'icu'"),
               measure="share", decimals=1),
    _indicator("bed_on_time", "percent", _ON_TIME, measure="share", direction="up", decimals=1),
)  # fmt: skip
