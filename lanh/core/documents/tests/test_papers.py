"""Papers: what is in them, that facts stay data, that the same facts give the same bytes."""

from __future__ import annotations

import shutil
import subprocess
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lanh.core.documents import LARGEST_FACTS, PaperFault, render

SAMPLE = Path(__file__).with_name("sample.typ")
AT = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)
TONES = (
    "à á ả ã ạ ằ ắ ẳ ẵ ặ ầ ấ ẩ ẫ ậ è é ẻ ẽ ẹ ề ế ể ễ ệ ì í ỉ ĩ ị ò ó ỏ õ ọ ồ ố ổ ỗ ộ ờ ớ ở ỡ ợ"
    " ù ú ủ ũ ụ ừ ứ ử ữ ự ỳ ý ỷ ỹ ỵ đ ă â ê ô ơ ư"
)
needs_poppler = pytest.mark.skipif(shutil.which("pdftotext") is None, reason="no poppler-utils")


def facts(**more: Any) -> dict[str, Any]:
    return {"title": "GIẤY BÁO TỬ", "facility": "Bệnh viện thử", "name": "Nguyễn Văn Thử", **more}


def text_of(paper: bytes, tmp_path: Path) -> str:
    file = tmp_path / "paper.pdf"
    file.write_bytes(paper)
    done = subprocess.run(["pdftotext", "-layout", file, "-"], capture_output=True, check=True)
    return done.stdout.decode()


@needs_poppler
def test_every_vietnamese_letter_can_be_read_back(tmp_path: Path) -> None:
    said = text_of(render(SAMPLE, facts(note=f"{TONES} {TONES.upper()}"), AT), tmp_path)
    for letter in {*TONES, *TONES.upper()}:
        assert letter in said
    assert "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM" in said


@needs_poppler
@pytest.mark.parametrize(
    "hostile",
    [
        '#eval("1+1")',
        "*đậm* _nghiêng_ `mã` $x^2$",
        '#read("/paper.typ")',
        '"] #panic("x") //',
        "\\u{41} \\ #let x = 1",
        '#import "/template/sample.typ": *',
        "<nhãn> @nhãn = tiêu đề",
    ],
)
def test_facts_are_never_markup(hostile: str, tmp_path: Path) -> None:
    said = text_of(render(SAMPLE, facts(name=hostile, title=hostile), AT), tmp_path)
    assert said.count(hostile) >= 2


@settings(max_examples=15, deadline=None)
@given(st.text(st.characters(max_codepoint=0x17F), max_size=60))
def test_no_latin_text_breaks_a_paper(name: str) -> None:
    try:
        assert render(SAMPLE, facts(name=name), AT).startswith(b"%PDF-")
    except PaperFault as fault:
        assert fault.code == "signs-missing"


def test_the_same_facts_give_the_same_bytes() -> None:
    first = render(SAMPLE, facts(rows=[["a", Decimal("1.50")], ["b", date(2026, 1, 2)]]), AT)
    assert first == render(SAMPLE, facts(rows=[["a", "1.50"], ["b", "2026-01-02"]]), AT)
    assert first != render(SAMPLE, facts(rows=[["a", "1.5"], ["b", "2026-01-02"]]), AT)


@needs_poppler
def test_the_paper_is_tagged_and_has_its_own_faces_alone(tmp_path: Path) -> None:
    file = tmp_path / "paper.pdf"
    file.write_bytes(render(SAMPLE, facts(), AT))
    said = subprocess.run(["pdfinfo", file], capture_output=True, text=True, check=True).stdout
    assert "Tagged:          yes" in said
    faces = subprocess.run(["pdffonts", file], capture_output=True, text=True, check=True).stdout
    assert all("BeVietnamPro" in line for line in faces.splitlines()[2:])
    assert b'pdfaid:part="2"' in file.read_bytes() or b"<pdfaid:part>2" in file.read_bytes()


def test_what_cannot_be_set_is_told(tmp_path: Path) -> None:
    with pytest.raises(PaperFault) as fault:
        render(SAMPLE, facts(name="李小龙"), AT)
    assert fault.value.code == "signs-missing" and "李" in fault.value.message.vi
    with pytest.raises(PaperFault) as fault:
        render(SAMPLE, facts(note="x" * LARGEST_FACTS), AT)
    assert fault.value.code == "facts-large"
    with pytest.raises(PaperFault) as fault:
        render(SAMPLE, facts(note=object()), AT)
    assert fault.value.code == "facts-shape"
    with pytest.raises(PaperFault) as fault:
        render(SAMPLE, facts(), AT.replace(tzinfo=None))
    assert fault.value.code == "time-naive"
    with pytest.raises(PaperFault) as fault:
        render(tmp_path / "none.typ", facts(), AT)
    assert fault.value.code == "template-unreadable"


def template(tmp_path: Path, text: str) -> Path:
    file = tmp_path / "own.typ"
    file.write_text(text, "utf-8")
    return file


def test_a_template_has_only_its_own_folder(tmp_path: Path) -> None:
    (tmp_path / "beside.typ").write_text("#let word = [một]", "utf-8")
    (tmp_path.parent / "outside.typ").write_text("#let word = [hai]", "utf-8")
    head = '#import "/paper.typ": *\n#show: sheet.with(title: "x")\n'
    own = template(tmp_path, head + '#import "beside.typ": word\n#word')
    assert render(own, {}, AT)
    for way in ("../outside.typ", "/etc/passwd", "/template/../../outside.typ"):
        with pytest.raises(PaperFault) as fault:
            render(template(tmp_path, head + f'#read("{way}")'), {}, AT)
        assert fault.value.code == "not-set"
    with pytest.raises(PaperFault) as fault:
        render(template(tmp_path, '#import "@preview/x:1.0.0": y'), {}, AT)
    assert fault.value.code == "template-fetches"
    with pytest.raises(PaperFault) as fault:
        render(template(tmp_path, "#nothing-such"), {}, AT)
    assert fault.value.code == "not-set" and "nothing-such" in fault.value.message.en


def test_a_template_that_does_not_end_is_stopped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lanh.core.documents.papers.SECONDS", 2)
    endless = "#for a in range(99999) { let n = 0\n for b in range(99999) { n = n + calc.sin(b) } }"
    with pytest.raises(PaperFault) as fault:
        render(template(tmp_path, endless), {}, AT)
    assert fault.value.code == "too-long"


def test_a_template_that_eats_memory_is_stopped(tmp_path: Path) -> None:
    hungry = '#let s = "x" * 1000000\n#let all = range(100000).map(n => s + str(n))\n#all.len()'
    with pytest.raises(PaperFault) as fault:
        render(template(tmp_path, hungry), {}, AT)
    assert fault.value.code == "too-long"
