"""A client system's side of SMART Backend Services: sign, ask for a token, keep it while good."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeAlias

import httpx
from joserfc import jwt
from joserfc.jwk import ECKey, RSAKey, import_key

Key: TypeAlias = ECKey | RSAKey
ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_LIFE_SECONDS = 240
_RENEW_BEFORE_SECONDS = 30


class TokenRefused(RuntimeError):
    """The server gave no token. `error` is the OAuth code, the text says why."""

    def __init__(self, error: str, description: str) -> None:
        self.error = error
        super().__init__(f"{error}: {description}")


def new_key(kid: str | None = None) -> ECKey:
    """A new P-384 key for ES384."""
    return ECKey.generate_key("P-384", {"kid": kid or uuid.uuid4().hex, "use": "sig"})


def public_keys(*keys: Key) -> dict[str, Any]:
    """The JWKS to register: public parts only."""
    return {"keys": [key.as_dict(private=False) for key in keys]}


def load_key(path: Path) -> Key:
    """A private key from a JWK file. Raises OSError, ValueError for another kind of key."""
    data = json.loads(path.read_text(encoding="utf-8"))
    key = import_key(data) if isinstance(data, dict) and data.get("kty") in ("RSA", "EC") else None
    if not isinstance(key, ECKey | RSAKey) or not key.is_private or not key.kid:
        raise ValueError(f"{path}: a private RSA or EC key with a kid is needed")
    return key


def sign_assertion(client_id: str, key: Key, audience: str, *, now: float | None = None) -> str:
    """The JWT that proves `client_id` to the token endpoint `audience`, good for four minutes."""
    algorithm: Literal["ES384", "RS384"] = "ES384" if isinstance(key, ECKey) else "RS384"
    claims: Mapping[str, Any] = {
        "iss": client_id,
        "sub": client_id,
        "aud": audience,
        "exp": int(time.time() if now is None else now) + _LIFE_SECONDS,
        "jti": uuid.uuid4().hex,
    }
    header = {"alg": algorithm, "kid": key.kid, "typ": "JWT"}
    return jwt.encode(header, dict(claims), key, algorithms=[algorithm])


@dataclass(slots=True)
class _Held:
    token: str = ""
    until: float = 0.0


class BackendAuth(httpx.Auth):
    """Bearer tokens for an httpx client, synchronous or not.

    The token is asked for when first needed, renewed half a minute before it ends, and once more
    where the server answers 401.
    """

    requires_response_body = True

    def __init__(
        self, token_url: str, client_id: str, key: Key, scopes: Sequence[str] = ("system/*.cruds",)
    ) -> None:
        self._token_url = token_url
        self._client_id = client_id
        self._key = key
        self._scope = " ".join(scopes)
        self._held = _Held()

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """Send the request with a token. Raises TokenRefused."""
        if time.monotonic() >= self._held.until:
            self._keep((yield self._token_request()))
        request.headers["Authorization"] = f"Bearer {self._held.token}"
        response = yield request
        if response.status_code == httpx.codes.UNAUTHORIZED:
            self._keep((yield self._token_request()))
            request.headers["Authorization"] = f"Bearer {self._held.token}"
            yield request

    def _token_request(self) -> httpx.Request:
        return httpx.Request(
            "POST",
            self._token_url,
            data={
                "grant_type": "client_credentials",
                "scope": self._scope,
                "client_assertion_type": ASSERTION_TYPE,
                "client_assertion": sign_assertion(self._client_id, self._key, self._token_url),
            },
        )

    def _keep(self, response: httpx.Response) -> None:
        try:
            body = response.json()
        except ValueError:
            body = {}
        if response.status_code != httpx.codes.OK or "access_token" not in body:
            raise TokenRefused(
                str(body.get("error", response.status_code)),
                str(body.get("error_description", response.reason_phrase)),
            )
        life = float(body.get("expires_in", 300))
        until = time.monotonic() + max(life - _RENEW_BEFORE_SECONDS, life / 2)
        self._held = _Held(str(body["access_token"]), until)
