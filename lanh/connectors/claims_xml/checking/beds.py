"""Bed days: as many as there were days, one at a time, where the kind of care has beds."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from lanh.connectors.claims_xml.checking.rule import Check, Episode, Finding, Rule, is_whole
from lanh.connectors.claims_xml.figures import plain as shown
from lanh.connectors.claims_xml.rules import parse_moment


def beds_too_many(episode: Episode, rule: Rule) -> Iterator[Finding]:
    """At most one bed day a calendar day."""
    beds = list(episode.lines(rule.values["groups"]))
    given = episode.given(beds)
    most = episode.days
    if beds and most and given > most:
        yield Finding("XML3", beds[-1][0], "SO_LUONG", {"given": shown(given), "most": most})


def beds_overlap(episode: Episode, rule: Rule) -> Iterator[Finding]:
    """Two bed lines of one day share it by TYLE_TT_DV; two whole ones overlap."""
    seen: dict[str, int] = {}
    for number, values in episode.lines(rule.values["groups"]):
        at = parse_moment(values.get("NGAY_TH_YL") or values.get("NGAY_YL", ""))
        if at is None or not is_whole(values):
            continue
        day = at.date().isoformat()
        if day in seen:
            yield Finding("XML3", number, "NGAY_TH_YL", {"day": day, "first": seen[day]})
        seen.setdefault(day, number)


def beds_care_type(episode: Episode, rule: Rule) -> Iterator[Finding]:
    """Day beds, ward beds and short-stay beds belong to their kinds of care."""
    for group, allowed in rule.values["groups"].items():
        for number, _ in episode.lines([group]):
            if episode.care not in allowed:
                told = {"group": group, "care": episode.care, "allowed": ", ".join(allowed)}
                yield Finding("XML3", number, "MA_NHOM", told)


def beds_short(episode: Episode, rule: Rule) -> Iterator[Finding]:
    """Under four hours on a ward no bed day; up to a day one."""
    start = parse_moment(episode.summary.get("NGAY_VAO_NOI_TRU", "")) or episode.arrived
    if start is None or episode.left is None:
        return
    hours = (episode.left - start).total_seconds() / 3600
    most = 0 if hours < rule.values["hours"] else 1
    beds = list(episode.lines(rule.values["groups"]))
    given = episode.given(beds)
    if beds and 0 <= hours < rule.values["day"] and given > most:
        told = {"given": shown(given), "most": most, "hours": f"{hours:.1f}"}
        yield Finding("XML3", beds[0][0], "SO_LUONG", told)


def bed_number(episode: Episode, rule: Rule) -> Iterator[Finding]:
    """A ward bed has its number."""
    for number, values in episode.lines(rule.values["groups"]):
        given = [each.strip() for each in values.get("MA_GIUONG", "").split(";")]
        if not all(re.fullmatch(rule.values["pattern"], each) for each in given):
            told = {"value": values.get("MA_GIUONG", "")[:50], "shape": rule.values["shape"]}
            yield Finding("XML3", number, "MA_GIUONG", told)


CHECKS: Mapping[str, Check] = {
    "beds_too_many": beds_too_many,
    "beds_overlap": beds_overlap,
    "beds_care_type": beds_care_type,
    "beds_short": beds_short,
    "bed_number": bed_number,
}
