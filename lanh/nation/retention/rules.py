"""The rules of retention and which of them decides for one source Patient."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Literal

import yaml


@dataclass(frozen=True, slots=True)
class Rule:
    """`years` is None for ever; `diagnoses` are patterns of ICD-10 codes that show that it fits."""

    kind: str
    years: int | None
    since: Literal["last-event", "death"]
    source: str
    diagnoses: tuple[re.Pattern[str], ...] = ()


@dataclass(frozen=True, slots=True)
class Keep:
    """The last day on which records must be kept (None: no such day), and the rule that decides."""

    until: date | None
    rule: Rule


def read_rules(text: str) -> tuple[Rule, ...]:
    """The rules of a YAML text. Raises ValueError, KeyError where one is not whole."""
    return tuple(_rule(row) for row in yaml.safe_load(text))


def _rule(row: dict[str, Any]) -> Rule:
    if row["from"] not in ("last-event", "death"):
        raise ValueError(f"{row['kind']}: from is last-event or death")
    patterns = tuple(re.compile(each) for each in row.get("diagnoses", ()))
    return Rule(row["kind"], row["years"], row["from"], row["source"], patterns)


RULES = read_rules(Path(__file__).with_name("rules.yaml").read_text(encoding="utf-8"))


def keep(
    patient: dict[str, Any],
    diagnoses: Collection[str],
    last: date,
    rules: Collection[Rule] = RULES,
) -> Keep:
    """Until when the records of a Patient must be kept: the longest of the rules that fit.

    `diagnoses` are the ICD-10 codes among the records, `last` the day of the newest event.
    """
    died = _death(patient, last)
    found = []
    for rule in rules:
        since = died if rule.since == "death" else last
        fits = not rule.diagnoses or any(p.match(c) for p in rule.diagnoses for c in diagnoses)
        if since is not None and fits:
            found.append(Keep(_after(since, rule.years), rule))
    return max(found, key=lambda each: each.until or date.max)


def _death(patient: dict[str, Any], last: date) -> date | None:
    """The day of death; of somebody who died nobody says when, the day of the newest event."""
    said = patient.get("deceasedDateTime")
    if isinstance(said, str):
        parts = [int(part) for part in said[:10].split("-")]
        return date(*(*parts, 12, 31)[:3]) if len(parts) < 3 else date(*parts)
    return last if patient.get("deceasedBoolean") is True else None


def _after(since: date, years: int | None) -> date | None:
    if years is None or since.year + years > 9998:
        return None
    try:
        return since.replace(year=since.year + years)
    except ValueError:  # 29 February
        return since.replace(year=since.year + years, day=28)
