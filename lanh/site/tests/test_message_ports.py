"""The settings of the listeners for HL7 v2 and analysers."""

from __future__ import annotations

from pathlib import Path

import pytest

from lanh.site import processes
from lanh.site.processes import mllp
from lanh.site.settings import Settings, SettingsFault

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
