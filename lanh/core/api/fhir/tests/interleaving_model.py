"""What one server with one desk would do: the judge of requests that run at the same time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import permutations
from typing import Any, TypeAlias

Body: TypeAlias = "tuple[str, int] | None"
"""What a version says: (the number of its identifier, its content), None where it is deleted."""

Told: TypeAlias = "tuple[int, int | None]"
"""What a request was answered: (status, version or None)."""


@dataclass(frozen=True)
class Request:
    """One request: `verb`, the row or the number of an identifier that it is about, the body's
    identifier and content, and the version that If-Match names."""

    verb: str
    row: str = ""
    number: str = ""
    content: int = 0
    match: int | None = None


@dataclass
class Model:
    """Every version of every row."""

    versions: dict[str, list[Body]] = field(default_factory=dict)

    def copy(self) -> Model:
        """The same, to go on from."""
        return Model({row: list(found) for row, found in self.versions.items()})

    def now(self, row: str) -> Body:
        """The current version of a row."""
        found = self.versions.get(row)
        return found[-1] if found else None

    def having(self, number: str) -> list[str]:
        """The rows whose current version has an identifier."""
        return [row for row in self.versions if (now := self.now(row)) and now[0] == number]

    def answer(self, request: Request, made: str) -> Told:
        """Do a request; `made` is the id that a new row gets."""
        body = (request.number, request.content)
        match request.verb:
            case "put":
                return self._put(request.row, body, request.match)
            case "delete":
                return self._delete(request.row)
            case "create":
                return self._put(made, body, None)
        found = self.having(request.number)
        if len(found) > 1:
            return 412, None
        if request.verb == "delete where":
            return self._delete(found[0]) if found else (204, None)
        if not found:
            return self._put(made, body, request.match)
        if request.verb == "create if none":
            return 200, len(self.versions[found[0]])
        return self._put(found[0], body, request.match)

    def _put(self, row: str, body: Body, match: int | None) -> Told:
        found = self.versions.get(row, [])
        # A deletion is a version too, which If-Match may name.
        if match is not None and match != len(found):
            return 412, None
        if self.now(row) == body:
            return 200, len(found)
        status = 201 if self.now(row) is None else 200
        self.versions[row] = [*found, body]
        return status, len(found) + 1

    def _delete(self, row: str) -> Told:
        if row not in self.versions:
            return 404, None
        if self.now(row) is not None:
            self.versions[row].append(None)
        return 204, None


def possible(
    before: Model, done: list[tuple[Request, str, Told]], after: Mapping[str, list[Body]]
) -> bool:
    """Whether some order of the requests, one after the other, explains every answer and what is
    kept afterwards."""
    return any(model.versions == after for model in _explained(before, done))


def _explained(before: Model, done: list[tuple[Request, str, Told]]) -> Iterator[Model]:
    for order in permutations(done):
        model = before.copy()
        if all(model.answer(request, made) == told for request, made, told in order):
            yield model


def bodies(history: dict[str, Any]) -> list[Body]:
    """The versions of a row by its history Bundle, oldest first."""
    found: list[Body] = []
    for entry in reversed(history.get("entry", [])):
        resource = entry.get("resource")
        if resource is None:
            found.append(None)
        else:
            found.append(
                (resource["identifier"][0]["value"], int(resource["multipleBirthInteger"]))
            )
    return found
