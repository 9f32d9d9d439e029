"""The national views on outside data and on Spark: one source, the same rows."""

from __future__ import annotations

import gzip
import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest

from lanh.core.warehouse.views import compile_view, exact_text
from lanh.nation.indicators import ZONE_MINUTES, national_definitions
from lanh.nation.indicators.tests.examples import example_feed

VIEWS = {view.name: view for view in national_definitions().views}


def _on_duckdb(view: str, texts: list[str], folder: Path) -> list[tuple[Any, ...]]:
    path = folder / f"{view}.ndjson"
    path.write_text("".join(json.dumps({"resource": text}) + "\n" for text in texts))
    connection = duckdb.connect()
    connection.execute(
        f"CREATE TABLE resources AS FROM read_json('{path}', columns = {{resource: 'VARCHAR'}},"
        " format = 'newline_delimited')"
    )
    compiled = compile_view(VIEWS[view], zone_minutes=ZONE_MINUTES)
    return connection.execute(compiled.sql).fetchall()


def _examples(resource_type: str) -> list[str]:
    feed = example_feed()
    return [
        exact_text(stored.body)
        for (kind, _), stored in feed.newest.items()
        if kind == resource_type
    ]


def _resources(folder: Path) -> Iterator[dict[str, Any]]:
    for path in sorted(folder.glob("*.ndjson.gz")):
        with gzip.open(path, "rt", encoding="utf-8") as lines:
            for line in lines:
                document = json.loads(line)
                for entry in document.get("entry", [{"resource": document}]):
                    yield entry["resource"]


def test_no_outside_resource_stops_a_view(test_data: Path, tmp_path: Path) -> None:
    by_type: dict[str, list[str]] = {}
    wanted = {view.resource for view in VIEWS.values()}
    for name in ("fhir-synthea-r4", "fhir-clinosim", "fhir-carebundle"):
        for resource in _resources(test_data / name):
            if resource["resourceType"] in wanted:
                text = exact_text(json.dumps(resource))
                by_type.setdefault(resource["resourceType"], []).append(text)
    rows = {}
    for name, view in VIEWS.items():
        texts = by_type.get(view.resource, [])
        rows[name] = len(_on_duckdb(name, texts, tmp_path)) if texts else 0
    assert rows["patient"] == len(by_type["Patient"])
    assert rows["encounter"] == len(by_type["Encounter"])
    assert rows["immunization"] == len(by_type["Immunization"])
    assert 0 < rows["laboratory"] < len(by_type["Observation"])


@pytest.fixture(scope="module")
def spark() -> Iterator[Any]:
    pyspark = pytest.importorskip("pyspark.sql")
    session = (
        pyspark.SparkSession.builder.master("local[1]")
        .config("spark.ui.enabled", "false")
        .config("spark.driver.host", "127.0.0.1")
        .config("spark.driver.bindAddress", "127.0.0.1")
        .config("spark.sql.session.timeZone", "UTC")
        .config("spark.sql.shuffle.partitions", "1")
        .getOrCreate()
    )
    session.sparkContext.setLogLevel("OFF")
    yield session
    session.stop()


@pytest.mark.spark
def test_spark_gives_the_rows_that_duckdb_gives(spark: Any, tmp_path: Path) -> None:
    seen = 0
    for name, view in VIEWS.items():
        texts = _examples(view.resource)
        frame = spark.createDataFrame([(text,) for text in texts], "resource string")
        frame.createOrReplaceTempView("resources")
        compiled = compile_view(view, "spark", zone_minutes=ZONE_MINUTES)
        found = [tuple(row) for row in spark.sql(compiled.sql).collect()]
        assert Counter(found) == Counter(_on_duckdb(name, texts, tmp_path))
        seen += len(found)
    assert seen > 20
