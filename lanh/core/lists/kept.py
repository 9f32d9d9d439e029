"""What a person keeps of a list: views of their own, and which columns they look at."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import parse_qsl

from lanh.core.database import Plan, execute, fetch
from lanh.core.lists.errors import ListRefused
from lanh.core.text import nfc

MOST_VIEWS = 30
LONGEST_TITLE = 80
_LONGEST_QUERY = 4_000

_KEPT = """
SELECT name, title, query, NULL::text[] FROM lists.view WHERE person = $1::text AND list = $2::text
UNION ALL
SELECT '', '', '', names FROM lists.columns WHERE person = $1::text AND list = $2::text
"""
_SAVE = """
INSERT INTO lists.view (person, list, name, title, query)
SELECT $1::text, $2::text, $3::text, $4::text, $5::text
WHERE (SELECT count(*) FROM lists.view WHERE person = $1::text AND list = $2::text) < $6::integer
RETURNING name
"""
_COLUMNS = """
INSERT INTO lists.columns (person, list, names) VALUES ($1::text, $2::text, $3::text[])
ON CONFLICT (person, list) DO UPDATE SET names = excluded.names
"""


@dataclass(frozen=True, slots=True)
class OwnView:
    """A view that a person saved."""

    name: str
    title: str
    query: str

    @property
    def pairs(self) -> dict[str, str]:
        """The state that was saved."""
        return dict(parse_qsl(self.query))


@dataclass(frozen=True, slots=True)
class Kept:
    """The views of a person by title, and the columns chosen (None: as the list has them)."""

    views: tuple[OwnView, ...] = ()
    columns: tuple[str, ...] | None = None


def kept_of(person: str, key: str) -> Plan[Kept]:
    """What a person keeps of the list `key`."""
    rows = yield from fetch(_KEPT, person, key)
    views = sorted((OwnView(*row[:3]) for row in rows if row[0]), key=lambda v: (v.title, v.name))
    columns = next((tuple(row[3]) for row in rows if not row[0]), None)
    return Kept(tuple(views), columns)


def keep_view(person: str, key: str, title: str, query: str) -> Plan[str]:
    """Keeps a view and gives its name. Raises ListRefused."""
    plain = " ".join(nfc(title).split())
    if not 0 < len(plain) <= LONGEST_TITLE or not plain.isprintable():
        raise ListRefused("value", "view-title", limit=LONGEST_TITLE)
    if len(query) > _LONGEST_QUERY:
        raise ListRefused("too-long", "too-long", limit=_LONGEST_QUERY)
    name = f"own-{secrets.token_urlsafe(9)}"
    rows = yield from fetch(_SAVE, person, key, name, plain, query, MOST_VIEWS)
    if not rows:
        raise ListRefused("too-costly", "views-many", limit=MOST_VIEWS)
    return name


def drop_view(person: str, key: str, name: str) -> Plan[None]:
    """Removes a person's own view. Raises ListRefused where there is none."""
    rows = yield from fetch(
        "DELETE FROM lists.view WHERE person = $1::text AND list = $2::text AND name = $3::text"
        " RETURNING 1",
        person, key, name,
    )  # fmt: skip
    if not rows:
        raise ListRefused("not-found", "view-absent")


def keep_columns(person: str, key: str, names: Sequence[str]) -> Plan[None]:
    """Keeps which columns a person looks at; none at all means: as the list has them."""
    if names:
        yield from execute(_COLUMNS, person, key, list(names))
    else:
        yield from execute(
            "DELETE FROM lists.columns WHERE person = $1::text AND list = $2::text", person, key
        )
