"""PAdES: signed here, one signer after another, and looked at by poppler's pdfsig."""

from __future__ import annotations

import io
import re
import shutil
import subprocess
from datetime import timedelta
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lanh.core.signing import (
    Box,
    SigningFault,
    SigningKey,
    Unreadable,
    sign_pdf,
    verify_pdf,
)
from lanh.core.signing.tests import authority
from lanh.core.signing.tests.authority import NOW, trust
from lanh.core.signing.tests.paper import paper

LATER = NOW + timedelta(hours=1)


@cache
def twice() -> bytes:
    once = sign_pdf(paper(), authority.doctor().key, NOW, field="doctor")
    return sign_pdf(once, authority.hospital().key, NOW + timedelta(minutes=1), field="head")


def pdfsig(folder: Path, content: bytes) -> str:
    """What pdfsig says; it knows no trust list here, so it speaks of the bytes."""
    if shutil.which("pdfsig") is None:
        pytest.skip("Debian's poppler-utils is not installed")
    (folder / "signed.pdf").write_bytes(content)
    done = subprocess.run(
        ["pdfsig", "-nocert", "signed.pdf"],
        cwd=folder, capture_output=True, text=True, timeout=60, check=False,
        env={"HOME": str(folder), "PATH": "/usr/bin:/bin", "TZ": "UTC"},
    )  # fmt: skip
    return done.stdout


@pytest.mark.parametrize("box", [None, Box(0, 60, 600, 300, 680)])
def test_a_paper_signed_here_verifies_here_and_by_pdfsig(
    key: SigningKey, tmp_path: Path, box: Box | None
) -> None:
    signed = sign_pdf(paper(), key, NOW, field="doctor", reason="Giấy báo tử", box=box)
    assert signed.startswith(paper())
    (found,) = verify_pdf(signed, trust(), LATER)
    assert [each.code for each in found.problems] == []
    assert found.valid and found.last and found.covered == len(signed)
    assert found.certificate == key.chain[0] and found.profile == "PAdES"
    assert found.signing_time == NOW and found.field == "doctor"
    said = pdfsig(tmp_path, signed)
    assert "Signature is Valid." in said and "Total document signed" in said
    assert "ETSI.CAdES.detached" in said


def test_two_signers_in_their_order(tmp_path: Path) -> None:
    first, second = verify_pdf(twice(), trust(), LATER)
    assert (first.signer, second.signer) == ("Bác sĩ Thử", "Bệnh viện Thử")
    assert first.valid and second.valid
    assert not first.last and second.last and first.covered < second.covered
    (alone,) = verify_pdf(twice()[: first.covered], trust(), LATER)
    assert alone.valid and alone.last
    said = pdfsig(tmp_path, twice())
    assert said.count("Signature is Valid.") == 2


def test_a_change_is_noticed_by_both(tmp_path: Path) -> None:
    changed = twice().replace(b"Giay bao tu", b"Giay bao no")
    for found in verify_pdf(changed, trust(), LATER):
        assert not found.intact
        assert {each.code for each in found.problems} == {"digest-differs"}
    assert "Signature is Valid." not in pdfsig(tmp_path, changed)


def test_another_text_laid_over_the_signed_page_is_noticed() -> None:
    """An update after the signature: the bytes signed are whole, the page shows another text."""
    from pyhanko.pdf_utils import generic
    from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter

    writer = IncrementalPdfFileWriter(io.BytesIO(twice()))
    page = writer.root["/Pages"]["/Kids"][0]
    text = b"BT /F1 18 Tf 60 760 Td (Giay khac) Tj ET"
    page[generic.pdf_name("/Contents")] = writer.add_object(generic.StreamObject(stream_data=text))
    writer.update_container(page)
    output = io.BytesIO()
    writer.write(output)  # type: ignore[no-untyped-call]
    for found in verify_pdf(output.getvalue(), trust(), LATER):
        assert not found.valid
        assert {each.code for each in found.problems} == {"pdf-changed"}


def test_who_is_trusted_and_when() -> None:
    signed = sign_pdf(paper(), authority.stranger().key, NOW, field="doctor")
    (found,) = verify_pdf(signed, trust(), LATER)
    assert found.intact and {each.code for each in found.problems} == {"no-chain"}
    codes = {
        each.code
        for found in verify_pdf(twice(), trust(), NOW + timedelta(days=500))
        for each in found.problems
    }
    assert codes == {"certificate-expired"}
    early = verify_pdf(twice(), trust(), NOW - timedelta(days=1))
    assert {each.code for found in early for each in found.problems} == {"signed-in-future"}


def test_a_field_is_signed_once() -> None:
    with pytest.raises(SigningFault) as fault:
        sign_pdf(twice(), authority.hospital().key, NOW, field="head")
    assert fault.value.code == "pdf-not-signed"


@pytest.mark.parametrize("content", [b"", b"%PDF-1.7", b"<a/>", paper()[:300], b"\0" * 5000])
def test_what_is_no_pdf_is_refused(content: bytes) -> None:
    for attempt in (
        lambda: verify_pdf(content, trust(), NOW),
        lambda: sign_pdf(content, authority.doctor().key, NOW, field="a"),
    ):
        with pytest.raises(Unreadable) as fault:
            attempt()
        assert fault.value.code == "not-pdf"


def test_a_paper_without_signature_has_none() -> None:
    assert verify_pdf(paper(), trust(), NOW) == ()


def test_size_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lanh.core.signing.pdf_reading.MOST_PDF_BYTES", 100)
    with pytest.raises(Unreadable) as fault:
        verify_pdf(paper(), trust(), NOW)
    assert fault.value.code == "too-large"


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_bytes_changed_anywhere_within_what_was_signed_never_pass(data: st.DataObject) -> None:
    content = bytearray(twice())
    at = data.draw(st.integers(0, len(content) - 1))
    if data.draw(st.booleans()):
        content[at] ^= data.draw(st.integers(1, 255))
    else:
        del content[at:]
    try:
        found = verify_pdf(bytes(content), trust(), LATER)
    except Unreadable:
        return
    gaps = [each.span(1) for each in re.finditer(rb"/Contents <([0-9A-F]+)>", twice())]
    for each in found:
        if each.valid:
            # What is in its own place is the signature, which is not signed itself.
            first, last = gaps[("doctor", "head").index(each.field)]
            kept, same = twice()[: each.covered], bytes(content[: each.covered])
            assert same[:first] + same[last:] == kept[:first] + kept[last:]
