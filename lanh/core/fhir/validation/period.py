"""The order of a Period's ends (per-1)."""

from __future__ import annotations

from typing import Any

from lanh.core.fhir.path.temporal import parse_temporal


def period_in_order(period: dict[str, Any]) -> bool:
    """Whether a Period does not end before it starts; ends of different precision are compared
    as far as both are known, and an end without zone is not compared with one that has one."""
    start, end = period.get("start"), period.get("end")
    if type(start) is not str or type(end) is not str:
        return True
    # Texts of one form and zone sort as their moments do, which settles nearly all.
    if len(start) == len(end) and start[19:] == end[19:]:
        return start <= end
    try:
        order = parse_temporal(start).compare(parse_temporal(end))
    except ValueError:
        return True
    return order is None or order <= 0


def left_open(period: dict[str, Any]) -> bool:
    """Whether the ends of a Period have no order, one being less precise than the other."""
    start, end = period.get("start"), period.get("end")
    if type(start) is not str or type(end) is not str:
        return False
    try:
        return parse_temporal(start).compare(parse_temporal(end)) is None
    except ValueError:
        return False
