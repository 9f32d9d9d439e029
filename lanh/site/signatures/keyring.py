"""Whose key stands where: files and tokens (PKCS#11), by a list that the installation keeps."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from lanh.core.signing import (
    KeyFault,
    SigningFault,
    SigningKey,
    SoftwareKey,
    TokenKey,
    pin_from_file,
    read_certificates,
)


@dataclass(frozen=True, slots=True)
class KeyRing:
    """Keys by their holder as history names people ("person:17").

    The list is `keys.yaml` in a folder, paths are within it:

        "person:17": {file: doctor.pem, chain: doctor-chain.pem}
        "person:18": {module: /usr/lib/softhsm/libsofthsm2.so, token: hospital, label: head,
                      pin: head.pin, chain: head-chain.pem}
    """

    keys: Mapping[str, SigningKey] = field(default_factory=dict)

    def of(self, holder: str) -> SigningKey:
        """The key of a person. Raises KeyFault where there is none."""
        found = self.keys.get(holder)
        if found is None:
            raise KeyFault("key-none")
        return found

    @classmethod
    def load(cls, folder: Path) -> KeyRing:
        """Read the list; none where there is no file. Raises SigningFault, KeyFault."""
        path = folder / "keys.yaml"
        if not path.exists():
            return cls()
        try:
            rows = yaml.safe_load(path.read_text(encoding="utf-8"))
            return cls({str(holder): _key(folder, row) for holder, row in (rows or {}).items()})
        except (OSError, yaml.YAMLError, AttributeError, KeyError, TypeError) as error:
            raise SigningFault("key-list", path=str(path)) from error


def _key(folder: Path, row: Mapping[str, Any]) -> SigningKey:
    chain = folder / row["chain"]
    if "file" in row:
        return SoftwareKey.open(folder / row["file"], chain)
    pin = pin_from_file(folder / row["pin"])
    certificates = read_certificates(chain)
    return TokenKey(Path(row["module"]), row["token"], row["label"], pin, certificates)
