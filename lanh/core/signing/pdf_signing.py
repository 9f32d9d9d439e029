"""Sign PDF: PAdES baseline B-B (ETSI EN 319 142-1), one signer after another, by pyHanko.

pyHanko is loaded when the first paper is signed. Nothing is fetched.
"""

from __future__ import annotations

import io
import unicodedata
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from cryptography.hazmat.primitives import serialization

from lanh.core.signing.certificates import name_of
from lanh.core.signing.faults import KeyFault, SigningFault, Unreadable
from lanh.core.signing.keys import Algorithm, SigningKey, sign
from lanh.core.signing.pdf_reading import MOST_PDF_BYTES

_MECHANISM = {Algorithm.RSA_SHA256: "sha256_rsa", Algorithm.ECDSA_SHA256: "sha256_ecdsa"}
# The longest that an RSA key of 4096 bits makes.
_LONGEST = 512


@dataclass(frozen=True, slots=True)
class Box:
    """Where a signature is seen: page from 0, corners in points from the lower left."""

    page: int
    left: int
    bottom: int
    right: int
    top: int


def sign_pdf(
    content: bytes,
    key: SigningKey,
    at: datetime,
    *,
    field: str,
    reason: str = "",
    place: str = "",
    box: Box | None = None,
    seen: bytes | None = None,
) -> bytes:
    """The paper with a further signature, in a revision of its own after the bytes given.

    `field` names the signature field and is new in the paper or an empty field of it; `box` shows
    what is `seen` of it there: the first page of another PDF, else the signer's name (in letters
    without marks, as PDF's built-in fonts have no others). `at` is the signing time, aware. Must
    not be called from a running event loop. Raises Unreadable, KeyFault, SigningFault.
    """
    from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
    from pyhanko.sign.fields import SigFieldSpec

    if at.tzinfo is None:
        raise SigningFault("time-naive")
    if len(content) > MOST_PDF_BYTES:
        raise Unreadable("too-large", limit=MOST_PDF_BYTES)
    try:
        writer = IncrementalPdfFileWriter(io.BytesIO(content))
        encrypted = writer.prev.encrypted
    except Exception as error:
        # A reader of hostile bytes: whatever it raises, the paper cannot be read.
        raise Unreadable("not-pdf", reason=type(error).__name__) from error
    if encrypted:
        raise Unreadable("pdf-encrypted")
    spec = None
    if box is not None:
        corners = (box.left, box.bottom, box.right, box.top)
        spec = SigFieldSpec(field, on_page=box.page, box=corners)
    signer = _pdf_signer(key, at, field, reason, place, spec, seen)
    output = io.BytesIO()
    try:
        signer.sign_pdf(writer, output=output)
    except KeyFault:
        raise
    except Exception as error:
        raise SigningFault("pdf-not-signed", field=field, reason=str(error)[:200]) from error
    return output.getvalue()


def _pdf_signer(
    key: SigningKey,
    at: datetime,
    field: str,
    reason: str,
    place: str,
    spec: Any,
    seen: bytes | None,
) -> Any:
    from pyhanko.sign.fields import SigSeedSubFilter
    from pyhanko.sign.signers import PdfSignatureMetadata, PdfSigner
    from pyhanko.stamp import StaticStampStyle, TextStampStyle

    class Signer(PdfSigner):
        """Signs at the time that is given, not at that of the machine."""

        def init_signing_session(self, *arguments: Any, **more: Any) -> Any:
            session = super().init_signing_session(*arguments, **more)
            session.system_time = at
            return session

    name = _plain(name_of(key.chain[0].subject))
    metadata = PdfSignatureMetadata(
        field_name=field,
        md_algorithm="sha256",
        subfilter=SigSeedSubFilter.PADES,
        reason=reason or None,
        location=place or None,
        signer_key_usage=set(),
    )
    style: Any = None
    if spec is not None:
        style = TextStampStyle(stamp_text=f"{name}\n{at:%Y-%m-%d %H:%M:%S %z}")
    if spec is not None and seen is not None:
        style = StaticStampStyle(
            border_width=0, background=_page_of(seen), background_layout=_whole_box()
        )
    return Signer(metadata, _port_signer(key), new_field_spec=spec, stamp_style=style)


def _whole_box() -> Any:
    """A layout that fills its box."""
    from pyhanko.pdf_utils.layout import AxisAlignment, InnerScaling, Margins, SimpleBoxLayoutRule

    return SimpleBoxLayoutRule(
        x_align=AxisAlignment.ALIGN_MID,
        y_align=AxisAlignment.ALIGN_MID,
        margins=Margins(),
        inner_content_scaling=InnerScaling.STRETCH_TO_FIT,
    )


def _page_of(content: bytes) -> Any:
    """The first page of a PDF, to be drawn in another."""
    from pyhanko.pdf_utils.content import PdfContent
    from pyhanko.pdf_utils.layout import BoxConstraints
    from pyhanko.pdf_utils.reader import PdfFileReader

    class Drawn(PdfContent):
        """A page as an object of the paper that is written."""

        def render(self) -> bytes:
            page = PdfFileReader(io.BytesIO(content))
            made = self._ensure_writer.import_page_as_xobject(page, page_ix=0)
            self.resources.xobject["/LanhSeen"] = made
            left, bottom, right, top = made.get_object()["/BBox"]
            self.box = BoxConstraints(width=abs(left - right), height=abs(bottom - top))
            return b"/LanhSeen Do"

    return Drawn()


def _port_signer(key: SigningKey) -> Any:
    """pyHanko's signer over our port."""
    from asn1crypto import algos, x509
    from pyhanko.sign.signers import Signer
    from pyhanko_certvalidator.registry import SimpleCertificateStore

    chain = [
        x509.Certificate.load(each.public_bytes(serialization.Encoding.DER)) for each in key.chain
    ]
    registry = SimpleCertificateStore()  # type: ignore[no-untyped-call]
    registry.register_multiple(chain)

    class PortSigner(Signer):
        """Asks the port for each signature."""

        async def async_sign_raw(
            self, data: bytes, digest_algorithm: str, dry_run: bool = False
        ) -> bytes:
            if digest_algorithm != "sha256":
                raise SigningFault("algorithm-refused", algorithm=digest_algorithm)
            return bytes(_LONGEST) if dry_run else sign(key, data)

    mechanism = algos.SignedDigestAlgorithm({"algorithm": _MECHANISM[key.algorithm]})
    return PortSigner(
        signing_cert=chain[0],
        cert_registry=registry,
        signature_mechanism=mechanism,
        embed_roots=False,
    )


def _plain(text: str) -> str:
    """Letters without marks: a percent sign would be read as a place for a value."""
    bare = unicodedata.normalize("NFD", text.replace("đ", "d").replace("Đ", "D"))
    return bare.encode("ascii", "ignore").decode().replace("%", "%%")
