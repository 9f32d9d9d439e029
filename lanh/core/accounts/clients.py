"""Client systems: who sends, with which public keys, for which facilities, within which scopes."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from lanh.core.access import Purpose, Reach, parse_scope
from lanh.core.accounts.errors import AccountsError, Taken, Unknown
from lanh.core.database import Plan, Row, execute, fetch, fetch_one
from lanh.core.text import nfc

_ID = re.compile(r"[A-Za-z0-9._:-]{1,64}")
_PRIVATE_PARTS = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k"})
_NO_KEYS: Mapping[str, Any] = {"keys": []}


@dataclass(frozen=True, slots=True)
class Client:
    """A registered system. The first of `facilities` is the custodian of what it sends.

    `keys` is its JWKS (RFC 7517) with public keys only, `keys_uri` an https address of one;
    `scopes` the SMART scopes it may have; `reach` "national" lets it read beyond its facilities.
    `mllp_names` are the (MSH-3, MSH-4) pairs under which it sends HL7 v2.
    """

    id: str
    name: str
    facilities: tuple[str, ...] = ()
    commune: str | None = None
    keys: Mapping[str, Any] | None = None
    keys_uri: str | None = None
    scopes: tuple[str, ...] = ()
    capabilities: frozenset[str] = frozenset()
    reach: Reach = "facility"
    sensitivities: frozenset[str] = frozenset()
    purpose: Purpose = Purpose.TREATMENT
    active: bool = True
    mllp_names: tuple[tuple[str, str], ...] = ()

    @property
    def facility(self) -> str | None:
        """The facility in whose name it sends."""
        return self.facilities[0] if self.facilities else None


def check_client(client: Client) -> None:
    """Raise AccountsError where a client's id, keys or scopes have no right shape."""
    if not _ID.fullmatch(client.id):
        raise AccountsError("client-id-shape")
    if not client.keys and not client.keys_uri:
        raise AccountsError("keys-missing", client=client.id)
    if client.keys_uri and not client.keys_uri.startswith("https://"):
        raise AccountsError("keys-missing", client=client.id)
    check_keys(client.id, client.keys or _NO_KEYS)
    for scope in client.scopes:
        if parse_scope(scope) is None:
            raise AccountsError("scope-shape", scope=scope)


def check_keys(client: str, keys: Mapping[str, Any]) -> KeySet:
    """The public keys of a JWKS. Raises AccountsError for private or unreadable keys, keys
    without `kid`, and kinds of keys other than RSA of 2048 bits or more and EC on P-384."""
    listed = keys.get("keys")
    if not isinstance(listed, list):
        raise AccountsError("keys-shape", client=client, reason="keys")
    for key in listed:
        if not isinstance(key, dict) or not isinstance(key.get("kid"), str) or not key["kid"]:
            raise AccountsError("keys-shape", client=client, reason="kid")
        if _PRIVATE_PARTS & key.keys():
            raise AccountsError("keys-shape", client=client, reason=f"{key['kid']}: private")
        if key.get("kty") not in ("RSA", "EC") or (
            key["kty"] == "EC" and key.get("crv") != "P-384"
        ):
            raise AccountsError("keys-shape", client=client, reason=f"{key['kid']}: kty, crv")
        if key["kty"] == "RSA" and len(str(key.get("n", ""))) < 342:
            raise AccountsError("keys-shape", client=client, reason=f"{key['kid']}: < 2048 bit")
    try:
        return KeySet.import_key_set({"keys": listed}) if listed else KeySet([])
    except (JoseError, ValueError, TypeError, KeyError) as error:
        raise AccountsError("keys-shape", client=client, reason=type(error).__name__) from error


_COLUMNS = (
    "id, name, facilities, commune, keys, keys_uri, scopes, capabilities, reach, sensitivities,"
    " purpose, active"
)
_CASTS = (
    "$1::text, $2::text, $3::text[], $4::text, $5::jsonb, $6::text, $7::text[], $8::text[],"
    " $9::text, $10::text[], $11::text, $12::boolean"
)


def create_client(client: Client) -> Plan[None]:
    """Register a system. Raises AccountsError for a wrong shape, Taken for an id in use."""
    check_client(client)
    row = yield from fetch_one(
        f"INSERT INTO accounts.client ({_COLUMNS}) VALUES ({_CASTS})"  # noqa: S608
        " ON CONFLICT (id) DO NOTHING RETURNING id",
        *_values(client),
    )
    if row is None:
        raise Taken("client-taken", client=client.id)
    yield from _keep_mllp_names(client)


def put_client(client: Client) -> Plan[None]:
    """Register a system or replace what stands of it. Raises AccountsError."""
    check_client(client)
    yield from execute(
        f"INSERT INTO accounts.client ({_COLUMNS}) VALUES ({_CASTS})"  # noqa: S608
        f" ON CONFLICT (id) DO UPDATE SET ({_COLUMNS}, changed_at) = ({_CASTS}, now())",
        *_values(client),
    )
    yield from execute("DELETE FROM accounts.mllp_name WHERE client = $1::text", client.id)
    yield from _keep_mllp_names(client)


def _values(client: Client) -> tuple[Any, ...]:
    return (
        client.id,
        nfc(client.name),
        list(client.facilities),
        client.commune,
        orjson.dumps(dict(client.keys or _NO_KEYS)).decode(),
        client.keys_uri,
        list(client.scopes),
        sorted(client.capabilities),
        client.reach,
        sorted(client.sensitivities),
        client.purpose.value,
        client.active,
    )


def _keep_mllp_names(client: Client) -> Plan[None]:
    if client.mllp_names:
        yield from execute(
            "INSERT INTO accounts.mllp_name (application, facility, client)"
            " SELECT a, f, $3::text FROM unnest($1::text[], $2::text[]) AS n (a, f)",
            [name[0] for name in client.mllp_names],
            [name[1] for name in client.mllp_names],
            client.id,
        )


def deactivate_client(client: str) -> Plan[None]:
    """Shut a system out and end its tokens; its records and its name stay. Raises Unknown."""
    row = yield from fetch_one(
        "UPDATE accounts.client SET active = false, changed_at = now()"
        " WHERE id = $1::text RETURNING id",
        client,
    )
    if row is None:
        raise Unknown("unknown-client", client=client)
    yield from execute(
        "UPDATE accounts.token SET revoked_at = now()"
        " WHERE client = $1::text AND revoked_at IS NULL",
        client,
    )


_SELECT = """
SELECT c.id, c.name, c.facilities, c.commune, c.keys::text, c.keys_uri, c.scopes, c.capabilities,
       c.reach, c.sensitivities, c.purpose, c.active,
       coalesce((SELECT array_agg(m.application || chr(31) || m.facility ORDER BY 1)
                 FROM accounts.mllp_name m WHERE m.client = c.id), '{}')
FROM accounts.client c
"""


def client_by_id(client: str) -> Plan[Client | None]:
    """A registered system, active or not, or None."""
    row = yield from fetch_one(_SELECT + "WHERE c.id = $1::text", client)
    return None if row is None else _client(row)


def client_by_mllp_name(application: str, facility: str) -> Plan[Client | None]:
    """The active system that sends under MSH-3 `application` and MSH-4 `facility`, or None."""
    row = yield from fetch_one(
        _SELECT + "JOIN accounts.mllp_name n ON n.client = c.id"
        " WHERE n.application = $1::text AND n.facility = $2::text AND c.active",
        application,
        facility,
    )
    return None if row is None else _client(row)


def list_clients() -> Plan[list[Client]]:
    """Every registered system by id."""
    rows = yield from fetch(_SELECT + "ORDER BY c.id")
    return [_client(row) for row in rows]


def _client(row: Row) -> Client:
    names: Sequence[str] = row[12]
    return Client(
        id=row[0],
        name=row[1],
        facilities=tuple(row[2]),
        commune=row[3],
        keys=orjson.loads(row[4]),
        keys_uri=row[5],
        scopes=tuple(row[6]),
        capabilities=frozenset(row[7]),
        reach=row[8],
        sensitivities=frozenset(row[9]),
        purpose=Purpose(row[10]),
        active=row[11],
        mllp_names=tuple((each.split("\x1f")[0], each.split("\x1f")[1]) for each in names),
    )
