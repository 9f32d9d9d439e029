"""One visit told by admission messages and by claims: the same record in any order."""

from __future__ import annotations

from itertools import permutations
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from lanh.core.bus.merging import laid_over
from lanh.nation import naming, visit


def _concept(system: str, code: str) -> dict[str, Any]:
    return {"coding": [{"system": system, "code": code}]}


_CODES = st.sampled_from(["a", "b", "c"])
_EVENTS = st.fixed_dictionaries(
    {"status": st.sampled_from(["planned", "in-progress", "finished", "cancelled"]),
     "class": st.builds(lambda c: {"code": c}, st.sampled_from(["IMP", "AMB", "EMER"])),
     "period": st.fixed_dictionaries({"start": _CODES}, optional={"end": _CODES})},
    optional={
        "participant": st.lists(_CODES, min_size=1, max_size=2),
        "type": st.lists(st.builds(_concept, st.sampled_from(["urn:x", naming.CARE_TYPE]), _CODES),
                         min_size=1, max_size=2),
        "reasonCode": st.builds(lambda c: [{"text": c}], _CODES),
        "serviceType": st.builds(lambda c: _concept("urn:x", c), _CODES),
        "hospitalization": st.dictionaries(
            st.sampled_from(["admitSource", "dischargeDisposition"]), _CODES, min_size=1),
    },
)  # fmt: skip


def _claim(code: str, reason: str | None, department: str | None) -> dict[str, Any]:
    body: dict[str, Any] = {
        "status": "finished",
        "class": {"code": code},
        "period": {"start": f"claim-{code}", "end": f"claim-{code}"},
        "type": [_concept(naming.CARE_TYPE, code), _concept(naming.PATIENT_TYPE, code)],
        "diagnosis": [code],
        "hospitalization": {"dischargeDisposition": f"claim-{code}"},
        "account": [visit.settled_by("97001", "1")],
    }
    if reason:
        body["reasonCode"] = [visit.of_claim("reason", {"text": reason})]
    if department:
        body["serviceType"] = visit.of_claim("department", _concept("urn:d", department))
    return body


_CLAIMS = st.builds(_claim, _CODES, st.none() | _CODES, st.none() | _CODES)


def _told(messages: list[dict[str, Any]]) -> dict[str, Any]:
    record: dict[str, Any] = {}
    for said in messages:
        record = laid_over(record, visit.told_again(record, said) if record else said)
    return record


@given(st.lists(_EVENTS, min_size=1, max_size=3), st.lists(_CLAIMS, min_size=1, max_size=2))
def test_claims_may_come_anywhere_between_events(
    events: list[dict[str, Any]], claims: list[dict[str, Any]]
) -> None:
    """Events keep their order, and so do claims; how they lie between each other does not count."""
    kinds = ["event"] * len(events) + ["claim"] * len(claims)
    outcomes = []
    for order in set(permutations(kinds)):
        sources = {"event": iter(events), "claim": iter(claims)}
        outcomes.append(_told([next(sources[kind]) for kind in order]))
    assert all(outcome == outcomes[0] for outcome in outcomes)
    last = claims[-1]
    for name in ("status", "class", "period", "diagnosis"):
        assert outcomes[0][name] == last[name]
    told = [event["participant"] for event in events if "participant" in event]
    assert outcomes[0].get("participant") == (told[-1] if told else None)


@given(_EVENTS, _CLAIMS)
def test_a_message_taken_up_late_goes_under_what_is_known(
    event: dict[str, Any], claim: dict[str, Any]
) -> None:
    usual = _told([event, claim])
    for late, known in ((event, claim), (claim, event)):
        assert laid_over(late, visit.told_again(late, known)) == usual


def test_numbers_are_of_the_facility_and_typed_as_visit_numbers() -> None:
    one, other = visit.number("97001", "7"), visit.number("97002", "7")
    assert one["system"] != other["system"]
    assert one["type"]["coding"][0]["code"] == "VN"
