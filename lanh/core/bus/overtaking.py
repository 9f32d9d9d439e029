"""A message that is taken up late must not undo what a later one has said meanwhile."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from lanh.core.access import system_access
from lanh.core.bus import ledger
from lanh.core.bus.placing import Placed
from lanh.core.bus.words import issue
from lanh.core.database import Plan
from lanh.core.store import Context, Store

_PLATFORM = Context(system_access("bus"))

Key = tuple[str, str]


def overtaken(
    placed: Sequence[Placed], engine: Store, source: str, family: Collection[str] = ()
) -> Plan[dict[Key, str]]:
    """The records that a later message than `source` wrote, each with that message's source.

    `family` are the sources of messages that mend each other: they do not overtake each other.

    Receipt ids go up with time (UUIDv7), so sources of messages compare as texts.
    """
    keys = list({item.key for item in placed})
    yield from ledger.lock_records(keys)
    rows = yield from engine.read_many(keys, _PLATFORM)
    sources = {(row.type, row.id): row.source for row in rows}
    stem = source.rpartition(":")[0]
    return {
        key: later
        for key, later in sources.items()
        if later is not None
        and later > source
        and later not in family
        and later.rpartition(":")[0] == stem
    }


def left_out(placed: Sequence[Placed], later: dict[Key, str]) -> list[Placed]:
    """The drafts without those that would replace what a later message wrote; the parts say so.

    A draft that is laid over a record stays: it goes under what the later message said.
    """
    kept = []
    for item in placed:
        if item.key in later and (item.draft.mode == "replace" or item.draft.body is None):
            told = f"{item.key[0]}/{item.key[1]}"
            item.part.issues.append(
                issue("overtaken", "informational", severity="information", record=told)
            )
        else:
            kept.append(item)
    return kept
