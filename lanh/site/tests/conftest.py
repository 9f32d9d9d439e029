"""An installation a test or a module."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from lanh.site.tests.installation import Installation


@pytest.fixture
def installation() -> Iterator[Installation]:
    """An installation that was never started."""
    made = Installation()
    yield made
    made.remove()


@pytest.fixture(scope="module")
def running() -> Iterator[Installation]:
    """An installation that runs, shared by the tests of a module."""
    made = Installation()
    try:
        made.up()
        yield made
    finally:
        made.remove()
