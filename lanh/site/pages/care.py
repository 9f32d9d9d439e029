"""Who has a person in their care sees what other facilities hold of that person."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from lanh.core.access import Access, Grant, PatientIn, Purpose
from lanh.core.database import Plan
from lanh.core.store import Context, Store
from lanh.nation.roles import CLINICAL_TYPES, READ, Capability


def in_care(store: Store, patients: Sequence[str], access: Access) -> Plan[Access]:
    """The access, widened to all source Patients of one human where it may treat that human.

    It may where its role treats, its purpose is treatment, and it sees at least one of these
    Patients by its own grants (resident of its place, or registered at its facility). Sensitive
    records stay behind the sensitivities of the role's own grants; what a role sees of payment or
    other types is not widened.
    """
    treats = Capability.TREAT in access.capabilities and access.purpose is Purpose.TREATMENT
    if not treats or not patients:
        return access
    wanted = [("Patient", patient) for patient in patients]
    seen = yield from store.read_many(wanted, Context(access))
    if not any(not entry.deleted for entry in seen):
        return access
    own = [grant for grant in access.grants if grant.types and "Patient" in grant.types]
    wider = tuple(
        Grant(grant.role, READ, CLINICAL_TYPES, PatientIn(frozenset(patients)), grant.sensitivities)
        for grant in own
    )
    return replace(access, grants=(*access.grants, *wider))
