"""The client systems of the demonstration: one a facility and the ministry's, with keys of this
installation only. Private keys stand in one file of the data folder that only its owner reads."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from joserfc.jwk import ECKey

from lanh.core.accounts import Client, put_client
from lanh.core.database import Plan, SyncDatabase
from lanh.site.backend_client import new_key, public_keys
from lanh.site.demonstration.messages import MINISTRY, MINISTRY_CODE, client_id
from lanh.site.demonstration.population import Population
from lanh.site.private_files import written

SCOPES = ("system/*.cruds",)


class KeyFile:
    """Private keys by client id, in one file with mode 0600. Never in code, never logged."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._keys: dict[str, ECKey] = {}
        if path.is_file():
            stored = json.loads(path.read_text(encoding="utf-8"))
            self._keys = {client: ECKey.import_key(key) for client, key in stored.items()}

    def __getitem__(self, client: str) -> ECKey:
        return self._keys[client]

    def ensure(self, clients: Iterator[str]) -> None:
        """Make the keys that are missing, and keep them."""
        missing = [client for client in clients if client not in self._keys]
        if not missing:
            return
        self._keys |= {client: new_key() for client in missing}
        self.path.parent.mkdir(parents=True, exist_ok=True)
        keys = {name: key.as_dict(private=True) for name, key in self._keys.items()}
        with written(self.path) as file:
            file.write(json.dumps(keys).encode())


def clients(population: Population, keys: KeyFile) -> Iterator[Client]:
    """The client systems that send this population's messages; keys are made where missing."""
    codes = [facility.code for facility in population.network.facilities]
    keys.ensure(iter([MINISTRY, *(client_id(code) for code in codes)]))
    yield Client(
        id=MINISTRY,
        name="Bộ Y tế – danh mục cơ sở (mẫu)",
        facilities=(MINISTRY_CODE,),
        keys=public_keys(keys[MINISTRY]),
        scopes=SCOPES,
    )
    for facility in population.network.facilities:
        own = client_id(facility.code)
        yield Client(
            id=own,
            name=facility.name,
            facilities=(facility.code,),
            commune=facility.place.commune,
            keys=public_keys(keys[own]),
            scopes=SCOPES,
            mllp_names=(("HIS-MAU", facility.code),) if facility.speaks == "hl7v2" else (),
        )


def register_clients(database: SyncDatabase, population: Population, keys: KeyFile) -> int:
    """Make every client system known, in one transaction; returns how many."""

    def plan() -> Plan[int]:
        count = 0
        for client in clients(population, keys):
            yield from put_client(client)
            count += 1
        return count

    return database.transact(plan())
