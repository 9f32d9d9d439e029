"""What can go wrong with a write or a search; each error carries issues in both languages."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Self

from lanh.core import fhir
from lanh.core.text import Catalogue

MESSAGES = Catalogue.load(Path(__file__).with_name("messages.yaml"))


class StoreError(Exception):
    """A request the store refuses. `index` is the place of the write in its batch, if known."""

    status = 400
    code = "processing"

    def __init__(self, *issues: fhir.Issue, index: int | None = None) -> None:
        super().__init__("; ".join(issue.message.en for issue in issues))
        self.issues = issues
        self.index = index
        self.key = ""

    @classmethod
    def because(
        cls, key: str, /, *, expression: str = "", index: int | None = None, **parameters: Any
    ) -> Self:
        """The error whose reason is a message of this package's catalogue."""
        message = MESSAGES.message(key, **parameters)
        error = cls(fhir.Issue("error", cls.code, expression, message), index=index)
        error.key = key
        return error


class Invalid(StoreError):
    """The request itself is wrong: an unknown parameter, a malformed value."""

    code = "invalid"


class Forbidden(StoreError):
    """No grant allows the interaction on this type at all."""

    status = 403
    code = "forbidden"


class NotFound(StoreError):
    """There is no such row, or the subject may not see it: the two look the same."""

    status = 404
    code = "not-found"


class Gone(StoreError):
    """The row was deleted."""

    status = 410
    code = "deleted"


class NotKept(StoreError):
    """A part of the change feed, or of what is derived from it, that this database does not have:
    it was dropped as too old, or the database was restored to a moment before it."""

    status = 410
    code = "not-found"


class Conflict(StoreError):
    """The row exists already, or was changed by another write of the same batch."""

    status = 409
    code = "conflict"


class PreconditionFailed(StoreError):
    """If-Match names another version, or a condition matches several rows."""

    status = 412
    code = "conflict"
