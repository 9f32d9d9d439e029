"""The roles of this installation: the nation's, with what the installed systems grant them."""

from __future__ import annotations

from functools import cache

import lanh.systems
from lanh.core.accounts import Roles
from lanh.kit import installed, roles_with
from lanh.nation.roles import ROLES


@cache
def installed_roles() -> Roles:
    """Each role with the rights that systems declare for it. Raises SystemFault."""
    return roles_with(ROLES, installed(lanh.systems))
