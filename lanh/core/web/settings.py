"""Django's settings, made in code: templates, forgery protection, headers; no models, no apps."""

from __future__ import annotations

from pathlib import Path

import django
from django.conf import settings

from lanh.core.web.services import Services

TEMPLATES = Path(__file__).with_name("templates")


def configure(services: Services) -> None:
    """Set Django up for this process, once; a second call changes nothing."""
    if settings.configured:
        return
    settings.configure(
        SECRET_KEY=services.secret,
        DEBUG=False,
        ALLOWED_HOSTS=list(services.hosts),
        ROOT_URLCONF="lanh.core.web.urls",
        INSTALLED_APPS=[],
        DATABASES={},
        USE_TZ=True,
        TIME_ZONE="Asia/Ho_Chi_Minh",
        USE_I18N=False,
        APPEND_SLASH=False,
        MIDDLEWARE=[
            "django.middleware.gzip.GZipMiddleware",
            "lanh.core.web.middleware.headers",
            "lanh.core.web.middleware.bounds",
            "django.middleware.csrf.CsrfViewMiddleware",
            "lanh.core.web.middleware.visit",
        ],
        TEMPLATES=[
            {
                "BACKEND": "django.template.backends.django.DjangoTemplates",
                "DIRS": [TEMPLATES],
                "OPTIONS": {
                    "builtins": ["lanh.core.web.template_tags"],
                },
            }
        ],
        CSRF_COOKIE_NAME="lanh_csrf",
        CSRF_COOKIE_HTTPONLY=True,
        CSRF_COOKIE_SAMESITE="Lax",
        CSRF_COOKIE_SECURE=services.secure,
        CSRF_COOKIE_AGE=None,
        CSRF_FAILURE_VIEW="lanh.core.web.views.faults.forged",
        SECURE_PROXY_SSL_HEADER=("HTTP_X_FORWARDED_PROTO", "https") if services.secure else None,
        # A form of a ministry system may have hundreds of fields and a draft of two megabytes.
        DATA_UPLOAD_MAX_MEMORY_SIZE=4 * 1024 * 1024,
        DATA_UPLOAD_MAX_NUMBER_FIELDS=20_000,
        DATA_UPLOAD_MAX_NUMBER_FILES=20,
        LOGGING_CONFIG=None,
    )
    django.setup()
