"""Accounts, posts and signing in."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date

import pytest

from lanh.core import accounts
from lanh.core.accounts import AccountsError, Post, Scrypt, Taken, Unknown
from lanh.core.database import SyncDatabase, execute, fetch

CHEAP = Scrypt(log_n=4)
PASSWORD = "một câu dài đủ mười bốn chữ"


def _open(database: SyncDatabase, name: str = "nurse.a", *posts: Post) -> accounts.Account:
    return database.transact(
        accounts.create_account(name, PASSWORD, "Điều dưỡng A", posts=posts, cost=CHEAP)
    )


def _sign_in(database: SyncDatabase, name: str, password: str) -> accounts.SignIn:
    return database.transact(accounts.authenticate(name, password, CHEAP))


def test_an_account_is_read_back_with_its_posts(database: SyncDatabase) -> None:
    post = Post("commune-nurse", "00004", "99001", "00004", date(2026, 1, 1), date(2026, 6, 30))
    opened = _open(database, "Nurse.A", post, Post("citizen"))
    found = database.read(accounts.account_by_username("NURSE.a"))
    assert found == opened
    assert found is not None and found.posts[0] == post
    assert database.read(accounts.account_by_id(opened.id)) == opened
    assert database.read(accounts.list_accounts()) == [opened]


def test_the_password_is_kept_as_a_salted_hash_only(database: SyncDatabase) -> None:
    _open(database)
    _open(database, "nurse.b")
    hashes = [row[0] for row in database.read(fetch("SELECT password FROM accounts.account"))]
    assert len(set(hashes)) == 2
    assert all(each.startswith("$scrypt$ln=4,") and PASSWORD not in each for each in hashes)


def test_composed_and_decomposed_passwords_are_one(database: SyncDatabase) -> None:
    import unicodedata

    _open(database)
    decomposed = unicodedata.normalize("NFD", PASSWORD)
    assert decomposed != PASSWORD
    assert _sign_in(database, "nurse.a", decomposed).account is not None


@pytest.mark.parametrize("name", ["ab", "có dấu", "a b c", "x" * 65, "a;drop"])
def test_a_username_of_another_shape_is_refused(database: SyncDatabase, name: str) -> None:
    with pytest.raises(AccountsError) as caught:
        database.transact(accounts.create_account(name, PASSWORD, "A", cost=CHEAP))
    assert caught.value.message.vi and caught.value.message.en


def test_a_short_password_and_a_taken_name_are_refused(database: SyncDatabase) -> None:
    with pytest.raises(AccountsError, match="14"):
        database.transact(accounts.create_account("nurse.a", "x" * 13, "A", cost=CHEAP))
    _open(database)
    with pytest.raises(Taken):
        _open(database, "NURSE.A")


def test_a_wrong_name_and_a_wrong_password_read_alike(database: SyncDatabase) -> None:
    _open(database)
    wrong = _sign_in(database, "nurse.a", "wrong")
    unknown = _sign_in(database, "nobody", "wrong")
    assert wrong == unknown
    assert wrong.account is None and wrong.refusal == "wrong"
    assert wrong.message is not None and "{" not in wrong.message.vi


@pytest.mark.parametrize("name", ["nurse.a", "nobody"])
def test_five_failures_make_a_name_wait(database: SyncDatabase, name: str) -> None:
    _open(database)
    for _ in range(5):
        assert _sign_in(database, name, "wrong").refusal == "wrong"
    locked = _sign_in(database, name, PASSWORD)
    assert locked.refusal == "locked" and 0 < locked.wait_seconds <= 30
    past = "UPDATE accounts.attempt SET locked_until = now() - interval '1 second'"
    database.transact(execute(past))
    assert _sign_in(database, name, "wrong").refusal == "wrong"
    assert 30 < _sign_in(database, name, "wrong").wait_seconds <= 60


def test_the_right_password_after_the_wait_clears_the_count(database: SyncDatabase) -> None:
    _open(database)
    for _ in range(4):
        _sign_in(database, "nurse.a", "wrong")
    assert _sign_in(database, "nurse.a", PASSWORD).account is not None
    for _ in range(4):
        assert _sign_in(database, "nurse.a", "wrong").refusal == "wrong"


def test_attempts_at_once_are_counted_one_by_one(database: SyncDatabase) -> None:
    _open(database)
    with ThreadPoolExecutor(4) as pool:
        refusals = list(pool.map(lambda _: _sign_in(database, "nurse.a", "x").refusal, range(9)))
    assert refusals.count("wrong") == 5
    assert refusals.count("locked") == 4


def test_a_closed_account_cannot_sign_in(database: SyncDatabase) -> None:
    account = _open(database)
    database.transact(accounts.set_active(account.id, False))
    assert _sign_in(database, "nurse.a", PASSWORD).refusal == "inactive"
    assert _sign_in(database, "nurse.a", "wrong").refusal == "wrong"
    database.transact(accounts.set_active(account.id, True))
    assert _sign_in(database, "nurse.a", PASSWORD).account is not None


def test_accounts_nobody_uses_are_closed(database: SyncDatabase) -> None:
    idle, used = _open(database), _open(database, "nurse.b")
    past = "now() - interval '46 days'"
    old = f"UPDATE accounts.account SET created_at = {past}, opened_at = {past}"
    database.transact(execute(old))
    assert _sign_in(database, "nurse.b", PASSWORD).account is not None
    assert database.transact(accounts.close_idle_accounts()) == 1
    for account, active in ((idle, False), (used, True)):
        found = database.read(accounts.account_by_id(account.id))
        assert found is not None and found.active is active
    written = "SELECT subject, detail FROM audit.entry WHERE action = 'close-account' AND ids = $1"
    assert [tuple(row) for row in database.read(fetch(written, idle.id))] == [
        ("system:lanh:accounts", "idle")
    ]
    database.transact(accounts.set_active(idle.id, True))
    assert database.transact(accounts.close_idle_accounts()) == 0


def test_a_hash_of_an_older_cost_is_renewed_on_signing_in(database: SyncDatabase) -> None:
    _open(database)
    stronger = Scrypt(log_n=5)
    assert database.transact(accounts.authenticate("nurse.a", PASSWORD, stronger)).account
    row = database.read(fetch("SELECT password FROM accounts.account"))[0]
    assert row[0].startswith("$scrypt$ln=5,")
    assert database.transact(accounts.authenticate("nurse.a", PASSWORD, stronger)).account


def test_a_new_password_replaces_the_old(database: SyncDatabase) -> None:
    account = _open(database)
    database.transact(accounts.set_password(account.id, "another long password", CHEAP))
    assert _sign_in(database, "nurse.a", PASSWORD).refusal == "wrong"
    assert _sign_in(database, "nurse.a", "another long password").account is not None


_ON_NOBODY: list[Callable[[], object]] = [
    lambda: accounts.set_password("none", PASSWORD, CHEAP),
    lambda: accounts.set_active("none", True),
    lambda: accounts.link_account("none", None),
]


@pytest.mark.parametrize("plan", _ON_NOBODY)
def test_there_is_nothing_to_change_about_nobody(
    database: SyncDatabase, plan: Callable[[], accounts.Account]
) -> None:
    with pytest.raises(Unknown):
        database.transact(plan())  # type: ignore[arg-type]


def test_the_standard_cost_verifies_and_refuses() -> None:
    stored = accounts.hash_password(PASSWORD)
    assert stored.startswith("$scrypt$ln=15,r=8,p=1$")
    assert accounts.verify_password(PASSWORD, stored)
    assert not accounts.verify_password(PASSWORD + " ", stored)
