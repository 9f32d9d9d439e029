"""What every key behind the port does, wherever its secret stands."""

from __future__ import annotations

import hashlib
import pickle
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from lanh.core.signing import (
    Algorithm,
    KeyFault,
    SigningKey,
    SoftwareKey,
    TokenKey,
    create_key,
    pin_from_environment,
    pin_from_file,
    sign,
    signature_holds,
)
from lanh.core.signing.tests import authority, softhsm


def test_a_signature_is_that_of_the_certificate(key: SigningKey) -> None:
    digest = hashlib.sha256("Giấy báo tử".encode()).digest()
    signature = key.sign_digest(digest)
    assert signature_holds(key.chain[0], digest, signature)
    assert not signature_holds(key.chain[0], hashlib.sha256(b"other").digest(), signature)
    assert not signature_holds(authority.stranger().certificate, digest, signature)
    assert sign(key, "Giấy báo tử".encode())


def test_the_algorithm_is_that_of_the_key(key: SigningKey) -> None:
    rsa = key.chain[0] == authority.hospital().certificate
    assert key.algorithm is (Algorithm.RSA_SHA256 if rsa else Algorithm.ECDSA_SHA256)


@pytest.mark.parametrize("length", [0, 20, 31, 33, 64])
def test_only_a_digest_is_signed(key: SigningKey, length: int) -> None:
    with pytest.raises(KeyFault) as fault:
        key.sign_digest(b"x" * length)
    assert fault.value.code == "digest-length"


def test_many_threads_sign_at_once(key: SigningKey) -> None:
    digests = [hashlib.sha256(bytes([each])).digest() for each in range(24)]
    with ThreadPoolExecutor(6) as pool:
        signatures = list(pool.map(key.sign_digest, digests))
    for digest, signature in zip(digests, signatures, strict=True):
        assert signature_holds(key.chain[0], digest, signature)


def test_showing_a_key_shows_no_secret(key: SigningKey) -> None:
    shown = f"{key!r} {key}"
    assert "PRIVATE" not in shown and softhsm.PIN not in shown
    with pytest.raises(TypeError):
        pickle.dumps(key)


def test_a_key_file_that_others_may_read_is_refused(tmp_path: Path) -> None:
    create_key(tmp_path / "key.pem", Algorithm.ECDSA_SHA256)
    assert (tmp_path / "key.pem").stat().st_mode & 0o777 == 0o600
    (tmp_path / "key.pem").chmod(0o640)
    with pytest.raises(KeyFault) as fault:
        SoftwareKey.open(tmp_path / "key.pem", tmp_path / "chain.pem")
    assert fault.value.code == "key-open-to-others"
    assert str(tmp_path / "key.pem") in fault.value.message.vi


def test_a_key_is_never_written_over_nor_read_through_a_link(tmp_path: Path) -> None:
    create_key(tmp_path / "key.pem", Algorithm.ECDSA_SHA256)
    with pytest.raises(KeyFault) as fault:
        create_key(tmp_path / "key.pem", Algorithm.ECDSA_SHA256)
    assert fault.value.code == "key-exists"
    (tmp_path / "link.pem").symlink_to(tmp_path / "key.pem")
    with pytest.raises(KeyFault) as fault:
        SoftwareKey.open(tmp_path / "link.pem", tmp_path / "chain.pem")
    assert fault.value.code == "key-file"


def test_a_chain_of_another_key_is_refused() -> None:
    with pytest.raises(KeyFault) as fault:
        SoftwareKey(authority.rsa_key(99), (authority.hospital().certificate,))
    assert fault.value.code == "chain-of-another-key"


def _token(module: Path, pin: str = softhsm.PIN, token: str = softhsm.TOKEN, key: str = "rsa"):  # type: ignore[no-untyped-def]
    return TokenKey(module, token, key, lambda: pin, (authority.hospital().certificate,))


def test_a_session_that_is_gone_is_opened_again(module: Path) -> None:
    key = _token(module)
    key._token.session.close()
    digest = hashlib.sha256(b"again").digest()
    assert signature_holds(key.chain[0], digest, key.sign_digest(digest))


def test_a_module_that_began_anew_is_logged_in_to_again(module: Path) -> None:
    import pkcs11

    key = _token(module)
    pkcs11.lib(str(module)).reinitialize()
    digest = hashlib.sha256(b"anew").digest()
    assert signature_holds(key.chain[0], digest, key.sign_digest(digest))


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"token": "no-such-token"}, "token-absent"),
        ({"key": "no-such-key"}, "key-absent"),
        ({"key": "ecdsa"}, "token-failed"),
    ],
)
def test_what_is_not_there_is_named(module: Path, given: dict[str, str], code: str) -> None:
    with pytest.raises(KeyFault) as fault:
        _token(module, **given)
    assert fault.value.code == code


def test_a_module_that_is_not_there_is_named(tmp_path: Path) -> None:
    pytest.importorskip("pkcs11")
    with pytest.raises(KeyFault) as fault:
        _token(tmp_path / "nothing.so")
    assert fault.value.code == "module"


def test_a_wrong_pin_is_offered_once(module: Path) -> None:
    """In a process of its own: here the token is logged in to already."""
    script = (
        "from pathlib import Path\n"
        "from lanh.core.signing import KeyFault, TokenKey\n"
        "asked = []\n"
        "import pkcs11\n"
        "for _ in range(12):\n"
        "    try:\n"
        f"        TokenKey(Path({str(module)!r}), {softhsm.TOKEN!r}, 'rsa', lambda: '999999')\n"
        "    except KeyFault as fault:\n"
        "        asked.append(fault.code)\n"
        f"token = pkcs11.lib({str(module)!r}).get_token(token_label={softhsm.TOKEN!r})\n"
        f"token.open(user_pin={softhsm.PIN!r}).close()\n"
        "print(sorted(set(asked)), len(asked))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.stdout.strip() == "['pin-wrong'] 12", done.stderr


def test_a_pin_stands_in_a_file_of_ours_or_in_the_environment(tmp_path: Path) -> None:
    (tmp_path / "pin").write_text("123456\n")
    (tmp_path / "pin").chmod(0o600)
    assert pin_from_file(tmp_path / "pin")() == "123456"
    (tmp_path / "pin").chmod(0o644)
    with pytest.raises(KeyFault) as fault:
        pin_from_file(tmp_path / "pin")()
    assert fault.value.code == "key-open-to-others"
    assert pin_from_environment("PIN_HERE", {"PIN_HERE": "1"})() == "1"
    with pytest.raises(KeyFault) as fault:
        pin_from_environment("PIN_HERE", {})()
    assert fault.value.code == "pin-missing"
