"""Whom this installation trusts to sign: its trust list, and what signatures of claims must be."""

from __future__ import annotations

from lanh.connectors.claims_xml import UnitSignature
from lanh.core.signing import SigningFault, TrustStore
from lanh.site.settings import Settings, SettingsFault
from lanh.site.words import WORDS


def unit_signature(settings: Settings) -> UnitSignature | None:
    """The check of CHUKYDONVI, or None where the installation has no trust list.

    The list is the folder `LANH_TRUST`, or `trust` in the data folder, read once: a process that
    shall know a new list is started again. Raises SettingsFault where `LANH_TRUST` or `refuse` is
    set and there is none, or the list cannot be used.
    """
    folder = settings.trust or settings.data / "trust"
    path = folder / "trust.yaml"
    refuse = settings.claim_signatures == "refuse"
    if not path.exists():
        if refuse:
            name = "LANH_CLAIM_SIGNATURES"
            raise SettingsFault(WORDS.message("settings.trust-missing", name=name, path=path))
        if settings.trust is None:
            return None
    try:
        return UnitSignature(TrustStore.load(folder), required=refuse)
    except SigningFault as fault:
        raise SettingsFault(fault.message) from fault
