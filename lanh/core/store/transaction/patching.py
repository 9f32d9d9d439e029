"""Patches: a row read, changed by what the patch says, judged, and written if it is still so."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable
from typing import Any

from lanh.core import fhir
from lanh.core.database import Plan
from lanh.core.store.engine import Store
from lanh.core.store.errors import Conflict, Gone, Invalid, NotFound, PreconditionFailed, StoreError
from lanh.core.store.records import Context, Outcome, Resource, Stored, Write

Change = Callable[[Resource], Resource]
Judge = Callable[[Resource], None]

_JSON_PATCH = "application/json-patch+json"


class Unprocessable(StoreError):
    """The request is understood and cannot be carried out: a patch that does not fit."""

    status = 422


class Overtaken(Conflict):
    """Another writer changed the row between reading and writing: to be tried again."""


def change_of(resource: Any) -> Change:
    """What a patch says: Parameters of a FHIRPath Patch, a Binary that holds a JSON Patch, or the
    list of a JSON Patch itself.

    The change raises Invalid where the patch is none, Unprocessable where it does not fit. Raises
    Invalid where the resource is no patch at all.
    """
    operations = resource
    if isinstance(resource, dict):
        kind = resource.get("resourceType")
        if kind == "Parameters":
            return lambda before: _applied(lambda: fhir.apply_path_patch(before, resource))
        if kind != "Binary" or str(resource.get("contentType")).partition(";")[0] != _JSON_PATCH:
            raise Invalid.because("not_a_patch")
        try:
            data = base64.b64decode(resource.get("data") or "")
            operations = fhir.loads(data)
        except (binascii.Error, ValueError) as error:
            raise Invalid.because("not_a_patch") from error
    return lambda before: _applied(lambda: fhir.apply_json_patch(before, operations))


def _applied(apply: Callable[[], Any]) -> Resource:
    try:
        found: Resource = apply()
    except fhir.PatchError as error:
        raise (Invalid if error.malformed else Unprocessable)(error.issue) from error
    return found


def judge(resource: Resource) -> None:
    """Raise Unprocessable where a resource has errors; warnings pass."""
    issues = fhir.validate(resource)
    if any(issue.severity in ("error", "fatal") for issue in issues):
        raise Unprocessable(*issues)


def patched(row: Stored, change: Change, judged: Judge) -> Resource:
    """The row after a change. Raises Unprocessable where it is no longer the same resource."""
    found = change(row.resource())
    same = (
        isinstance(found, dict)
        and found.get("resourceType") == row.type
        and found.get("id") == row.id
    )
    if not same:
        raise Unprocessable.because("patch_identity", type=row.type, id=row.id)
    judged(found)
    return found


def current(
    store: Store, kind: str, name: str, context: Context, if_match: int | None
) -> Plan[Stored]:
    """The row to be patched. Raises NotFound, Gone, PreconditionFailed, Forbidden."""
    row = yield from store.read(kind, name, context)
    if row is None:
        raise NotFound.because("not_found", type=kind, id=name)
    if row.deleted:
        raise Gone.because("gone", type=kind, id=name)
    check_version(kind, name, row.version, if_match)
    return row


def check_version(kind: str, name: str, version: int, expected: int | None, **place: Any) -> None:
    """Raise PreconditionFailed where a row has another version than is expected, if one is."""
    if expected not in (None, version):
        raise PreconditionFailed.because(
            "version_differs", type=kind, id=name, version=version, expected=expected, **place
        )


def patch(
    store: Store,
    kind: str,
    name: str,
    change: Change,
    context: Context,
    *,
    if_match: int | None = None,
    judged: Judge = judge,
) -> Plan[Outcome]:
    """Change one row as a patch says. Who patches must be able to read the row and update it.

    Raises Overtaken where another writer came between (try again), and what `change`, `judged` and
    `Store.write` raise.
    """
    row = yield from current(store, kind, name, context, if_match)
    body = patched(row, change, judged)
    try:
        outcomes = yield from store.write(
            [Write("update", kind, name, body, if_match=row.version)], context
        )
    except PreconditionFailed as error:
        raise Overtaken(*error.issues) from error
    return outcomes[0]
