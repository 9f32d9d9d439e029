"""The trust list of an installation and the settings that go with it."""

from __future__ import annotations

from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization

from lanh.core.signing.tests import authority
from lanh.site.settings import Settings, SettingsFault
from lanh.site.trusting import unit_signature


def settings(data: Path, **variables: str) -> Settings:
    return Settings.from_environment({"LANH_DATA": str(data), **variables})


def with_list(folder: Path) -> Path:
    folder.mkdir()
    pem = authority.root().certificate.public_bytes(serialization.Encoding.PEM)
    (folder / "root.pem").write_bytes(pem)
    (folder / "trust.yaml").write_text("anchors: [{certificate: root.pem}]\n")
    return folder


def test_without_a_list_signatures_are_not_judged(tmp_path: Path) -> None:
    assert unit_signature(settings(tmp_path)) is None


def test_a_list_in_the_data_folder_makes_them_doubts(tmp_path: Path) -> None:
    with_list(tmp_path / "trust")
    check = unit_signature(settings(tmp_path))
    assert check is not None and not check.required
    assert check.trust.anchors[0].certificate == authority.root().certificate


def test_an_installation_may_refuse(tmp_path: Path) -> None:
    folder = with_list(tmp_path / "elsewhere")
    chosen = settings(tmp_path, LANH_TRUST=str(folder), LANH_CLAIM_SIGNATURES="refuse")
    check = unit_signature(chosen)
    assert check is not None and check.required
    assert Settings.from_environment(chosen.environment()) == chosen


def test_what_cannot_be_is_said_at_the_start(tmp_path: Path) -> None:
    with pytest.raises(SettingsFault, match=r"trust\.yaml"):
        unit_signature(settings(tmp_path, LANH_CLAIM_SIGNATURES="refuse"))
    with pytest.raises(SettingsFault, match=r"trust\.yaml"):
        unit_signature(settings(tmp_path, LANH_TRUST=str(tmp_path / "nowhere")))
    with pytest.raises(SettingsFault, match="LANH_CLAIM_SIGNATURES"):
        settings(tmp_path, LANH_CLAIM_SIGNATURES="maybe")
