"""Services: who did them, with what, and what goes together."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from lanh.connectors.claims_xml.checking.rule import Check, Episode, Finding, Rule, is_whole


def line_field_missing(episode: Episode, rule: Rule) -> Iterator[Finding]:
    """A field that lines of some cost groups need."""
    name = rule.values["field"]
    for number, values in episode.lines(rule.values["groups"]):
        if not values.get(name):
            yield Finding("XML3", number, name, {"group": values.get("MA_NHOM", "")})


def tender_shape(episode: Episode, rule: Rule) -> Iterator[Finding]:
    """TT_THAU: decision;package;group;year."""
    for table in ("XML2", "XML3"):
        for number, values in episode.table(table):
            given = values.get("TT_THAU", "")
            if given and (
                given.count(";") + 1 > rule.values["parts"]
                or not re.fullmatch(rule.values["pattern"], given)
            ):
                told = {"value": given[:60], "shape": rule.values["shape"]}
                yield Finding(table, number, "TT_THAU", told)


def shape_told(episode: Episode, rule: Rule) -> Iterator[Finding]:
    """Each element of a list field looks like its example."""
    table, name = rule.values["table"], rule.values["field"]
    for number, values in episode.table(table):
        for element in values.get(name, "").split(";"):
            if element.strip() and not re.fullmatch(rule.values["pattern"], element.strip()):
                told = {"value": element.strip()[:50], "shape": rule.values["shape"]}
                yield Finding(table, number, name, told)
                break


def surgeries_together(episode: Episode, rule: Rule) -> Iterator[Finding]:
    """Two operations on one patient do not begin in the same minute unless the second is shared."""
    seen: dict[str, int] = {}
    for number, values in episode.lines(rule.values["groups"]):
        at = values.get("NGAY_TH_YL", "")
        if not at or not is_whole(values):
            continue
        if at in seen:
            yield Finding("XML3", number, "NGAY_TH_YL", {"value": at, "first": seen[at]})
        seen.setdefault(at, number)


def consultation_of_inpatient(episode: Episode, rule: Rule) -> Iterator[Finding]:
    """A consultation is not charged to who is on a ward."""
    if episode.care not in rule.values["care"]:
        return
    admitted = episode.summary.get("NGAY_VAO_NOI_TRU", "")
    for number, values in episode.lines(rule.values["groups"]):
        if not admitted or values.get("NGAY_YL", "") >= admitted:
            yield Finding("XML3", number, "MA_NHOM", {"care": episode.care})


CHECKS: Mapping[str, Check] = {
    "line_field_missing": line_field_missing,
    "tender_shape": tender_shape,
    "shape_told": shape_told,
    "surgeries_together": surgeries_together,
    "consultation_of_inpatient": consultation_of_inpatient,
}
