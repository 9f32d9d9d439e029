"""Whether definitions can be computed: tried out on a lake without records."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb

from lanh.core.warehouse.indicators import Definitions
from lanh.core.warehouse.lake import Lake, Manifest
from lanh.core.warehouse.parts import PartWriter
from lanh.core.warehouse.relations import create_views
from lanh.core.warehouse.rollup import facts


def indicator_faults(definitions: Definitions) -> list[tuple[str, str]]:
    """(indicator, what is wrong) of those whose SQL cannot be run over the views, or lacks a column
    of facts. Raises ValueError where a view cannot be computed."""
    found = []
    with TemporaryDirectory() as folder:
        lake = Lake(Path(folder))
        connection = duckdb.connect(":memory:")
        with lake.writing():
            try:
                PartWriter(connection, lake, definitions).prepare()
                create_views(connection, lake, Manifest(), definitions, "tried_")
            except duckdb.Error as error:
                raise ValueError(str(error).splitlines()[0]) from error
            connection.execute("SET schema = 'tried_'")
            for each in definitions.indicators:
                try:
                    connection.execute(f"SELECT * FROM ({facts(each)}) LIMIT 0")  # noqa: S608
                except duckdb.Error as error:
                    found.append((each.key, str(error).splitlines()[0]))
        connection.close()
    return found
