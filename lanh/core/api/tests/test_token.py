"""SMART Backend Services with real keys and signatures, over HTTP."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from typing import Any, TypeVar

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, OctKey, RSAKey
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from lanh.core import accounts
from lanh.core.access import Access, Purpose, Subject
from lanh.core.accounts import Account, Client, Scrypt
from lanh.core.api.authentication import Authenticator, Unauthorized
from lanh.core.api.token import ASSERTION_TYPE, TokenEndpoint
from lanh.core.database import AsyncDatabase, Plan, SyncDatabase, execute, fetch

T = TypeVar("T")
BASE = "http://lanh.test"
URL = f"{BASE}/auth/token"
EC = ECKey.generate_key("P-384", {"kid": "ec"})
RSA = RSAKey.generate_key(2048, {"kid": "rsa"})
OTHER = ECKey.generate_key("P-384", {"kid": "ec"})
CLIENT = Client(
    "his",
    "HIS",
    facilities=("99001",),
    keys={"keys": [EC.as_dict(private=False), RSA.as_dict(private=False)]},
    scopes=("system/*.crs",),
)


def _jwt(
    key: Any = EC,
    algorithm: str = "ES384",
    header: Mapping[str, Any] | None = None,
    **changes: Any,
) -> str:
    claims: dict[str, Any] = {
        "iss": "his",
        "sub": "his",
        "aud": URL,
        "exp": int(time.time()) + 200,
        "jti": str(time.perf_counter_ns()),
    }
    claims |= changes
    claims = {name: value for name, value in claims.items() if value is not None}
    heads = {"alg": algorithm, "kid": key.kid, "typ": "JWT", **(header or {})}
    heads = {name: value for name, value in heads.items() if value is not None}
    return jwt.encode(heads, claims, key, algorithms=[algorithm])


def _form(assertion: str, **changes: str) -> dict[str, str]:
    return {
        "grant_type": "client_credentials",
        "scope": "system/*.rs",
        "client_assertion_type": ASSERTION_TYPE,
        "client_assertion": assertion,
    } | changes


def _person(account: Account) -> Plan[Access]:
    yield from fetch("SELECT 1")
    return Access(Subject("person", account.id, account.display_name), Purpose.TREATMENT)


def _serve(
    url: str,
    talk: Callable[[httpx.AsyncClient], Awaitable[T]],
    jwks: Mapping[str, Any] | None = None,
    *,
    people: bool = True,
) -> T:
    async def fetch_keys(address: str) -> Mapping[str, Any]:
        if jwks is None:
            raise httpx.ConnectError("unreachable")
        return jwks

    async def main() -> T:
        database = await AsyncDatabase.connect(url, max_size=2)
        endpoint = TokenEndpoint(database, [BASE, "http://second.test"], fetch_keys)
        guard = Authenticator(database, _person if people else None)

        async def who(request: Request) -> Response:
            try:
                access = await guard.authenticate(request)
            except Unauthorized as refused:
                return JSONResponse(
                    {"vi": refused.message.vi}, refused.status, headers=refused.headers
                )
            return JSONResponse({"id": access.subject.id, "facility": access.facility})

        app = Starlette(routes=[*endpoint.routes(), Route("/who", who)])
        transport = httpx.ASGITransport(app)
        try:
            async with httpx.AsyncClient(transport=transport, base_url=BASE) as http:
                return await talk(http)
        finally:
            await database.close()

    return asyncio.run(main())


@pytest.fixture
def url(database: SyncDatabase, database_url: str) -> str:
    database.transact(accounts.create_client(CLIENT))
    return database_url


def _ask(url: str, form: Mapping[str, str], **options: Any) -> httpx.Response:
    return _serve(url, lambda http: http.post("/auth/token", data=dict(form)), **options)


@pytest.mark.parametrize(("key", "algorithm"), [(EC, "ES384"), (RSA, "RS384")])
def test_a_signed_assertion_buys_a_token(url: str, key: Any, algorithm: str) -> None:
    answer = _ask(url, _form(_jwt(key, algorithm)))
    assert answer.status_code == 200, answer.text
    body = answer.json()
    assert body["token_type"] == "bearer"
    assert 0 < body["expires_in"] <= 300
    assert body["scope"] == "system/*.rs"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["pragma"] == "no-cache"


def test_the_token_opens_the_door(url: str) -> None:
    async def talk(http: httpx.AsyncClient) -> tuple[httpx.Response, ...]:
        token = (await http.post("/auth/token", data=_form(_jwt()))).json()["access_token"]
        good = await http.get("/who", headers={"Authorization": f"Bearer {token}"})
        bad = await http.get("/who", headers={"Authorization": f"Bearer {token}x"})
        basic = await http.get("/who", headers={"Authorization": "Basic aGk6aG8="})
        long = await http.get("/who", headers={"Authorization": "Bearer " + "x" * 5000})
        return good, bad, basic, await http.get("/who"), long

    good, bad, basic, none, long = _serve(url, talk)
    assert good.json() == {"id": "his", "facility": "99001"}
    for answer in (bad, basic, none, long):
        assert answer.status_code == 401
        assert answer.headers["www-authenticate"].startswith("Bearer")
    assert "invalid_token" in bad.headers["www-authenticate"]
    assert "invalid_token" not in none.headers["www-authenticate"]


_WRONG_ASSERTIONS: dict[str, Callable[[], str]] = {
    "another key": lambda: _jwt(OTHER),
    "unknown kid": lambda: _jwt(header={"kid": "none"}),
    "no kid": lambda: _jwt(header={"kid": None}),
    "kid of another kind of key": lambda: _jwt(header={"kid": "rsa"}),
    "foreign typ": lambda: _jwt(header={"typ": "at+jwt"}),
    "unregistered jku": lambda: _jwt(header={"jku": "https://evil.test/jwks"}),
    "other algorithm": lambda: _jwt(RSA, "RS256"),
    "shared secret": lambda: _jwt(OctKey.import_key("x" * 64, {"kid": "ec"}), "HS384"),
    "other audience": lambda: _jwt(aud="http://evil.test/auth/token"),
    "no audience": lambda: _jwt(aud=None),
    "subject is another": lambda: _jwt(sub="other"),
    "unknown client": lambda: _jwt(iss="other", sub="other"),
    "expired": lambda: _jwt(exp=int(time.time()) - 60),
    "lives too long": lambda: _jwt(exp=int(time.time()) + 330),
    "no expiry": lambda: _jwt(exp=None),
    "expiry as text": lambda: _jwt(exp="soon"),
    "not yet": lambda: _jwt(nbf=int(time.time()) + 100),
    "no jti": lambda: _jwt(jti=None),
    "jti is a number": lambda: _jwt(jti=7),
    "changed claims": lambda: ".".join(
        [_jwt().split(".")[0], _jwt().split(".")[1], _jwt().split(".")[2]]
    ),
    "rubbish": lambda: "a.b.c",
    "no dots": lambda: "rubbish",
    "unsigned": lambda: _jwt().rsplit(".", 1)[0] + ".",
}


def test_a_wrong_assertion_buys_nothing(url: str, database: SyncDatabase) -> None:
    async def talk(http: httpx.AsyncClient) -> dict[str, httpx.Response]:
        return {
            case: await http.post("/auth/token", data=_form(make()))
            for case, make in _WRONG_ASSERTIONS.items()
        }

    for case, answer in _serve(url, talk).items():
        assert answer.status_code == 401, case
        assert answer.json()["error"] == "invalid_client", case
        assert answer.json()["error_description"].isascii(), case
        assert answer.json()["error_description_vi"] != answer.json()["error_description"], case
    assert database.read(fetch("SELECT count(*) FROM accounts.token"))[0][0] == 0


_OAUTH_ERRORS: list[tuple[dict[str, str], str]] = [
    ({"grant_type": "password"}, "unsupported_grant_type"),
    ({"client_assertion_type": "x"}, "invalid_request"),
    ({"client_assertion": ""}, "invalid_request"),
    ({"grant_type": ""}, "invalid_request"),
    ({"scope": ""}, "invalid_scope"),
    ({"scope": "openid"}, "invalid_scope"),
    ({"scope": "system/Patient.d"}, "invalid_scope"),
    ({"scope": "user/Patient.r"}, "invalid_scope"),
    ({"scope": "system/Observation.rs?category=laboratory"}, "invalid_scope"),
]


def test_oauth_errors(url: str) -> None:
    async def talk(http: httpx.AsyncClient) -> list[httpx.Response]:
        return [
            await http.post("/auth/token", data=_form(_jwt(), **changes))
            for changes, _ in _OAUTH_ERRORS
        ]

    for answer, (changes, error) in zip(_serve(url, talk), _OAUTH_ERRORS, strict=True):
        assert (answer.status_code, answer.json()["error"]) == (400, error), changes
        assert answer.headers["cache-control"] == "no-store"


def test_a_body_of_another_kind_or_size_is_refused(url: str) -> None:
    async def talk(http: httpx.AsyncClient) -> list[httpx.Response]:
        return [
            await http.post("/auth/token", json=_form(_jwt())),
            await http.post("/auth/token", data=_form(_jwt(), pad="x" * 40_000)),
            await http.post(
                "/auth/token",
                content=b"scope=a&scope=b&grant_type=client_credentials",
                headers={"Content-Type": "application/x-www-form-urlencoded"},
            ),
        ]

    for answer in _serve(url, talk):
        assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")


def test_an_assertion_is_good_once_even_at_the_same_moment(url: str) -> None:
    form = _form(_jwt())

    async def talk(http: httpx.AsyncClient) -> list[int]:
        answers = await asyncio.gather(*[http.post("/auth/token", data=form) for _ in range(5)])
        return sorted(answer.status_code for answer in answers)

    assert _serve(url, talk) == [200, 401, 401, 401, 401]


def test_a_refused_scope_still_uses_the_assertion_up(url: str) -> None:
    assertion = _jwt()
    assert _ask(url, _form(assertion, scope="openid")).json()["error"] == "invalid_scope"
    assert _ask(url, _form(assertion)).json()["error"] == "invalid_client"


def test_the_second_address_of_the_server_is_an_audience_too(url: str) -> None:
    assert _ask(url, _form(_jwt(aud="http://second.test/auth/token"))).status_code == 200
    assert _ask(url, _form(_jwt(aud=["x", URL]))).status_code == 200


def test_a_deactivated_client_is_refused(url: str, database: SyncDatabase) -> None:
    database.transact(accounts.deactivate_client("his"))
    assert _ask(url, _form(_jwt())).json()["error"] == "invalid_client"


def test_keys_at_a_registered_address(url: str, database: SyncDatabase) -> None:
    address = "https://his.test/jwks"
    remote = ECKey.generate_key("P-384", {"kid": "remote"})
    database.transact(accounts.put_client(replace(CLIENT, keys_uri=address)))
    jwks = {"keys": [remote.as_dict(private=False)]}
    form = _form(_jwt(remote, header={"jku": address}))
    assert _ask(url, form, jwks=jwks).status_code == 200
    assert _ask(url, _form(_jwt(remote))).json()["error"] == "invalid_client"
    assert _ask(url, _form(_jwt(remote)), jwks={"keys": "x"}).status_code == 401
    assert _ask(url, _form(_jwt())).status_code == 200


def test_revocation_reaches_a_token_in_memory_within_a_minute(
    url: str, database: SyncDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = [1000.0]
    monkeypatch.setattr("lanh.core.api.authentication.time.monotonic", lambda: clock[0])

    async def talk(http: httpx.AsyncClient) -> list[int]:
        token = (await http.post("/auth/token", data=_form(_jwt()))).json()["access_token"]
        heads = {"Authorization": f"Bearer {token}"}
        seen = [(await http.get("/who", headers=heads)).status_code]
        await asyncio.to_thread(database.transact, accounts.revoke(token))
        clock[0] += 60
        seen.append((await http.get("/who", headers=heads)).status_code)
        return seen

    assert _serve(url, talk) == [200, 401]


def test_a_token_in_memory_does_not_outlive_its_own_end(
    url: str, database: SyncDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = [1000.0]
    monkeypatch.setattr("lanh.core.api.authentication.time.monotonic", lambda: clock[0])
    token = database.transact(accounts.issue_token("his", ttl=5))

    async def talk(http: httpx.AsyncClient) -> list[int]:
        heads = {"Authorization": f"Bearer {token}"}
        seen = [(await http.get("/who", headers=heads)).status_code]
        gone = "UPDATE accounts.token SET expires_at = now()"
        await asyncio.to_thread(database.transact, execute(gone))
        seen.append((await http.get("/who", headers=heads)).status_code)
        clock[0] += 6
        seen.append((await http.get("/who", headers=heads)).status_code)
        return seen

    assert _serve(url, talk) == [200, 200, 401]


@pytest.mark.parametrize(("people", "status"), [(True, 200), (False, 401)])
def test_a_persons_token(url: str, database: SyncDatabase, people: bool, status: int) -> None:
    plan = accounts.create_account("leader", "a long enough password", "L", cost=Scrypt(4))
    account = database.transact(plan)
    token = database.transact(accounts.issue_account_token(account.id, 60))
    answer = _serve(
        url,
        lambda http: http.get("/who", headers={"Authorization": f"Bearer {token}"}),
        people=people,
    )
    assert answer.status_code == status
    if people:
        assert answer.json() == {"id": account.id, "facility": None}


@pytest.mark.parametrize("path", ["/.well-known/smart-configuration",
                                  "/fhir/.well-known/smart-configuration"])  # fmt: skip
def test_the_configuration_says_what_is_supported(url: str, path: str) -> None:
    body = _serve(url, lambda http: http.get(path)).json()
    assert body["token_endpoint"] == URL
    assert body["token_endpoint_auth_methods_supported"] == ["private_key_jwt"]
    assert body["token_endpoint_auth_signing_alg_values_supported"] == ["RS384", "ES384"]
    assert body["grant_types_supported"] == ["client_credentials"]
    assert "client-confidential-asymmetric" in body["capabilities"]
    second = _serve(url, lambda http: http.get(path, headers={"Host": "second.test"}))
    assert second.json()["token_endpoint"] == "http://second.test/auth/token"
    evil = _serve(url, lambda http: http.get(path, headers={"Host": "evil.test"}))
    assert evil.json()["token_endpoint"] == URL
