"""Numbered SQL migrations, a folder an engine, applied in the order of the stack."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import psycopg

_NAME = re.compile(r"^(\d{4})_[a-z0-9_]+\.sql$")
_LOCK = 0x4C616E68

_LEDGER = """
CREATE TABLE IF NOT EXISTS public.lanh_migration (
    engine text NOT NULL,
    number integer NOT NULL,
    name text NOT NULL,
    sha256 text NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (engine, number)
)
"""


class MigrationError(RuntimeError):
    """A migration is misnamed, was changed after it was applied, or failed."""


@dataclass(frozen=True, slots=True)
class Engine:
    """An engine that owns tables: its name and the folder of its numbered SQL files."""

    name: str
    folder: Path


def _files(engine: Engine) -> list[tuple[int, Path]]:
    found: list[tuple[int, Path]] = []
    for path in sorted(engine.folder.glob("*.sql")):
        match = _NAME.match(path.name)
        if match is None:
            raise MigrationError(f"{path}: a migration is named NNNN_words.sql")
        found.append((int(match.group(1)), path))
    numbers = [number for number, _ in found]
    if numbers != list(range(1, len(numbers) + 1)):
        raise MigrationError(f"{engine.folder}: numbers must run 0001, 0002, ... without gaps")
    return found


def migrate(url: str, engines: Sequence[Engine]) -> list[str]:
    """Apply what is missing, each file in a transaction of its own; return what was applied.

    Two processes may call this at once: the second waits. A file whose text changed after it was
    applied is refused, since the database and the files would no longer tell the same story.
    """
    applied: list[str] = []
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("SELECT pg_advisory_lock(%s)", (_LOCK,))
        connection.execute(_LEDGER)
        for engine in engines:
            for number, path in _files(engine):
                if _apply(connection, engine, number, path):
                    applied.append(f"{engine.name}/{path.name}")
        connection.execute("SELECT pg_advisory_unlock(%s)", (_LOCK,))
    return applied


def _apply(
    connection: psycopg.Connection[tuple[object, ...]], engine: Engine, number: int, path: Path
) -> bool:
    text = path.read_text(encoding="utf-8")
    digest = hashlib.sha256(text.encode()).hexdigest()
    row = connection.execute(
        "SELECT sha256 FROM public.lanh_migration WHERE engine = %s AND number = %s",
        (engine.name, number),
    ).fetchone()
    if row is not None:
        if row[0] != digest:
            raise MigrationError(f"{path} was changed after it was applied: add a new file instead")
        return False
    try:
        with connection.transaction():
            connection.execute(text.encode())
            connection.execute(
                "INSERT INTO public.lanh_migration (engine, number, name, sha256)"
                " VALUES (%s, %s, %s, %s)",
                (engine.name, number, path.name, digest),
            )
    except psycopg.Error as error:
        raise MigrationError(f"{path}: {error}") from error
    return True
