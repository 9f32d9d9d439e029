"""The demonstration users and their passwords, shown at the start and beside the sign-in form."""

from __future__ import annotations

from dataclasses import dataclass

from lanh.core.text import Words


@dataclass(frozen=True, slots=True)
class DemonstrationUser:
    """A made-up user: signs in by `name` and `password`."""

    name: str
    password: str
    title: Words


def demonstration_users() -> list[DemonstrationUser]:
    """Those that a start has made."""
    return []
