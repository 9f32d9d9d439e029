"""The official SQL on FHIR v2 tests on both engines; what fails is listed and may only shrink."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest

from lanh.core.warehouse.tests.official import Run, cases, fault, known_failures
from lanh.core.warehouse.views import ViewDefinition, compile_view

TOTAL = 134


def _report(engine: str, folder: Path, run: Run, errors: tuple[type[Exception], ...]) -> None:
    faults = {case.name: fault(case, run, errors) for case in cases(folder)}
    failed = {name for name, reason in faults.items() if reason}
    print(f"\nSQL on FHIR v2 on {engine}: {len(faults) - len(failed)} of {len(faults)} pass")
    assert len(faults) == TOTAL
    assert failed == known_failures(engine), {n: faults[n] for n in failed}


def test_duckdb_passes_the_official_tests(test_data: Path) -> None:
    connection = duckdb.connect()

    def run(view: ViewDefinition, resources: list[dict[str, Any]]) -> tuple[list[str], list[Any]]:
        connection.execute("CREATE OR REPLACE TABLE resources (resource VARCHAR)")
        for resource in resources:
            connection.execute("INSERT INTO resources VALUES (?)", [json.dumps(resource)])
        result = connection.execute(compile_view(view).sql)
        return [column[0] for column in result.description], result.fetchall()

    _report("duckdb", test_data / "conformance" / "sql-on-fhir-v2", run, (duckdb.Error,))


@pytest.fixture(scope="module")
def spark() -> Iterator[Any]:
    pyspark = pytest.importorskip("pyspark.sql")
    session = (
        pyspark.SparkSession.builder.master("local[2]")
        .config("spark.ui.enabled", "false")
        .config("spark.driver.host", "127.0.0.1")
        .config("spark.driver.bindAddress", "127.0.0.1")
        .config("spark.sql.session.timeZone", "UTC")
        .config("spark.sql.shuffle.partitions", "2")
        .getOrCreate()
    )
    session.sparkContext.setLogLevel("OFF")
    yield session
    session.stop()


def _on_spark(session: Any, view: ViewDefinition, texts: list[str]) -> tuple[list[str], list[Any]]:
    frame = session.createDataFrame([(text,) for text in texts], "resource string")
    frame.createOrReplaceTempView("resources")
    result = session.sql(compile_view(view, "spark", zone_minutes=420).sql)
    return result.columns, [list(row) for row in result.collect()]


@pytest.mark.spark
@pytest.mark.long
def test_spark_passes_the_official_tests(spark: Any, test_data: Path) -> None:
    def run(view: ViewDefinition, resources: list[dict[str, Any]]) -> tuple[list[str], list[Any]]:
        return _on_spark(spark, view, [json.dumps(r) for r in resources])

    _report("spark", test_data / "conformance" / "sql-on-fhir-v2", run, (Exception,))
