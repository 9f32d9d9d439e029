"""What must be there: tables, fields that depend on others, results of what was done."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal

from lanh.connectors.claims_xml.checking.rule import Check, Episode, Finding, Rule
from lanh.connectors.claims_xml.conditions import holds
from lanh.connectors.claims_xml.fields import TABLES
from lanh.connectors.claims_xml.rules import parse_birth


def table_missing(episode: Episode, rule: Rule) -> Iterator[Finding]:
    """A table that the kind of visit needs."""
    table, cause = rule.values["table"], rule.values["field"]
    if holds(rule.values["when"], episode.summary) and not episode.rows.get(table):
        title = TABLES[table].title
        told = {"missing": table, "vi": title.vi, "en": title.en,
                "value": episode.summary.get(cause, "")[:20]}  # fmt: skip
        yield Finding("XML1", 1, cause, told)


def field_missing(episode: Episode, rule: Rule) -> Iterator[Finding]:
    """A field of XML1 that others make necessary."""
    name = rule.values["field"]
    if holds(rule.values["when"], episode.summary) and not episode.summary.get(name):
        yield Finding("XML1", 1, name, {"when": rule.values["when"]})


def results_missing(episode: Episode, rule: Rule) -> Iterator[Finding]:
    """Every test and image has a row in XML4."""
    told = {values.get("MA_DICH_VU", "") for _, values in episode.table("XML4")}
    for number, values in episode.lines(rule.values["groups"]):
        code = values.get("MA_DICH_VU", "")
        if code and code not in told:
            yield Finding("XML3", number, "MA_DICH_VU", {"value": code[:50]})


def conclusion_missing(episode: Episode, rule: Rule) -> Iterator[Finding]:
    """Images have a conclusion."""
    images = {values.get("MA_DICH_VU", "") for _, values in episode.lines(rule.values["groups"])}
    for number, values in episode.table("XML4"):
        code = values.get("MA_DICH_VU", "")
        if code in images and not values.get("KET_LUAN"):
            yield Finding("XML4", number, "KET_LUAN", {"value": code[:50]})


def result_of_nothing(episode: Episode, _: Rule) -> Iterator[Finding]:
    """A result is of a service that XML3 lists."""
    done = {values.get("MA_DICH_VU", "") for _, values in episode.table("XML3")}
    for number, values in episode.table("XML4"):
        code = values.get("MA_DICH_VU", "")
        if code and code not in done:
            yield Finding("XML4", number, "MA_DICH_VU", {"value": code[:50]})


def _born(episode: Episode) -> date | None:
    text = parse_birth(episode.summary.get("NGAY_SINH", ""))
    return date.fromisoformat(text) if text and len(text) == 10 else None


def weight_missing(episode: Episode, rule: Rule) -> Iterator[Finding]:
    """A child under one year is weighed."""
    born = _born(episode)
    if born and episode.arrived and not episode.summary.get("CAN_NANG"):
        age = (episode.arrived.date() - born).days
        if 0 <= age < rule.values["days"]:
            yield Finding("XML1", 1, "CAN_NANG")


def weight_implausible(episode: Episode, rule: Rule) -> Iterator[Finding]:
    """A weight in kilograms that a person can have."""
    text = episode.summary.get("CAN_NANG", "")
    if not re.fullmatch(r"[0-9]+([.][0-9]+)?", text):
        return
    least, most = rule.values["least"], rule.values["most"]
    if not Decimal(least) <= Decimal(text) <= Decimal(most):
        yield Finding("XML1", 1, "CAN_NANG", {"value": text, "least": least, "most": most})


CHECKS: Mapping[str, Check] = {
    "table_missing": table_missing,
    "field_missing": field_missing,
    "results_missing": results_missing,
    "conclusion_missing": conclusion_missing,
    "result_of_nothing": result_of_nothing,
    "weight_missing": weight_missing,
    "weight_implausible": weight_implausible,
}
