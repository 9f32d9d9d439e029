"""Client systems and their tokens."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from joserfc.jwk import ECKey

from lanh.core import accounts
from lanh.core.access import Nothing, Purpose, RowFacts, allows, predicate
from lanh.core.accounts import AccountsError, Client, Post, Scrypt, Taken, Unknown
from lanh.core.database import SyncDatabase, execute, fetch

KEY = ECKey.generate_key("P-384", {"kid": "k1"})
HIS = Client(
    "his-99001",
    "Bệnh viện thử",
    facilities=("99001", "99002"),
    commune="00004",
    keys={"keys": [KEY.as_dict(private=False)]},
    scopes=("system/*.cruds",),
    capabilities=frozenset({"messages.own"}),
    sensitivities=frozenset({"HIV"}),
    purpose=Purpose.PAYMENT,
    mllp_names=(("HIS", "BV99001"), ("LIS", "BV99001")),
)


def test_a_client_is_read_back_whole(database: SyncDatabase) -> None:
    database.transact(accounts.create_client(HIS))
    assert database.read(accounts.client_by_id(HIS.id)) == HIS
    assert database.read(accounts.client_by_mllp_name("LIS", "BV99001")) == HIS
    assert database.read(accounts.client_by_mllp_name("LIS", "BV99002")) is None
    assert HIS.facility == "99001"
    with pytest.raises(Taken):
        database.transact(accounts.create_client(HIS))
    changed = replace(HIS, name="Tên mới", mllp_names=(("HIS", "X"),), reach="national")
    database.transact(accounts.put_client(changed))
    assert database.read(accounts.list_clients()) == [changed]


@pytest.mark.parametrize(
    "wrong",
    [
        replace(HIS, id="có dấu"),
        replace(HIS, keys=None),
        replace(HIS, keys=None, keys_uri="http://example.org/jwks"),
        replace(HIS, keys={"keys": [KEY.as_dict(private=True)]}),
        replace(HIS, keys={"keys": [{"kty": "oct", "k": "AAAA", "kid": "x"}]}),
        replace(HIS, keys={"keys": [ECKey.generate_key("P-256", {"kid": "a"}).as_dict(False)]}),
        replace(HIS, keys={"keys": [{"kty": "RSA", "n": "A" * 171, "e": "AQAB", "kid": "a"}]}),
        replace(HIS, keys={"keys": [{"kty": "EC", "crv": "P-384", "x": "!", "y": "", "kid": "a"}]}),
        replace(HIS, keys={"keys": [{**KEY.as_dict(private=False), "kid": ""}]}),
        replace(HIS, keys={"key": []}),
        replace(HIS, scopes=("system/everything",)),
    ],
)
def test_a_client_of_a_wrong_shape_is_refused(wrong: Client) -> None:
    with pytest.raises(AccountsError) as caught:
        accounts.check_client(wrong)
    assert caught.value.message.vi != caught.value.message.en


def test_a_token_is_kept_as_a_hash_and_names_its_client(database: SyncDatabase) -> None:
    database.transact(accounts.create_client(HIS))
    token = database.transact(accounts.issue_token(HIS.id, ["system/Patient.rs"], 60))
    kept = database.read(fetch("SELECT hash FROM accounts.token"))
    assert token.startswith("lanh_") and len(token) > 40
    assert bytes(kept[0][0]) == accounts.token_hash(token)
    verified = database.read(accounts.verify_token(token))
    assert verified is not None and verified.client == HIS
    assert verified.scopes == ("system/Patient.rs",)
    assert timedelta(0) < verified.expires_at - datetime.now(UTC) <= timedelta(seconds=61)
    assert database.read(accounts.verify_token(token + "x")) is None


def test_all_allowed_scopes_are_given_where_none_is_named(database: SyncDatabase) -> None:
    database.transact(accounts.create_client(HIS))
    token = database.transact(accounts.issue_token(HIS.id))
    verified = database.read(accounts.verify_token(token))
    assert verified is not None and verified.scopes == ("system/*.cruds",)


def test_expired_and_revoked_tokens_are_worth_nothing(database: SyncDatabase) -> None:
    database.transact(accounts.create_client(HIS))
    first, second = (database.transact(accounts.issue_token(HIS.id)) for _ in range(2))
    assert database.transact(accounts.revoke(first)) is True
    assert database.transact(accounts.revoke(first)) is False
    assert database.read(accounts.verify_token(first)) is None
    assert database.read(accounts.verify_token(second)) is not None
    database.transact(execute("UPDATE accounts.token SET expires_at = now()"))
    assert database.read(accounts.verify_token(second)) is None


def test_a_client_shut_out_loses_its_tokens_and_gets_no_more(database: SyncDatabase) -> None:
    database.transact(accounts.create_client(HIS))
    token = database.transact(accounts.issue_token(HIS.id))
    database.transact(accounts.deactivate_client(HIS.id))
    assert database.read(accounts.verify_token(token)) is None
    assert database.read(accounts.client_by_mllp_name("HIS", "BV99001")) is None
    for name in (HIS.id, "nobody"):
        with pytest.raises(Unknown):
            database.transact(accounts.issue_token(name))
    with pytest.raises(Unknown):
        database.transact(accounts.deactivate_client("nobody"))


def test_no_token_without_a_scope(database: SyncDatabase) -> None:
    narrow = replace(HIS, scopes=("system/Patient.r",))
    database.transact(accounts.create_client(narrow))
    with pytest.raises(AccountsError, match="No scope"):
        database.transact(accounts.issue_token(HIS.id, ["system/Observation.rs"]))


def test_scopes_taken_away_are_gone_from_tokens_already_out(database: SyncDatabase) -> None:
    database.transact(accounts.create_client(HIS))
    token = database.transact(accounts.issue_token(HIS.id))
    database.transact(accounts.put_client(replace(HIS, scopes=("system/Observation.r",))))
    verified = database.read(accounts.verify_token(token))
    assert verified is not None and verified.client is not None
    access = accounts.client_access(verified.client, verified.scopes)
    assert predicate(access, "read", "Patient") == Nothing()
    assert predicate(access, "read", "Observation") != Nothing()


def test_what_a_client_may_is_its_facilities() -> None:
    access = accounts.client_access(HIS, ["system/*.cruds"])
    rule = predicate(access, "update", "Patient")
    assert allows(rule, RowFacts(custodian="99002", sensitivity="PSY"))
    assert not allows(rule, RowFacts(custodian="99003"))
    assert (access.facility, access.commune) == ("99001", "00004")
    assert access.purpose is Purpose.PAYMENT
    closed = accounts.client_access(replace(HIS, active=False), ["system/*.cruds"])
    assert closed.grants == () and closed.capabilities == frozenset()


def test_a_persons_token_ends_with_the_account(database: SyncDatabase) -> None:
    account = database.transact(
        accounts.create_account(
            "leader", "a long enough password", "L", posts=[Post("x")], cost=Scrypt(4)
        )
    )
    token = database.transact(accounts.issue_account_token(account.id, 60))
    verified = database.read(accounts.verify_token(token))
    assert verified is not None and verified.account == account and verified.client is None
    database.transact(accounts.set_active(account.id, False))
    assert database.read(accounts.verify_token(token)) is None
    with pytest.raises(Unknown):
        database.transact(accounts.issue_account_token(account.id, 60))


def test_an_assertion_counts_once(database: SyncDatabase) -> None:
    soon = datetime.now(UTC) + timedelta(minutes=5)
    assert database.transact(accounts.use_assertion("a", "j1", soon)) is True
    assert database.transact(accounts.use_assertion("a", "j1", soon)) is False
    assert database.transact(accounts.use_assertion("b", "j1", soon)) is True
    past = "UPDATE accounts.assertion SET expires_at = now() - interval '1 second'"
    database.transact(execute(past))
    database.transact(accounts.forget_expired())
    assert database.read(fetch("SELECT count(*) FROM accounts.assertion"))[0][0] == 0
