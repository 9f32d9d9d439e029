"""The OpenAPI 3.1 description of the interface, made of the tables by which it routes.

The whole has one path a kind of address, with the type as a parameter, so that its size is bounded;
for some types (`_type`) it has their own paths, search parameters and schemas.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Any

from lanh.core import fhir
from lanh.core.api.fhir import routing, schemas
from lanh.core.api.fhir.capability import answered_parameters
from lanh.core.api.fhir.exchange import WORDS
from lanh.core.api.fhir.operations import Operation, Operations
from lanh.core.api.fhir.routing import INTERACTIONS, Interaction
from lanh.core.fhir.definitions import definitions
from lanh.core.text import Language

MOST_TYPES = 5
_ERRORS = (400, 401, 403, 404, 406)  # of any request
_FORMS = ("application/fhir+json", "application/json", "text/json")
_XML = ("application/fhir+xml", "application/xml", "text/xml")
_PATCHES = ("application/json-patch+json", "application/fhir+json", "application/fhir+xml")
_OPERATION = (200, 201, 202, 204, 409, 410, 412, 413, 415, 422)
_PREFIX = r"^(?:eq|ne|gt|lt|ge|le|sa|eb|ap)?"
_KINDS: dict[str, dict[str, Any]] = {
    "date": {
        "type": "string",
        "pattern": _PREFIX + r"[1-9]\d{3}(?:-(?:0[1-9]|1[0-2])(?:-(?:0[1-9]|1\d|2[0-8]))?)?$",
    },
    "number": {"type": "string", "pattern": _PREFIX + r"-?\d{1,9}(?:\.\d{1,6})?$"},
}
_TEXT = {"type": "string", "minLength": 1}
Json = dict[str, Any]


@lru_cache(maxsize=32)
def openapi(
    base: str, operations: Operations, language: Language, types: tuple[str, ...] = ()
) -> bytes:
    """The description of the interface at `base`; with `types`, of these alone."""
    document = _Document(operations, language, types)
    return fhir.dumps(document.whole(base))


class _Document:
    def __init__(self, operations: Operations, language: Language, types: Sequence[str]) -> None:
        self._operations = operations
        self._language = language
        self._types = types

    def whole(self, base: str) -> Json:
        """The document."""
        paths: dict[str, Json] = {}
        for path, method, told in self._told():
            paths.setdefault(path, {})[method] = told
        return {
            "openapi": "3.1.0",
            "info": {
                "title": self._say("title"),
                "version": definitions().version,
                "description": self._say("text"),
                "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
            },
            "servers": [{"url": base}],
            "security": [{"bearer": []}],
            "paths": dict(sorted(paths.items())),
            "components": {
                "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer"}},
                "schemas": self._schemas(),
                "responses": self._responses(),
                "parameters": _parameters(),
            },
        }

    def _say(self, key: str) -> str:
        return WORDS.message(f"api.{key}").say(self._language)

    def _told(self) -> Iterator[tuple[str, str, Json]]:
        """(path, method, operation) of everything that is answered."""
        if not self._types:
            for path in ("/metadata", "/openapi.json"):
                yield path, "get", self._described(path)
            for each in INTERACTIONS:
                yield each.place, each.method.lower(), self._interaction(each, None)
            yield from self._named(None)
        for kind in self._types:
            for each in INTERACTIONS:
                if each.place.startswith(routing.TYPE):
                    path = each.place.replace("{type}", kind)
                    yield path, each.method.lower(), self._interaction(each, kind)
            yield from self._named(kind)

    def _described(self, path: str) -> Json:
        kind = "CapabilityStatement" if path == "/metadata" else None
        schema: Json = _ref("Resource") if kind else {"type": "object"}
        told: Json = {
            "operationId": path.strip("/").partition(".")[0],
            "summary": self._say(path.strip("/").partition(".")[0]),
            "security": [],
            "responses": {
                "200": {"description": "OK", "content": _content(schema, xml=kind is not None)},
                **{str(code): _fault(code) for code in (400, 406)},
            },
        }
        if kind is None:
            told["parameters"] = [
                {"name": "_type", "in": "query", "schema": {"type": "string"},
                 "description": self._say("types")},
            ]  # fmt: skip
            told["responses"]["200"]["content"] = {"application/json": {"schema": schema}}
        else:
            told["parameters"] = _presentation()
        return told

    def _interaction(self, asked: Interaction, kind: str | None) -> Json:
        name = f"{asked.code}-{asked.method.lower()}{asked.place}".replace("/", ".")
        told: Json = {
            "operationId": name if kind is None else name.replace("{type}", kind),
            "summary": self._say(f"do.{asked.code}"),
            "tags": [kind or asked.level],
            "parameters": [
                *_in_path(asked.place, kind),
                *self._in_query(asked, kind),
                *_in_headers(asked),
            ],
            "responses": self._answers(asked, kind),
        }
        if asked.takes is not None:
            told["requestBody"] = _body(asked, kind)
        return told

    def _in_query(self, asked: Interaction, kind: str | None) -> list[Json]:
        found = _presentation(shaped=asked.gives is not None)
        names: tuple[str, ...] = ()
        if asked.gives == "history":
            names = ("_count", "_since", "_at", "_cursor")
        elif asked.gives == "searchset":
            names = ("_count", "_cursor", "_sort", "_total", "_include", "_revinclude", "_list")
            if asked.code != "search-type":
                names = (*names, "_type")
        found += [_parameter(name) for name in names]
        if asked.gives == "searchset" or asked.conditional:
            found += _searched(kind)
        return found

    def _answers(self, asked: Interaction, kind: str | None) -> Json:
        name = {"resource": kind or "Resource", None: "Resource"}.get(asked.gives, "Bundle")
        content = _content(
            _ref(name), raw=asked.code in ("read", "vread") and kind in (None, "Binary")
        )
        told: Json = {}
        for code in sorted({*asked.statuses, *_ERRORS}):
            if code >= 400:
                told[str(code)] = _fault(code)
            elif code in (202, 204, 304):
                told[str(code)] = {"description": self._say(f"status.{code}")}
            else:
                told[str(code)] = {"description": self._say(f"status.{code}"), "content": content}
        return told

    def _named(self, kind: str | None) -> Iterator[tuple[str, str, Json]]:
        """The operations (`$name`) of every address, or of a type."""
        for path, operation in _addresses(self._operations, kind):
            for method in ("post",) if operation.writes else ("get", "post"):
                yield path, method, self._operation(operation, path, method, kind)

    def _operation(self, operation: Operation, path: str, method: str, kind: str | None) -> Json:
        told: Json = {
            "operationId": f"{method}{path}".replace("/", "."),
            "summary": f"${operation.name}",
            "externalDocs": {"url": operation.definition},
            "tags": [kind or "operation"],
            "parameters": [*_in_path(path, kind), *_presentation()],
            "responses": {
                str(code): _fault(code)
                if code >= 400
                else {
                    "description": self._say(f"status.{code}"),
                    **({"content": _content(_ref("Resource"))} if code != 204 else {}),
                }
                for code in sorted({*_OPERATION, *_ERRORS})
            },
        }
        if method == "post":
            content = {form: {"schema": _ref("Resource")} for form in (_FORMS[0], _XML[0])}
            told["requestBody"] = {"required": False, "content": content}
        return told

    def _schemas(self) -> Json:
        found = schemas.described("Bundle", "OperationOutcome", "Resource", *self._types)
        patch = {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "op": {"enum": ["add", "remove", "replace", "move", "copy", "test"]},
                    "path": {"type": "string"},
                    "from": {"type": "string"},
                    "value": {},
                },
                "required": ["op", "path"],
            },
        }
        return {
            **found,
            "Type": {"type": "string", "enum": sorted(fhir.RESOURCE_TYPES)},
            "Compartment": {"type": "string", "enum": sorted(fhir.COMPARTMENTS)},
            "JsonPatch": patch,
        }

    def _responses(self) -> Json:
        codes = {
            *_ERRORS, *(c for each in INTERACTIONS for c in each.statuses if c >= 400), *_OPERATION
        }  # fmt: skip
        return {
            f"Fault{code}": {
                "description": self._say(f"status.{code}"),
                "content": _content(_ref("OperationOutcome")),
            }
            for code in sorted(codes)
            if code >= 400
        }


def _ref(name: str) -> Json:
    return {"$ref": f"{schemas.REF}{name}"}


def _fault(code: int) -> Json:
    return {"$ref": f"#/components/responses/Fault{code}"}


def _content(schema: Json, *, xml: bool = True, raw: bool = False) -> Json:
    found: Json = {form: {"schema": schema} for form in _FORMS}
    if xml:
        found |= {form: {} for form in _XML}
    return found | ({"*/*": {}} if raw else {})


def _parameter(name: str) -> Json:
    return {"$ref": f"#/components/parameters/{name}"}


def _presentation(*, shaped: bool = False) -> list[Json]:
    names = ("_format", "_pretty", *(("_summary", "_elements") if shaped else ()))
    return [_parameter(name) for name in names]


def _parameters() -> Json:
    """What many paths share."""
    answers: dict[str, Json] = {
        "_format": {"enum": ["json", "xml", _FORMS[0], _XML[0]]},
        "_pretty": {"type": "boolean"},
        "_summary": {"enum": ["true", "text", "data", "count", "false"]},
        "_elements": {"enum": ["id", "meta"]},
        "_count": {"type": "integer", "minimum": 0, "maximum": 1000},
        "_total": {"enum": ["none", "estimate", "accurate"]},
        "_sort": {"enum": ["_id", "-_id", "_lastUpdated", "-_lastUpdated"]},
        "_since": {**schemas.primitive("instant")},
        "_at": {**schemas.primitive("date")},
    }
    texts = ("_cursor", "_include", "_revinclude", "_list", "_type")
    found = {
        name: {"name": name, "in": "query", "schema": schema}
        for name, schema in (answers | dict.fromkeys(texts, _TEXT)).items()
    }
    found["id"] = _path_parameter("id", schemas.primitive("id"))
    found["vid"] = _path_parameter("vid", schemas.primitive("id"))
    found["type"] = _path_parameter("type", _ref("Type"))
    found["compartment"] = _path_parameter("compartment", _ref("Compartment"))
    found["member"] = _path_parameter("member", {"anyOf": [_ref("Type"), {"const": "*"}]})
    return found


def _path_parameter(name: str, schema: Json) -> Json:
    return {"name": name, "in": "path", "required": True, "schema": schema}


def _in_path(place: str, kind: str | None) -> list[Json]:
    names = [each[1:-1] for each in place.split("/") if each.startswith("{")]
    return [_parameter(name) for name in names if not (name == "type" and kind)]


def _in_headers(asked: Interaction) -> list[Json]:
    tag = {"type": "string", "pattern": r'^W/"[0-9]{1,9}"$'}
    found: list[tuple[str, Json]] = []
    if 412 in asked.statuses and asked.method in ("PUT", "PATCH", "DELETE"):
        found.append(("If-Match", tag))
    if 304 in asked.statuses:
        found.append(("If-None-Match", tag))
    if asked.code == "create":
        found.append(("If-None-Exist", _TEXT))
    return [{"name": name, "in": "header", "schema": schema} for name, schema in found]


def _searched(kind: str | None) -> list[Json]:
    """The search parameters of a type, or those that every type has."""
    if kind is not None:
        found = answered_parameters(kind)
    else:
        every = [
            {(each.name, each.kind, each.url) for each in answered_parameters(name)}
            for name in fhir.RESOURCE_TYPES
        ]
        common = {name for name, _, _ in set.intersection(*every)}
        found = [each for each in answered_parameters("Basic") if each.name in common]
    return [
        {
            "name": each.name,
            "in": "query",
            "description": f"{each.kind}: {each.url}",
            "schema": _KINDS.get(each.kind, _TEXT),
        }
        for each in found
    ]


def _body(asked: Interaction, kind: str | None) -> Json:
    if asked.takes == "form":
        names = ["_count", "_cursor", "_total", *(each["name"] for each in _searched(kind))]
        properties = {name: {"type": "string"} for name in names}
        form = {"schema": {"type": "object", "properties": properties}}
        return {"required": False, "content": {"application/x-www-form-urlencoded": form}}
    if asked.takes == "patch":
        content: Json = {form: {"schema": _ref("Resource")} for form in _PATCHES[1:]}
        content[_PATCHES[0]] = {"schema": _ref("JsonPatch")}
        return {"required": True, "content": content}
    name = "Bundle" if asked.takes == "bundle" else kind or "Resource"
    content = {_FORMS[0]: {"schema": _ref(name)}, _XML[0]: {}}
    return {"required": True, "content": content}


def _addresses(operations: Operations, kind: str | None) -> Iterator[tuple[str, Operation]]:
    """The paths of operations: of every address, or those of a type."""
    if kind is None:
        for each in operations.at_system():
            yield f"/${each.name}", each
    for each in operations.listed():
        if kind is None:
            names = ["{type}"] if each.types is None else sorted(each.types)
        else:
            names = [kind] if each.types is None or kind in each.types else []
        for name in names:
            if each.on_type:
                yield f"/{name}/${each.name}", each
            if each.on_row:
                yield f"/{name}/{{id}}/${each.name}", each
