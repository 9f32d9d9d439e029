"""What every page needs: static files, the choice of language."""

from __future__ import annotations

from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST, require_safe

from lanh.core.web import assets
from lanh.core.web.visit import Visit


def local_path(path: str) -> str:
    """The path if it stays on this site, else the home page."""
    safe = path.startswith("/") and url_has_allowed_host_and_scheme(path, allowed_hosts=None)
    return path if safe else "/"


@require_safe
def static(visit: Visit, version: str, name: str) -> HttpResponse:
    """A static file, to be kept for a year: its address changes with its content."""
    asset = assets.load(name)
    if asset is None:
        raise Http404
    response = HttpResponse(content_type=asset.kind)
    if asset.packed is not None and "gzip" in visit.headers.get("Accept-Encoding", ""):
        response.content = asset.packed
        response.headers["Content-Encoding"] = "gzip"
    else:
        response.content = asset.body
    response.headers["Vary"] = "Accept-Encoding"
    fresh = version == assets.version()
    response.headers["Cache-Control"] = (
        "public, max-age=31536000, immutable" if fresh else "no-cache"
    )
    return response


@require_POST
def language(visit: Visit) -> HttpResponse:
    """Show this and the following pages in the other language, at the same address."""
    chosen = "en" if visit.POST.get("language") == "en" else "vi"
    response = HttpResponseRedirect(local_path(str(visit.POST.get("next", "/"))))
    response.set_cookie(
        "lanh_language",
        chosen,
        max_age=365 * 24 * 3600,
        samesite="Lax",
        httponly=True,
        secure=visit.services.secure,
    )
    return response
