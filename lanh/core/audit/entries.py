"""What one audit entry says."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from lanh.core.access import Access


class Act(NamedTuple):
    """What was done, by whom, what for: entries that differ in their targets alone share a row."""

    action: str
    subject: str
    purpose: str
    on_behalf_of: str | None
    detail: str
    outcome: str


class Target(NamedTuple):
    """Which record, and the source Patient whom it concerns."""

    type: str
    id: str
    patient: str | None


@dataclass(frozen=True, slots=True)
class Listing:
    """One act that showed several records: as many entries, made at once."""

    act: Act
    targets: tuple[Target, ...]

    @classmethod
    def of(cls, access: Access, action: str, targets: Iterable[Target], detail: str) -> Listing:
        """The entries of an act under `access`."""
        return cls(Entry.of(access, action, detail=detail).act, tuple(targets))


@dataclass(frozen=True, slots=True)
class Entry:
    """One act on one record, or on none (a search, a sign-in).

    `subject` is the kind and opaque id of who acted ("person:17", "system:his-01"), `purpose` an
    HL7 PurposeOfUse code, `patient` the logical id of the source Patient concerned. `detail` is a
    short code-like text without names or numbers of people ("Observation?patient"), `outcome`
    "ok" or the code of the refusal.
    """

    action: str
    subject: str
    purpose: str
    patient: str | None = None
    type: str | None = None
    id: str | None = None
    detail: str = ""
    outcome: str = "ok"
    on_behalf_of: str | None = None

    @property
    def act(self) -> Act:
        """The entry without its target."""
        return Act(
            self.action, self.subject, self.purpose, self.on_behalf_of, self.detail, self.outcome
        )

    @property
    def targets(self) -> tuple[tuple[str | None, str | None, str | None], ...]:
        """The one target."""
        return ((self.type, self.id, self.patient),)

    @classmethod
    def of(
        cls,
        access: Access,
        action: str,
        *,
        patient: str | None = None,
        type: str | None = None,
        id: str | None = None,
        detail: str = "",
        outcome: str = "ok",
    ) -> Entry:
        """The entry of an act under `access`."""
        return cls(
            action=action,
            subject=access.actor,
            purpose=str(access.purpose),
            patient=patient,
            type=type,
            id=id,
            detail=detail,
            outcome=outcome,
            on_behalf_of=access.on_behalf_of,
        )


def shown(
    access: Access, targets: Sequence[Target], detail: str, *, type: str | None = None
) -> Entry | Listing:
    """What a search showed: its records, or that it found none (of `type`, where it asked one)."""
    if targets:
        return Listing.of(access, "search", targets, detail)
    return Entry.of(access, "search", type=type, detail=detail)
