"""Addresses of the pages. People appear in them as handles of the session only."""

from __future__ import annotations

from django.urls import path, register_converter

from lanh.core.web.views import (
    behind,
    faults,
    figures,
    finding,
    home,
    links,
    mending,
    messages,
    pairs,
    people,
    person,
    scores,
    shell,
    signing,
)
from lanh.core.web.views.desks import drafts, lists, own, records, sheets
from lanh.core.web.views.desks import home as desks


class _Record:
    """A record in an address: `Type/id`, or the handle of one that is about a person."""

    regex = r"~[A-Za-z0-9_-]{20}|[A-Z][A-Za-z]+/[A-Za-z0-9.-]{1,64}"

    def to_python(self, value: str) -> str:
        """As it stands."""
        return value

    to_url = to_python


register_converter(_Record, "record")

urlpatterns = [
    path("", home.home),
    path("sign-in", signing.sign_in),
    path("sign-out", signing.sign_out),
    path("language", shell.language),
    path("static/<slug:version>/<path:name>", shell.static),
    path("me", person.own),
    path("people", people.search),
    path("people/purpose", people.purpose),
    path("people/found/<slug:handle>", people.found),
    path("people/open", person.open_person),
    path("people/<slug:handle>", person.overview),
    path("people/<slug:handle>/medicines", person.medicines),
    path("people/<slug:handle>/results", person.results),
    path("people/<slug:handle>/sources", person.sources),
    path("people/<slug:handle>/openings", person.openings),
    path("find", finding.search),
    path("find/<slug:handle>", finding.found),
    path("figures/<path:place>/records", behind.records),
    path("figures/<path:place>", figures.figures),
    path("messages", messages.receipts),
    path("messages/rejects", mending.reasons),
    path("messages/scores", scores.scores),
    path("messages/rejects/of", mending.reason),
    path("messages/rejects/sheet", mending.sheet),
    path("messages/replays/<slug:id>", mending.replay),
    path("messages/<str:id>", messages.receipt),
    path("messages/<str:id>/mend", mending.mend),
    path("pairs", pairs.waiting),
    path("pairs/later", pairs.later),
    path("pairs/decided", pairs.decided),
    path("pairs/<slug:handle>", pairs.pair),
    path("pairs/<slug:handle>/decide", pairs.decide),
    path("pairs/<slug:handle>/undo", pairs.undo),
    path("links", links.to_review),
    path("links/<slug:handle>", links.review),
    path("links/<slug:handle>/decide", links.decide),
    path("systems", desks.systems),
    path("<slug:system>/", desks.home),
    path("<slug:system>/queues", desks.queues),
    path("<slug:system>/lists/<slug:list_>", lists.listing_page),
    path("<slug:system>/lists/<slug:list_>/export", lists.export),
    path("<slug:system>/lists/<slug:list_>/views", lists.views),
    path("<slug:system>/lists/<slug:list_>/bulk", lists.bulk),
    path("<slug:system>/forms/<slug:form>", drafts.begin),
    path("<slug:system>/drafts/<slug:draft>", drafts.draft),
    path("<slug:system>/drafts/<slug:draft>/save", drafts.save),
    path("<slug:system>/drafts/<slug:draft>/files", drafts.save),
    path("<slug:system>/drafts/<slug:draft>/send", drafts.send),
    path("<slug:system>/drafts/<slug:draft>/suggest", drafts.suggest),
    path("<slug:system>/drafts/<slug:draft>/discard", drafts.discard),
    path("<slug:system>/records/<record:at>", records.record),
    path("<slug:system>/records/<record:at>/act", records.act),
    path("<slug:system>/records/<record:at>/claim", records.claim),
    path("<slug:system>/records/<record:at>/sign", records.sign),
    path("<slug:system>/records/<record:at>/correct", records.correct),
    path("<slug:system>/records/<record:at>/papers/<slug:key>.pdf", records.paper),
    path("<slug:system>/pages/<slug:page>", own.page),
    path("<slug:system>/import/<slug:list_>", sheets.sheet),
    path("<slug:system>/import/<slug:list_>/sheet", sheets.empty_sheet),
    path("<slug:system>/import/<slug:list_>/<slug:upload>", sheets.report),
    path("<slug:system>/import/<slug:list_>/<slug:upload>/rest", sheets.rest),
]

handler400 = faults.bad_request
handler403 = faults.forbidden
handler404 = faults.not_found
handler500 = faults.broken
