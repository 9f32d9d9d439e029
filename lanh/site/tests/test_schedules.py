"""What the worker does by itself, tried on a database of its own."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from lanh.core import accounts
from lanh.core.database import SyncDatabase, execute
from lanh.site.facts import DEMONSTRATION, set_fact
from lanh.site.instance import Instance
from lanh.site.schedules import quick_schedules
from lanh.site.settings import Settings


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
