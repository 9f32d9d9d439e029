"""Where a paper wants a signature to be seen: links that its layout has put there."""

from __future__ import annotations

import io
from typing import Any

from lanh.core.signing.faults import Unreadable
from lanh.core.signing.pdf_signing import Box

ADDRESS = "urn:lanh:sign:"
"""A link to this and the name of a field stands where the field's signature is to be seen."""


def place_for(content: bytes, field: str) -> Box | None:
    """The first place that a paper keeps for a field; None where it keeps none, so that the
    signature is not seen on it. Raises Unreadable."""
    from pyhanko.pdf_utils.reader import PdfFileReader

    try:
        pages = _pages(PdfFileReader(io.BytesIO(content)).root["/Pages"])
        for number, page in enumerate(pages):
            for each in page.get("/Annots", ()):
                found = each.get_object()
                action = found.get("/A", {})
                if str(action.get("/URI", "")) == ADDRESS + field:
                    left, bottom, right, top = (round(float(x)) for x in found["/Rect"])
                    return Box(number, left, min(bottom, top), right, max(bottom, top))
    except Exception as error:
        # A reader of hostile bytes: whatever it raises, the paper cannot be read.
        raise Unreadable("not-pdf", reason=type(error).__name__) from error
    return None


def _pages(node: Any) -> list[Any]:
    """The pages below a node of the page tree, in their order."""
    if "/Kids" not in node:
        return [node]
    return [page for kid in node["/Kids"] for page in _pages(kid.get_object())]
