"""PID-18, GT1 and FT1 to Account and ChargeItem (DFT, BAR). The guide maps PID and MRG to Account;
FT1 follows the FHIR properties that say they come from it (ChargeItem, "HL7 v2 mapping")."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from lanh.connectors.hl7v2.datatypes import decimal, human_name, practitioner
from lanh.connectors.hl7v2.reader import Message, Segment, Value
from lanh.connectors.hl7v2.scene import Scene

# Table 0017 (transaction type): what is a service that is charged for
_CHARGES = {"CG", "CHARGE", "CD", "CREDIT", ""}
_CREDITS = {"CD", "CREDIT"}
_CURRENCY = "VND"


def account(
    scene: Scene, number: Value, told: dict[str, Any], *, owned: bool = True, **more: Any
) -> str:
    """Add the Account of a number (PID-18, MRG-3); `owned`: it is this patient's."""
    identifier = scene.identifier_cx(number, "account")
    resource: dict[str, Any] = {"resourceType": "Account", "identifier": [identifier], **told}
    if owned:
        resource["subject"] = [{"reference": scene.patient}]
    key = scene.key("Account", number[1])
    return scene.draft(resource, key, mode="merge", kept=True, **more)


def map_account(scene: Scene, message: Message, event: str) -> str | None:
    """The Account of PID-18 with its guarantors and coverages; None where there is no number."""
    person = message.first("PID")
    if person is None or not person[18][1]:
        if event.startswith("P"):
            scene.note("information", "informational", "PID-18", "account-missing")
        return None
    told: dict[str, Any] = {}
    if event in ("P02", "P06"):
        told["status"] = "inactive"
    elif event in ("P01", "P05"):
        told["status"] = "active"
    guarantors = []
    for segment in message.all("GT1"):
        name = human_name(segment[3])
        if name:
            party = {"type": "RelatedPerson", "display": name["text"]}
            guarantors.append({"party": party})
    if guarantors:
        told["guarantor"] = guarantors
    coverages = [f"{d.type}/{d.id}" for d in scene.drafts if d.type == "Coverage"]
    if coverages:
        told["coverage"] = [{"coverage": {"reference": each}} for each in coverages]
    initial = {} if "status" in told else {"status": "active"}
    return account(scene, person[18], told, initial=initial)


def map_charges(scene: Scene, message: Message, account_: str | None) -> None:
    """FT1 to ChargeItem, one a transaction (FT1-2) or, without an id, a place in the message."""
    found = message.all("FT1")
    if not found:
        scene.note("error", "required", "FT1", "charge-missing")
    for segment in found:
        kind = segment[6][1].upper()
        if kind not in _CHARGES:
            scene.note("information", "informational", segment.at(6), "not-a-charge", value=kind)
            continue
        _charge(scene, message, segment, account_)


def _charge(scene: Scene, message: Message, segment: Segment, account_: str | None) -> None:
    code = scene.concept(segment[7]) or scene.concept(segment[25])
    if code is None and segment[8][1]:
        code = {"text": segment[8][1]}
    if code is None:
        scene.note("error", "required", segment.at(7), "charge-code-missing")
        return
    resource: dict[str, Any] = {"resourceType": "ChargeItem", "status": "billable", "code": code}
    resource["subject"] = {"reference": scene.patient}
    if scene.encounter:
        resource["context"] = {"reference": scene.encounter}
    if account_:
        resource["account"] = [{"reference": account_}]
    if segment[2][1]:
        number = {"system": f"{scene.local}:transaction", "value": segment[2][1]}
        resource["identifier"] = [number]
    when, entered = scene.time(segment, 4), scene.time(segment, 5)
    if when:
        resource["occurrenceDateTime"] = when
    if entered:
        resource["enteredDate"] = entered
    _amounts(scene, segment, resource)
    performers = [ref for value in segment.all(20) if (ref := practitioner(value, scene.local))]
    if performers:
        resource["performer"] = [{"actor": reference} for reference in performers]
    enterer = practitioner(segment[24], scene.local)
    if enterer:
        resource["enterer"] = enterer
    if segment[13][1]:
        display = segment[13][2] or segment[13][1]
        resource["performingOrganization"] = {"type": "Organization", "display": display}
    reasons = [concept for value in segment.all(19) if (concept := scene.concept(value))]
    if reasons:
        resource["reason"] = reasons
    product = scene.concept(segment[29])
    if product:
        resource["productCodeableConcept"] = product
    order = scene.identifier(segment[23], "filler-order")
    if order:
        # ChargeItem.service may not mean a ServiceRequest.
        resource["supportingInformation"] = [{"type": "ServiceRequest", "identifier": order}]
    own = segment[2].raw or f"{message.control_id}\n{segment.sequence}"
    scene.draft(resource, scene.key("ChargeItem", scene.number, own), segment=segment)


def _amounts(scene: Scene, segment: Segment, resource: dict[str, Any]) -> None:
    """FT1-10 (quantity), FT1-11 and FT1-12 (amounts); a credit counts downwards."""
    sign = Decimal(-1) if segment[6][1].upper() in _CREDITS else Decimal(1)
    for place in (10, 11, 12):
        if segment[place][1] and decimal(segment[place][1]) is None:
            scene.note(
                "error", "value", segment.at(place, 1), "amount-unreadable",
                value=segment[place][1][:40],
            )  # fmt: skip
    quantity = decimal(segment[10][1])
    if quantity is not None:
        resource["quantity"] = {"value": quantity}
    total, each = decimal(segment[11][1]), decimal(segment[12][1])
    place = 11 if total is not None else 12
    if total is None and each is not None:
        total = each * (quantity if quantity is not None else Decimal(1))
    if total is not None:
        currency = segment[place][1, 2] or _CURRENCY
        resource["priceOverride"] = {"value": abs(total) * sign, "currency": currency}
