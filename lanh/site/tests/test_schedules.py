"""What the worker does by itself, tried on a database of its own."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

from lanh.core import accounts, audit
from lanh.core.database import Plan, SyncDatabase, execute
from lanh.site.facts import DEMONSTRATION, set_fact
from lanh.site.instance import Instance
from lanh.site.schedules import quick_schedules
from lanh.site.settings import Settings

_ENTRY = (
    "INSERT INTO audit.entry (action, subject, purpose, detail, outcome, types, ids, patients)"
    " VALUES ('read', 'person:1', 'TREAT', '', 'ok', '', '', '{}')"
)


@pytest.fixture
def job(database: SyncDatabase, tmp_path: Path) -> Callable[[str], Callable[[], None]]:
    schedules = quick_schedules(database, Instance(Settings(tmp_path)))
    by_name = {schedule.name: run for schedule, run in schedules.items()}
    return by_name.__getitem__


def _unused(database: SyncDatabase) -> str:
    account = database.transact(accounts.create_account("nurse.a", "a long password 1", "A"))
    past = "now() - interval '46 days'"
    old = f"UPDATE accounts.account SET created_at = {past}, opened_at = {past}"
    database.transact(execute(old))
    return account.id


def _active(database: SyncDatabase, account: str) -> bool:
    found = database.read(accounts.account_by_id(account))
    assert found is not None
    return found.active


def test_sealing_ends_while_others_go_on_writing(
    database: SyncDatabase,
    database_url: str,
    job: Callable[[str], Callable[[], None]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What else the worker has to do must not wait until nobody reads any more."""
    read = audit.Entry("read", "person:7", "TREAT", patient="p1")
    sealed: list[int] = []
    seal = audit.seal

    def watched() -> Plan[int]:
        with psycopg.connect(database_url) as other:
            other.execute(_ENTRY)  # commits before the seal looks: there is always something new
        sealed.append((yield from seal()))
        assert len(sealed) < 3, "sealing does not end"
        return sealed[-1]

    monkeypatch.setattr(audit, "seal", watched)
    database.transact(audit.append([read]))
    job("audit.seal")()
    assert sealed == [2]


def test_the_worker_closes_accounts_that_nobody_uses(
    database: SyncDatabase, job: Callable[[str], Callable[[], None]]
) -> None:
    account = _unused(database)
    job("accounts.idle")()
    assert _active(database, account) is False


def test_users_of_a_demonstration_stay(
    database: SyncDatabase, job: Callable[[str], Callable[[], None]]
) -> None:
    account = _unused(database)
    database.transact(set_fact(DEMONSTRATION, {"complete": True}))
    job("accounts.idle")()
    assert _active(database, account) is True
