"""The client's side of SMART Backend Services against the real endpoint."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import httpx
import pytest
from joserfc.jwk import RSAKey
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from lanh.core import accounts
from lanh.core.accounts import Client
from lanh.core.api import Authenticator, TokenEndpoint, Unauthorized
from lanh.core.database import AsyncDatabase, SyncDatabase, execute, fetch
from lanh.site.backend_client import BackendAuth, TokenRefused, load_key, new_key, public_keys

BASE = "http://lanh.test"
EC = new_key("k1")
RSA = RSAKey.generate_key(2048, {"kid": "k2"})


def _walk(url: str, auth: BackendAuth, revoke: str | None = None) -> list[int]:
    async def main() -> list[int]:
        database = await AsyncDatabase.connect(url, max_size=2)
        guard = Authenticator(database)

        async def hello(request: Request) -> Response:
            try:
                await guard.authenticate(request)
            except Unauthorized as refused:
                return PlainTextResponse("", refused.status)
            return PlainTextResponse((await request.body()).decode())

        routes = [
            *TokenEndpoint(database, [BASE]).routes(),
            Route("/hello", hello, methods=["POST"]),
        ]
        transport = httpx.ASGITransport(Starlette(routes=routes))
        codes = []
        try:
            async with httpx.AsyncClient(transport=transport, base_url=BASE, auth=auth) as http:
                for _ in range(3):
                    answer = await http.post("/hello", content=b"xin chao")
                    codes.append(answer.status_code)
                    assert answer.status_code != 200 or answer.text == "xin chao"
                    if revoke:
                        await database.transact(execute(revoke))
                        guard._trusted.clear()
        finally:
            await database.close()
        return codes

    return asyncio.run(main())


@pytest.fixture
def registered(database: SyncDatabase) -> SyncDatabase:
    client = Client("his", "HIS", ("99001",), keys=public_keys(EC, RSA), scopes=("system/*.rs",))
    database.transact(accounts.create_client(client))
    return database


def _issued(database: SyncDatabase) -> int:
    return int(database.read(fetch("SELECT count(*) FROM accounts.token"))[0][0])


@pytest.mark.parametrize("key", [EC, RSA])
def test_one_token_serves_many_requests(
    registered: SyncDatabase, database_url: str, key: RSAKey
) -> None:
    assert _walk(database_url, BackendAuth(f"{BASE}/auth/token", "his", key)) == [200, 200, 200]
    assert _issued(registered) == 1


def test_a_revoked_token_is_replaced_once(registered: SyncDatabase, database_url: str) -> None:
    auth = BackendAuth(f"{BASE}/auth/token", "his", EC)
    assert _walk(database_url, auth, "UPDATE accounts.token SET revoked_at = now()") == [200] * 3
    assert _issued(registered) == 3


def test_a_refusal_says_why(registered: SyncDatabase, database_url: str) -> None:
    with pytest.raises(TokenRefused, match="invalid_client") as caught:
        _walk(database_url, BackendAuth(f"{BASE}/auth/token", "nobody", EC))
    assert caught.value.error == "invalid_client"
    with pytest.raises(TokenRefused, match="invalid_scope"):
        _walk(database_url, BackendAuth(f"{BASE}/auth/token", "his", EC, ["system/Patient.d"]))


def test_keys_are_read_from_files(tmp_path: Path) -> None:
    file = tmp_path / "key.json"
    file.write_text(json.dumps(EC.as_dict(private=True)))
    assert load_key(file).kid == "k1"
    file.write_text(json.dumps(EC.as_dict(private=False)))
    with pytest.raises(ValueError, match="private"):
        load_key(file)
    assert "d" not in public_keys(EC)["keys"][0]
