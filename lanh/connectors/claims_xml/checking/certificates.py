"""The certificates XML6 to XML15 beside the episode they belong to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from lanh.connectors.claims_xml.checking.rule import Check, Episode, Finding, Rule
from lanh.connectors.claims_xml.conditions import plain
from lanh.connectors.claims_xml.rules import parse_day, parse_moment


def copies_differ(episode: Episode, rule: Rule) -> Iterator[Finding]:
    """What a certificate repeats of XML1 is the same."""
    for table, names in rule.values["tables"].items():
        for number, values in episode.table(table):
            for name in names:
                given, told = values.get(name, ""), episode.summary.get(name, "")
                if given and told and plain(given) != plain(told):
                    yield Finding(table, number, name, {"value": given[:60], "told": told[:60]})


def leave_days(episode: Episode, rule: Rule) -> Iterator[Finding]:
    """The days of rest are those from the first to the last, both counted."""
    for table, (count, start, end) in rule.values["tables"].items():
        for number, values in episode.table(table):
            first, last = parse_day(values.get(start, "")), parse_day(values.get(end, ""))
            given = values.get(count, "")
            if first is None or last is None or not given.isdecimal():
                continue
            days = (last - first).days + 1
            if int(given) != days:
                yield Finding(table, number, count, {"value": given, "days": days})


def leave_start(episode: Episode, _: Rule) -> Iterator[Finding]:
    """Sick leave begins within the episode, or on the day after it ended."""
    arrived, left = episode.arrived, episode.left
    if arrived is None or left is None:
        return
    for number, values in episode.table("XML11"):
        first = parse_day(values.get("TU_NGAY", ""))
        if first is None:
            continue
        if first < arrived.date() or (first - left.date()).days > 1:
            yield Finding("XML11", number, "TU_NGAY", {"value": values["TU_NGAY"]})


def transfer_from(episode: Episode, _: Rule) -> Iterator[Finding]:
    """The transfer paper leads to where XML1 says the patient goes."""
    for number, values in episode.table("XML13"):
        given, told = values.get("MA_CSKCB_DEN", ""), episode.summary.get("MA_NOI_DEN", "")
        if given and told and given != told:
            yield Finding("XML13", number, "MA_CSKCB_DEN", {"value": given, "told": told})


def birth_outside(episode: Episode, _: Rule) -> Iterator[Finding]:
    """A child of the episode is born in it."""
    for number, values in episode.table("XML9"):
        at = parse_moment(values.get("NGAY_SINH_CON", ""))
        if at and episode.left and at > episode.left:
            yield Finding("XML9", number, "NGAY_SINH_CON", {"value": values["NGAY_SINH_CON"]})


def birth_weight(episode: Episode, rule: Rule) -> Iterator[Finding]:
    """The weight at birth is in grams."""
    least, most = rule.values["least"], rule.values["most"]
    for number, values in episode.table("XML9"):
        given = values.get("CAN_NANG_CON", "")
        if given.isdecimal() and not least <= int(given) <= most:
            told = {"value": given, "least": least, "most": most}
            yield Finding("XML9", number, "CAN_NANG_CON", told)


def birth_children(episode: Episode, _: Rule) -> Iterator[Finding]:
    """There are no more certificates than children."""
    for number, values in episode.table("XML9"):
        given = values.get("SO_CON", "")
        if given.isdecimal() and number > int(given):
            yield Finding("XML9", number, "SO_CON", {"value": given, "count": number})


def hiv_supply(episode: Episode, _: Rule) -> Iterator[Finding]:
    """Antiretrovirals are given for at most the days of the treatment told (XML6)."""
    for number, values in episode.table("XML6"):
        first = parse_day(values.get("NGAY_BAT_DAU_XU_TRI", ""))
        last = parse_day(values.get("NGAY_KET_THUC_XU_TRI", ""))
        given = values.get("SO_NGAY_CAP_THUOC_ARV", "")
        if first and last and last >= first and given.isdecimal():
            most = (last - first).days
            if int(given) > most:
                told = {"value": given, "most": most}
                yield Finding("XML6", number, "SO_NGAY_CAP_THUOC_ARV", told)


def follow_up_day(episode: Episode, _: Rule) -> Iterator[Finding]:
    """The slip's day is one of NGAY_TAI_KHAM and after the episode."""
    days = [day.strip() for day in episode.summary.get("NGAY_TAI_KHAM", "").split(";")]
    for number, values in episode.table("XML14"):
        given = values.get("NGAY_HEN_KL", "")[:8]
        day = parse_day(given)
        early = day is not None and episode.day is not None and day < episode.day
        if day is not None and (early or (any(days) and given not in days)):
            yield Finding("XML14", number, "NGAY_HEN_KL", {"value": given})


CHECKS: Mapping[str, Check] = {
    "copies_differ": copies_differ,
    "leave_days": leave_days,
    "leave_start": leave_start,
    "transfer_from": transfer_from,
    "birth_outside": birth_outside,
    "birth_weight": birth_weight,
    "birth_children": birth_children,
    "hiv_supply": hiv_supply,
    "follow_up_day": follow_up_day,
}
