"""Around every page: who is asking, and the headers that keep what is sent from being misused."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from lanh.core.database import Plan
from lanh.core.web import sessions
from lanh.core.web.services import SignedIn
from lanh.core.web.visit import Visit

SESSION_COOKIE = "lanh_session"
_STATIC = "/static/"
_LARGEST, _LARGEST_UNKNOWN = 12_000_000, 4_000_000

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; img-src 'self'; "
    "connect-src 'self'; manifest-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'"
)

Handler = Callable[[HttpRequest], HttpResponse]


def headers(get_response: Handler) -> Handler:
    """Nothing from other hosts, nothing inline, no frames, no copies of pages in caches."""

    def answer(request: HttpRequest) -> HttpResponse:
        assert isinstance(request, Visit)
        response = get_response(request)
        response.headers["Content-Security-Policy"] = POLICY
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["X-Frame-Options"] = "DENY"
        response.headers["Referrer-Policy"] = "same-origin"
        response.headers["Cross-Origin-Opener-Policy"] = "same-origin"
        response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
        response.headers["Permissions-Policy"] = "geolocation=(), camera=(), microphone=()"
        if request.services.secure:
            response.headers["Strict-Transport-Security"] = "max-age=31536000"
        if not request.path.startswith(_STATIC):
            response.headers["Cache-Control"] = "no-store"
        return response

    return answer


def bounds(get_response: Handler) -> Handler:
    """A request that is too large is refused before anything of it is read; without a session
    only small ones are taken."""

    def answer(request: HttpRequest) -> HttpResponse:
        length = request.META.get("CONTENT_LENGTH") or "0"
        known = SESSION_COOKIE in request.COOKIES
        most = _LARGEST if known else _LARGEST_UNKNOWN
        if not length.isascii() or not length.isdigit() or int(length) > most:
            return HttpResponse(status=413)
        return get_response(request)

    return answer


def _whose(visit: Visit, token: str) -> Plan[tuple[sessions.Session, SignedIn] | None]:
    session = yield from sessions.resume(token, visit.at)
    if session is None:
        return None
    account = yield from visit.services.accounts.signed_in(session.account, visit.at)
    if account is None:
        yield from sessions.end(session)
        return None
    if session.notice and visit.method == "GET":
        yield from sessions.clear_notice(session)
    return session, account


def visit(get_response: Handler) -> Handler:
    """Find out who is asking, from the session's cookie."""

    def answer(request: HttpRequest) -> HttpResponse:
        assert isinstance(request, Visit)
        token = request.COOKIES.get(SESSION_COOKIE)
        if token and not request.path.startswith(_STATIC):
            found = request.services.database.transact(_whose(request, token))
            if found is not None:
                request.session_of, request.account = found
                if "lanh_language" not in request.COOKIES:
                    request.language = request.account.language
        return get_response(request)

    return answer
