"""Which desks have a document of their own that is signed: the message that they send."""

from __future__ import annotations

from collections.abc import Mapping

from lanh.core.database import Plan
from lanh.core.store import Store, Stored
from lanh.site.signatures.signable import Signable, SignableOf
from lanh.systems.deaths import following, message


def _notice(store: Store, record: Stored) -> Plan[Signable]:
    document = yield from following.content(store, record)
    return Signable(document, message.PART, message.SIGNATURES)


SIGNABLES: Mapping[str, SignableOf] = {"deaths": _notice}
