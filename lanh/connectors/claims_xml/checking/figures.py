"""Money beyond the formulas of a line: ceilings, rates, what lies outside the benefit."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from lanh.connectors.claims_xml.checking.rule import Check, Episode, Finding, Rule
from lanh.connectors.claims_xml.figures import LINE_FIGURES, plain
from lanh.connectors.claims_xml.rules import amount

_OUTSIDE = "2"  # PHAM_VI


def ceiling(episode: Episode, _: Rule) -> Iterator[Finding]:
    """T_BHTT is at most T_TRANTT (XML3)."""
    for number, row in enumerate(episode.rows.get("XML3", ()), start=1):
        most, paid = amount(row, "T_TRANTT"), amount(row, "T_BHTT")
        if most is not None and paid is not None and paid > most > 0:
            yield Finding("XML3", number, "T_BHTT", {"given": plain(paid), "most": plain(most)})


def rate_length(episode: Episode, rule: Rule) -> Iterator[Finding]:
    """MUC_HUONG has at most four characters (Decision 1931)."""
    for table in LINE_FIGURES:
        for number, values in episode.table(table):
            given = values.get("MUC_HUONG", "")
            if len(given) > rule.values["most"]:
                yield Finding(table, number, "MUC_HUONG",
                              {"given": given[:20], "most": rule.values["most"]})  # fmt: skip


def outside_scope(episode: Episode, _: Rule) -> Iterator[Finding]:
    """The fund pays nothing for what lies outside the benefit."""
    for table in LINE_FIGURES:
        for number, row in enumerate(episode.rows.get(table, ()), start=1):
            paid = amount(row, "T_BHTT")
            if row.values.get("PHAM_VI") == _OUTSIDE and paid:
                yield Finding(table, number, "T_BHTT", {"given": plain(paid)})


CHECKS: Mapping[str, Check] = {
    "ceiling": ceiling,
    "rate_length": rate_length,
    "outside_scope": outside_scope,
}
