"""Addresses of the pages. People appear in them as handles of the session only."""

from __future__ import annotations

from django.urls import path

from lanh.core.web.views import (
    behind,
    faults,
    figures,
    home,
    links,
    messages,
    pairs,
    people,
    person,
    shell,
    signing,
)

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
    path("figures/<path:place>/records", behind.records),
    path("figures/<path:place>", figures.figures),
    path("messages", messages.receipts),
    path("messages/<str:id>", messages.receipt),
    path("pairs", pairs.waiting),
    path("pairs/later", pairs.later),
    path("pairs/decided", pairs.decided),
    path("pairs/<slug:handle>", pairs.pair),
    path("pairs/<slug:handle>/decide", pairs.decide),
    path("pairs/<slug:handle>/undo", pairs.undo),
    path("links", links.to_review),
    path("links/<slug:handle>", links.review),
    path("links/<slug:handle>/decide", links.decide),
]

handler400 = faults.bad_request
handler403 = faults.forbidden
handler404 = faults.not_found
handler500 = faults.broken
