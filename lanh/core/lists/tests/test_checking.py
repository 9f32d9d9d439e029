"""A definition that cannot work is told, each fault by what to change."""

from __future__ import annotations

from dataclasses import replace

import pytest

from lanh.core.lists import Column, Filter, ListDefinition, SavedView, faults_of
from lanh.core.lists.tests.beds import BEDS, words
from lanh.core.lists.tests.test_tasks import NOTICES

GOOD = replace(BEDS, columns=BEDS.columns[:2])


def test_what_works_has_no_faults() -> None:
    assert [each.en for each in (*faults_of(GOOD), *faults_of(NOTICES))] == []


@pytest.mark.parametrize(
    ("broken", "said"),
    [
        (replace(GOOD, filters=(Filter("x", words("x"), "colour"),)), "'colour'"),
        (replace(GOOD, filters=(Filter("page", words("x"), "name"),)), "'page'"),
        (replace(GOOD, columns=(*GOOD.columns, GOOD.columns[1])), "'ward'"),
        (replace(GOOD, columns=(Column("s", words("s"), lambda *_: "", sort="status"),)), "slow"),
        (replace(GOOD, order="-colour"), "sorted by 'colour'"),
        (replace(GOOD, include=("Location:colour",)), "_include"),
        (replace(GOOD, fixed=(("near", "x:y"), ("type:odd", "x"))), "type:odd"),
        (replace(GOOD, views=(SavedView("v", words("v"), {"status": "burnt"}),)), "burnt"),
        (replace(GOOD, views=(SavedView("v", words("v"), {"colour": "red"}),)), "colour"),
        (replace(GOOD, queues=frozenset({"x"})), "one of the two"),
        (ListDefinition("x", words("x"), ()), "one of the two"),
        (replace(GOOD, columns=()), "no columns"),
        (replace(NOTICES, filters=(Filter("x", words("x"), "name"),), views=()), "owner"),
    ],
)
def test_what_cannot_work_is_told(broken: ListDefinition, said: str) -> None:
    assert any(said in fault.en for fault in faults_of(broken)), faults_of(broken)
    assert all(fault.vi for fault in faults_of(broken))
