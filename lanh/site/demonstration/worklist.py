"""The walk of a hospital with a faulty system: send, be refused, mend by cause, see the score."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

from lanh.core import accounts, bus
from lanh.core.accounts import Account
from lanh.core.database import SyncDatabase
from lanh.nation.local_time import VIETNAM
from lanh.site.backend_client import BackendAuth
from lanh.site.demonstration.clients import SCOPES, KeyFile
from lanh.site.demonstration.faulty import MENDS, faulty_messages
from lanh.site.demonstration.messages import client_id
from lanh.site.demonstration.sending import Report, send
from lanh.site.ledger_keeping import score_senders
from lanh.site.wiring import person_access, places_of

_USER = "hospital-it"
_PATIENCE = 600.0  # seconds for one replay


class NoHospital(LookupError):
    """The demonstration is not installed, or its hospital user is gone."""


def _hospital(database: SyncDatabase) -> tuple[Account, str]:
    account = database.read(accounts.account_by_username(_USER))
    post = account.post_on(datetime.now(VIETNAM).date()) if account else None
    if account is None or post is None or post.facility is None:
        raise NoHospital(_USER)
    return account, post.facility


def send_faulty(database: SyncDatabase, url: str, keys: Path, count: int) -> Report:
    """Send `count` messages with five faults as the hospital of user hospital-it.

    Raises NoHospital, httpx.HTTPError, TokenRefused.
    """
    _, facility = _hospital(database)
    held = KeyFile(keys / "demonstration.json")

    def authentication(client: str) -> BackendAuth:
        return BackendAuth(f"{url.rstrip('/')}/auth/token", client, held[client], SCOPES)

    now = datetime.now(VIETNAM).replace(microsecond=0)
    return send(url, faulty_messages(facility, count, now), authentication)


def score(database: SyncDatabase) -> Decimal | None:
    """The hospital's share of accurate parts today, computed now. Raises NoHospital."""
    _, facility = _hospital(database)
    score_senders(database)
    today: date = datetime.now(VIETNAM).date()
    found = database.read(bus.scores("sender", today, today, [client_id(facility)]))
    return found[0].accurate if found else None


def mend_all(database: SyncDatabase) -> Iterator[bus.Replay]:
    """Mend each cause as the hospital's user would, by the worker's job; how each replay ended.

    Raises NoHospital, TimeoutError where no worker takes the job.
    """
    account, facility = _hospital(database)
    access = database.read(person_access(places_of(database))(account))
    senders = [client_id(facility)]
    for cause, values in MENDS.items():
        name = database.transact(bus.order_replay(senders, cause, values, access))
        if name is None:
            continue
        end = time.monotonic() + _PATIENCE
        while True:
            found = database.read(bus.replay(name, senders))
            if found is not None and found.done_at is not None:
                yield found
                break
            if time.monotonic() > end:
                raise TimeoutError(cause)
            time.sleep(0.2)
