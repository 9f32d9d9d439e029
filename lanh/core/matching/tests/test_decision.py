"""Who is the same human: identifiers, demographics, twins, newborns, swapped dates."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lanh.core.matching import Candidate, Features, IdentifierKind, Policy, compare, decide
from lanh.core.matching.comparison import birth_finding, name_finding
from lanh.core.matching.features import block_keys
from lanh.core.text import fold

POLICY = Policy(
    (
        IdentifierKind("national", "national"),
        IdentifierKind("local", "local", unique=False, corroborated=True),
    )
)


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


@pytest.mark.parametrize(
    ("number", "likely"),
    [("099090123465", True), ("099090123457", True), ("099090123475", False)],
)
def test_a_number_mistyped_by_one_slip_is_looked_at(number: str, likely: bool) -> None:
    mine = person(identifiers=(("national", "099090123456"),))
    decision = decide(mine, [known(person("b", identifiers=(("national", number),)))], POLICY)
    assert decision.kind == "new"
    assert bool(decision.doubts) is likely
    elsewhere = person("b", place="32248", identifiers=(("national", number),))
    assert decide(mine, [known(elsewhere)], POLICY).doubts == ()


def test_two_numbers_of_one_facility_do_not_keep_one_human_apart() -> None:
    decision = decide(
        person(identifiers=(("local", "1"),)),
        [known(person("b", identifiers=(("local", "2"),)))],
        POLICY,
    )
    assert decision.rule == "demographics"


TWIN = {"birth": "2026-03-02", "sex": "female", "phone": "0900000001", "infant": True}
UNNAMED = {"name": "", "written": ""}


def test_twins_stay_two() -> None:
    first = person("a", name="le thu an", written="Lê Thu An", birth_order=1, parent="m", **TWIN)
    second = person("b", name="le thu an", written="Lê Thu An", birth_order=2, parent="m", **TWIN)
    assert decide(first, [known(second)], POLICY).kind == "new"


def named(written: str) -> dict[str, object]:
    return {"name": fold(written), "written": written}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (named("Lê Thu An"), named("Lê Thu Ân")),
        (named("Lê Thu Hà"), named("Lê Thu Hằng")),
        (named("Lê Văn Minh"), named("Trần Bình")),
        (UNNAMED, UNNAMED),
        (UNNAMED | {"sex": "male"}, named("Lê Thu An")),
        (
            UNNAMED | {"identifiers": (("local", "99001|1"),)},
            named("Lê Thu An") | {"identifiers": (("local", "99001|2"),)},
        ),
    ],
)
def test_what_may_be_a_twin_is_never_joined(
    one: dict[str, object], other: dict[str, object]
) -> None:
    for mother in ({"parent": "m"}, {}):
        first, second = person("a", **(TWIN | mother | one)), person("b", **(TWIN | mother | other))
        assert decide(first, [known(second)], POLICY).kind == "new"
        assert decide(second, [known(first)], POLICY).kind == "new"


def test_grown_twins_with_like_names_are_looked_at() -> None:
    home = {"birth": "1990-08-01", "phone": "0900000001", "sex": "male"}
    first = person("a", name="nguyen van hung", written="Nguyễn Văn Hùng", **home)
    second = person("b", name="nguyen van hung", written="Nguyễn Văn Hưng", **home)
    third = person("c", name="nguyen van hunh", written="Nguyễn Văn Huỳnh", **home)
    for other in (second, third):
        decision = decide(first, [known(other)], POLICY)
        assert decision.kind == "new" and len(decision.doubts) == 1


def test_a_newborn_is_found_by_its_mother() -> None:
    unnamed = person("a", parent="m", **(TWIN | UNNAMED))
    named = person("b", name="le thu an", written="Lê Thu An", parent="m", **TWIN)
    decision = decide(named, [known(unnamed)], POLICY)
    assert (decision.kind, decision.rule) == ("link", "newborn")


def test_a_newborn_is_joined_to_nobody_without_its_mother_or_number() -> None:
    one, other = person("a", **TWIN), person("b", **TWIN)
    assert decide(one, [known(other)], POLICY).kind == "new"
    numbered = {"identifiers": (("local", "99001|7"),)}
    decision = decide(
        person("a", **TWIN, **numbered), [known(person("b", **TWIN, **numbered))], POLICY
    )
    assert decision.rule == "local"


def test_a_second_child_of_one_mother_and_day_is_not_guessed() -> None:
    unnamed = [person(name, parent="m", **(TWIN | UNNAMED)) for name in "ab"]
    named = person("c", name="le thu an", written="Lê Thu An", parent="m", **TWIN)
    decision = decide(named, [known(unnamed[0], "P"), known(unnamed[1], "Q")], POLICY)
    assert decision.kind == "new"
    assert {doubt.person_id for doubt in decision.doubts} == {"P", "Q"}


@pytest.mark.parametrize("said", [UNNAMED, {}])
def test_a_newborn_under_its_mothers_number_is_not_its_mother(said: dict[str, object]) -> None:
    number: dict[str, object] = {"identifiers": (("national", "1"),)}
    baby = person("a", birth="2026-03-02", infant=True, **said, **number)
    decision = decide(baby, [known(person("b", **number))], POLICY)
    assert decision.kind == "new"
    assert [doubt.rule for doubt in decision.doubts] == ["national"]


def test_a_number_that_is_often_lent_needs_name_and_birth_date() -> None:
    number: dict[str, object] = {"identifiers": (("local", "x"),)}
    mother = known(person("b", **number))
    assert decide(person("a", place="32248", **number), [mother], POLICY).rule == "local"
    child = person("a", birth="2005-11-30", **number)
    assert decide(child, [mother], POLICY).kind == "new"


def test_a_weaker_number_does_not_join_what_a_stronger_keeps_apart() -> None:
    one = person(identifiers=(("national", "1"), ("local", "x")))
    other = person("b", identifiers=(("national", "2"), ("local", "x")))
    decision = decide(one, [known(other)], POLICY)
    assert decision.kind == "new"
    assert ("national", "different") in [
        (part.feature, part.finding) for part in decision.doubts[0].evidence
    ]


def test_every_record_of_a_person_speaks() -> None:
    """A record without a number hides no number that another record of the person has."""
    one = person(identifiers=(("national", "1"),))
    numbered = person("b", name="nguyen hoa", identifiers=(("national", "2"),))
    decision = decide(one, [known(person("c")), known(numbered)], POLICY)
    assert (decision.kind, decision.doubts) == ("new", ())


def test_a_number_that_replaced_another_links_both() -> None:
    renewed = person(identifiers=(("national", "1"), ("national", "2")))
    for number in ("1", "2"):
        held = known(person("b", identifiers=(("national", number),)))
        assert decide(renewed, [held], POLICY).rule == "national"


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        ({"birth": "1980-11-05"}, "link"),
        ({"birth": "1980"}, "new"),
        ({"birth": "1980", "phone": "0900000001"}, "link"),
        ({"birth": "1981-05-11"}, "new"),
        ({"name": "nguyen thi thu hoa", "written": "Nguyễn Thị Thu Hoa"}, "link"),
        ({"name": "nguyen thi hoa", "written": "NGUYEN THI HOA"}, "link"),
        ({"name": "hoa nguyen thi", "written": "Hoa Nguyễn Thị"}, "link"),
        ({"name": "nguyen thi hoai", "written": "Nguyễn Thị Hoài"}, "new"),
        ({"sex": "male"}, "new"),
        ({"place": None}, "new"),
    ],
)
def test_what_demographics_join(said: dict[str, object], kind: str) -> None:
    base = {"birth": "1980-05-11"} | ({"phone": "0900000001"} if "phone" in said else {})
    one, other = person("a", **base), person("b", **(base | said))
    assert decide(one, [known(other)], POLICY).kind == kind
    assert decide(other, [known(one)], POLICY).kind == kind


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


@pytest.mark.parametrize(
    ("one", "other", "finding"),
    [
        ("Hoà", "Hòa", "same"),
        ("Trần Thuỷ", "Trần Thủy", "same"),
        ("Tran Thuy", "Trần Thủy", "same"),
        ("Trần Thúy", "Trần Thủy", "marks-differ"),
        ("Lê Thị Thu An", "Lê An", "shortened"),
        ("Lê Thị Thu An", "Lê Ân", "similar"),
        ("Lê An", "An Lê", "same"),
        ("", "An", "missing"),
        ("Nguyễn Văn Tuấn", "Phạm Hồng Hạnh", "different"),
    ],
)
def test_names(one: str, other: str, finding: str) -> None:
    first = Features("a", fold(one), one)
    second = Features("b", fold(other), other)
    assert name_finding(first, second) == finding
    assert name_finding(second, first) == finding


def test_swapped_dates_meet_in_a_block() -> None:
    one, other = person("a", birth="1980-05-11"), person("b", birth="1980-11-05", place="1")
    assert block_keys(one) & block_keys(other)


def test_unknown_days_of_one_place_are_no_block() -> None:
    one = person("a", name="le van a", birth="1980-01-01")
    other = person("b", name="tran van b", birth="1980-01-01")
    assert not block_keys(one) & block_keys(other)
    assert block_keys(one) & block_keys(person("c", name="le van a", birth="1980-07-09"))


@given(_NAMES, _BIRTHS)
def test_same_features_meet_in_a_block(name: str, birth: str | None) -> None:
    one, other = Features("a", name, birth=birth), Features("b", name, birth=birth)
    assert block_keys(one) == block_keys(other)
