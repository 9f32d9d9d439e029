"""The settings of the listeners for HL7 v2 and analysers."""

from __future__ import annotations

import contextlib
import os
import socket
import ssl
import subprocess
import sys
import time
from pathlib import Path

import pytest

from lanh.connectors.hl7v2.tests.certificates import Authority
from lanh.connectors.hl7v2.tests.sample import admission
from lanh.site import processes
from lanh.site.processes import mllp
from lanh.site.settings import Settings, SettingsFault
from lanh.site.tests.installation import free_ports

GIVEN = {
    "LANH_MLLP_TLS_PORT": "2600",
    "LANH_MLLP_CERTIFICATE": "/etc/lanh/mllp.pem",
    "LANH_MLLP_CLIENT_CA": "/etc/lanh/benh-vien.pem",
    "LANH_MLLP_PEERS": "10.1.0.0/16,192.0.2.7/32",
    "LANH_ASTM_PORT": "2601",
}


def test_a_child_process_has_the_same_listeners() -> None:
    settings = Settings.from_environment(GIVEN)
    assert Settings.from_environment(settings.environment()) == settings
    assert settings.mllp_peers == ("10.1.0.0/16", "192.0.2.7/32")
    assert settings.mllp_certificate == Path("/etc/lanh/mllp.pem") and settings.mllp_key is None


def test_without_a_certificate_and_a_port_nothing_else_listens() -> None:
    settings = Settings.from_environment({})
    assert mllp._guarded(settings) is None and mllp._analysers(settings) is None


@pytest.mark.parametrize(
    ("name", "value"), [("LANH_MLLP_PEERS", "benh-vien"), ("LANH_ASTM_PORT", "70000")]
)
def test_what_cannot_be_used_is_named(name: str, value: str) -> None:
    with pytest.raises(SettingsFault) as fault:
        Settings.from_environment({name: value})
    assert name in fault.value.message.vi and value in fault.value.message.en


def test_a_certificate_that_is_not_there_ends_the_process(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    settings = Settings(tmp_path, mllp_certificate=tmp_path / "khong-co.pem", mllp_port=0)
    monkeypatch.setattr(processes, "begin", lambda _: settings)
    assert mllp.main() == 1


def _talk(connection: socket.socket, said: bytes, end: bytes) -> bytes:
    connection.sendall(said)
    answer = b""
    while not answer.endswith(end) and (piece := connection.recv(4096)):
        answer += piece
    return answer


def _connected(port: int, child: subprocess.Popen[bytes]) -> socket.socket:
    for _ in range(300):
        assert child.poll() is None
        with contextlib.suppress(OSError):
            return socket.create_connection(("127.0.0.1", port), timeout=20)
        time.sleep(0.1)
    raise AssertionError("nothing listens")


def test_one_process_listens_on_all_of_them(database_url: str, tmp_path: Path) -> None:
    """Plain MLLP, MLLP over TLS and an analyser's line; nobody is registered, so all refuse."""
    authority = Authority(tmp_path, "co-quan-thu")
    plain, guarded, line = free_ports(3)
    environment = {
        **os.environ, "LANH_DATA": str(tmp_path / "data"), "LANH_DATABASE_URL": database_url,
        "LANH_MLLP_PORT": str(plain), "LANH_MLLP_TLS_PORT": str(guarded),
        "LANH_ASTM_PORT": str(line), "LANH_MLLP_CERTIFICATE": str(authority.issue("lanh")),
    }  # fmt: skip
    child = subprocess.Popen([sys.executable, "-m", "lanh.site.processes.mllp"], env=environment)
    try:
        frame = b"\x0b" + admission("M1") + b"\x1c\r"
        with _connected(plain, child) as connection:
            assert b"MSA|AR|M1" in _talk(connection, frame, b"\x1c\r")
        trusting = ssl.create_default_context(cafile=str(authority.path))
        with trusting.wrap_socket(
            _connected(guarded, child), server_hostname="127.0.0.1"
        ) as connection:
            assert b"MSA|AR|M1" in _talk(connection, frame, b"\x1c\r")
        with _connected(line, child) as connection:
            assert _talk(connection, b"\x05", b"\x06") == b"\x06"
    finally:
        child.terminate()
        assert child.wait(30) == 0
