"""History of a row, of a type, of everything (R4 3.1.0.9)."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from urllib.parse import urlencode

from lanh.core import audit, fhir
from lanh.core.api.fhir.call import Call
from lanh.core.api.fhir.desk import Desk, entry_of
from lanh.core.api.fhir.exchange import Answer, Refused, preference
from lanh.core.api.fhir.listings import history_bundle
from lanh.core.api.fhir.shaping import shape_of
from lanh.core.database import Plan
from lanh.core.store import Context, NotFound, histories

_DEFAULT_COUNT = 100
_KNOWN = frozenset({"_count", "_since", "_at", "_cursor"})
_INSTANT = re.compile(
    r"\d{4}(?:-\d{2}(?:-\d{2}(?:T\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:\d{2})?)?)?)?"
)


async def history(desk: Desk, call: Call, kind: str | None, name: str | None) -> Answer:
    """A history Bundle, newest first, by pages."""
    shape = shape_of(call, kind)
    span, count, cursor = _asked(call)
    past = await desk.read(_audited(desk, call.context, kind, name, span, count, cursor))
    if past is None:
        raise NotFound.because("not_found", type=kind, id=name)
    address = "/".join(each for each in (call.base, kind, name, "_history") if each)
    kept = [pair for pair in call.all_pairs if pair[0] != "_cursor"]
    links = {"self": _link(address, call.all_pairs)}
    if past.next_cursor is not None:
        links["next"] = _link(address, [*kept, ("_cursor", past.next_cursor)])
    return Answer(200, history_bundle(past, call.base, links, shape))


def _link(address: str, pairs: list[tuple[str, str]]) -> str:
    return f"{address}?{urlencode(pairs)}" if pairs else address


def _asked(call: Call) -> tuple[histories.Span, int, str | None]:
    """The limits of the query. Raises Refused."""
    count, cursor = _DEFAULT_COUNT, None
    since: datetime | None = None
    start: datetime | None = None
    end: datetime | None = None
    for name, value in call.pairs:
        match name:
            case "_count":
                if not (value.isascii() and value.isdigit() and len(value) < 10):
                    raise Refused(400, "value", "bad_count", value=value[:40])
                count = int(value)
            case "_since":
                since = moment(name, value)[0]
            case "_at":
                start, end = moment(name, value.removeprefix("eq"))
            case "_cursor":
                cursor = value
            case _:
                if name not in _KNOWN and preference(call, "handling") != "lenient":
                    raise Refused(400, "not-supported", "history_parameter", name=name[:100])
    return histories.Span(since, start, end), count, cursor


def moment(name: str, value: str) -> tuple[datetime, datetime]:
    """When a date or instant begins and ends. Raises Refused."""
    value = value.replace(" ", "+")  # a plus sign that was not escaped
    found = fhir.date_range(value) if _INSTANT.fullmatch(value) else None
    if found is None:
        raise Refused(400, "value", "bad_moment", name=name, value=value[:40])
    low, high = found
    # An instant by the millisecond lasts one: what was written within it counts.
    try:
        return low, max(high, low + timedelta(milliseconds=1))
    except OverflowError:
        return low, high


def _audited(
    desk: Desk,
    context: Context,
    kind: str | None,
    name: str | None,
    span: histories.Span,
    count: int,
    cursor: str | None,
) -> Plan[histories.Past | None]:
    past: histories.Past | None
    if kind is not None and name is not None:
        past = yield from histories.of_row(
            kind, name, context, span=span, count=count, cursor=cursor
        )
    else:
        kinds = None if kind is None else [kind]
        past = yield from histories.of_types(kinds, context, span=span, count=count, cursor=cursor)
    if past is None:
        return None
    rows = {(row.type, row.id): row for row in past.entries}
    entries = [entry_of(context, "history", row.type, row) for row in rows.values()]
    asked = audit.Entry.of(context.access, "history", type=kind, id=name)
    yield from audit.append(entries or [asked])
    return past
