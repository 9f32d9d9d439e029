"""Every installed system is whole, by the kit's validator."""

from __future__ import annotations

import pytest

import lanh.systems
from lanh.kit import System, installed
from lanh.site.cli.systems import faults_of


@pytest.mark.parametrize("system", installed(lanh.systems), ids=lambda system: str(system.key))
def test_every_installed_system_is_whole(system: System) -> None:
    assert [f"{where}: {told}" for where, _, told in faults_of(system)] == []
