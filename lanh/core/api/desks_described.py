"""The OpenAPI 3.1 description of the desks' interface, made from what each desk offers."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from lanh.core.desks import Desk
from lanh.core.lists import ListDefinition

Json = dict[str, Any]

_PROBLEM: Json = {
    "type": "object",
    "properties": {
        "status": {"type": "integer"},
        "vi": {"type": "string"},
        "en": {"type": "string"},
        "code": {"type": "string"},
        "key": {"type": "string"},
        "faults": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {name: {"type": "string"} for name in ("field", "vi", "en")},
            },
        },
    },
    "required": ["status", "vi", "en"],
}
_SENT: Json = {
    "type": "object",
    "properties": {
        "desk": {"type": "string"},
        "record": {"type": "string"},
        "response": {"type": "string"},
        "case": {"type": ["string", "null"]},
        "written": {"type": "array", "items": {"type": "string"}},
        "again": {"type": "boolean"},
    },
}
_REFUSALS = {
    str(status): {
        "description": text,
        "content": {
            "application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}
        },
    }
    for status, text in (
        (400, "The request cannot be read"),
        (401, "No bearer token"),
        (403, "The role does not allow it"),
        (404, "Not there, or not to be seen"),
        (409, "Somebody else was first"),
        (422, "Refused, with each reason"),
    )
}


def described(desks: Iterable[Desk]) -> Json:
    """The interface of all desks."""
    paths: Json = {"/api": {"get": _act("systems", "The systems that the bearer may enter")}}
    for desk in sorted(desks, key=lambda each: each.key):
        paths |= _paths(desk)
    return _whole("Lành", paths)


def described_desk(desk: Desk) -> Json:
    """The interface of one desk."""
    return _whole(desk.title.en, _paths(desk))


def _whole(title: str, paths: Json) -> Json:
    return {
        "openapi": "3.1.0",
        "info": {"title": title, "version": "1"},
        "security": [{"bearer": []}],
        "paths": paths,
        "components": {
            "schemas": {"Problem": _PROBLEM, "Sent": _SENT},
            "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer"}},
        },
    }


def _paths(desk: Desk) -> Json:
    root = f"/api/{desk.key}"
    made: Json = {root: {"get": _act(f"{desk.key}-home", desk.summary.en)}}
    for listed in desk.lists:
        act = _act(f"{desk.key}-list-{listed.key}", listed.title.en)
        act["parameters"] = _filters(listed)
        made[f"{root}/lists/{listed.key}"] = {"get": act}
    for form in desk.forms:
        path, name = f"{root}/forms/{form.key}", f"{desk.key}-form-{form.key}"
        post = _act(f"{name}-send", f"Send: {form.form.title.en}", status="201", schema="Sent")
        post["requestBody"] = {
            "required": True,
            "content": {"application/fhir+json": {"schema": {"type": "object"}}},
        }
        post["parameters"] = [
            _query("about", "The record (Type/id) that the form is about"),
            _query("reason", "Why what was sent before is replaced, or warnings are sent past"),
            _query("warnings", "accept: send past warnings, with a reason"),
            {
                "name": "Idempotency-Key",
                "in": "header",
                "description": "16 to 64 signs; what is sent twice under one key is one",
                "schema": {"type": "string", "minLength": 16, "maxLength": 64},
            },
        ]
        made[path] = {"get": _act(name, f"The Questionnaire: {form.form.title.en}"), "post": post}
    for record in desk.records:
        path = f"{root}/records/{record.resource_type}/{{id}}"
        act = _act(f"{desk.key}-record-{record.resource_type}", record.resource_type)
        act["parameters"] = [_in_path("id")]
        made[path] = {"get": act}
        for paper in record.papers:
            act = _act(f"{desk.key}-paper-{paper.key}", paper.title.en)
            act["parameters"] = [_in_path("id")]
            made[f"{path}/papers/{paper.key}"] = {"get": act}
    names = {way.name: way.title.en for states in desk.workflows for way in states.transitions}
    waiting = {"claim": "Take the task", "give-back": "Give the task back"} if names else {}
    for name, title in {**waiting, **names}.items():
        act = _act(f"{desk.key}-act-{name}", title)
        act["parameters"] = [_in_path("case")]
        act["requestBody"] = {"content": {"application/json": {"schema": _acting(name in names)}}}
        made[f"{root}/cases/{{case}}/{name}"] = {"post": act}
    return made


def _acting(revision: bool) -> Json:
    told: Json = {"type": "object", "properties": {"reason": {"type": "string"}}}
    if revision:
        told["properties"]["revision"] = {"type": "integer"}
        told["required"] = ["revision"]
    return told


def _act(name: str, summary: str, *, status: str = "200", schema: str | None = None) -> Json:
    shape: Json = {"$ref": f"#/components/schemas/{schema}"} if schema else {"type": "object"}
    answer = {"description": summary, "content": {"application/json": {"schema": shape}}}
    return {"operationId": name, "summary": summary, "responses": {status: answer, **_REFUSALS}}


def _query(name: str, text: str) -> Json:
    return {"name": name, "in": "query", "description": text, "schema": {"type": "string"}}


def _in_path(name: str) -> Json:
    return {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}


def _filters(listed: ListDefinition) -> list[Json]:
    found = [_query(each.name, each.title.en) for each in listed.filters]
    return [*found, _query("sort", "A column; with a minus downwards"), _query("view", "A view")]
