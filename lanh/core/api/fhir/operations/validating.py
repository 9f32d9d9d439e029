"""`$validate` (R4 resource-operation-validate)."""

from __future__ import annotations

from typing import Any

from lanh.core import audit, fhir
from lanh.core.api.fhir.addresses import Address
from lanh.core.api.fhir.batches import read_entry
from lanh.core.api.fhir.call import Call
from lanh.core.api.fhir.desk import Desk, require
from lanh.core.api.fhir.exchange import WORDS, Answer, Refused
from lanh.core.api.fhir.operations.given import given
from lanh.core.api.fhir.operations.registry import Operation
from lanh.core.database import Plan
from lanh.core.fhir import Issue
from lanh.core.profiles import Conformance
from lanh.core.store import Context, Gone, NotFound, Stored, may

_MODES = frozenset({"create", "update", "delete", "profile"})


async def validate(desk: Desk, call: Call, at: Address) -> Answer:
    """What is wrong with a resource, or with asking for it to be created, updated, deleted.

    The answer is 200 with an OperationOutcome, whatever the verdict. The resource is the one sent
    or, of a row without one, the row itself. `profile` names profiles to judge by.
    """
    asked = await given(call)
    mode = asked.text("mode")
    if mode is not None and mode not in _MODES:
        raise Refused(400, "value", "bad_mode", mode=mode[:40])
    profiles = asked.texts("profile")
    issues: list[Issue] = []
    row: Stored | None = None
    if at.type is not None and at.id is not None:
        row = await _row(desk, call, at.type, at.id)
    if mode == "delete":
        if row is None:
            raise Refused(400, "required", "instance_needed", mode=mode)
        return _verdict(call, _rights(call, "delete", row.type))
    resource = asked.resource or (row.resource() if row is not None else None)
    if resource is None:
        raise Refused(400, "required", "resource_needed")
    if at.type is not None and resource.get("resourceType") != at.type:
        issues.append(_issue("wrong_type", type=at.type, found=str(resource.get("resourceType"))))
    if mode == "profile" and not profiles:
        raise Refused(400, "required", "profile_needed")
    issues += await _judged(desk, call, resource, profiles)
    issues += _of_mode(call, mode, at, resource)
    return _verdict(call, issues)


async def _judged(
    desk: Desk, call: Call, resource: dict[str, Any], profiles: list[str]
) -> list[Issue]:
    """Errors and doubts by R4 and every profile, published or stored.

    What has the form of a logical model is judged by that model, where `profile` names one.
    """
    if desk.conformance is None:
        return fhir.validate(resource, named=profiles, warnings=True)
    if resource.get("resourceType") not in fhir.RESOURCE_TYPES and profiles:
        plan = _by_models(desk.conformance, call, resource, profiles)
        found = await desk.read(plan)
        if found is not None:
            return found
    return await desk.read(
        desk.conformance.issues(resource, call.context, named=profiles, warnings=True)
    )


def _by_models(
    conformance: Conformance, call: Call, instance: dict[str, Any], models: list[str]
) -> Plan[list[Issue] | None]:
    """What is wrong by the logical models named; None where one of them is none."""
    issues: list[Issue] = []
    for model in models:
        try:
            found = yield from conformance.logical_issues(
                model, instance, call.context, warnings=True
            )
        except fhir.Unusable as error:
            issues.append(_issue("model_unusable", code="processing", problem=str(error)[:300]))
            continue
        if found is None:
            return None
        issues += found
    return issues


async def _row(desk: Desk, call: Call, kind: str, name: str) -> Stored:
    require(call.context.access, "read", kind)
    row = await desk.read(_audited(desk, kind, name, call.context))
    if row is None:
        raise NotFound.because("not_found", type=kind, id=name)
    if row.deleted:
        raise Gone.because("gone", type=kind, id=name)
    return row


def _audited(desk: Desk, kind: str, name: str, context: Context) -> Plan[Stored | None]:
    row = yield from desk.store.read(kind, name, context)
    yield from audit.append([read_entry(context.access, "read", kind, name, row)])
    return row


def _of_mode(call: Call, mode: str | None, at: Address, resource: dict[str, Any]) -> list[Issue]:
    """What stands against the interaction itself."""
    kind = str(resource.get("resourceType"))
    if mode not in ("create", "update") or kind not in fhir.RESOURCE_TYPES:
        return []
    issues = _rights(call, mode, kind)
    if mode == "update" and "id" not in resource:
        issues.append(_issue("id_missing", type=kind, id=at.id or "…"))
    elif mode == "update" and at.id is not None and resource["id"] != at.id:
        issues.append(_issue("wrong_id", id=at.id, found=str(resource["id"])[:64]))
    return issues


def _rights(call: Call, mode: str, kind: str) -> list[Issue]:
    if may(call.context.access, mode, kind):  # type: ignore[arg-type]
        return []
    return [_issue("mode_forbidden", code="forbidden", mode=mode, type=kind)]


def _issue(key: str, *, code: str = "invalid", **told: str) -> Issue:
    return Issue("error", code, "", WORDS.message(key, **told))


def _verdict(call: Call, issues: list[Issue]) -> Answer:
    return Answer(200, fhir.dumps(fhir.operation_outcome(issues, call.language)))


VALIDATE = Operation(
    "validate",
    "http://hl7.org/fhir/OperationDefinition/Resource-validate",
    validate,
    system=True,  # an instance of a logical model has no type in the address
    on_type=True,
    on_row=True,
)
