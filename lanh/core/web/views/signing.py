"""Signing in and out."""

from __future__ import annotations

from datetime import UTC, datetime

from django.http import HttpResponse, HttpResponseRedirect
from django.middleware.csrf import rotate_token
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from lanh.core import ui
from lanh.core.database import Plan
from lanh.core.text import nfc
from lanh.core.web import sessions
from lanh.core.web.middleware import SESSION_COOKIE
from lanh.core.web.pages import render, say
from lanh.core.web.services import Opening, Refused
from lanh.core.web.views.desks.around import CARRIED, carried_on
from lanh.core.web.views.shell import local_path
from lanh.core.web.visit import Visit


def _try(visit: Visit, username: str, password: str) -> Plan[sessions.Session | Refused]:
    answer = yield from visit.services.accounts.authenticate(username, password, visit.at)
    if isinstance(answer, Refused):
        return answer
    before = str(visit.COOKIES.get(SESSION_COOKIE, ""))
    session = yield from sessions.begin(answer.id, visit.at, before)
    if visit.session_of is not None:
        yield from sessions.end(visit.session_of)
    opening = Opening("sign-in", None, answer.id)
    yield from visit.services.audit.append([opening])
    return session


def _carried(visit: Visit) -> list[tuple[str, str]]:
    """The fields of a page that was sent after its session had ended."""
    return [
        (name.removeprefix(CARRIED), str(value))
        for name, values in visit.POST.lists()
        if name.startswith(CARRIED)
        for value in values
    ]


def _form(visit: Visit, username: str, fault: str, status: int) -> HttpResponse:
    language = visit.language
    faults = [("username", fault)] if fault else []
    title = say(visit, "sign_in.title")
    name = ui.Field(
        "username",
        say(visit, "sign_in.username"),
        username,
        autocomplete="username",
        maxlength=100,
        autofocus=not fault,
        fault=fault,
    )
    word = ui.Field(
        "password",
        say(visit, "sign_in.password"),
        kind="password",
        autocomplete="current-password",
        maxlength=200,
    )
    return render(
        visit,
        "sign_in.html",
        title=f"{say(visit, 'fault.prefix')} {title}" if fault else title,
        status=status,
        summary=ui.error_summary(faults, language),
        username=ui.text_field(name, language),
        password=ui.text_field(word, language),
        next=local_path(str(visit.POST.get("next") or visit.GET.get("next") or "/")),
        carried=[(CARRIED + field, value) for field, value in _carried(visit)],
        users=[
            (user.role_name.say(language), user)
            for user in visit.services.demonstration_users
            if visit.services.demonstration()
        ],
    )


@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
def sign_in(visit: Visit) -> HttpResponse:
    """The form, and what becomes of it."""
    if visit.method != "POST":
        return HttpResponseRedirect("/") if visit.account else _form(visit, "", "", 200)
    username = nfc(str(visit.POST.get("username", ""))).strip()[:100]
    password = str(visit.POST.get("password", ""))[:200]
    if not username or not password:
        return _form(visit, username, say(visit, "sign_in.both"), 422)
    answer = visit.services.database.transact(_try(visit, username, password))
    if isinstance(answer, Refused):
        locked = answer.locked_until is not None and answer.locked_until > datetime.now(UTC)
        return _form(visit, username, answer.reason.say(visit.language), 429 if locked else 422)
    rotate_token(visit)
    path, carried = local_path(str(visit.POST.get("next", "/"))), _carried(visit)
    response = carried_on(visit, carried, path) if carried else HttpResponseRedirect(path)
    response.set_cookie(
        SESSION_COOKIE,
        answer.token,
        httponly=True,
        samesite="Lax",
        secure=visit.services.secure,
        path="/",
    )
    return response


def _leave(visit: Visit, session: sessions.Session) -> Plan[None]:
    yield from sessions.end(session)
    yield from visit.services.audit.append([Opening("sign-out", None, session.account)])


@require_POST
def sign_out(visit: Visit) -> HttpResponse:
    """End the session."""
    if visit.session_of is not None:
        visit.services.database.transact(_leave(visit, visit.session_of))
    response = HttpResponseRedirect("/sign-in")
    response.delete_cookie(SESSION_COOKIE, samesite="Lax")
    return response
