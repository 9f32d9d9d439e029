"""What the simulated registry has taken, in a SQLite file: it survives being killed."""

from __future__ import annotations

import hashlib
import sqlite3
import time
from dataclasses import dataclass
from pathlib import Path

_SCHEMA = """
CREATE TABLE IF NOT EXISTS message (
    id TEXT PRIMARY KEY, record TEXT NOT NULL, digest TEXT NOT NULL, body BLOB NOT NULL,
    taken REAL NOT NULL, posts INTEGER NOT NULL, state TEXT NOT NULL, number TEXT, reason TEXT);
CREATE TABLE IF NOT EXISTS registration (record TEXT PRIMARY KEY, number INTEGER NOT NULL UNIQUE);
"""


@dataclass(frozen=True, slots=True)
class Policy:
    """How it decides: after `delay` seconds; the first `refusals` messages are refused."""

    delay: float = 0.0
    refusals: int = 0
    reason: str = "Thiếu thông tin"


class Ledger:
    """Messages by their id; one registration a record, whatever messages replace each other."""

    def __init__(self, path: Path, policy: Policy) -> None:
        self._policy = policy
        self._path = path
        with self._open() as connection:
            connection.executescript(_SCHEMA)

    def _open(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self._path, timeout=10, isolation_level=None)
        connection.execute("PRAGMA synchronous = FULL")
        return connection

    def take(self, message: str, record: str, body: bytes) -> bool:
        """Keep a message; False where another body came under the same id."""
        digest = hashlib.sha256(body).hexdigest()
        with self._open() as connection:
            connection.execute("BEGIN IMMEDIATE")
            row = connection.execute("SELECT digest FROM message WHERE id = ?", (message,))
            held = row.fetchone()
            if held is None:
                connection.execute(
                    "INSERT INTO message VALUES (?, ?, ?, ?, ?, 1, 'received', NULL, NULL)",
                    (message, record, digest, body, time.time()),
                )
            else:
                connection.execute("UPDATE message SET posts = posts + 1 WHERE id = ?", (message,))
            connection.execute("COMMIT")
        return held is None or held[0] == digest

    def answer(self, message: str) -> tuple[str, str | None, str | None] | None:
        """(state, number, reason) of a message; what is due is decided on the way."""
        with self._open() as connection:
            connection.execute("BEGIN IMMEDIATE")
            row = connection.execute(
                "SELECT state, number, reason, record, taken FROM message WHERE id = ?", (message,)
            ).fetchone()
            if row is not None and row[0] == "received" and self._due(row[4]):
                row = self._decide(connection, message, row[3])
            connection.execute("COMMIT")
        return None if row is None else (row[0], row[1], row[2])

    def _due(self, taken: float) -> bool:
        return time.time() >= taken + self._policy.delay

    def _decide(
        self, connection: sqlite3.Connection, message: str, record: str
    ) -> tuple[str, str | None, str | None]:
        (refused,) = connection.execute(
            "SELECT count(*) FROM message WHERE state = 'refused'"
        ).fetchone()
        if refused < self._policy.refusals:
            decided: tuple[str, str | None, str | None] = ("refused", None, self._policy.reason)
        else:
            connection.execute(
                "INSERT OR IGNORE INTO registration"
                " SELECT ?, coalesce(max(number), 0) + 1 FROM registration",
                (record,),
            )
            (number,) = connection.execute(
                "SELECT number FROM registration WHERE record = ?", (record,)
            ).fetchone()
            decided = ("accepted", f"MO-PHONG-{number:06}", None)
        connection.execute(
            "UPDATE message SET state = ?, number = ?, reason = ? WHERE id = ?",
            (*decided, message),
        )
        return decided

    def register(self) -> list[dict[str, object]]:
        """Everything it holds, for whoever develops against it."""
        with self._open() as connection:
            rows = connection.execute(
                "SELECT id, record, posts, state, number, reason FROM message ORDER BY taken"
            ).fetchall()
        keys = ("message", "record", "posts", "state", "number", "reason")
        return [dict(zip(keys, row, strict=True)) for row in rows]
