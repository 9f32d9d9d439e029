"""`python -m tests.conformance [SUITE...]`: run the suites and print the table.

Exit code 1 where a case fails without a listed reason, or a listed one passes.
"""

from __future__ import annotations

import sys
import time

from tests.conformance.suite import Absent, Report, judged, packages
from tests.conformance.suites import SUITES

_SHOWN = 40


def main(asked: list[str]) -> int:
    """Run the suites asked for, or all."""
    unknown = set(asked) - {suite.key for suite in SUITES}
    if unknown:
        print(f"no such suite: {', '.join(sorted(unknown))}", file=sys.stderr)
        return 2
    reports: list[Report] = []
    print(f"{'suite':<54} {'passed':>7} {'cases':>7} {'share':>7} {'known':>6} {'s':>5}")
    for suite in SUITES:
        if asked and suite.key not in asked:
            continue
        begun = time.perf_counter()
        try:
            report = judged(suite)
        except Absent as absent:
            print(f"{suite.title:<54} skipped: {absent}")
            continue
        reports.append(report)
        _row(report, time.perf_counter() - begun)
    for report in reports:
        _reasons(report)
    return 0 if all(report.good for report in reports) else 1


def _row(report: Report, seconds: float) -> None:
    share = 100 * report.passed / report.total if report.total else 0
    print(
        f"{report.suite.title:<54} {report.passed:>7} {report.total:>7} {share:>6.1f}% "
        f"{len(report.known):>6} {seconds:>5.1f}",
        flush=True,
    )


def _reasons(report: Report) -> None:
    if report.known:
        print(f"\n{report.suite.title}: known failures")
        by_reason: dict[str, list[str]] = {}
        for case, reason in report.known.items():
            by_reason.setdefault(reason, []).append(case)
        for reason, cases in by_reason.items():
            rest = f" and {len(cases) - _SHOWN} more" if len(cases) > _SHOWN else ""
            print(f"  {reason.strip()}\n    {', '.join(cases[:_SHOWN])}{rest}")
    outside = packages(report.suite.key).keys() & report.known.keys()
    if outside:
        rest = report.total - len(outside)
        print(
            f"  {len(outside)} of these need an outside package. Without them {report.passed} of "
            f"{rest} pass: {100 * report.passed / rest:.1f}%"
        )
    if report.unlisted:
        print(f"\n{report.suite.title}: FAILURES WITHOUT A LISTED REASON")
        for case, why in list(report.unlisted.items())[:_SHOWN]:
            print(f"  {case}: {why}")
        if len(report.unlisted) > _SHOWN:
            print(f"  and {len(report.unlisted) - _SHOWN} more")
    if report.stale:
        print(f"\n{report.suite.title}: LISTED, BUT THEY PASS (take them from the list)")
        print(f"  {', '.join(report.stale)}")
    if not report.enough:
        least = f"{report.suite.least} cases, {report.suite.share:.0%} passed"
        print(f"\n{report.suite.title}: {report.passed} OF {report.total}, NOT AT LEAST {least}")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
