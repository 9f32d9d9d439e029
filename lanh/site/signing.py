"""Who signs what on this installation: documents of desks, keys, the trust list."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TypedDict

from lanh.core.database import Plan
from lanh.core.desks import Content, KeptPaper
from lanh.core.signing import SigningFault
from lanh.core.store import Store, Stored
from lanh.core.workflow import Signer
from lanh.site.desks import OpenDesks
from lanh.site.settings import Settings, SettingsFault
from lanh.site.signatures import (
    DEMONSTRATION,
    KeyFolders,
    Signatory,
    SignatureService,
    TrustFolders,
    content_port,
    kept_port,
)
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
    kept: KeptPaper


def desk_ports(settings: Settings, store: Store) -> DeskPorts:
    """The signing ports of desks. The trust list (`LANH_TRUST`, or `trust` in the data folder)
    registers certificates for people as "person:ID"; without a list no signature counts. A
    demonstration has one of its own, which is asked where no other stands.

    Raises SettingsFault where the list cannot be used now.
    """
    folder = settings.trust or settings.data / "trust"
    trust = TrustFolders((folder, _demonstration(settings)))
    try:
        trust()
    except SigningFault as fault:
        raise SettingsFault(fault.message) from fault
    content = content_port(store, SIGNABLES)
    return {
        "signer": SignatureService(trust),
        "content": content,
        "kept": kept_port(store, content),
    }


def open_signatory(settings: Settings, store: Store, opened: OpenDesks) -> Signatory:
    """Signs for people by the keys in `keys` of the data folder."""
    keys = KeyFolders((settings.data / "keys", _demonstration(settings)))
    return Signatory(opened.desks, opened.workflow, store, keys, SIGNABLES)


def _demonstration(settings: Settings) -> Path:
    return settings.data / "keys" / DEMONSTRATION
