"""The official SQL on FHIR v2 cases on DuckDB; Spark's run is a test of the warehouse."""

from __future__ import annotations

import json
from typing import Any

import duckdb

from lanh.core.warehouse.tests.official import cases, fault
from lanh.core.warehouse.views import ViewDefinition, compile_view
from tests.conformance.suite import Results, shared


def run() -> Results:
    """Every case of the published files."""
    connection = duckdb.connect()

    def on_duckdb(
        view: ViewDefinition, resources: list[dict[str, Any]]
    ) -> tuple[list[str], list[Any]]:
        connection.execute("CREATE OR REPLACE TABLE resources (resource VARCHAR)")
        for resource in resources:
            connection.execute("INSERT INTO resources VALUES (?)", [json.dumps(resource)])
        result = connection.execute(compile_view(view).sql)
        return [column[0] for column in result.description], result.fetchall()

    folder = shared("conformance/sql-on-fhir-v2")
    return {case.name: fault(case, on_duckdb, (duckdb.Error,)) for case in cases(folder)}
