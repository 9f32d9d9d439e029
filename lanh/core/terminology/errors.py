"""What a terminology request can be refused for; each error carries an issue in both languages."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Self

from lanh.core import fhir
from lanh.core.text import Catalogue

WORDS = Catalogue.load(Path(__file__).with_name("operations.yaml"))


class TerminologyError(Exception):
    """A request that cannot be answered: `status` is HTTP's, `issue` says why and what to do."""

    status = 400
    code = "invalid"

    def __init__(self, issue: fhir.Issue) -> None:
        super().__init__(issue.message.en)
        self.issue = issue

    @classmethod
    def because(cls, key: str, /, **parameters: Any) -> Self:
        """The error whose reason is a message of this package's catalogue."""
        return cls(fhir.Issue("error", cls.code, "", WORDS.message(key, **parameters)))


class Unknown(TerminologyError):
    """The code system, value set, map or code is not known here."""

    status = 404
    code = "not-found"


class Unusable(TerminologyError):
    """The content itself is wrong: a filter that has no meaning, an import that returns."""

    status = 422
    code = "invalid"


class VersionDiffers(TerminologyError):
    """A code system is held in another version than the request insists on."""

    status = 422
    code = "business-rule"


class NotSupported(TerminologyError):
    """What is asked for is not done here, or its content may not be held here."""

    status = 422
    code = "not-supported"


class TooCostly(TerminologyError):
    """The answer would be larger than a server gives at once (R4 ValueSet $expand)."""

    status = 422
    code = "too-costly"
