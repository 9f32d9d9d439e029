"""A visit that a facility tells of more than once: by admission messages while it lasts, by a claim
package when it is over. Both name it by the same number, and are one Encounter.

Whatever order they come in, the record is the same: the claim, which is signed when the visit is
closed, decides its state, class, times, care type and outcome; reason and department are the ward's
where the ward told them; what only one of them tells stays.
"""

from __future__ import annotations

from typing import Any, TypeAlias

from lanh.nation import naming

Body: TypeAlias = dict[str, Any]

# HL7 table 0203 (identifier type): the number of a visit
VISIT_NUMBER = {"system": "http://terminology.hl7.org/CodeSystem/v2-0203", "code": "VN"}
_SETTLED = "account"
_DECIDED = ("status", "class", "period", "subject")
_CLAIMS_TYPES = (naming.CARE_TYPE, naming.PATIENT_TYPE)
_WARDS = ("reasonCode", "serviceType")
_STAY = "hospitalization"
_OUTCOME = "dischargeDisposition"
# Begins the Element.id of what the claim said where the ward's word goes first
_OF_CLAIM = "of-claim."


def number(facility: str, value: str) -> Body:
    """The Identifier of a visit: MA_LK of Decision 3176, PV1-19 of HL7 v2."""
    return {
        "type": {"coding": [VISIT_NUMBER]},
        "system": naming.visit_number(facility),
        "value": value,
    }


def settled_by(facility: str, value: str) -> Body:
    """The entry of Encounter.account that says that the claim of a visit was sent."""
    identifier = {"system": naming.visit_number(facility), "value": value}
    return {"type": "Account", "identifier": identifier}


def of_claim(name: str, value: Body) -> Body:
    """What a claim says of reason or department, marked: the ward's word goes first."""
    return {"id": _OF_CLAIM + name, **value}


def told_again(under: Body, over: Body) -> Body:
    """What of `over` is to be laid over `under`, two tellings of one visit.

    Either may be a message or the record so far; which of them a claim has told is seen by its
    account. None stands for a property that is to go.
    """
    laid = dict(over)
    stay = {**under.get(_STAY, {}), **over.get(_STAY, {})}
    if _SETTLED in over:
        laid["type"] = _types(over, claims=True) + (
            _types(over, claims=False) or _types(under, claims=False)
        )
        for name in _WARDS:
            mine, theirs = over.get(name), under.get(name)
            if theirs is not None and not _is_claims(theirs) and _is_claims(mine, absent=True):
                laid.pop(name, None)
            elif mine is None and theirs is not None:
                laid[name] = None
    elif _SETTLED in under:
        for name in _DECIDED:
            if name in under:
                laid.pop(name, None)
        if "type" in over:
            laid["type"] = _types(under, claims=True) + _types(over, claims=False)
        if _OUTCOME in under.get(_STAY, {}):
            stay[_OUTCOME] = under[_STAY][_OUTCOME]
    if stay:
        laid[_STAY] = stay
    return laid


def _is_claims(value: Any, *, absent: bool = False) -> bool:
    if value is None:
        return absent
    first = value[0] if isinstance(value, list) and value else value
    return isinstance(first, dict) and str(first.get("id", "")).startswith(_OF_CLAIM)


def _types(body: Body, *, claims: bool) -> list[Body]:
    return [
        concept
        for concept in body.get("type") or ()
        if claims == any(c.get("system") in _CLAIMS_TYPES for c in concept.get("coding", ()))
    ]
