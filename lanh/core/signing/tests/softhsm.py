"""A token of SoftHSM in a folder of the tests' own."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization

from lanh.core.signing.tests.authority import Party

MODULES = ("/usr/lib/softhsm/libsofthsm2.so", "/usr/lib64/pkcs11/libsofthsm2.so")
TOKEN, PIN = "synthetic-token", "270312"
_MADE: list[Path] = []


def module() -> Path:
    """SoftHSM's module, or the test is skipped."""
    pytest.importorskip("pkcs11", reason="python-pkcs11 (extra hsm) is not installed")
    found = [Path(each) for each in MODULES if Path(each).exists()]
    if not found or shutil.which("softhsm2-util") is None:
        pytest.skip("Debian's softhsm2 is not installed")
    return found[0]


def prepared(folder: Path) -> Iterator[Path]:
    """The module over a token; SOFTHSM2_CONF stays set while it is used.

    A process loads the module once, over the token that it found first: fixtures of one process
    share that token, which is made in the folder of the first.
    """
    library = module()
    if not _MADE:
        (folder / "tokens").mkdir()
        configuration = folder / "softhsm2.conf"
        configuration.write_text(f"directories.tokendir = {folder / 'tokens'}\nlog.level = ERROR\n")
        _MADE.append(configuration)
    before = os.environ.get("SOFTHSM2_CONF")
    os.environ["SOFTHSM2_CONF"] = str(_MADE[0])
    try:
        if not any((_MADE[0].parent / "tokens").iterdir()):
            _run("--init-token", "--free", "--label", TOKEN, "--pin", PIN, "--so-pin", "12345678")
        yield library
    finally:
        if before is None:
            del os.environ["SOFTHSM2_CONF"]
        else:
            os.environ["SOFTHSM2_CONF"] = before


def store(party: Party, label: str, identity: str, folder: Path) -> None:
    """Put a party's key into the token."""
    path = folder / f"{label}.pem"
    path.write_bytes(
        party.private.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    _run("--import", str(path), "--token", TOKEN, "--label", label, "--id", identity, "--pin", PIN)


def _run(*arguments: str) -> None:
    subprocess.run(["softhsm2-util", *arguments], check=True, capture_output=True, timeout=60)
