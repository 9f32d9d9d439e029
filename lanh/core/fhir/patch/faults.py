"""What can be wrong with a patch."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from lanh.core.fhir.issues import Issue
from lanh.core.text import Catalogue

WORDS = Catalogue.load(Path(__file__).with_name("messages.yaml"))
MOST_OPERATIONS = 1_000


class PatchError(ValueError):
    """A patch that is none (`malformed`), or that does not fit the resource it is meant for.

    `issue` says why and, by its expression, in which operation.
    """

    def __init__(self, key: str, place: str, /, *, malformed: bool = False, **told: Any) -> None:
        message = WORDS.message(key, where=place, **told)
        super().__init__(message.en)
        self.malformed = malformed
        self.issue = Issue("error", "structure" if malformed else "processing", place, message)
