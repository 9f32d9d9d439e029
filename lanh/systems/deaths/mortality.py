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


# Full years at death: of a birth that is known by its year only none are known.
_AGED = (
    "(SELECT c.*, b.gender, date_diff('year', b.born, c.died_on)"
    " - CASE WHEN strftime(c.died_on, '%m%d') < strftime(b.born, '%m%d') THEN 1 ELSE 0 END AS age"
    " FROM death_cause c LEFT JOIN (SELECT patient, any_value(gender) AS gender,"
    " any_value(TRY_CAST(birth_date AS DATE)) AS born FROM patient GROUP BY patient) b"
    " ON b.patient = c.patient)"
)
AGES = {"under-five": (0, 4), "5-14": (5, 14), "15-59": (15, 59), "60-plus": (60, 150)}
SEXES = ("male", "female")


def _of(condition: str) -> str:
    return _facts("1", condition).replace("FROM death_cause", f"FROM {_AGED}")


def _notices(numerator: str) -> str:
    """Facts that are the notices sent."""
    return (
        f"SELECT {_COLUMNS}, died_on AS day, {numerator} AS numerator, 1 AS denominator,"  # noqa: S608
        f" id AS key FROM death_notice WHERE status IN ('final', 'amended')"
    )


_CAUSED = (
    "CASE WHEN patient IN (SELECT patient FROM death_cause WHERE cause IS NOT NULL)"
    " THEN 1 ELSE 0 END"
)
_ON_TIME = (
    "CASE WHEN TRY_CAST(sent AS TIMESTAMPTZ) <= TRY_CAST(due AS TIMESTAMPTZ) THEN 1 ELSE 0 END"
)


def _indicator(key: str, unit: str, sql: str, **more: object) -> Indicator:
    name = f"deaths-{key}"
    return Indicator(
        key=name,
        title=WORDS[f"{name}.title"],
        unit=WORDS[f"unit.{unit}"],
        description=WORDS[f"{name}.description"],
        sql=sql,
        place="residence",
        small_counts="withheld",
        shortest="week",
        owner=WORDS["deaths.owner"],
        **{"direction": "down", **more},  # type: ignore[arg-type]
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
    *(
        _indicator(key, "deaths", _of(f"age BETWEEN {low} AND {high}"), part_of=_ALL,
                   breakdown="age")
        for key, (low, high) in AGES.items()
    ),
    *(
        _indicator(sex, "deaths", _of(f"gender = '{sex}'"), part_of=_ALL, breakdown="sex")
        for sex in SEXES
    ),
    _indicator("with-cause", "percent", _notices(_CAUSED), measure="share", decimals=1,
               direction="up"),
    _indicator("on-time", "percent", _notices(_ON_TIME), measure="share", decimals=1,
               direction="up"),
)  # fmt: skip
