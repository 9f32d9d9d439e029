"""Deaths by certified cause: indicators over the views of the underlying cause and the notice.

A death counts once its notice was sent (Composition final or amended), on the day of death, at the
place of residence; the week, place and trend are those that every figure has. Chapters are those of
ICD-10 by the underlying cause.
"""

from __future__ import annotations

from lanh.kit import Indicator
from lanh.systems.deaths.words import WORDS

_COLUMNS = "type, id, patient, custodian, commune, residence, sensitivity"
# First and last category of what is shown; `ill-defined` is the quality of certification.
CAUSES = {
    "infectious": ("A00", "B99"),
    "neoplasms": ("C00", "D48"),
    "metabolic": ("E00", "E90"),
    "circulatory": ("I00", "I99"),
    "respiratory": ("J00", "J99"),
    "digestive": ("K00", "K93"),
    "maternal": ("O00", "O99"),
    "perinatal": ("P00", "P96"),
    "external": ("V01", "Y98"),
}
_ALL = "deaths-certified"
_TOLD = "patient IN (SELECT patient FROM death_notice WHERE status IN ('final', 'amended'))"


def _facts(numerator: str, condition: str) -> str:
    return (
        f"SELECT {_COLUMNS}, died_on AS day, {numerator} AS numerator, 1 AS denominator,"  # noqa: S608
        f" id AS key FROM death_cause WHERE {_TOLD} AND {condition}"
    )


def _within(low: str, high: str) -> str:
    return f"substr(cause, 1, 3) BETWEEN '{low}' AND '{high}'"


def _indicator(key: str, unit: str, sql: str, **more: object) -> Indicator:
    name = f"deaths-{key}"
    return Indicator(
        key=name,
        title=WORDS[f"{name}.title"],
        unit=WORDS[f"unit.{unit}"],
        description=WORDS[f"{name}.description"],
        sql=sql,
        place="residence",
        direction="down",
        small_counts="withheld",
        **more,  # type: ignore[arg-type]
    )


INDICATORS = (
    _indicator("certified", "deaths", _facts("1", "died_on IS NOT NULL")),
    *(
        _indicator(key, "deaths", _facts("1", _within(*span)), part_of=_ALL, breakdown="cause")
        for key, span in CAUSES.items()
    ),
    # Its numerator is one of the causes; its denominator must be the whole that they are of.
    _indicator(
        "ill-defined", "percent",
        _facts(f"CASE WHEN {_within('R00', 'R99')} THEN 1 ELSE 0 END", "died_on IS NOT NULL"),
        measure="share", decimals=1, part_of=_ALL, breakdown="cause",
    ),
)  # fmt: skip
