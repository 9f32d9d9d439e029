"""Which form an answer has, JSON or XML, and what form a body came in (R4 3.1.0.1.8)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from urllib.parse import parse_qsl

import msgspec

from lanh.core import fhir
from lanh.core.api.fhir.exchange import MEDIA_TYPE, Refused

XML_TYPE = "application/fhir+xml"
JSON_PATCH = "application/json-patch+json"
_JSON = frozenset({MEDIA_TYPE, "application/json", "text/json", "json", "application/json+fhir"})
_XML = frozenset({XML_TYPE, "application/xml", "text/xml", "xml", "application/xml+fhir"})
_ANY = frozenset({"*/*", "application/*", "text/*", ""})
# Asked for by these names, the answer bears the name that was asked for.
_GENERIC = frozenset({"application/json", "text/json", "application/xml", "text/xml"})
_VERSIONS = frozenset({"4.0", "4.0.1"})
_MOST_ACCEPTED = 50


@dataclass(frozen=True, slots=True)
class Form:
    """The form of an answer."""

    media_type: str = MEDIA_TYPE
    xml: bool = False
    pretty: bool = False

    @property
    def header(self) -> bytes:
        """The Content-Type."""
        return f"{self.media_type}; charset=utf-8".encode()

    def render(self, body: bytes) -> bytes:
        """A JSON body in this form; plain JSON is left untouched."""
        if self.xml:
            return fhir.to_xml(fhir.loads(body), pretty=self.pretty)
        return msgspec.json.format(body, indent=2) if self.pretty else body


PLAIN = Form()


@lru_cache(maxsize=512)
def form_of(accept: str, query: str) -> Form:
    """The form that `_format`, else Accept, asks for. Raises Refused (406)."""
    pairs = dict(reversed(parse_qsl(query, keep_blank_values=True)))
    pretty = pairs.get("_pretty", "").lower() == "true"
    given = pairs.get("_format")
    if given is not None:
        # A plus sign that was not escaped arrives as a blank.
        wanted = [given.replace(" ", "+") if "/" in given else given]
    else:
        wanted = _by_quality(accept)
    for each in wanted:
        media_type, _, rest = each.partition(";")
        media_type = media_type.strip().lower()
        version = _parameter(rest, "fhirversion")
        if version is not None and version not in _VERSIONS:
            continue
        if media_type in _JSON or (media_type in _ANY and given is None):
            form = Form(media_type if media_type in _GENERIC else MEDIA_TYPE, pretty=pretty)
            return PLAIN if form == PLAIN else form
        if media_type in _XML:
            named = media_type if media_type in _GENERIC else XML_TYPE
            return Form(named, xml=True, pretty=pretty)
    raise Refused(406, "not-supported", "not_acceptable")


def _parameter(text: str, name: str) -> str | None:
    for part in text.split(";"):
        key, _, value = part.strip().partition("=")
        if key.lower() == name:
            return value.strip('" ')
    return None


def _by_quality(accept: str) -> list[str]:
    """The ranges of an Accept header, best first; those of quality 0 are left out."""
    if not accept.strip():
        return [""]
    ranked: list[tuple[float, int, str]] = []
    for place, each in enumerate(accept.split(",")[:_MOST_ACCEPTED]):
        quality = _parameter(each.partition(";")[2], "q")
        try:
            weight = 1.0 if quality is None else float(quality)
        except ValueError:
            weight = 1.0
        if weight > 0:
            ranked.append((-weight, place, each.strip()))
    return [each for _, _, each in sorted(ranked)]


def media_type_of(header: str | None) -> str:
    """The media type of a Content-Type, JSON where there is none. Raises Refused (415) where it
    names another FHIR version or another charset than UTF-8."""
    media_type, _, rest = (header or MEDIA_TYPE).partition(";")
    media_type = media_type.strip().lower()
    version, charset = _parameter(rest, "fhirversion"), _parameter(rest, "charset")
    if version is not None and version not in _VERSIONS:
        raise Refused(415, "not-supported", "fhir_version", version=version[:20])
    if charset is not None and charset.lower() not in ("utf-8", "utf8", "us-ascii"):
        raise Refused(415, "not-supported", "charset", charset=charset[:40])
    return media_type


def is_fhir(media_type: str) -> bool:
    """Whether a body of this media type is a resource in JSON or XML."""
    return media_type in _JSON or media_type in _XML


def read_content(body: bytes, media_type: str, limit: int) -> dict[str, Any]:
    """The resource of a body. Raises Refused or fhir.ParseError."""
    if media_type in _XML:
        return fhir.from_xml(body, max_bytes=limit)
    if media_type not in _JSON:
        raise Refused(415, "not-supported", "media_type", media_type=media_type[:100])
    value = fhir.loads(body, max_bytes=limit)
    if not isinstance(value, dict) or not isinstance(value.get("resourceType"), str):
        raise Refused(400, "structure", "not_resource")
    return value
