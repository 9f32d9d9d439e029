"""The pages: Django as one WSGI application on the ports of `lanh.core.web.services`."""

from lanh.core.web.services import Services
from lanh.core.web.wsgi import WsgiApplication, application

__all__ = ["Services", "WsgiApplication", "application"]
