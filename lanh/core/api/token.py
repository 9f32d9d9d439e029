"""The token endpoint (SMART Backend Services, OAuth 2 client credentials) and its description."""

from __future__ import annotations

import time
from collections.abc import Sequence
from urllib.parse import parse_qsl

import orjson
import structlog
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from lanh.core.accounts import (
    AccountsError,
    Issued,
    Unknown,
    client_by_id,
    grant_token,
    use_assertion,
)
from lanh.core.api.assertion import (
    ALGORITHMS,
    AssertionRefused,
    Claimed,
    ClientKeys,
    FetchKeys,
    fetch_keys,
    read_assertion,
    verify_signature,
)
from lanh.core.api.authentication import WORDS
from lanh.core.database import AsyncDatabase
from lanh.core.text import Message

TOKEN_SECONDS = 300  # SMART Backend Services: should not exceed five minutes
ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_BODY_LIMIT = 32_768
_PARAMETERS = ("grant_type", "scope", "client_assertion_type", "client_assertion")

_log = structlog.get_logger(__name__)


class _Refused(Exception):
    """An OAuth error (RFC 6749 section 5.2)."""

    def __init__(self, error: str, message: Message, status: int = 400) -> None:
        self.error = error
        self.message = message
        self.status = status
        super().__init__(error)


class TokenEndpoint:
    """POST /auth/token and the SMART configuration documents.

    `base_urls` are the addresses under which this server is reached, the preferred one first; an
    assertion must name the token endpoint of one of them, so that one meant for another server is
    worth nothing here.
    """

    def __init__(
        self,
        database: AsyncDatabase,
        base_urls: Sequence[str],
        fetch: FetchKeys = fetch_keys,
    ) -> None:
        if not base_urls:
            raise ValueError("the token endpoint needs its own address")
        self._database = database
        self._base_urls = [url.rstrip("/") for url in base_urls]
        self._audiences = [f"{url}/auth/token" for url in self._base_urls]
        self._keys = ClientKeys(fetch)

    def routes(self) -> list[Route]:
        """What the server mounts."""
        return [
            Route("/auth/token", self.token, methods=["POST"]),
            Route("/.well-known/smart-configuration", self.configuration),
            Route("/fhir/.well-known/smart-configuration", self.configuration),
        ]

    async def token(self, request: Request) -> Response:
        """Exchange a signed assertion for an access token."""
        try:
            issued, client = await self._exchange(request)
        except _Refused as refused:
            _log.info("token refused", error=refused.error, reason=refused.message.en)
            return _answer(
                {
                    "error": refused.error,
                    "error_description": refused.message.en,
                    "error_description_vi": refused.message.vi,
                },
                refused.status,
            )
        _log.info("token issued", client=client, scopes=len(issued.scopes))
        return _answer(
            {
                "access_token": issued.token,
                "token_type": "bearer",
                "expires_in": issued.expires_in,
                "scope": " ".join(issued.scopes),
            },
            200,
        )

    async def _exchange(self, request: Request) -> tuple[Issued, str]:
        form = await _form(request)
        if form["grant_type"] != "client_credentials":
            raise _Refused("unsupported_grant_type", WORDS.message("grant-type"))
        if form["client_assertion_type"] != ASSERTION_TYPE:
            message = WORDS.message("assertion-type", type=ASSERTION_TYPE)
            raise _Refused("invalid_request", message)
        try:
            claimed = await self._prove(form["client_assertion"])
        except AssertionRefused as refused:
            raise _Refused("invalid_client", refused.message, 401) from refused
        plan = grant_token(claimed.client, form["scope"].split(), TOKEN_SECONDS)
        try:
            return await self._database.transact(plan), claimed.client
        except Unknown as error:
            raise _Refused("invalid_client", WORDS.message("client-unknown"), 401) from error
        except AccountsError as error:
            raise _Refused("invalid_scope", WORDS.message("scope-refused")) from error

    async def _prove(self, assertion: str) -> Claimed:
        claimed = read_assertion(assertion, self._audiences, time.time())
        client = await self._database.read(client_by_id(claimed.client))
        if client is None or not client.active:
            raise AssertionRefused("client-unknown")
        if claimed.jku is not None and claimed.jku != client.keys_uri:
            raise AssertionRefused("assertion-header", name="jku")
        keys = await self._keys.keys_for(client, claimed.kid)
        verify_signature(assertion, claimed.kid, keys)
        # Committed by itself: an assertion stays used even where the scope is then refused.
        first = await self._database.transact(
            use_assertion(claimed.client, claimed.jti, claimed.expires_at)
        )
        if not first:
            raise AssertionRefused("assertion-replayed")
        return claimed

    async def configuration(self, request: Request) -> Response:
        """What this server supports (SMART App Launch 2.2, "Conformance")."""
        host = request.headers.get("host", "")
        base = next(
            (url for url in self._base_urls if url.partition("://")[2] == host),
            self._base_urls[0],
        )
        return JSONResponse(
            {
                "token_endpoint": f"{base}/auth/token",
                "token_endpoint_auth_methods_supported": ["private_key_jwt"],
                "token_endpoint_auth_signing_alg_values_supported": list(ALGORITHMS),
                "grant_types_supported": ["client_credentials"],
                "response_types_supported": [],
                "scopes_supported": ["system/*.cruds", "system/*.rs", "system/*.c"],
                "code_challenge_methods_supported": ["S256"],
                "capabilities": [
                    "client-confidential-asymmetric",
                    "permission-v1",
                    "permission-v2",
                ],
            },
            headers={"Cache-Control": "max-age=300"},
        )


async def _form(request: Request) -> dict[str, str]:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    body = b""
    async for piece in request.stream():
        body += piece
        if len(body) > _BODY_LIMIT:
            break
    if kind != "application/x-www-form-urlencoded" or len(body) > _BODY_LIMIT:
        raise _Refused("invalid_request", WORDS.message("form-needed", limit=_BODY_LIMIT))
    try:
        pairs = parse_qsl(body.decode("ascii"), keep_blank_values=True, max_num_fields=20)
    except ValueError as error:
        raise _Refused(
            "invalid_request", WORDS.message("form-needed", limit=_BODY_LIMIT)
        ) from error
    form: dict[str, str] = {}
    for name in _PARAMETERS:
        values = [value for key, value in pairs if key == name]
        if len(values) != 1 or not values[0]:
            code = "invalid_scope" if name == "scope" and not any(values) else "invalid_request"
            raise _Refused(code, WORDS.message("parameter-missing", name=name))
        form[name] = values[0]
    return form


def _answer(body: dict[str, object], status: int) -> Response:
    return Response(
        orjson.dumps(body),
        status,
        {"Cache-Control": "no-store", "Pragma": "no-cache"},
        "application/json",
    )
