"""The pages as one WSGI application."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from importlib import import_module
from typing import Any, TypeAlias

from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler

from lanh.core.web.services import Services
from lanh.core.web.settings import configure
from lanh.core.web.visit import Visit

Environ: TypeAlias = dict[str, Any]
WsgiApplication: TypeAlias = Callable[[Environ, Callable[..., Any]], Iterable[bytes]]


class _Handler(WSGIHandler):
    request_class = Visit


def application(services: Services) -> WsgiApplication:
    """The pages on these services, to be mounted below "/" by whatever owns the port."""
    if len(services.secret) < 32:
        raise ValueError("Services.secret needs at least 32 characters")
    configure(services)
    import_module(settings.ROOT_URLCONF)  # a fault in a view shows at the start, not at a click
    django = _Handler()

    def answer(environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        environ["lanh.services"] = services
        return django(environ, start_response)

    return answer
