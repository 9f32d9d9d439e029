"""Search by GET and POST, of a type, of the system, of a compartment (R4 3.1.1)."""

from __future__ import annotations

import re
from dataclasses import replace
from urllib.parse import parse_qsl, urlencode

from lanh.core import audit, fhir
from lanh.core.api.fhir import later
from lanh.core.api.fhir.call import PRESENTATION, Call, Pairs
from lanh.core.api.fhir.desk import Desk
from lanh.core.api.fhir.exchange import WORDS, Answer, Refused, preference
from lanh.core.api.fhir.listings import search_bundle
from lanh.core.api.fhir.shaping import read_shape
from lanh.core.api.fhir.shared_searches import shown
from lanh.core.database import Plan
from lanh.core.fhir import Issue
from lanh.core.store import Context, Invalid, Page, Search, check_member
from lanh.core.text import Message

_SEARCH_BYTES = 1024 * 1024
_NAME_END = re.compile(r"[.:]")


Within = tuple[str, str]


async def search(desk: Desk, call: Call, kind: str | None, within: Within | None = None) -> Answer:
    """A searchset of the rows that may be found: of a type or, without one, of those that `_type`
    names, else of all; `within` a compartment (type, id)."""
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
    goes_later = later.asked(desk, call) and shape is None
    if goes_later:
        pairs = later.check_format(pairs)
    wanted, ignored = await _parsed(desk, kind, pairs, lenient, call.base, within)
    if goes_later and wanted[0].summary is None and wanted[0].count > 0:
        return await later.order(desk, call, pairs, wanted, kind, lenient=lenient)
    if ignored:
        issues = [Issue("warning", "not-supported", "", message) for message in ignored]
        names = {parameter.name for each in wanted[:1] for parameter in each.parameters}
        given = [(n, v) for n, v in given if n[:1] == "_" or _NAME_END.split(n)[0] in names]
    if kind is not None and len(wanted) == 1:
        page = await desk.searches.find(wanted[0], call.context)
    else:
        page = await desk.searches.find_several(wanted, call.context)
    if page.included_bounded:
        issues.append(Issue("warning", "incomplete", "", WORDS.message("included_bounded")))
    links = _links(_address(call.base, kind, within), given, page.next_cursor)
    notes = fhir.operation_outcome(issues, call.language) if issues else None
    return Answer(200, search_bundle(page, call.base, links, notes, shape))


def _address(base: str, kind: str | None, within: Within | None) -> str:
    if within is None:
        return base if kind is None else f"{base}/{kind}"
    return f"{base}/{within[0]}/{within[1]}/{kind or '*'}"


def _links(address: str, given: Pairs, cursor: str | None) -> dict[str, str]:
    links = {"self": f"{address}?{urlencode(given)}"}
    if cursor is not None:
        query = [(name, value) for name, value in given if name != "_cursor"]
        links["next"] = f"{address}?{urlencode([*query, ('_cursor', cursor)])}"
    return links


async def _parsed(
    desk: Desk,
    kind: str | None,
    pairs: Pairs,
    lenient: bool,
    base: str,
    within: Within | None,
) -> tuple[list[Search], list[Message]]:
    """The searches of the pairs, one a type. What is not known is asked for once more, in the
    database: it may be a parameter of the installation that has just become active."""
    store = desk.store
    if kind is None:
        return await desk.read(
            store.parse_several(pairs, within=within, lenient=lenient, base=base)
        )
    if within is not None:
        check_member(within[0], kind)
    try:
        wanted, ignored = store.parse_known(kind, pairs, lenient=lenient, base=base)
    except Invalid:
        wanted, ignored = await desk.read(store.parse(kind, pairs, lenient=lenient, base=base))
    else:
        if ignored:
            wanted, ignored = await desk.read(store.parse(kind, pairs, lenient=lenient, base=base))
    return [wanted if within is None else replace(wanted, within=within)], ignored


async def _pairs(call: Call) -> Pairs:
    pairs = call.all_pairs
    if call.method == "POST":
        body = await call.content(_SEARCH_BYTES)
        media_type = call.headers.get("content-type", "").partition(";")[0].strip().lower()
        if body and media_type != "application/x-www-form-urlencoded":
            raise Refused(415, "not-supported", "form")
        pairs += parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True)
    return pairs


def audited_search(desk: Desk, wanted: Search, context: Context) -> Plan[Page]:
    """A page, and an audit entry for each row on it."""
    page = yield from desk.store.search(wanted, context)
    yield from audit.append(shown([wanted], page, context))
    return page
