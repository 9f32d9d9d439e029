"""The light suites, with the tests of every day: `make conformance` runs all."""

from __future__ import annotations

import pytest

from tests.conformance.suite import Absent, Suite, judged
from tests.conformance.suites import SUITES


@pytest.mark.parametrize(
    "suite", [suite for suite in SUITES if suite.light], ids=lambda suite: suite.key
)
def test_a_suite_of_others_passes_but_for_what_is_listed(suite: Suite) -> None:
    try:
        report = judged(suite)
    except Absent as absent:
        pytest.skip(str(absent))
    assert report.enough, f"{report.passed} of {report.total}"
    assert report.unlisted == {}
    assert report.stale == []
