"""The national picture: figures by place and period, and the records under each."""

from __future__ import annotations

from lanh.kit import Page, System, catalogue

WORDS = catalogue(__file__)

SYSTEM = System(
    key="national_dashboard",
    title=WORDS["national_dashboard.title"],
    summary=WORDS["national_dashboard.summary"],
    rows=("A8", "G5"),
    pages=(
        Page(
            "/figures/vn",
            WORDS["national_dashboard.title"],
            frozenset({"leader", "provincial_officer", "steward"}),
        ),
    ),
    tests=("tests/journeys",),
)
