"""What one audit entry says."""

from __future__ import annotations

from dataclasses import dataclass

from lanh.core.access import Access


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
            subject=f"{access.subject.kind}:{access.subject.id}",
            purpose=str(access.purpose),
            patient=patient,
            type=type,
            id=id,
            detail=detail,
            outcome=outcome,
            on_behalf_of=access.on_behalf_of,
        )
