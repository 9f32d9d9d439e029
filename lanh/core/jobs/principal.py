"""On whose behalf later work is done: kept beside it, and asked anew for what it may do."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Literal, TypeAlias

from lanh.core.access import Access, Purpose
from lanh.core.database import Plan


@dataclass(frozen=True, slots=True)
class Principal:
    """Who ordered a work, for what purpose, and by which roles or scopes.

    It holds no right: what it may do is found out each time by an `AccessOf`.
    """

    kind: Literal["person", "system"]
    id: str
    name: str
    purpose: Purpose
    roles: tuple[str, ...]

    @classmethod
    def of(cls, access: Access) -> Principal:
        """Who acts under `access`."""
        roles = tuple(dict.fromkeys(grant.role for grant in access.grants))
        return cls(
            access.subject.kind, access.subject.id, access.subject.name, access.purpose, roles
        )

    def as_json(self) -> str:
        """The form in which it is kept."""
        return json.dumps(asdict(self), ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str) -> Principal:
        """What `as_json` gave."""
        given = json.loads(text)
        return cls(
            given["kind"],
            given["id"],
            given["name"],
            Purpose(given["purpose"]),
            tuple(given["roles"]),
        )

    def is_of(self, access: Access) -> bool:
        """Whether `access` is the same subject's."""
        return (self.kind, self.id) == (access.subject.kind, access.subject.id)


AccessOf: TypeAlias = Callable[[Principal], Plan["Access | None"]]
"""What a principal may do today; None where it may do nothing any more."""
