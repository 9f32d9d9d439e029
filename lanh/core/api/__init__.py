"""The HTTP interfaces of the engines (ASGI)."""

from lanh.core.api.authentication import (
    Authenticator,
    Forbidden,
    PersonAccess,
    Unauthorized,
    require,
    require_capability,
)
from lanh.core.api.bulk import bulk_operations, bulk_routes
from lanh.core.api.bus import bus_routes, require_sender
from lanh.core.api.bus_body import Unacceptable, read_message
from lanh.core.api.desks import desk_routes
from lanh.core.api.fhir import Direct, FhirInterface, fhir_routes, interface_of
from lanh.core.api.subscription_socket import subscription_routes
from lanh.core.api.terminology_routes import terminology_operations
from lanh.core.api.token import TOKEN_SECONDS, TokenEndpoint

__all__ = [
    "TOKEN_SECONDS",
    "Authenticator",
    "Direct",
    "FhirInterface",
    "Forbidden",
    "PersonAccess",
    "TokenEndpoint",
    "Unacceptable",
    "Unauthorized",
    "bulk_operations",
    "bulk_routes",
    "bus_routes",
    "desk_routes",
    "fhir_routes",
    "interface_of",
    "read_message",
    "require",
    "require_capability",
    "require_sender",
    "subscription_routes",
    "terminology_operations",
]
