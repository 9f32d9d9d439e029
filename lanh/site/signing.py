"""Who signs what on this installation: documents of desks, keys, the trust list."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypedDict

from lanh.core.database import Plan
from lanh.core.desks import Content
from lanh.core.signing import SigningFault, TrustStore
from lanh.core.store import Store, Stored
from lanh.core.workflow import Signer
from lanh.site.desks import OpenDesks
from lanh.site.settings import Settings, SettingsFault
from lanh.site.signatures import KeyRing, Signatory, SignatureService, content_port
from lanh.site.signatures.signable import Signable, SignableOf
from lanh.systems.deaths import following, message


def _notice(store: Store, record: Stored) -> Plan[Signable]:
    document = yield from following.content(store, record)
    return Signable(document, message.PART, message.SIGNATURES)


SIGNABLES: Mapping[str, SignableOf] = {"deaths": _notice}
"""Desks whose records are signed as the message that they send."""


class DeskPorts(TypedDict):
    """What `open_desks` is given for signatures."""

    signer: Signer
    content: Content


def desk_ports(settings: Settings, store: Store) -> DeskPorts:
    """The signing ports of desks. The trust list (`LANH_TRUST`, or `trust` in the data folder)
    registers certificates for people as "person:ID"; without a list no signature counts.

    Raises SettingsFault where the list cannot be used.
    """
    folder = settings.trust or settings.data / "trust"
    try:
        listed = (folder / "trust.yaml").exists()
        trust = TrustStore.load(folder) if listed else TrustStore()
    except SigningFault as fault:
        raise SettingsFault(fault.message) from fault
    return {"signer": SignatureService(trust), "content": content_port(store, SIGNABLES)}


def open_signatory(settings: Settings, store: Store, opened: OpenDesks) -> Signatory:
    """Signs for people by the keys in `keys` of the data folder. Raises SettingsFault."""
    try:
        keys = KeyRing.load(settings.data / "keys")
    except SigningFault as fault:
        raise SettingsFault(fault.message) from fault
    return Signatory(opened.desks, opened.workflow, store, keys, SIGNABLES)
