"""Expanding value sets: what is in them, in which order, in which language, how much at once."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lanh.core import terminology
from lanh.core.terminology import NotSupported, TooCostly, Unknown, Unusable, Wanted
from lanh.core.terminology.tests.samples import (
    CARE,
    CARES,
    EVERY_CARE,
    code_system,
    codes,
    english,
    held_nowhere,
    holds,
    rule,
    scope,
    value_set,
)

ALL: dict[str, Any] = {"system": CARE}
SET = value_set("urn:test:all", ALL)
OUT: dict[str, Any] = {"system": CARE, "filter": [rule("concept", "is-a", "out")]}


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (SET, EVERY_CARE),
        (value_set("urn:v", {"system": CARE, "concept": [{"code": "out"}, {"code": "in"}]}),
         ["out", "in"]),
        (value_set("urn:v", {"system": CARE, "concept": [{"code": "none"}]}), []),
        (value_set("urn:v", OUT), ["out", "old"]),
        (value_set("urn:v", OUT, {"system": CARE, "concept": [{"code": "in"}, {"code": "out"}]}),
         ["out", "old", "in"]),
        (value_set("urn:v", {"system": CARE, "filter": [
            rule("concept", "is-a", "in"), rule("beds", "exists", "true")]}),
         ["in-day", "in-icu"]),
        (value_set("urn:v", ALL, exclude=[OUT]), EVERY_CARE[:4]),
        (value_set("urn:v", ALL, exclude=[{"valueSet": ["urn:test:all"]}]), []),
        (value_set("urn:v", {"valueSet": ["urn:test:all"]}), EVERY_CARE),
        (value_set("urn:v", {**OUT, "valueSet": ["urn:test:all", "urn:test:some"]}), ["old"]),
        (value_set("urn:v", {"valueSet": ["urn:test:all", "urn:test:some"]}), ["in", "old"]),
        (value_set("urn:v", {"valueSet": ["#inside"]},
                   contained=[value_set("urn:c", OUT, id="inside")]), ["out", "old"]),
        (value_set("urn:v", {"system": CARE, "concept": [{"code": "out"}, {"code": "old"}],
                             "filter": [rule("status", "exists", "true")]}), ["old"]),
        ({"resourceType": "ValueSet", "expansion": {"contains": [
            {"system": CARE, "code": "x", "abstract": True,
             "contains": [{"system": CARE, "code": "y"}]}]}}, ["y"]),
    ],
)  # fmt: skip
def test_what_a_definition_comes_to(found: dict[str, Any], expected: list[str]) -> None:
    some = value_set("urn:test:some", {"system": CARE, "concept": [
        {"code": "in"}, {"code": "old"}]})  # fmt: skip
    inline = (CARES, SET, some)
    assert codes(found, *inline) == expected
    for code in [*EVERY_CARE, "x", "y", "none"]:
        assert holds(found, code, *inline) is (code in expected), code


def test_inactive_codes_are_left_out_where_that_is_said() -> None:
    assert codes(SET, CARES, active_only=True) == EVERY_CARE[:5]
    found = value_set("urn:v", ALL)
    found["compose"]["inactive"] = False
    assert codes(found, CARES) == EVERY_CARE[:5]
    assert codes(SET, CARES, selectable_only=True) == EVERY_CARE[1:]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("hoi suc", ["in-icu", "in-icu-new"]),
        ("HỒI SỨC", ["in-icu", "in-icu-new"]),
        ("sức hồi", ["in-icu", "in-icu-new"]),
        ("duong", ["old"]),
        ("đường", ["old"]),
        ("care", ["in-day", "in-icu", "in-icu-new"]),
        ("in-icu", ["in-icu", "in-icu-new"]),
        ("out", ["out"]),
        ("không có", []),
        ("", EVERY_CARE),
    ],
)
def test_text_finds_with_and_without_marks(text: str, expected: list[str]) -> None:
    assert codes(SET, CARES, text=text) == expected


@pytest.mark.parametrize(
    ("languages", "display"),
    [((), "Ngoại trú"), (("vi",), "Ngoại trú"), (("en",), "Outpatient"),
     (("en-GB",), "Outpatient"), (("fr",), "Ngoại trú"), (("fr", "en"), "Outpatient")],
)  # fmt: skip
def test_names_come_in_the_language_asked_for(languages: tuple[str, ...], display: str) -> None:
    found = value_set("urn:v", {"system": CARE, "concept": [{"code": "out"}]})
    wanted = Wanted(languages=languages, designations=True)
    made = held_nowhere(terminology.expand(found, scope(CARES), wanted))
    [row] = made["expansion"]["contains"]
    assert row["display"] == display
    assert {d["value"] for d in row["designation"]} == {"Ngoại trú", "Outpatient"}


def test_pages_are_stable_and_count_all() -> None:
    paged: list[str] = []
    for offset in range(0, 8, 2):
        made = held_nowhere(terminology.expand(SET, scope(CARES), Wanted(offset=offset, count=2)))
        assert made["expansion"]["total"] == 6 and made["expansion"]["offset"] == offset
        paged += [row["code"] for row in made["expansion"].get("contains", ())]
    assert paged == EVERY_CARE
    assert codes(SET, CARES, count=0) == []
    assert codes(SET, CARES, offset=10**17, count=10**17) == []


def test_too_much_at_once_is_refused_and_paged() -> None:
    many = code_system("urn:many", [{"code": f"c{n}"} for n in range(10_001)])
    found = value_set("urn:v", {"system": "urn:many"})
    with pytest.raises(TooCostly) as caught:
        codes(found, many)
    assert "10001" in caught.value.issue.message.vi and caught.value.issue.code == "too-costly"
    assert len(codes(found, many, count=10**15)) == 10_000
    assert codes(found, many, offset=10_000) == ["c10000"]


def test_a_circle_of_imports_is_named() -> None:
    one = value_set("urn:one", {"valueSet": ["urn:two"]})
    two = value_set("urn:two", {"valueSet": ["urn:one"]})
    with pytest.raises(Unusable, match="urn:one → urn:two → urn:one"):
        codes(one, one, two)
    itself = value_set("urn:self", {"system": CARE}, exclude=[{"valueSet": ["urn:self"]}])
    with pytest.raises(Unusable, match="circle"):
        codes(itself, itself, CARES)


def test_imports_that_double_at_each_level_are_asked_once() -> None:
    chain = [value_set("urn:v0", {"system": CARE})]
    for n in range(1, 28):
        part = {"valueSet": [f"urn:v{n - 1}"]}
        chain.append(value_set(f"urn:v{n}", part, part, part))
    assert codes(chain[-1], CARES, *chain) == EVERY_CARE
    assert holds(chain[-1], "out", CARES, *chain) and not holds(chain[-1], "none", CARES, *chain)


def test_too_deep_imports_are_refused() -> None:
    chain = [value_set("urn:v0", {"system": CARE})]
    chain += [value_set(f"urn:v{n}", {"valueSet": [f"urn:v{n - 1}"]}) for n in range(1, 60)]
    with pytest.raises(TooCostly):
        codes(chain[-1], CARES, *chain)


@pytest.mark.parametrize(
    ("found", "error"),
    [
        (value_set("urn:v", {"system": "urn:nowhere"}), Unknown),
        (value_set("urn:v", {"valueSet": ["urn:nowhere"]}), Unknown),
        (value_set("urn:v", {"system": CARE, "version": "9"}), Unknown),
        (value_set("urn:v", {"system": "http://snomed.info/sct"}), NotSupported),
        (value_set("urn:v", {}), Unusable),
        (value_set("urn:v", {"system": "http://unitsofmeasure.org"}), TooCostly),
    ],
)
def test_what_cannot_be_expanded_says_why(
    found: dict[str, Any], error: type[terminology.TerminologyError]
) -> None:
    with pytest.raises(error) as caught:
        codes(found, CARES)
    assert caught.value.issue.message.vi != caught.value.issue.message.en


def test_listed_codes_of_a_system_not_held_are_given_and_marked() -> None:
    found = value_set("urn:v", {"system": "urn:else", "concept": [
        {"code": "x", "display": "Ích", "designation": english("Eks")}]})  # fmt: skip
    made = held_nowhere(terminology.expand(found, scope(), Wanted(languages=("en",))))
    assert made["expansion"]["contains"] == [{"system": "urn:else", "code": "x", "display": "Eks"}]
    notes = {row["name"]: row for row in made["expansion"]["parameter"]}
    assert notes["warning-unknown"]["valueUri"] == "urn:else"


def test_a_fragment_is_marked() -> None:
    part = {**CARES, "content": "fragment"}
    made = held_nowhere(terminology.expand(SET, scope(part), Wanted()))
    names = {row["name"] for row in made["expansion"]["parameter"]}
    assert {"used-codesystem", "warning-fragment"} <= names
    assert made["expansion"]["total"] == 6


def test_a_supplement_adds_names_where_the_value_set_asks_for_it() -> None:
    supplement = code_system(
        "urn:test:more", [{"code": "out", "designation": [{"language": "fr", "value": "Externe"}]}],
        content="supplement", supplements=CARE,
    )  # fmt: skip
    asking = "http://hl7.org/fhir/StructureDefinition/valueset-supplement"
    found = value_set("urn:v", {"system": CARE, "concept": [{"code": "out"}]},
                      extension=[{"url": asking, "valueCanonical": "urn:test:more"}])  # fmt: skip
    french = Wanted(languages=("fr",))
    made = held_nowhere(terminology.expand(found, scope(CARES, supplement), french))
    assert made["expansion"]["contains"][0]["display"] == "Externe"
    with pytest.raises(terminology.TerminologyError, match="urn:test:more"):
        codes(found, CARES)
    with pytest.raises(Unknown):
        codes(value_set("urn:v", {"system": "urn:test:more"}), supplement)


def test_the_newest_version_is_meant_unless_one_is_named() -> None:
    new = {**CARES, "version": "10.0.0", "concept": [{"code": "new"}]}
    middle = {**CARES, "version": "9.1.0", "concept": [{"code": "middle"}]}
    held = (CARES, new, middle)
    assert codes(SET, *held) == ["new"]
    for version, expected in (("9.1.0", "middle"), ("9.x", "middle"), ("10.0.0", "new")):
        named = value_set("urn:v", {"system": CARE, "version": version})
        assert codes(named, *held) == [expected]


_PARTS = st.lists(st.sampled_from(EVERY_CARE), max_size=4).map(
    lambda some: {"system": CARE, "concept": [{"code": code} for code in some]}
)
_SYSTEM_PARTS = st.one_of(
    _PARTS,
    st.just(ALL),
    st.builds(
        lambda op, code: {"system": CARE, "filter": [rule("concept", op, code)]},
        st.sampled_from(["is-a", "descendent-of", "is-not-a", "generalizes"]),
        st.sampled_from(EVERY_CARE),
    ),
)


@settings(max_examples=150, deadline=None)
@given(
    st.lists(_SYSTEM_PARTS, min_size=1, max_size=3),
    st.lists(_SYSTEM_PARTS, max_size=2),
    st.booleans(),
)
def test_listing_and_asking_agree(
    include: list[dict[str, Any]], exclude: list[dict[str, Any]], imported: bool
) -> None:
    made = value_set("urn:made", *include, exclude=exclude)
    found = value_set("urn:v", {"valueSet": ["urn:made"]}) if imported else made
    listed = codes(found, CARES, made)
    assert len(listed) == len(set(listed))
    each = [set(codes(value_set("urn:i", part), CARES)) for part in include]
    gone = [set(codes(value_set("urn:e", part), CARES)) for part in exclude]
    assert set(listed) == set().union(*each) - set().union(*gone)
    assert [code for code in EVERY_CARE if holds(found, code, CARES, made)] == [
        code for code in EVERY_CARE if code in listed
    ]
