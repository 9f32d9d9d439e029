"""The rules: a right package passes, and each single change is caught by the rule meant for it."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lanh.connectors import claims_xml
from lanh.connectors.claims_xml import Policy, published_rules
from lanh.connectors.claims_xml.checking import CHECKS
from lanh.connectors.claims_xml.tests import episodes
from lanh.connectors.claims_xml.tests.mutations import CHANGES, Lists
from lanh.connectors.claims_xml.tests.sample import Rows, drug, tables
from lanh.connectors.claims_xml.tests.test_tables import issues, package
from lanh.core.fhir import Issue

# Of bytes, not of values: tested in test_tables and test_claims.
_OF_BYTES = {"fields.twice", "fields.unknown", "package.one-case", "package.no-episode",
             "package.rows"}  # fmt: skip
_LISTED = Policy(catalogues=Lists())


def told(rows: Rows, policy: Policy = _LISTED) -> list[Issue]:
    found = claims_xml.read(package(rows), policy)
    # What refuses the claim for a refused line is said by the connector, not while reading.
    refused = [item for name in ("XML2", "XML3") for item in found.rows.get(name, ())
               if item.refused]  # fmt: skip
    line = [Issue("error", "processing", "Claim", each.issues[0].message, "money.line")
            for each in refused]  # fmt: skip
    return issues(found) + line


_MONEY = st.decimals(Decimal("0.001"), Decimal(9_000_000), places=3)


@st.composite
def right(draw: st.DrawFn) -> Rows:
    """A package that keeps to every rule, with other lines each time."""
    rows = draw(st.sampled_from([tables, episodes.inpatient, episodes.everything]))()
    count = draw(st.integers(1, 3))
    made = []
    for serial in range(1, count + 1):
        quantity = draw(st.decimals(Decimal("0.001"), Decimal(900), places=3))
        line = drug(serial, str(quantity), str(draw(_MONEY)), draw(st.sampled_from([80, 95, 100])))
        made.append(line | {"TT_THAU": "01/QĐ-TEST;G1;N1;2026", "PHAM_VI": 1})
    rows["XML2"] = made
    if draw(st.booleans()):
        source = draw(st.sampled_from(["NSNN", "VTNN", "VTTN", "CL"]))
        _from_others(rows["XML3"][0], source, draw(st.decimals(0, 10_000, places=2)))
    return episodes.totals(rows)


def _from_others(row: dict[str, Any], source: str, given: Decimal) -> None:
    """Other sources come off self-payment, then co-payment, then the fund (field T_NGUONKHAC)."""
    row[f"T_NGUONKHAC_{source}"] = row["T_NGUONKHAC"] = given
    rest = given
    for name in ("T_BNTT", "T_BNCCT", "T_BHTT"):
        taken = min(rest, Decimal(row[name]))
        row[name], rest = Decimal(row[name]) - taken, rest - taken


@given(right())
@settings(max_examples=25, deadline=None)
def test_a_right_package_passes(rows: Rows) -> None:
    assert [(each.rule, each.expression) for each in told(rows, Policy())] == []


@given(st.sampled_from(sorted(CHANGES)), st.booleans())
@settings(max_examples=25, deadline=None)
def test_a_change_is_told_with_a_place_and_a_remedy(code: str, listed: bool) -> None:
    rows = episodes.everything()
    CHANGES[code](rows)
    found = told(rows, _LISTED if listed else Policy())
    for each in found:
        assert each.rule and each.expression
        assert each.message.vi != each.message.en and each.message.vi and each.message.en


@pytest.mark.parametrize("code", sorted(CHANGES))
def test_each_change_is_caught_by_its_rule(code: str) -> None:
    rows = episodes.everything()
    lists = Policy() if code in ("codes.traditional", "money.ceiling") else _LISTED
    rows["XML2"] = rows["XML2"][:1]
    episodes.totals(rows)
    rows["XML2"][0]["SO_DANG_KY"] = "VD-1"
    assert told(rows, lists) == []
    if code == "fields.serial":
        rows["XML2"].append(rows["XML2"][0] | {"STT": 2})
    CHANGES[code](rows)
    assert code in {each.rule for each in told(rows, lists)}


def test_every_rule_has_a_change_a_check_and_words() -> None:
    rules = published_rules()
    codes = [rule.code for rule in rules]
    assert len(set(codes)) == len(codes) and set(codes) - set(CHANGES) == _OF_BYTES
    assert {rule.check for rule in rules if rule.check} == set(CHECKS)
    for rule in rules:
        assert rule.words.vi and rule.words.en and rule.severity and rule.effect


def test_rules_hold_on_their_days() -> None:
    rows = episodes.inpatient()
    rows["XML2"][0]["MUC_HUONG"] = "80.00"
    assert "money.rate-length" not in {each.rule for each in told(rows)}
    CHANGES["money.rate-length"](rows)
    assert "money.rate-length" in {each.rule for each in told(rows)}


def test_an_installation_decides_how_grave_a_rule_is() -> None:
    rows = episodes.inpatient()
    CHANGES["tables.discharge-paper"](rows)
    grave = Policy({"tables.discharge-paper": "error", "tables.summary": "off"})
    [found] = told(rows, grave)
    assert (found.severity, found.rule) == ("error", "tables.discharge-paper")
    del rows["XML8"]
    assert told(rows, Policy({"tables.discharge-paper": "off", "tables.summary": "off"})) == []
    with pytest.raises(ValueError, match="no such rule"):
        Policy({"tables.nothing": "off"})


def test_what_refuses_the_claim_leaves_the_care() -> None:
    rows = episodes.inpatient()
    _ceil = CHANGES["money.ceiling"]
    _ceil(rows)
    found = claims_xml.read(package(rows))
    assert not found.refused and not any(item.refused for item in found.rows["XML3"])
    assert [each.rule for item in found.rows["XML3"] for each in item.money] == ["money.ceiling"]
