"""The data steward's worklist of doubtful pairs: one human or two?"""

from __future__ import annotations

from dataclasses import dataclass, replace

from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.views.decorators.http import require_POST, require_safe

from lanh.core import ui
from lanh.core.database import Plan
from lanh.core.text import nfc
from lanh.core.web import sessions
from lanh.core.web.pages import render, say
from lanh.core.web.services import (
    DECIDE_LINKS,
    Answer,
    DecisionRefused,
    Opening,
    Pair,
    PairsPage,
    PairVerdict,
)
from lanh.core.web.views import comparison, sealing, verdicts
from lanh.core.web.visit import Visit, signed_in

_PER_PAGE = 25
_ANSWERS: dict[str, Answer] = {"same": "same", "different": "different", "later": "later"}


def _shown(visit: Visit, pairs: PairsPage, page: str) -> Plan[list[str]]:
    """Handles for the pairs of a list; that they were seen is written down with it."""
    values = [{"pair": pair.id} for pair in pairs.pairs]
    handles = yield from sessions.keep_handles(visit.session_here, "pair", values)
    access = yield from visit.access()
    seen = [side.patient for pair in pairs.pairs for side in (pair.one, pair.other)]
    opening = Opening("search", access, visit.who.id, patients=seen, detail={"page": page})
    yield from visit.services.audit.append([opening])
    return handles


Previous = tuple[str, PairVerdict] | None


def _previous(visit: Visit) -> Plan[Previous]:
    """The handle of the pair that this person decided last, and the decision."""
    access = yield from visit.access()
    last = yield from visit.services.pairs.last_own(access)
    if last is None:
        return None
    handle = yield from sessions.keep_handle(visit.session_here, "pair", {"pair": last[0]})
    return handle, last[1]


def _list(visit: Visit, view: str) -> Plan[tuple[PairsPage, list[str], Previous]]:
    cursor = yield from sealing.cursor_of(visit, f"pairs-{view}")
    access = yield from visit.access()
    pairs = visit.services.pairs
    if view == "decided":
        found = yield from pairs.decided(access, _PER_PAGE, cursor)
    else:
        found = yield from pairs.waiting(access, _PER_PAGE, cursor, later=view == "later")
    following = yield from sealing.keep_cursor(visit, f"pairs-{view}", found.next_cursor)
    found = replace(found, next_cursor=following)
    handles = yield from _shown(visit, found, f"pairs-{view}")
    return found, handles, (yield from _previous(visit))


def _list_page(visit: Visit, view: str) -> HttpResponse:
    found, handles, previous = visit.services.database.transact(_list(visit, view))
    here = "/pairs" if view == "waiting" else f"/pairs/{view}"
    pages = ui.Pages(
        here if visit.GET.get("after") else None,
        f"{here}?after={found.next_cursor}" if found.next_cursor else None,
    )
    views = [
        ui.Pill(
            say(visit, "pairs.waiting"), "/pairs", _counted(visit, found, found.waiting),
            view == "waiting",
        ),
        ui.Pill(
            say(visit, "pairs.later"), "/pairs/later", _counted(visit, found, found.later),
            view == "later",
        ),
        ui.Pill(say(visit, "pairs.decided"), "/pairs/decided", None, view == "decided"),
    ]  # fmt: skip
    return render(
        visit,
        "pairs.html",
        title=say(visit, "pairs.title"),
        section="pairs",
        views=ui.pills(views, say(visit, "pairs.views")),
        table=verdicts.worklist(visit, found.pairs, handles, decided=view == "decided")
        if found.pairs
        else ui.empty_state(say(visit, f"pairs.none.{view}"), say(visit, f"pairs.why.{view}")),
        pages=ui.pagination(pages, visit.language),
        previous=previous,
        previous_words=verdicts.told(visit, previous[1]) if previous else "",
    )


def _counted(visit: Visit, page: PairsPage, count: int) -> str:
    """A count that stops at the most that is counted."""
    number = ui.formats.number(min(count, page.most), visit.language)
    return f"{number}+" if count > page.most else number


@signed_in(DECIDE_LINKS)
@require_safe
def waiting(visit: Visit) -> HttpResponse:
    """Pairs that wait for a decision, oldest first."""
    return _list_page(visit, "waiting")


@signed_in(DECIDE_LINKS)
@require_safe
def later(visit: Visit) -> HttpResponse:
    """Pairs that were put aside."""
    return _list_page(visit, "later")


@signed_in(DECIDE_LINKS)
@require_safe
def decided(visit: Visit) -> HttpResponse:
    """Decisions that stand, newest first, each of which can be taken back."""
    return _list_page(visit, "decided")


@dataclass(frozen=True, slots=True)
class _Opened:
    """A pair as its page shows it, read and written down in one transaction."""

    handle: str
    pair: Pair
    before: str | None
    after: str | None
    previous: Previous


def _open(visit: Visit, handle: str) -> Plan[_Opened | None]:
    session, pairs = visit.session_here, visit.services.pairs
    value = yield from sessions.meaning(session, "pair", handle)
    if value is None:
        return None
    access = yield from visit.access()
    pair = yield from pairs.pair(value["pair"], access)
    if pair is None:
        return None
    opening = Opening(
        "read",
        access,
        visit.who.id,
        patients=[pair.one.patient, pair.other.patient],
        detail={"page": "pair"},
    )
    yield from visit.services.audit.append([opening])
    before, after = yield from pairs.beside(pair.id, access)
    handles: list[str | None] = []
    for each in (before, after):
        kept = sessions.keep_handle(session, "pair", {"pair": each})
        handles.append(None if each is None else (yield from kept))
    previous = yield from _previous(visit)
    if previous is not None and previous[0] == handle:
        previous = None
    return _Opened(handle, pair, handles[0], handles[1], previous)


def _pair_page(
    visit: Visit, handle: str, *, faults: verdicts.Faults = (), refused: str = "", status: int = 200
) -> HttpResponse:
    # The transaction ends, and with it the audit entry is kept, before anything is answered.
    opened = visit.services.database.transact(_open(visit, handle))
    if opened is None:
        raise Http404
    pair = opened.pair
    title = say(visit, "pairs.one_linked" if pair.linked else "pairs.one_pair")
    crumbs = [ui.Crumb(say(visit, "pairs.title"), "/pairs"), ui.Crumb(say(visit, "pairs.a_pair"))]
    return render(
        visit,
        "pair.html",
        title=f"{say(visit, 'fault.prefix')} {title}" if faults or refused else title,
        section="pairs",
        status=status,
        heading=title,
        crumbs=ui.breadcrumbs(crumbs, visit.language),
        refused=ui.notice(refused, "bad") if refused else "",
        summary=ui.error_summary(list(faults), visit.language),
        compared=comparison.table(visit, pair),
        pair=pair,
        score=comparison.likeness(visit, pair),
        rule=pair.rule_name.say(visit.language),
        since=ui.formats.day(pair.opened_at),
        reasons=verdicts.reason_fields(visit, faults),
        history=verdicts.history(visit, pair),
        standing=verdicts.standing(pair),
        undo_reasons=verdicts.undo_field(visit),
        here=f"/pairs/{handle}",
        before=opened.before,
        after=opened.after,
        previous=opened.previous,
        previous_words=verdicts.told(visit, opened.previous[1]) if opened.previous else "",
    )


@signed_in(DECIDE_LINKS)
@require_safe
def pair(visit: Visit, handle: str) -> HttpResponse:
    """Two records side by side, what was found on each field, and the decision."""
    return _pair_page(visit, handle)


def _decide(visit: Visit, handle: str, answer: Answer, reason: str) -> Plan[str | None]:
    """Keep the decision; gives the address of the next pair."""
    session, pairs = visit.session_here, visit.services.pairs
    value = yield from sessions.meaning(session, "pair", handle)
    seen = str(visit.POST.get("seen", ""))
    if value is None or not (seen.isascii() and seen.isdigit() and len(seen) < 10):
        return None
    access = yield from visit.access()
    if not (yield from pairs.decide(value["pair"], int(seen), answer, reason, access)):
        return None
    _, after = yield from pairs.beside(value["pair"], access)
    if after is None:
        return "/pairs"
    following = yield from sessions.keep_handle(session, "pair", {"pair": after})
    return f"/pairs/{following}"


@signed_in(DECIDE_LINKS)
@require_POST
def decide(visit: Visit, handle: str) -> HttpResponse:
    """The same person, different persons, or later; then on to the next pair."""
    answer = _ANSWERS.get(str(visit.POST.get("act", "")))
    because = str(visit.POST.get("because", ""))
    note = nfc(" ".join(str(visit.POST.get("note", "")).split()))[:500]
    faults = list(verdicts.reason_faults(visit, because, note))
    if answer is None:
        faults.append(("act", say(visit, "pairs.answer_needed")))
    if answer is None or faults:
        return _pair_page(visit, handle, faults=faults, status=422)
    reason = verdicts.reason(because, note)
    try:
        following = visit.services.database.transact(_decide(visit, handle, answer, reason))
    except DecisionRefused as refusal:
        words = refusal.message.say(visit.language)
        return _pair_page(visit, handle, refused=words, status=409)
    if following is None:
        raise Http404
    return HttpResponseRedirect(following)


def _undo(visit: Visit, handle: str, verdict: int, reason: str) -> Plan[bool]:
    value = yield from sessions.meaning(visit.session_here, "pair", handle)
    if value is None:
        return False
    access = yield from visit.access()
    undone = yield from visit.services.pairs.undo(verdict, reason, access)
    if undone:
        yield from sessions.leave_notice(visit.session_here, "pairs.undone")
    return undone


@signed_in(DECIDE_LINKS)
@require_POST
def undo(visit: Visit, handle: str) -> HttpResponse:
    """Take a decision back; the pair waits again and its page says so."""
    verdict, because = str(visit.POST.get("verdict", "")), str(visit.POST.get("because", ""))
    if not (verdict.isascii() and verdict.isdigit() and len(verdict) < 19):
        raise Http404
    if because not in verdicts.UNDO:
        raise Http404
    try:
        plan = _undo(visit, handle, int(verdict), because)
        undone = visit.services.database.transact(plan)
    except DecisionRefused as refusal:
        words = refusal.message.say(visit.language)
        return _pair_page(visit, handle, refused=words, status=409)
    if not undone:
        raise Http404
    return HttpResponseRedirect(f"/pairs/{handle}")
