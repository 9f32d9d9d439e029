"""One committed state of the lake, opened for reading: rollups in memory, views over Parquet."""

from __future__ import annotations

from datetime import datetime
from functools import cached_property
from typing import Any

import duckdb

from lanh.core.warehouse.indicators import Definitions
from lanh.core.warehouse.lake import Lake, Manifest
from lanh.core.warehouse.nesting import Nesting
from lanh.core.warehouse.relations import create_views, parquet
from lanh.core.warehouse.rollup import FILES


class NotRefreshed(RuntimeError):
    """There is no lake yet, or one of other definitions than the reader's: refresh it."""


class State:
    """An in-memory DuckDB over one state; each reading thread takes a cursor of its own."""

    def __init__(self, lake: Lake, manifest: Manifest, definitions: Definitions) -> None:
        if manifest.sequence == 0 or manifest.definitions != definitions.digest:
            raise NotRefreshed(f"{lake.folder} must be refreshed")
        self.manifest = manifest
        self.definitions = definitions
        self.answers: dict[Any, Any] = {}
        self.connection = duckdb.connect(":memory:")
        self.connection.execute("SET TimeZone = 'UTC'")
        folder = lake.rollups(manifest.sequence)
        for name in FILES:
            self.connection.execute(
                f"CREATE TABLE {name} AS FROM {parquet([folder / f'{name}.parquet'])}"
            )
        # Cells with their places under each set of boundaries, so that no figure needs a join.
        self.connection.execute(
            "CREATE TABLE placed AS SELECT c.*, s.boundaries, coalesce(p.province, '?') AS"
            " province, coalesce(p.commune, '?') AS commune FROM cells c"
            " CROSS JOIN (SELECT DISTINCT boundaries FROM placement) s LEFT JOIN placement p"
            " ON p.code = c.code AND p.boundaries = s.boundaries"
            " AND c.day >= p.valid_from AND c.day < p.valid_to"
            " ORDER BY indicator, dimension, boundaries, province, day"
        )
        self.connection.execute(
            "CREATE TABLE sent AS SELECT a.*, s.boundaries, coalesce(p.province, '?') AS province,"
            " coalesce(p.commune, '?') AS commune FROM activity a"
            " CROSS JOIN (SELECT DISTINCT boundaries FROM placement) s LEFT JOIN placement p"
            " ON p.code = a.code AND p.boundaries = s.boundaries"
            " AND a.day >= p.valid_from AND a.day < p.valid_to"
        )
        create_views(self.connection, lake, manifest, definitions, "lake_views")
        self.areas = {
            (boundaries, level, code): province
            for boundaries, province, commune in self.rows(
                "SELECT DISTINCT boundaries, province, commune FROM placement"
            )
            for level, code in (("province", province), ("commune", commune))
        }

    def rows(self, sql: str, arguments: list[Any] | None = None) -> list[tuple[Any, ...]]:
        """The rows of a query, on a cursor of the calling thread."""
        with self.connection.cursor() as cursor:
            cursor.execute("SET schema = 'main'")
            found: list[tuple[Any, ...]] = cursor.execute(sql, arguments or []).fetchall()
            return found

    def fact_rows(self, sql: str, arguments: list[Any]) -> list[tuple[Any, ...]]:
        """The rows of a query over the views, which indicators read by their bare names."""
        with self.connection.cursor() as cursor:
            cursor.execute("SET search_path = 'lake_views,main'")
            found: list[tuple[Any, ...]] = cursor.execute(sql, arguments).fetchall()
            return found

    @cached_property
    def nesting(self) -> Nesting:
        """The places as one tree, for the rule of small counts."""
        return Nesting(self.rows, self.definitions.nesting, self.definitions.in_force)

    @property
    def until(self) -> datetime | None:
        """Up to when the lake holds every change."""
        return self.manifest.data_until
