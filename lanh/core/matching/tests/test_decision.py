"""Who is the same human: identifiers, demographics, twins, newborns, swapped dates."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lanh.core.matching import Candidate, Features, IdentifierKind, Policy, compare, decide
from lanh.core.matching.comparison import birth_finding
from lanh.core.matching.features import block_keys

POLICY = Policy((IdentifierKind("national", "national"), IdentifierKind("local", "local", False)))


def person(record_id: str = "a", **said: object) -> Features:
    values: dict[str, object] = {
        "name": "nguyen thi hoa",
        "written": "Nguyễn Thị Hoa",
        "birth": "1980-05-17",
        "sex": "female",
        "place": "00004",
    }
    return Features(record_id, **(values | said))  # type: ignore[arg-type]


def known(features: Features, person_id: str = "P") -> Candidate:
    return Candidate(features, person_id)


def test_a_shared_number_links_though_the_name_was_mistyped() -> None:
    decision = decide(
        person(name="nguyen thi hao", identifiers=(("national", "1"),)),
        [known(person("b", identifiers=(("national", "1"),)))],
        POLICY,
    )
    assert (decision.kind, decision.rule, decision.person_id) == ("link", "national", "P")


def test_a_shared_number_of_somebody_unlike_is_looked_at() -> None:
    other = person("b", name="tran van long", birth="1951-01-30", identifiers=(("national", "1"),))
    decision = decide(person(identifiers=(("national", "1"),)), [known(other)], POLICY)
    assert decision.kind == "new"
    assert [doubt.person_id for doubt in decision.doubts] == ["P"]


def test_two_numbers_that_point_to_two_persons_merge_nobody() -> None:
    decision = decide(
        person(identifiers=(("national", "1"), ("local", "x"))),
        [
            known(person("b", identifiers=(("local", "x"),)), "weaker"),
            known(person("c", identifiers=(("national", "1"),)), "stronger"),
        ],
        POLICY,
    )
    assert decision.person_id == "stronger"
    assert [doubt.person_id for doubt in decision.doubts] == ["weaker"]


def test_demographics_link_with_the_same_residence() -> None:
    assert decide(person(), [known(person("b"))], POLICY).rule == "demographics"


def test_same_name_and_birth_date_in_another_commune_is_looked_at() -> None:
    decision = decide(person(), [known(person("b", place="32248"))], POLICY)
    assert decision.kind == "new"
    assert len(decision.doubts) == 1


def test_demographics_do_not_join_two_numbers() -> None:
    decision = decide(
        person(identifiers=(("national", "1"),)),
        [known(person("b", identifiers=(("national", "2"),)))],
        POLICY,
    )
    assert (decision.kind, decision.doubts) == ("new", ())


def test_two_numbers_of_one_facility_do_not_keep_one_human_apart() -> None:
    decision = decide(
        person(identifiers=(("local", "1"),)),
        [known(person("b", identifiers=(("local", "2"),)))],
        POLICY,
    )
    assert decision.rule == "demographics"


def test_twins_stay_two() -> None:
    twin = {"birth": "2026-03-02", "sex": "female", "parent": "m", "phone": "0900000001"}
    first = person("a", name="le thu an", written="Lê Thu An", birth_order=1, **twin)
    second = person("b", name="le thu an", written="Lê Thu Ân", birth_order=2, **twin)
    assert decide(first, [known(second)], POLICY).kind == "new"


def test_twins_whose_names_differ_in_marks_only_are_looked_at() -> None:
    first = person("a", name="le thu an", written="Lê Thu An", birth="2026-03-02")
    second = person("b", name="le thu an", written="Lê Thu Ân", birth="2026-03-02")
    decision = decide(first, [known(second)], POLICY)
    assert decision.kind == "new"


def test_a_newborn_is_found_by_its_mother() -> None:
    unnamed = person("a", name="", written="", birth="2026-03-02", parent="m")
    named = person("b", name="le thu an", written="Lê Thu An", birth="2026-03-02", parent="m")
    decision = decide(named, [known(unnamed)], POLICY)
    assert (decision.kind, decision.rule) == ("link", "newborn")


def test_two_likely_persons_are_both_looked_at() -> None:
    decision = decide(person(), [known(person("b"), "P"), known(person("c"), "Q")], POLICY)
    assert decision.kind == "new"
    assert {doubt.person_id for doubt in decision.doubts} == {"P", "Q"}


@pytest.mark.parametrize(
    ("one", "other", "finding"),
    [
        ("1980-05-17", "1980-05-17", "same"),
        ("1980-05-07", "1980-07-05", "swapped"),
        ("1980-01-01", "1980-05-17", "same-known"),
        ("1980", "1980-05-17", "same-known"),
        ("1980-05-17", "1981-05-17", "one-part"),
        ("1980-05-17", "1975-11-02", "different"),
    ],
)
def test_birth_dates(one: str, other: str, finding: str) -> None:
    assert birth_finding(one, other) == finding
    assert birth_finding(other, one) == finding


_NAMES = st.text(alphabet="abcdeghiklmnopqrstuvxy ", min_size=1, max_size=30)
_BIRTHS = st.one_of(
    st.none(), st.dates().map(str), st.integers(1900, 2026).map(str), st.just("1980-01-01")
)


@given(_NAMES, _BIRTHS, _NAMES, _BIRTHS)
def test_comparison_is_symmetric(
    name: str, birth: str | None, other_name: str, other_birth: str | None
) -> None:
    one, other = Features("a", name, birth=birth), Features("b", other_name, birth=other_birth)
    assert compare(one, other).weight == pytest.approx(compare(other, one).weight)
    assert 0.0 <= compare(one, other).score <= 1.0


@given(_NAMES, _BIRTHS)
def test_same_features_meet_in_a_block(name: str, birth: str | None) -> None:
    one, other = Features("a", name, birth=birth), Features("b", name, birth=birth)
    assert block_keys(one) == block_keys(other)
