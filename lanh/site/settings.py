"""Settings of an installation: one typed object, read from `LANH_*` variables."""

from __future__ import annotations

import ipaddress
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from lanh.core.text import Message
from lanh.site.words import WORDS


class SettingsFault(ValueError):
    """A variable holds what cannot be used; `message` says which, in both languages."""

    def __init__(self, message: Message) -> None:
        super().__init__(message.en)
        self.message = message


@dataclass(frozen=True, slots=True)
class Settings:
    """Where an installation keeps its data, what it listens on, how much it starts."""

    data: Path
    database_url: str | None = None
    host: str = "127.0.0.1"
    port: int = 8000
    mllp_port: int = 2575
    mllp_tls_port: int = 2576
    mllp_certificate: Path | None = None
    mllp_key: Path | None = None
    mllp_client_ca: Path | None = None
    mllp_peers: tuple[str, ...] = ()
    astm_port: int = 0
    servers: int = 1
    people: int = 2000
    seed: int = 1
    warehouse_seconds: int = 60
    seal_seconds: int = 2
    feed_days: int = 90
    least_count: int = 5
    audit_anchors: Path | None = None
    webhook_networks: tuple[str, ...] = ()
    webhook_http: bool = False
    import_sources: tuple[str, ...] = ()
    trust: Path | None = None
    claim_signatures: str = "doubt"
    civil_registry: str | None = None
    civil_registry_token: Path | None = None

    @property
    def url(self) -> str:
        """The address of the pages, as a person on this machine types it."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{host}:{self.port}"

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] | None = None) -> Settings:
        """Read `LANH_DATA`, `LANH_DATABASE_URL`, `LANH_HOST`, `LANH_PORT` and the others.

        Raises SettingsFault where a number is not one or is out of its range.
        """
        given = os.environ if environment is None else environment
        data, anchors = given.get("LANH_DATA"), given.get("LANH_AUDIT_ANCHORS")
        return cls(
            data=Path(data).expanduser().absolute() if data else default_data_folder(),
            database_url=given.get("LANH_DATABASE_URL") or None,
            host=given.get("LANH_HOST") or "127.0.0.1",
            port=_number(given, "LANH_PORT", 8000, 1, 65_535),
            mllp_port=_number(given, "LANH_MLLP_PORT", 2575, 1, 65_535),
            mllp_tls_port=_number(given, "LANH_MLLP_TLS_PORT", 2576, 1, 65_535),
            mllp_certificate=_path(given, "LANH_MLLP_CERTIFICATE"),
            mllp_key=_path(given, "LANH_MLLP_KEY"),
            mllp_client_ca=_path(given, "LANH_MLLP_CLIENT_CA"),
            mllp_peers=_networks(given, "LANH_MLLP_PEERS"),
            astm_port=_number(given, "LANH_ASTM_PORT", 0, 0, 65_535),
            servers=_number(given, "LANH_SERVERS", _default_servers(), 1, 64),
            people=_number(given, "LANH_PEOPLE", 2000, 0, 10_000_000),
            seed=_number(given, "LANH_SEED", 1, 0, 2**31),
            warehouse_seconds=_number(given, "LANH_WAREHOUSE_SECONDS", 60, 1, 86_400),
            seal_seconds=_number(given, "LANH_SEAL_SECONDS", 2, 1, 60),
            feed_days=_number(given, "LANH_FEED_DAYS", 90, 1, 36_500),
            least_count=_number(given, "LANH_LEAST_COUNT", 5, 1, 1000),
            audit_anchors=Path(anchors).expanduser().absolute() if anchors else None,
            webhook_networks=_networks(given, "LANH_WEBHOOK_NETWORKS"),
            webhook_http=given.get("LANH_WEBHOOK_HTTP") == "1",
            import_sources=_listed(given, "LANH_IMPORT_SOURCES"),
            trust=_path(given, "LANH_TRUST"),
            claim_signatures=_choice(given, "LANH_CLAIM_SIGNATURES", ("doubt", "refuse")),
            civil_registry=given.get("LANH_CIVIL_REGISTRY") or None,
            civil_registry_token=_path(given, "LANH_CIVIL_REGISTRY_TOKEN"),
        )

    def environment(self) -> dict[str, str]:
        """The variables that give a child process these same settings."""
        variables = {
            "LANH_DATA": str(self.data),
            "LANH_HOST": self.host,
            "LANH_PORT": str(self.port),
            "LANH_MLLP_PORT": str(self.mllp_port),
            "LANH_MLLP_TLS_PORT": str(self.mllp_tls_port),
            "LANH_ASTM_PORT": str(self.astm_port),
            "LANH_MLLP_PEERS": ",".join(self.mllp_peers),
            "LANH_SERVERS": str(self.servers),
            "LANH_PEOPLE": str(self.people),
            "LANH_SEED": str(self.seed),
            "LANH_WAREHOUSE_SECONDS": str(self.warehouse_seconds),
            "LANH_SEAL_SECONDS": str(self.seal_seconds),
            "LANH_FEED_DAYS": str(self.feed_days),
            "LANH_LEAST_COUNT": str(self.least_count),
            "LANH_WEBHOOK_NETWORKS": ",".join(self.webhook_networks),
            "LANH_WEBHOOK_HTTP": "1" if self.webhook_http else "",
            "LANH_IMPORT_SOURCES": ",".join(self.import_sources),
            "LANH_CLAIM_SIGNATURES": self.claim_signatures,
        }
        paths = {
            "LANH_TRUST": self.trust,
            "LANH_CIVIL_REGISTRY_TOKEN": self.civil_registry_token,
            "LANH_AUDIT_ANCHORS": self.audit_anchors,
            "LANH_MLLP_CERTIFICATE": self.mllp_certificate,
            "LANH_MLLP_KEY": self.mllp_key,
            "LANH_MLLP_CLIENT_CA": self.mllp_client_ca,
        }
        variables |= {name: str(path) for name, path in paths.items() if path is not None}
        if self.civil_registry is not None:
            variables["LANH_CIVIL_REGISTRY"] = self.civil_registry
        if self.database_url is not None:
            variables["LANH_DATABASE_URL"] = self.database_url
        return variables


def default_data_folder() -> Path:
    """`/var/lib/lanh` for root, the user's own data folder (XDG) for anybody else."""
    if os.geteuid() == 0:
        return Path("/var/lib/lanh")
    own = os.environ.get("XDG_DATA_HOME")
    return (Path(own) if own else Path.home() / ".local" / "share") / "lanh"


def _default_servers() -> int:
    return max(1, min(4, (os.cpu_count() or 1) // 2))


def _number(given: Mapping[str, str], name: str, default: int, low: int, high: int) -> int:
    text = given.get(name, "").strip()
    if not text:
        return default
    try:
        value = int(text)
    except ValueError:
        value = low - 1
    if not low <= value <= high:
        raise SettingsFault(
            WORDS.message("settings.number", name=name, value=text, low=low, high=high)
        )
    return value


def _path(given: Mapping[str, str], name: str) -> Path | None:
    text = given.get(name)
    return Path(text).expanduser().absolute() if text else None


def _choice(given: Mapping[str, str], name: str, choices: tuple[str, ...]) -> str:
    """One of `choices`; the first where nothing is given."""
    text = given.get(name, "").strip() or choices[0]
    if text not in choices:
        raise SettingsFault(
            WORDS.message("settings.choice", name=name, value=text, choices=", ".join(choices))
        )
    return text


def _listed(given: Mapping[str, str], name: str) -> tuple[str, ...]:
    return tuple(each.strip() for each in given.get(name, "").split(",") if each.strip())


def _networks(given: Mapping[str, str], name: str) -> tuple[str, ...]:
    listed = _listed(given, name)
    for each in listed:
        try:
            ipaddress.ip_network(each)
        except ValueError:
            raise SettingsFault(WORDS.message("settings.network", name=name, value=each)) from None
    return listed
