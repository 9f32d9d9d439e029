"""Retention: the longest rule that fits decides; whose time is over is listed, nobody else."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from lanh.core.access import system_access
from lanh.core.database import SyncDatabase
from lanh.core.store import Context, Store, Write
from lanh.nation import naming
from lanh.nation.retention import RULES, due, keep
from lanh.nation.retention.rules import read_rules

LAST = date(2016, 2, 29)
CONTEXT = Context(system_access("test"))


@pytest.mark.parametrize(
    ("patient", "codes", "kind", "until"),
    [
        ({}, [], "ordinary", date(2026, 2, 28)),
        ({}, ["J18.9"], "ordinary", date(2026, 2, 28)),
        ({}, ["F20.0"], "mental-illness", date(2036, 2, 29)),
        ({}, ["V23.4", "S72.0"], "accident", date(2036, 2, 29)),
        ({}, ["Z94.0", "F20.0"], "transplant", date(2046, 2, 28)),
        ({"deceasedDateTime": "2015-12-31T10:00:00+07:00"}, [], "death", date(2045, 12, 31)),
        ({"deceasedDateTime": "2015"}, [], "death", date(2045, 12, 31)),
        ({"deceasedBoolean": True}, ["F20.0"], "death", date(2046, 2, 28)),
        ({"deceasedBoolean": False}, [], "ordinary", date(2026, 2, 28)),
        ({"deceasedBoolean": True}, ["Z52.4"], "donor", None),
    ],
)
def test_the_longest_rule_decides(
    patient: dict[str, Any], codes: list[str], kind: str, until: date | None
) -> None:
    kept = keep(patient, codes, LAST)
    assert (kept.rule.kind, kept.until) == (kind, until)


def test_what_goes_on_has_no_last_day() -> None:
    assert keep({}, [], date(9999, 12, 31)).until is None


def test_every_rule_names_its_source_and_rules_are_data() -> None:
    assert all(rule.source for rule in RULES)
    assert len({rule.kind for rule in RULES}) == len(RULES)
    (own,) = read_rules("- {kind: k, years: 1, from: last-event, source: s, diagnoses: ['^A']}")
    assert keep({}, [], LAST, (*RULES, own)).rule.kind == "ordinary"
    with pytest.raises(ValueError, match="last-event or death"):
        read_rules("- {kind: k, years: 1, from: whenever, source: s}")


def _fill(database: SyncDatabase) -> None:
    store = Store()

    def put(kind: str, name: str, patient: str | None = None, **body: Any) -> None:
        resource: dict[str, Any] = {"resourceType": kind, **body}
        if patient is not None:
            resource["subject"] = {"reference": f"Patient/{patient}"}
        database.transact(store.write([Write("update", kind, name, resource)], CONTEXT))

    def visit(name: str, patient: str, start: str, end: str | None) -> None:
        period = {"start": start} | ({"end": end} if end else {})
        kind = {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "AMB"}
        status = "finished" if end else "in-progress"
        put("Encounter", name, patient, period=period, status=status, **{"class": kind})

    for name in ("old", "mind", "recent", "staying", "both", "nothing"):
        put("Patient", name)
    put("Person", "p", link=[{"target": {"reference": "Patient/nothing"}}], birthDate="1950-01-01")
    for name in ("old", "mind", "both"):
        visit(f"v-{name}", name, "2005-03-01", "2005-03-09")
    visit("v-both-again", "both", "2024-01-01", "2024-01-02")
    visit("v-recent", "recent", "2024-01-01", "2024-01-02")
    visit("v-staying", "staying", "2005-03-01", None)
    coding = [{"system": naming.ICD10, "code": "F20.0"}]
    put("Condition", "c", "mind", code={"coding": coding}, onsetDateTime="2005-03-01")


def test_whose_time_is_over_is_listed_page_by_page(database: SyncDatabase) -> None:
    _fill(database)
    found, after = [], ""
    for _ in range(10):
        page, go_on = database.read(due(date(2020, 1, 1), after, 2))
        found += page
        if go_on is None:
            break
        after = go_on
    assert [(each.patient, each.keep.rule.kind) for each in found] == [("old", "ordinary")]
    later, _ = database.read(due(date(2026, 1, 1)))
    assert [each.patient for each in later] == ["mind", "old"]
