"""Apply the rules in force on the day the episode ended."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

from lanh.connectors.claims_xml.checking.catalogues import Catalogues, NoCatalogues
from lanh.connectors.claims_xml.checking.rule import Check, Episode, Finding, Rule, published_rules
from lanh.connectors.claims_xml.words import WORDS
from lanh.core.fhir import Issue, Severity

_FIELDS_CODE = {"error": "business-rule", "warning": "business-rule"}


@dataclass(frozen=True, slots=True)
class Policy:
    """What an installation decides of the rules: other severities by code ("off" leaves one out),
    and the code lists it holds."""

    severities: Mapping[str, Severity | Literal["off"]] = field(default_factory=dict)
    catalogues: Catalogues = field(default_factory=NoCatalogues)

    def __post_init__(self) -> None:
        unknown = self.severities.keys() - {rule.code for rule in published_rules()}
        if unknown:
            raise ValueError(f"no such rule: {', '.join(sorted(unknown))}")


def apply(
    episode: Episode, checks: Mapping[str, Check], policy: Policy
) -> Iterator[tuple[Rule, Finding, Issue]]:
    """Everything that the rules with a check find, with the issue to tell."""
    day = episode.day
    if day is None:
        return
    for rule in published_rules():
        if not rule.check or not rule.holds_on(day):
            continue
        severity = policy.severities.get(rule.code, rule.severity)
        if severity == "off":
            continue
        for finding in checks[rule.check](episode, rule):
            yield rule, finding, _issue(rule, finding, severity)


def _issue(rule: Rule, finding: Finding, severity: Severity) -> Issue:
    message = WORDS.message(
        rule.message,
        **{"table": finding.table, "row": finding.row, "field": finding.field},
        **finding.parameters,
    )
    code = _FIELDS_CODE.get(severity, "informational")
    place = f"{finding.table}[{finding.row}].{finding.field}"
    return Issue(severity, code, place, message, rule.code)
