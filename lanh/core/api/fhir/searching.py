"""Search by GET and POST (R4 3.1.1)."""

from __future__ import annotations

import re
from urllib.parse import parse_qsl, urlencode

from lanh.core import audit, fhir
from lanh.core.api.fhir.call import PRESENTATION, Call, Pairs
from lanh.core.api.fhir.desk import Desk, entry_of
from lanh.core.api.fhir.exchange import WORDS, Answer, Refused, preference
from lanh.core.api.fhir.listings import search_bundle
from lanh.core.api.fhir.shaping import read_shape
from lanh.core.database import Plan
from lanh.core.fhir import Issue
from lanh.core.store import Context, Invalid, Page, Search
from lanh.core.text import Message

_SEARCH_BYTES = 1024 * 1024
_NAME_END = re.compile(r"[.:]")


async def search(desk: Desk, call: Call, kind: str) -> Answer:
    """A searchset of the rows that may be found."""
    given = await _pairs(call)
    lenient = preference(call, "handling") == "lenient"
    shape = read_shape(
        kind,
        [value for name, value in given if name == "_summary"],
        [value for name, value in given if name == "_elements"],
        lenient=lenient,
    )
    # The store knows what is asked; how it looks is known here.
    pairs = [each for each in given if each[0] not in PRESENTATION or each[1] == "count"]
    issues: list[Issue] = []
    wanted, ignored = await _parsed(desk, kind, pairs, lenient=lenient, base=call.base)
    if ignored:
        issues = [Issue("warning", "not-supported", "", message) for message in ignored]
        names = {parameter.name for parameter in wanted.parameters}
        given = [(n, v) for n, v in given if n[:1] == "_" or _NAME_END.split(n)[0] in names]
    page = await desk.read(desk.store.search(wanted, call.context))
    await desk.audits.submit(_entries(wanted, page, call.context))
    if page.included_bounded:
        issues.append(Issue("warning", "incomplete", "", WORDS.message("included_bounded")))
    query = [(name, value) for name, value in given if name != "_cursor"]
    links = {"self": f"{call.base}/{kind}?{urlencode(given)}"}
    if page.next_cursor is not None:
        query.append(("_cursor", page.next_cursor))
        links["next"] = f"{call.base}/{kind}?{urlencode(query)}"
    notes = fhir.operation_outcome(issues, call.language) if issues else None
    return Answer(200, search_bundle(page, call.base, links, notes, shape))


async def _parsed(
    desk: Desk, kind: str, pairs: Pairs, *, lenient: bool, base: str
) -> tuple[Search, list[Message]]:
    """The search of the pairs. What is not known is asked for once more, in the database: it may
    be a parameter of the installation that has just become active."""
    try:
        wanted, ignored = desk.store.parse_known(kind, pairs, lenient=lenient, base=base)
    except Invalid:
        return await desk.read(desk.store.parse(kind, pairs, lenient=lenient, base=base))
    if ignored:
        return await desk.read(desk.store.parse(kind, pairs, lenient=lenient, base=base))
    return wanted, ignored


async def _pairs(call: Call) -> Pairs:
    pairs = call.all_pairs
    if call.method == "POST":
        media_type = call.headers.get("content-type", "").partition(";")[0].strip().lower()
        if media_type != "application/x-www-form-urlencoded":
            raise Refused(415, "not-supported", "form")
        body = await call.content(_SEARCH_BYTES)
        pairs += parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True)
    return pairs


def audited_search(desk: Desk, wanted: Search, context: Context) -> Plan[Page]:
    """A page, and an audit entry for each row on it."""
    page = yield from desk.store.search(wanted, context)
    yield from audit.append(_entries(wanted, page, context))
    return page


def _entries(wanted: Search, page: Page, context: Context) -> list[audit.Entry]:
    names = ",".join(sorted({parameter.name for parameter in wanted.parameters}))
    detail = f"{wanted.type}?{names}"
    entries = [
        entry_of(context, "search", row.type, row, detail)
        for row in (*page.entries, *page.included)
    ]
    found = audit.Entry.of(context.access, "search", type=wanted.type, detail=detail)
    return entries or [found]
