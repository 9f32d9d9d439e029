"""The national picture: figures by place and period, and the records under each."""

from __future__ import annotations

from lanh.kit import Page, System, catalogue
from lanh.nation.roles import ROLES, Capability

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
            frozenset(
                role.code for role in ROLES.values() if Capability.SEE_FIGURES in role.capabilities
            ),
        ),
    ),
    tests=("tests/journeys",),
)
