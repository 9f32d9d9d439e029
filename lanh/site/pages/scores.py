"""Scores of senders for the pages: of one's own systems, of a province, of the country."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from typing import Final

from lanh.core import accounts, bus
from lanh.core.access import Access
from lanh.core.bus import Score
from lanh.core.database import Plan
from lanh.core.web.services import ScoreLine, ScorePage
from lanh.nation.place import COUNTRY, Places
from lanh.nation.roles import Capability

_BOUNDARIES: Final = "34"


def score_page(
    places: Places, access: Access, place: str | None, asked: str | None, last: date, days: int
) -> Plan[ScorePage | None]:
    """The page of whoever asks: a facility's own systems, else what lies in their place.

    None where the province asked for is not within it.
    """
    if Capability.MESSAGE_SCORES not in access.capabilities:
        return None
    first = last - timedelta(days=days - 1)
    clients = yield from accounts.list_clients()
    names = {client.id: client.name for client in clients}
    if access.facility is not None:
        own = [client.id for client in clients if access.facility in client.facilities]
        return (yield from _page(first, last, names, own, None, [], None))
    whole = place in (None, COUNTRY)
    province = asked if whole else place
    if (asked is not None and asked != province) or (province is not None and len(province) != 2):
        return None
    if province is None:
        communes = None
    else:
        communes = sorted(places.communes_of(province, last))
        if not communes:
            return None
    by_commune = yield from bus.scores("commune", first, last, None, communes)
    below = list(_places_below(places, by_commune, province, last))
    return (yield from _page(first, last, names, None, communes, below, province))


def _page(
    first: date,
    last: date,
    names: dict[str, str],
    senders: Sequence[str] | None,
    communes: Sequence[str] | None,
    below: Sequence[ScoreLine],
    province: str | None,
) -> Plan[ScorePage]:
    by_sender = yield from bus.scores("sender", first, last, senders, communes)
    by_day = yield from bus.scores("day", first, last, senders, communes)
    heard: set[str] = set()
    alerts = yield from bus.silent(senders)
    if communes is not None:
        past = yield from bus.scores("sender", last - timedelta(days=90), last, None, communes)
        heard = {score.key for score in past}
    whole = sum(by_sender, Score(""))
    return ScorePage(
        _line(whole, ""),
        below,
        [_line(score, names.get(score.key, score.key)) for score in by_sender],
        [_line(score, score.key) for score in reversed(by_day)],
        [
            (names.get(alert.sender, alert.sender), alert.last_at)
            for alert in alerts
            if communes is None or alert.sender in heard
        ],
        province,
        senders is not None,
    )


def _places_below(
    places: Places, scores: Iterable[Score], province: str | None, on: date
) -> Iterable[ScoreLine]:
    """Communes of a province, or provinces: the counts of their communes added up."""
    added: dict[str, Score] = {}
    for score in scores:
        placed = places.placed(score.key, on, _BOUNDARIES) if score.key else None
        if placed is None:
            continue
        code = placed[0] if province is None else placed[1]
        added[code] = added.get(code, Score(code)) + score
    for code in sorted(added):
        unit = places.province(code, on) if province is None else places.commune(code, on)
        yield _line(added[code], unit.name if unit else code)


def _line(score: Score, name: str) -> ScoreLine:
    return ScoreLine(
        score.key, name, score.messages, score.accurate, score.adequate, score.clean, score.live
    )
