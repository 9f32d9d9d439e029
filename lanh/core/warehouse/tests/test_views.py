"""The compiler beyond the official tests: exact numbers, dates, kept columns, faults."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from typing import Any

import duckdb
import pytest

from lanh.core.warehouse.views import ViewError, compile_view, exact_text, read_view


def _view(resource: str, *columns: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"resource": resource, "select": [{"column": list(columns)}], **more}


def _column(name: str, path: str, sql_type: str | None = None, **more: Any) -> dict[str, Any]:
    tag = [{"name": "ansi/type", "value": sql_type}] if sql_type else []
    return {"name": name, "path": path, "tag": tag, **more}


def _rows(view: dict[str, Any], *resources: dict[str, Any] | str, zone: int = 420) -> list[Any]:
    connection = duckdb.connect()
    connection.execute("CREATE TABLE resources (resource VARCHAR)")
    for resource in resources:
        text = resource if isinstance(resource, str) else json.dumps(resource)
        connection.execute("INSERT INTO resources VALUES (?)", [exact_text(text)])
    compiled = compile_view(read_view(view), zone_minutes=zone)
    return connection.execute(compiled.sql).fetchall()


def test_money_keeps_every_digit() -> None:
    view = _view("Claim", _column("total", "total.value", "DECIMAL(38,2)"))
    text = '{"resourceType":"Claim","total":{"value":12345678901234567.89,"currency":"VND"}}'
    assert _rows(view, text) == [(Decimal("12345678901234567.89"),)]
    assert '"12345678901234567.89"' in exact_text(text)


@pytest.mark.parametrize(
    ("written", "wanted"),
    [
        ("2025-06-30T20:00:00Z", date(2025, 7, 1)),  # already July in Viet Nam
        ("2025-06-30T23:30:00+07:00", date(2025, 6, 30)),
        ("2025-07-01T00:10:00.123+09:00", date(2025, 6, 30)),
        ("2025-06-30", date(2025, 6, 30)),
        ("2025-06", date(2025, 6, 1)),
        ("2025", date(2025, 1, 1)),
        (None, None),
    ],
)
def test_a_date_is_that_of_the_local_calendar(written: str | None, wanted: date | None) -> None:
    view = _view("Encounter", _column("day", "period.start", "DATE"))
    encounter = {"resourceType": "Encounter", "period": {"start": written} if written else {}}
    assert _rows(view, encounter) == [(wanted,)]


def test_two_lists_are_crossed_and_a_union_keeps_its_order() -> None:
    view = {
        "resource": "Patient",
        "select": [
            {"forEach": "name", "column": [{"name": "family", "path": "family"}]},
            {
                "unionAll": [
                    {"forEach": "telecom", "column": [{"name": "value", "path": "value"}]},
                    {"column": [{"name": "value", "path": "gender"}]},
                ]
            },
        ],
    }
    patient = {
        "resourceType": "Patient",
        "gender": "female",
        "name": [{"family": "Nguyễn"}, {"family": "Trần"}],
        "telecom": [{"value": "0900"}],
    }
    assert _rows(view, patient) == [
        ("Nguyễn", "0900"), ("Nguyễn", "female"), ("Trần", "0900"), ("Trần", "female"),
    ]  # fmt: skip


def test_dates_of_unlike_precision_compare_only_where_they_can() -> None:
    view = _view(
        "Patient",
        _column("before", "birthDate < '1980-06-15'"),
        _column("moment", "deceased.ofType(dateTime) < '2025-06-30T18:00:00Z'"),
    )
    rows = _rows(
        view,
        {"resourceType": "Patient", "birthDate": "1979-01-01",
         "deceasedDateTime": "2025-07-01T00:30:00+07:00"},
        {"resourceType": "Patient", "birthDate": "1980-06-15", "deceasedDateTime": "2025-06-30"},
    )  # fmt: skip
    assert rows == [(True, True), (False, None)]


def test_columns_of_the_table_can_be_kept() -> None:
    view = read_view(_view("Patient", _column("sex", "gender")))
    connection = duckdb.connect()
    connection.execute(
        "CREATE TABLE lake AS SELECT 'a' AS id, 7 AS version,"
        ' \'{"resourceType":"Patient","gender":"male"}\' AS body'
    )
    compiled = compile_view(view, table="lake", text="body", keep=("id", "version"))
    assert compiled.columns == ("id", "version", "sex")
    assert connection.execute(compiled.sql).fetchall() == [("a", 7, "male")]


def test_a_path_of_a_constant_with_a_quote_is_no_sql() -> None:
    view = _view(
        "Patient",
        _column("hit", "gender = %sought"),
        constant=[{"name": "sought", "valueString": "x' OR '1'='1"}],
    )
    assert _rows(view, {"resourceType": "Patient", "gender": "male"}) == [(False,)]


def test_repeat_refuses_what_is_deeper_than_it_follows() -> None:
    item: dict[str, Any] = {"linkId": "leaf"}
    for depth in range(14):
        item = {"linkId": str(depth), "item": [item]}
    response = {"resourceType": "QuestionnaireResponse", "status": "completed", "item": [item]}
    view = {
        "resource": "QuestionnaireResponse",
        "select": [{"repeat": ["item"], "column": [{"name": "id", "path": "linkId"}]}],
    }
    with pytest.raises(duckdb.Error, match="deeper"):
        _rows(view, response)


@pytest.mark.parametrize(
    ("view", "words"),
    [
        (_view("Nurse", _column("a", "id")), "resource type"),
        (_view("Patient", _column("a", "idd")), "no element idd"),
        (_view("Patient", _column("a", "name")), "not a single value"),
        (_view("Patient", _column("1a", "id")), "must be a letter"),
        (_view("Patient", _column("a", "id"), _column("a", "gender")), "named twice"),
        (_view("Observation", _column("a", "value")), "ofType"),
        (_view("Patient", _column("a", "id.frobnicate()")), "frobnicate"),
        (_view("Patient", _column("a", "id"), where=[{"path": "gender"}]), "true or false"),
        ({"resource": "Patient", "select": [{"colum": []}]}, "does not know colum"),
        (
            {"resource": "Patient", "select": [{"forEach": "name", "repeat": ["contact"]}]},
            "only one of",
        ),
    ],
)
def test_a_faulty_view_is_refused_when_it_is_compiled(view: dict[str, Any], words: str) -> None:
    with pytest.raises(ViewError, match=words):
        compile_view(read_view(view))
