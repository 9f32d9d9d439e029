"""What the rules ask of code lists: a port. What no list is loaded for is not judged."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Entry:
    """One row of a list: its code and what the list says of it, by column or property."""

    code: str
    properties: Mapping[str, str] = field(default_factory=dict)


class Catalogues(Protocol):
    """Dated code lists by short name: icd10, drug, service, supply, practitioner, machine, ...

    `facility` is whose lists are meant where a facility has its own (Decision 3618 forms).
    """

    def entries(self, name: str, code: str, day: date, facility: str) -> tuple[Entry, ...] | None:
        """The rows of a code on a day: none where it is not listed, None where nobody knows."""
        ...


class NoCatalogues:
    """No list is loaded: nothing is known."""

    def entries(self, name: str, code: str, day: date, facility: str) -> tuple[Entry, ...] | None:
        """As the port says."""
        return None
