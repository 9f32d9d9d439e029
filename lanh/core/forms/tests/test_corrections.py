"""A correction is a new version with its reason; what differs is told in words."""

from __future__ import annotations

import copy
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from lanh.core import fhir
from lanh.core.forms import Refused, corrected, differences, merged, reason_of
from lanh.core.forms.tests.forms import example, responses
from lanh.core.forms.tests.test_extraction import NOTICE

SLOW = settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))


def test_differences_are_told_in_both_languages() -> None:
    after = copy.deepcopy(NOTICE)
    who, first, second = after["item"]
    who["item"][1]["answer"] = [{"valueString": "Nguyễn Văn Mẫu"}]
    del who["item"][2]
    length = first["item"][1]["item"][0]["answer"][0]["valueQuantity"]
    length |= {"value": Decimal("1.5")}
    second["item"].append(first["item"][1])
    found = differences(example("death_notice"), NOTICE, after)
    assert [change.say("vi") for change in found] == [
        "Họ và tên: Nguyễn Văn Thử → Nguyễn Văn Mẫu",
        "Số định danh cá nhân: bỏ 097000000001",
        "Dòng nguyên nhân 1 › Khoảng thời gian: 1,50 giờ → 1,5 giờ",
        "Dòng nguyên nhân 2 › Khoảng thời gian: thêm 1,5 giờ",
    ]
    assert found[3].say("en") == "Line of cause 2 › Interval: added 1.5 hours"
    assert [change.kind for change in found] == ["changed", "removed", "changed", "added"]


def test_a_repetition_that_goes_does_not_change_those_after_it() -> None:
    after = copy.deepcopy(NOTICE)
    del after["item"][1]
    found = differences(example("death_notice"), NOTICE, after)
    assert {change.kind for change in found} == {"removed"} and len(found) == 3


@SLOW
@given(responses(example("every_type")), responses(example("every_type")))
def test_what_differs_is_told_and_nothing_else(one: dict[str, Any], other: dict[str, Any]) -> None:
    form = example("every_type")
    assert differences(form, one, copy.deepcopy(one)) == []
    there = differences(form, one, other)
    back = differences(form, other, one)
    turned = {"added": "removed", "removed": "added", "changed": "changed"}
    assert sorted(turned[c.kind] for c in there) == sorted(c.kind for c in back)
    for change in there:
        assert change.say("vi") and change.say("en")


@SLOW
@given(responses(example("every_type")), responses(example("every_type")))
def test_what_only_one_has_changed_is_taken(one: dict[str, Any], other: dict[str, Any]) -> None:
    form = example("every_type")
    assert differences(form, merged(form, one, one, other), other) == []
    assert differences(form, merged(form, one, other, one), other) == []
    assert differences(form, merged(form, one, other, other), other) == []


def test_of_two_who_change_the_same_record_each_keeps_what_is_theirs() -> None:
    theirs, mine = copy.deepcopy(NOTICE), copy.deepcopy(NOTICE)
    theirs["item"][0]["item"][1]["answer"] = [{"valueString": "Nguyễn Văn Khác"}]
    theirs["item"][1]["item"][1]["item"][0]["answer"][0]["valueQuantity"]["value"] = 9
    mine["item"][0]["item"][1]["answer"] = [{"valueString": "Nguyễn Văn Tôi"}]
    del mine["item"][0]["item"][2]
    form = example("death_notice")
    found = differences(form, theirs, merged(form, NOTICE, theirs, mine))
    assert [change.say("vi") for change in found] == [
        "Họ và tên: Nguyễn Văn Khác → Nguyễn Văn Tôi",
        "Số định danh cá nhân: bỏ 097000000001",
    ], "the interval that they changed and I did not is theirs"


def test_a_correction_keeps_its_reason_and_head() -> None:
    before = {**NOTICE, "id": "r1", "meta": {"versionId": "1"}, "questionnaire": "urn:f|1"}
    made = corrected(before, {"item": NOTICE["item"][:1]}, " Sai tên  ")
    assert made["status"] == "amended" and made["id"] == "r1" and "meta" not in made
    assert reason_of(made) == "Sai tên" and reason_of(before) is None
    again = corrected(made, {"item": NOTICE["item"]}, "Lần hai")
    assert reason_of(again) == "Lần hai" and len(again["extension"]) == 1
    assert fhir.validate(fhir.loads(fhir.dumps(again))) == []
    for status, reason in (("completed", " "), ("completed", "x" * 1001), ("in-progress", "x")):
        with pytest.raises(Refused):
            corrected({**before, "status": status}, {}, reason)
