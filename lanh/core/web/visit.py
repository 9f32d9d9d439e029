"""One request of a person with a browser: who, in which language, with which services."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from functools import wraps
from typing import Any, Concatenate, ParamSpec
from urllib.parse import urlencode

from django.core.exceptions import PermissionDenied
from django.core.handlers.wsgi import WSGIRequest
from django.http import HttpResponse, HttpResponseRedirect

from lanh.core.access import Access, Purpose
from lanh.core.database import Plan
from lanh.core.text import Language
from lanh.core.web.services import Services, SignedIn
from lanh.core.web.sessions import Session

P = ParamSpec("P")


class Visit(WSGIRequest):
    """A request with the platform's services; the middleware adds who is asking."""

    def __init__(self, environ: dict[str, Any]) -> None:
        super().__init__(environ)
        self.services: Services = environ["lanh.services"]
        self.session_of: Session | None = None
        self.account: SignedIn | None = None
        self.at = datetime.now(UTC)
        self.language: Language = "en" if self.COOKIES.get("lanh_language") == "en" else "vi"

    @property
    def session_here(self) -> Session:
        """The session; a view behind `signed_in` has one. Raises PermissionDenied."""
        if self.session_of is None:
            raise PermissionDenied
        return self.session_of

    @property
    def who(self) -> SignedIn:
        """The account; a view behind `signed_in` has one. Raises PermissionDenied."""
        if self.account is None:
            raise PermissionDenied
        return self.account

    @property
    def purpose(self) -> Purpose:
        """The purpose that the person chose, or the first of the role."""
        chosen = self.session_here.purpose
        return chosen if chosen in self.who.purposes else self.who.purposes[0]

    def can(self, capability: str) -> bool:
        """Whether the role has this capability."""
        return self.account is not None and capability in self.account.capabilities

    def access(self, purpose: Purpose | None = None) -> Plan[Access]:
        """What this person may do now, for the chosen purpose or the one given."""
        plan = self.services.accounts.access_for(self.who, purpose or self.purpose, self.at)
        return (yield from plan)


def signed_in(
    *capabilities: str,
) -> Callable[
    [Callable[Concatenate[Visit, P], HttpResponse]],
    Callable[Concatenate[Visit, P], HttpResponse],
]:
    """Only for people who are signed in and have one of these capabilities (any, where none)."""

    def around(
        view: Callable[Concatenate[Visit, P], HttpResponse],
    ) -> Callable[Concatenate[Visit, P], HttpResponse]:
        @wraps(view)
        def guarded(visit: Visit, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
            if visit.account is None:
                after = {"next": visit.path} if visit.path != "/" and visit.method == "GET" else {}
                return HttpResponseRedirect(f"/sign-in?{urlencode(after)}".rstrip("?"))
            if capabilities and not any(visit.can(name) for name in capabilities):
                raise PermissionDenied
            return view(visit, *args, **kwargs)

        return guarded

    return around
