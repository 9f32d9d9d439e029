"""What a validation may ask of texts and addresses beyond their form, by its options."""

from __future__ import annotations

import re

from lanh.core.fhir.issues import Severity
from lanh.core.fhir.validation.faults import Fault, Faults, shown
from lanh.core.fhir.validation.options import Options

_ADDRESSES = frozenset({"uri", "url", "canonical"})
_UUID = re.compile(r"urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}(#.*)?")
_NOT_IN_URL = re.compile(r"[{}<>\"\\^`]")
_EXAMPLE = re.compile(r"https?://([A-Za-z0-9.\-]*\.)?(example\.org|acme\.com)([/:?#]|$)")
_TAG = re.compile(r"<\s*/?[A-Za-z][A-Za-z0-9_\-]*(\s[^<>]*)?/?>")
# What a renderer of markdown would take as a tag, a comment or an instruction (not after `\\`).
_MARKDOWN_TAG = re.compile(r"(?<!\\)<(/?[A-Za-z][A-Za-z0-9-]*[\s>]|[!?])")


def text_faults(name: str, value: str, options: Options) -> Faults | None:
    """The faults of a text of a primitive type that is well formed.

    UUIDs in lower case and whole (R4 uri), absolute canonicals whose version is named (R4
    canonical) and addresses without characters that RFC 3986 bars are asked for; what is not so
    is a doubt unless the options are strict. Example addresses and what looks like HTML tags are
    faults where the options refuse them.
    """
    found: Faults = []
    if name in _ADDRESSES:
        doubt: Severity = "error" if options.strict else "warning"
        if value.startswith("urn:uuid:") and not _UUID.fullmatch(value.partition("|")[0]):
            found.append(Fault("value", "uuid-form", doubt, value=shown(value)))
        elif name == "canonical" and ":" not in value and value[:1] != "#":
            found.append(Fault("value", "canonical-relative", doubt, value=shown(value)))
        elif name == "canonical" and value[-1:] == "|":
            found.append(Fault("value", "canonical-version", doubt, value=shown(value)))
        elif value.startswith(("http://", "https://")) and _NOT_IN_URL.search(value):
            found.append(Fault("value", "url-characters", doubt, value=shown(value)))
        if not options.examples and _EXAMPLE.match(value):
            found.append(Fault("value", "address-example", value=shown(value)))
    elif name == "markdown" and not options.markdown_tags and _MARKDOWN_TAG.search(value):
        found.append(Fault("value", "markdown-tag"))
    if not options.tags and _TAG.search(value):
        found.append(Fault("security", "text-tag"))
    return found or None
