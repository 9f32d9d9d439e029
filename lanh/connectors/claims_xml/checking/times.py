"""Times within the episode and in order."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from lanh.connectors.claims_xml.checking.rule import Check, Episode, Finding, Rule, instant
from lanh.connectors.claims_xml.rules import parse_moment


def ordered_outside(episode: Episode, rule: Rule) -> Iterator[Finding]:
    """Orders, their execution, results and notes lie between NGAY_VAO and NGAY_RA."""
    arrived, left = episode.arrived, episode.left
    if arrived is None or left is None or left < arrived:
        return
    for table, names in rule.values["fields"].items():
        for number, values in episode.table(table):
            for name in names:
                at = parse_moment(values.get(name, ""))
                if at is not None and not arrived <= at <= left:
                    yield Finding(table, number, name, {"value": values[name]})


def out_of_order(episode: Episode, rule: Rule) -> Iterator[Finding]:
    """What comes later is not before what comes earlier."""
    for table, pairs in rule.values["pairs"].items():
        for number, values in episode.table(table):
            for first, second in pairs:
                before, after = values.get(first, ""), values.get(second, "")
                start, end = instant(before), instant(after)
                if start is not None and end is not None and end < start:
                    told = {"value": after, "first": first, "earlier": before}
                    yield Finding(table, number, second, told)


def treatment_days(episode: Episode, _: Rule) -> Iterator[Finding]:
    """SO_NGAY_DTRI is at most the calendar days touched: its formula depends on the care type."""
    given = episode.summary.get("SO_NGAY_DTRI", "")
    most = episode.days
    if given.isdecimal() and most and int(given) > most:
        yield Finding("XML1", 1, "SO_NGAY_DTRI", {"value": given, "most": most})


CHECKS: Mapping[str, Check] = {
    "ordered_outside": ordered_outside,
    "out_of_order": out_of_order,
    "treatment_days": treatment_days,
}
