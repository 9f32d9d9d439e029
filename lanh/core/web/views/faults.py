"""Pages for what went wrong: plain words, what to do next, in the reader's language."""

from __future__ import annotations

import logging
import sys
import traceback
from pathlib import Path

from django.http import HttpRequest, HttpResponse

from lanh.core.web.pages import render, say
from lanh.core.web.visit import Visit

_LOG = logging.getLogger(__name__)


def fault(
    request: HttpRequest, key: str, status: int, demonstration: bool | None = None
) -> HttpResponse:
    """The page of one kind of fault. With `demonstration` given, no database is asked."""
    assert isinstance(request, Visit)
    return render(
        request,
        "fault.html",
        title=say(request, f"fault.{key}.title"),
        status=status,
        demonstration=demonstration,
        why=say(request, f"fault.{key}.why"),
        then=say(request, f"fault.{key}.then"),
        status_code=status,
    )


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """400."""
    return fault(request, "bad", 400)


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """403: the role does not allow it."""
    return fault(request, "forbidden", 403)


def forged(request: HttpRequest, reason: str = "") -> HttpResponse:
    """403: the form did not come from a page of ours, or the page was too old."""
    return fault(request, "forged", 403)


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """404."""
    return fault(request, "missing", 404)


def broken(request: HttpRequest) -> HttpResponse:
    """500: our fault. The log says where in the code and of what kind; never with which values."""
    kind, _, trace = sys.exc_info()
    places = [f"{Path(f.filename).name}:{f.lineno}" for f in traceback.extract_tb(trace)[-6:]]
    route = request.resolver_match and request.resolver_match.route
    name = kind.__name__ if kind else "unknown"
    _LOG.error("a page failed: %s: %s at %s", route, name, " > ".join(places))
    return fault(request, "broken", 500, demonstration=False)
