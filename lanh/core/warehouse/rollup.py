"""Figures by day and place, written with each state of the lake so that pages read them in no time.

Counts, sums and shares are kept as cells (indicator, dimension, day, commune code) and brought up
to date by the facts of the patients that changed: their old facts are taken off, their new ones
put on. Distinct counts do not add up over places or periods, so they are counted anew, for each
area of each set of boundaries.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import orjson

from lanh.core.warehouse.indicators import FACT_COLUMNS, Definitions, Indicator
from lanh.core.warehouse.lake import Lake, Manifest, sync
from lanh.core.warehouse.period import Granularity
from lanh.core.warehouse.relations import create_views, parquet, patient_of, quoted

FILES = ("cells", "distincts", "firsts", "activity", "placement")
# Distinct counts of single days are few to ask for and many to keep: they are counted when asked.
COUNTED_BY: tuple[Granularity, ...] = ("week", "month", "quarter", "year")
_CELLS = "indicator, dimension, day, code"
_FACTS = ", ".join(f'"{name}"' for name in FACT_COLUMNS)


def facts(indicator: Indicator) -> str:
    """The facts of an indicator as SQL; those without a date are in no period."""
    keyed = " AND key IS NOT NULL" if indicator.measure == "distinct" else ""
    return f"SELECT {_FACTS} FROM ({indicator.sql}) WHERE day IS NOT NULL{keyed}"  # noqa: S608


class Rollup:
    """Computes the rollups of a state on a DuckDB connection."""

    def __init__(self, connection: Any, lake: Lake, definitions: Definitions) -> None:
        self.connection = connection
        self.lake = lake
        self.definitions = definitions
        self._schemas: list[str] = []

    def write(self, old: Manifest, new: Manifest) -> bool:
        """Write the rollups of `new`; returns whether they were built on those of `old`.

        They are built anew where there are none, or where a definition has changed.
        """
        folder = self.lake.rollups(new.sequence)
        folder.mkdir(parents=True, exist_ok=True)
        create_views(self.connection, self.lake, new, self.definitions, "now_")
        self._schemas = ["now_"]
        previous = self.lake.rollups(old.sequence)
        incremental = old.definitions == self.definitions.digest and previous.exists()
        if incremental:
            create_views(self.connection, self.lake, old, self.definitions, "was_")
            self._schemas.append("was_")
            self._restrict()
            self._update_cells(previous, folder)
        else:
            self._all_cells(folder)
        self._placement(folder)
        self._distincts(folder)
        self._activity(folder)
        self.connection.execute("SET schema = 'main'")
        for schema in self._schemas:
            self.connection.execute(f"DROP SCHEMA {schema} CASCADE")
        return incremental

    def _additive(self) -> list[Indicator]:
        return [i for i in self.definitions.indicators if i.measure != "distinct"]

    def _contributions(self, indicators: Iterable[Indicator], sign: int) -> str:
        """Cells of the facts that the current schema shows, each with a sign."""
        selects = []
        for indicator in indicators:
            records = "numerator" if indicator.measure == "share" else "1"
            # Every fact counts once by the custodian's commune and once by residence.
            selects.append(
                f"SELECT {quoted(indicator.key)} AS indicator, dimension, day, code,"  # noqa: S608
                f" {sign} * sum(CAST(numerator AS DECIMAL(38,6))) AS numerator,"
                f" {sign} * sum(CAST(denominator AS DECIMAL(38,6))) AS denominator,"
                f" {sign} * sum(CAST({records} AS DECIMAL(38,6))) AS records FROM ("
                " SELECT day, numerator, denominator,"
                " unnest(['custodian', 'residence']) AS dimension,"
                " unnest([coalesce(commune, ''), coalesce(residence, '')]) AS code"
                f" FROM ({facts(indicator)})) GROUP BY ALL"
            )
        return " UNION ALL ".join(selects)

    def _all_cells(self, folder: Path) -> None:
        self.connection.execute("SET schema = 'now_'")
        self._copy(self._summed(self._contributions(self._additive(), 1)), folder / "cells.parquet")

    def _summed(self, contributions: str) -> str:
        return (
            f"SELECT {_CELLS}, sum(numerator)::DECIMAL(38,6) AS numerator,"  # noqa: S608
            " sum(denominator)::DECIMAL(38,6) AS denominator,"
            f" sum(records)::DECIMAL(38,6) AS records FROM ({contributions})"
            " GROUP BY ALL HAVING sum(records) <> 0 OR sum(denominator) <> 0"
            " OR sum(numerator) <> 0 ORDER BY ALL"
        )

    def _restrict(self) -> None:
        """Schemas in which only the rows of patients that changed are seen, before and after.

        `changed` holds what the writer has just added: (type, id).
        """
        execute = self.connection.execute
        links = f"{self.definitions.link_view}_rows"
        touched = []
        for schema in ("now_", "was_"):
            touched += [
                f"SELECT {patient_of(view)} FROM {schema}.{view.name}_rows v JOIN changed c"  # noqa: S608
                f" ON c.type = {quoted(view.resource)} AND c.id = v.id"
                for view in self.definitions.views
            ]
            touched.append(
                f"SELECT v.linked FROM {schema}.{links} v JOIN changed c"  # noqa: S608
                f" ON c.type = {quoted(self._link_type())} AND c.id = v.id"
            )
        execute(f"CREATE OR REPLACE TEMP TABLE touched (patient) AS {' UNION '.join(touched)}")
        for schema in ("now_", "was_"):
            execute(f"CREATE SCHEMA {schema}part")
            self._schemas.append(f"{schema}part")
            for view in self.definitions.views:
                execute(
                    f"CREATE TABLE {schema}part.{view.name} AS SELECT * FROM {schema}.{view.name} v"  # noqa: S608
                    " WHERE v.patient IN (SELECT patient FROM touched WHERE patient IS NOT NULL)"
                    " OR (v.patient IS NULL AND v.id IN (SELECT id FROM changed WHERE"
                    f" type = {quoted(view.resource)}))"
                )

    def _link_type(self) -> str:
        name = self.definitions.link_view
        return next(view.resource for view in self.definitions.views if view.name == name)

    def _update_cells(self, previous: Path, folder: Path) -> None:
        for name, schema, sign in (("gains", "now_part", 1), ("losses", "was_part", -1)):
            self.connection.execute(f"SET schema = '{schema}'")
            self.connection.execute(
                f"CREATE OR REPLACE TEMP TABLE {name} AS"
                f" {self._contributions(self._additive(), sign)}"
            )
        old = parquet([previous / "cells.parquet"])
        union = f"SELECT * FROM {old} UNION ALL FROM gains UNION ALL FROM losses"  # noqa: S608
        self._copy(self._summed(union), folder / "cells.parquet")

    def _placement(self, folder: Path) -> None:
        # Through a file: DuckDB's binding costs 200 µs a value, and there are 80,000 rows.
        lines = folder / "placement.ndjson"
        with lines.open("wb") as file:
            file.writelines(
                orjson.dumps(
                    [p.code, p.valid_from, p.valid_to, p.boundaries, p.province, p.commune]
                )
                + b"\n"
                for p in self.definitions.placements()
            )
        self.connection.execute(
            "CREATE OR REPLACE TEMP TABLE placement AS SELECT v[1] AS code,"  # noqa: S608
            " v[2]::DATE AS valid_from, v[3]::DATE AS valid_to, v[4] AS boundaries,"
            " v[5] AS province, v[6] AS commune"
            f" FROM read_json({quoted(str(lines))}, format = 'newline_delimited',"
            " columns = {v: 'VARCHAR[]'}, records = false)"
        )
        lines.unlink()
        self._copy("FROM placement", folder / "placement.parquet")

    def _place(self, indicator: Indicator) -> None:
        """Table `placed_`: each key with its day in every area it belongs to, however counted.

        An area is "" (the country), PROVINCE or PROVINCE/COMMUNE; "?" stands for an unknown place.
        """
        self.connection.execute(
            "CREATE OR REPLACE TEMP TABLE placed_ AS SELECT DISTINCT f.key, f.day, f.dimension,"  # noqa: S608
            " s.boundaries, unnest(['', coalesce(p.province, '?'),"
            " coalesce(p.province, '?') || '/' || coalesce(p.commune, '?')]) AS area FROM ("
            " SELECT DISTINCT key, day, unnest(['custodian', 'residence']) AS dimension,"
            f" unnest([commune, residence]) AS code FROM ({facts(indicator)})) f"
            " CROSS JOIN (SELECT DISTINCT boundaries FROM placement) s"
            " LEFT JOIN placement p ON p.code = f.code AND p.boundaries = s.boundaries"
            " AND f.day >= p.valid_from AND f.day < p.valid_to"
        )

    def _distincts(self, folder: Path) -> None:
        execute = self.connection.execute
        execute("SET schema = 'now_'")
        execute(f"CREATE OR REPLACE TEMP TABLE distincts_ AS {_NO_DISTINCT}")
        execute(f"CREATE OR REPLACE TEMP TABLE firsts_ AS {_NO_FIRST}")
        for indicator in self.definitions.indicators:
            if indicator.measure != "distinct":
                continue
            self._place(indicator)
            if indicator.cumulative:
                execute(
                    f"INSERT INTO firsts_ SELECT {quoted(indicator.key)}, dimension, boundaries,"  # noqa: S608
                    " area, day, count(*) FROM (SELECT dimension, boundaries, area, key,"
                    " min(day) AS day FROM placed_ GROUP BY ALL) GROUP BY ALL"
                )
                continue
            # By days, too, where small counts are judged by them.
            days: tuple[Granularity, ...] = ("day",) if indicator.small_counts != "told" else ()
            for granularity in (*COUNTED_BY, *days):
                execute(
                    f"INSERT INTO distincts_ SELECT {quoted(indicator.key)}, dimension,"  # noqa: S608
                    f" boundaries, area, {quoted(granularity)},"
                    f" CAST(date_trunc('{granularity}', day) AS DATE) AS start,"
                    " count(DISTINCT key) FROM placed_ GROUP BY ALL"
                )
        self._copy("FROM distincts_", folder / "distincts.parquet")
        self._copy("FROM firsts_", folder / "firsts.parquet")

    def _activity(self, folder: Path) -> None:
        self._copy(
            f"SELECT DISTINCT custodian, commune AS code, day FROM ({self.definitions.activity})"  # noqa: S608
            " WHERE custodian IS NOT NULL AND day IS NOT NULL ORDER BY ALL",
            folder / "activity.parquet",
        )

    def _copy(self, query: str, path: Path) -> None:
        self.connection.execute(f"COPY ({query}) TO {quoted(str(path))} (FORMAT parquet)")
        sync(path)
        sync(path.parent)


_NO_DISTINCT = (
    "SELECT '' AS indicator, '' AS dimension, '' AS boundaries, '' AS area, '' AS granularity,"
    " DATE '2000-01-01' AS start, CAST(0 AS BIGINT) AS value WHERE FALSE"
)
_NO_FIRST = (
    "SELECT '' AS indicator, '' AS dimension, '' AS boundaries, '' AS area,"
    " DATE '2000-01-01' AS day, CAST(0 AS BIGINT) AS value WHERE FALSE"
)
