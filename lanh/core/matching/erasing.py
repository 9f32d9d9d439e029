"""Erasure by order: what people wrote about records in their own words goes; decisions stay."""

from __future__ import annotations

from collections.abc import Sequence

from lanh.core.database import Plan, execute


def erase_words(record_ids: Sequence[str]) -> Plan[None]:
    """Blank the reasons that were given for decisions on these records and on their pairs.

    What was decided, when, by whom and on which findings stays: it quotes nothing.
    """
    ids = list(record_ids)
    yield from execute(
        "UPDATE matching.link_event SET reason = NULL"
        " WHERE record_id = ANY($1::text[]) AND reason IS NOT NULL",
        ids,
    )
    yield from execute(
        "UPDATE matching.verdict v SET reason = '',"
        " undone_reason = CASE WHEN undone_reason IS NOT NULL THEN '' END"
        " FROM matching.review r WHERE r.id = v.review_id"
        " AND (r.record_id = ANY($1::text[]) OR r.other_id = ANY($1::text[]))",
        ids,
    )
