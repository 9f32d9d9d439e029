"""SMART scopes become grants, never wider than asked and allowed."""

from __future__ import annotations

import pytest

from lanh.core.access import (
    Access,
    Interaction,
    Purpose,
    Reach,
    RowFacts,
    Subject,
    allows,
    grants_for_client,
    negotiate,
    parse_scope,
    predicate,
)


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("system/Observation.rs", "system/Observation.rs"),
        ("system/*.cruds", "system/*.cruds"),
        ("system/*.*", "system/*.cruds"),
        ("system/Patient.read", "system/Patient.rs"),
        ("user/Patient.write", "user/Patient.cud"),
        ("patient/Observation.r?category=laboratory", "patient/Observation.r?category=laboratory"),
    ],
)
def test_scopes_of_both_versions(text: str, written: str) -> None:
    assert str(parse_scope(text)) == written


@pytest.mark.parametrize(
    "text",
    ["", "openid", "launch/patient", "system/Patient", "system/Patient.", "system/Patient.sr",
     "system/patient.r", "system/Patient.rx", "root/Patient.r", "system/Patient.r?", " system/*.r"],
)  # fmt: skip
def test_what_is_no_clinical_scope(text: str) -> None:
    assert parse_scope(text) is None


@pytest.mark.parametrize(
    ("asked", "allowed", "given"),
    [
        (["system/*.cruds"], ["system/Patient.rs"], ["system/Patient.rs"]),
        (["system/Patient.cruds"], ["system/*.rs"], ["system/Patient.rs"]),
        (["system/Patient.crs"], ["system/*.rs", "system/Patient.c"],
         ["system/Patient.rs", "system/Patient.c"]),
        (["system/Patient.d"], ["system/*.rs"], []),
        (["user/Patient.r"], ["system/*.rs"], []),
        (["system/Observation.rs?category=laboratory"], ["system/*.rs"], []),
        (["openid", "system/Patient.r"], ["system/*.rs"], ["system/Patient.r"]),
    ],
)  # fmt: skip
def test_negotiation_gives_what_is_both_asked_and_allowed(
    asked: list[str], allowed: list[str], given: list[str]
) -> None:
    assert [str(scope) for scope in negotiate(asked, allowed)] == given


def _client(scope: str, reach: Reach = "facility") -> Access:
    grants = grants_for_client(negotiate([scope], ["system/*.cruds"]), frozenset({"01001"}), reach)
    return Access(Subject("system", "his", "HIS"), Purpose.TREATMENT, grants, facility="01001")


def _sees(access: Access, what: Interaction, kind: str, **facts: str) -> bool:
    return allows(predicate(access, what, kind), RowFacts(**facts))


def test_a_client_has_its_own_facility_and_the_directory() -> None:
    access = _client("system/*.cruds")
    assert _sees(access, "read", "Patient", custodian="01001")
    assert _sees(access, "read", "Condition", custodian="01001", sensitivity="HIV")
    assert _sees(access, "create", "Patient", custodian="01001")
    assert not _sees(access, "read", "Patient", custodian="01002")
    assert not _sees(access, "update", "Organization", custodian="01002")
    assert _sees(access, "read", "Organization", custodian="01002")


def test_a_national_client_reads_widely_and_writes_its_own() -> None:
    access = _client("system/*.cruds", "national")
    assert _sees(access, "search", "Patient", custodian="01002")
    assert not _sees(access, "read", "Condition", custodian="01002", sensitivity="HIV")
    assert not _sees(access, "create", "Patient", custodian="01002")


def test_a_scope_for_one_type_opens_no_other() -> None:
    access = _client("system/Observation.rs")
    assert _sees(access, "read", "Observation", custodian="01001")
    assert not _sees(access, "read", "Patient", custodian="01001")
    assert not _sees(access, "read", "Organization", custodian="01001")
    assert not _sees(access, "create", "Observation", custodian="01001")


def test_a_client_without_a_facility_reads_no_record_of_a_person() -> None:
    grants = grants_for_client(negotiate(["system/*.rs"], ["system/*.rs"]), frozenset())
    access = Access(Subject("system", "x", "x"), Purpose.TREATMENT, grants)
    assert not _sees(access, "read", "Patient", custodian="01001")
    assert not _sees(access, "read", "Patient")
