"""Keys and trust as folders of an installation keep them: read anew when they have changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

import yaml

from lanh.core.signing import (
    KeyFault,
    SigningFault,
    SigningKey,
    SoftwareKey,
    TokenKey,
    TrustStore,
    pin_from_file,
    read_certificates,
)

KEY_LIST = "keys.yaml"
TRUST_LIST = "trust.yaml"
DEMONSTRATION = "demonstration"
"""The folder of the installation's private keys that holds those of demonstration users."""

_Stamp: TypeAlias = "tuple[tuple[str, int, int], ...]"


@dataclass(frozen=True, slots=True)
class KeyFolders:
    """Keys by the lists of some folders; the first that names a holder is asked.

    The list is `keys.yaml` in a folder, paths are within it:

        "person:17": {file: doctor.pem, chain: doctor-chain.pem}
        "person:18": {module: /usr/lib/softhsm/libsofthsm2.so, token: hospital, label: head,
                      pin: head.pin, chain: head-chain.pem}

    A key is opened when it is first asked for, and again once its list or files have changed: one
    that is faulty is the fault of its own holder only.
    """

    folders: Sequence[Path]
    _open: dict[str, tuple[_Stamp, SigningKey]] = field(default_factory=dict, repr=False)

    def of(self, holder: str) -> SigningKey:
        """The key of a person. Raises KeyFault, SigningFault where the list cannot be read."""
        for folder in self.folders:
            row = _listed(folder).get(holder)
            if row is not None:
                return self._opened(holder, folder, row)
        raise KeyFault("key-none")

    def _opened(self, holder: str, folder: Path, row: Any) -> SigningKey:
        try:
            names = [row["chain"], row["file"] if "file" in row else row["pin"]]
            stamp = _stamp(folder, [KEY_LIST, *names])
            known = self._open.get(holder)
            if known is None or known[0] != stamp:
                known = (stamp, _key(folder, row))
                self._open[holder] = known
        except (KeyError, TypeError) as error:
            raise SigningFault("key-list", path=str(folder / KEY_LIST)) from error
        return known[1]


def _listed(folder: Path) -> Mapping[str, Any]:
    path = folder / KEY_LIST
    if not path.exists():
        return {}
    try:
        rows = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise SigningFault("key-list", path=str(path)) from error
    if not isinstance(rows, dict):
        raise SigningFault("key-list", path=str(path))
    return rows


def _key(folder: Path, row: Mapping[str, Any]) -> SigningKey:
    chain = folder / row["chain"]
    if "file" in row:
        return SoftwareKey.open(folder / row["file"], chain)
    pin = pin_from_file(folder / row["pin"])
    certificates = read_certificates(chain)
    return TokenKey(Path(row["module"]), row["token"], row["label"], pin, certificates)


@dataclass(frozen=True, slots=True)
class TrustFolders:
    """The trust list of the first of some folders that has one; nobody is trusted without one."""

    folders: Sequence[Path]
    _read: dict[Path, tuple[_Stamp, TrustStore]] = field(default_factory=dict, repr=False)

    def __call__(self) -> TrustStore:
        """The list as it is now. Raises SigningFault where it cannot be used."""
        for folder in self.folders:
            if (folder / TRUST_LIST).exists():
                stamp = _stamp(folder, sorted(each.name for each in folder.iterdir()))
                known = self._read.get(folder)
                if known is None or known[0] != stamp:
                    known = (stamp, TrustStore.load(folder))
                    self._read[folder] = known
                return known[1]
        return TrustStore()


def _stamp(folder: Path, names: Sequence[str]) -> _Stamp:
    """What tells that files are no more those that were read. Raises KeyFault where one is gone."""
    made = []
    for name in names:
        try:
            state = (folder / name).stat()
        except OSError as error:
            raise KeyFault("key-file", path=str(folder / name)) from error
        made.append((name, state.st_mtime_ns, state.st_size))
    return tuple(made)
