"""What a desk refuses: one family of errors, whichever engine said no, told in both languages."""

from __future__ import annotations

from pathlib import Path
from typing import Any, TypeVar

from lanh.core import forms
from lanh.core.database import Plan
from lanh.core.lists import ListRefused
from lanh.core.store import StoreError
from lanh.core.terminology import TerminologyError
from lanh.core.text import Catalogue, Message, Words
from lanh.core.workflow import WorkflowError

MESSAGES = Catalogue.load(Path(__file__).with_name("messages.yaml"))

T = TypeVar("T")


class DeskError(Exception):
    """An act that was not done: nothing of it is kept. `status` is the HTTP status, `code` one of
    IssueType, `key` for machines, `message` for people; `messages` holds every reason."""

    status = 400
    code = "processing"

    def __init__(self, key: str, message: Message, *more: Message, by: str | None = None) -> None:
        self.key = key
        self.message = message
        self.messages = (message, *more)
        self.by = by
        super().__init__(message.en)

    @classmethod
    def because(cls, key: str, /, **parameters: Any) -> DeskError:
        """The error whose reason is a message of this package."""
        return cls(key, MESSAGES.message(key, **parameters))


class NotFound(DeskError):
    """There is no such thing, or the visitor may not see it: the two look the same."""

    status = 404
    code = "not-found"


class Forbidden(DeskError):
    """The visitor's role, or their grants, do not allow the act."""

    status = 403
    code = "forbidden"


class Conflict(DeskError):
    """Somebody else was first, or the same was done already."""

    status = 409
    code = "conflict"


class Refused(DeskError):
    """Things are not so that this could be done: a guard, a rule, a record that is not valid."""

    status = 422
    code = "business-rule"


class NotTaken(Refused):
    """Answers that were not taken: `faults` are the field, what to mend in Vietnamese and in
    English, for each."""

    def __init__(self, faults: tuple[tuple[str, str, str], ...]) -> None:
        self.faults = faults
        super().__init__("not-taken", *(Message(Words(vi, en)) for _, vi, en in faults))


class Invalid(DeskError):
    """The request itself is wrong: a field that is not there, a file that is too large."""

    status = 400
    code = "invalid"


_BY_STATUS: dict[int, type[DeskError]] = {
    400: Invalid, 401: Forbidden, 403: Forbidden, 404: NotFound, 409: Conflict, 410: NotFound,
    412: Conflict, 422: Refused,
}  # fmt: skip
_BY_CODE: dict[str, type[DeskError]] = {
    "not-found": NotFound, "forbidden": Forbidden, "conflict": Conflict, "duplicate": Refused,
    "business-rule": Refused, "processing": Refused, "structure": Refused,
}  # fmt: skip

_BY_CODE_OF_LISTS: dict[str, type[DeskError]] = {"not-found": NotFound, "too-costly": Refused}


def told(plan: Plan[T]) -> Plan[T]:
    """A plan whose engines' refusals come as DeskErrors."""
    try:
        result = yield from plan
    except WorkflowError as error:
        kind = _BY_STATUS.get(error.status, Refused)
        raise kind(error.key, error.message, by=error.by) from error
    except forms.Refused as error:
        raise _BY_CODE.get(error.code, Invalid)(error.key, error.message) from error
    except StoreError as error:
        texts = [issue.message for issue in error.issues] or [_plain(str(error))]
        raise _BY_STATUS.get(error.status, Refused)(error.key or error.code, *texts) from error
    except ListRefused as error:
        raise refused(error) from error
    except TerminologyError as error:
        raise _BY_STATUS.get(error.status, Invalid)("terminology", error.issue.message) from error
    return result


def refused(error: ListRefused) -> DeskError:
    """What a list refused, as a DeskError."""
    return _BY_CODE_OF_LISTS.get(error.code, Invalid)(error.key, error.message)


def _plain(text: str) -> Message:
    return Message(Words(text, text))
