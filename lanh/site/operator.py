"""The operator's own client system: by it the commands of an installation speak to its front door.

Its private key lies in the data folder, readable by the operator only.
"""

from __future__ import annotations

import json
from pathlib import Path

from lanh.core.accounts import Client, put_client
from lanh.core.database import SyncDatabase
from lanh.site.backend_client import Key, load_key, new_key, public_keys
from lanh.site.instance import Instance
from lanh.site.private_files import written

OPERATOR = "operator"
SCOPES = ("system/*.cruds",)


def key_file(instance: Instance) -> Path:
    """Where the operator's private key lies."""
    return instance.keys / "operator.jwk"


def operator_key(instance: Instance) -> Key:
    """The operator's private key, made at its first use."""
    path = key_file(instance)
    if not path.exists():
        with written(path) as file:
            file.write(json.dumps(new_key().as_dict(private=True)).encode())
    return load_key(path)


def register_operator(database: SyncDatabase, instance: Instance) -> None:
    """Make the operator's client system known, with the key of this data folder."""
    client = Client(
        id=OPERATOR,
        name="Lành",
        keys=public_keys(operator_key(instance)),
        scopes=SCOPES,
        reach="national",
    )
    database.transact(put_client(client))
