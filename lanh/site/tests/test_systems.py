"""A system's menu names pages that exist, and roles that may open them."""

from __future__ import annotations

import re
from collections.abc import Iterator

import lanh.systems
from lanh.core.web.urls import urlpatterns
from lanh.kit import Page, installed
from lanh.nation.roles import ROLES
from lanh.site.roles import installed_roles


def _pages() -> Iterator[Page]:
    for system in installed(lanh.systems):
        yield from system.pages


def test_every_page_of_a_menu_exists() -> None:
    for page in _pages():
        path = page.path.lstrip("/")
        assert any(pattern.resolve(path) is not None for pattern in urlpatterns), page.path
        assert not re.search(r"\d", path), "nothing about people in a path"


def test_every_role_of_a_menu_is_one() -> None:
    for page in _pages():
        assert page.roles
        assert page.roles <= set(ROLES), page.path


def test_systems_grant_to_roles_that_there_are() -> None:
    assert set(installed_roles()) == set(ROLES)
