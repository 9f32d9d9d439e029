"""What doctor and head sign, by keys in a token and in files, looked at by other people's tools."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization

from lanh.core.database import SyncDatabase
from lanh.core.signing import SigningKey, TokenKey, verify_pdf
from lanh.core.signing.dsig import XADES
from lanh.core.signing.tests import authority, softhsm
from lanh.site.signatures import signed_papers
from lanh.site.signatures.signatory import paper_of
from lanh.systems.deaths.message import NAMESPACE
from lanh.systems.deaths.tests.scene import DOCTOR, HEAD, NOW, Hospital, parties, trust


@pytest.fixture(scope="session")
def module(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """SoftHSM's module with the doctor's key and the head's in its token."""
    folder = tmp_path_factory.mktemp("softhsm")
    for library in softhsm.prepared(folder):
        for number, (who, party) in enumerate(parties().items(), start=1):
            softhsm.store(party, who.replace(":", "-"), f"1{number}", folder)
        yield library


@pytest.fixture(params=["token", "file"])
def hospital(request: pytest.FixtureRequest, database: SyncDatabase) -> Hospital:
    if request.param == "file":
        return Hospital(database)
    library = request.getfixturevalue("module")
    keys: dict[str, SigningKey] = {
        who: TokenKey(
            library, softhsm.TOKEN, who.replace(":", "-"), lambda: softhsm.PIN,
            (party.certificate, *party.above),
        )
        for who, party in parties().items()
    }  # fmt: skip
    return Hospital(database, keys)


def xmlsec(folder: Path, content: bytes, number: int) -> subprocess.CompletedProcess[str]:
    """xmlsec1 on one of the signatures of a message."""
    if shutil.which("xmlsec1") is None:
        pytest.skip("Debian's xmlsec1 is not installed")
    root = authority.root().certificate
    (folder / "root.pem").write_bytes(root.public_bytes(serialization.Encoding.PEM))
    (folder / "signed.xml").write_bytes(content)
    command = [
        "xmlsec1", "--verify", "--trusted-pem", "root.pem",
        "--verification-time", f"{authority.NOW:%Y-%m-%d %H:%M:%S}",
        "--id-attr:Id", f"{XADES}:SignedProperties", "--id-attr:Id", f"{NAMESPACE}:Notice",
        "--node-xpath", f"(//*[local-name()='Signature'])[{number}]", "signed.xml",
    ]  # fmt: skip
    return subprocess.run(
        command, cwd=folder, capture_output=True, text=True, timeout=60, check=False
    )


def test_both_sign_the_message_and_the_paper(hospital: Hospital, tmp_path: Path) -> None:
    sent = hospital.told()
    message = json.loads(hospital.outbox()[0])["body"].encode()
    for number in (1, 2):
        done = xmlsec(tmp_path, message, number)
        assert done.returncode == 0, done.stderr
        changed = message.replace("Nguyễn Thị Thử".encode(), "Nguyễn Thị Khác".encode())
        assert changed != message and xmlsec(tmp_path, changed, number).returncode != 0
    (paper,) = hospital.run(signed_papers(hospital.store, sent.record, HEAD))
    content = paper_of(paper)
    first, second = verify_pdf(content, trust(), NOW)
    assert (first.field, second.field) == ("doctor", "head")
    assert first.valid and second.valid and second.last
    (tmp_path / "signed.pdf").write_bytes(content)
    said = subprocess.run(
        ["pdfsig", "-nocert", "signed.pdf"], cwd=tmp_path, capture_output=True, text=True,
        check=False, env={"HOME": str(tmp_path), "PATH": "/usr/bin:/bin", "TZ": "UTC"},
    ).stdout  # fmt: skip
    assert said.count("Signature is Valid.") == 2
    text = subprocess.run(
        ["pdftotext", "-layout", "signed.pdf", "-"], cwd=tmp_path, capture_output=True, check=True
    ).stdout.decode()
    for said in (
        "GIẤY BÁO TỬ",
        "NGUYỄN THỊ THỬ 1",
        "07 giờ 15, ngày 02/03/2026",
        "E11.9",
        "10 năm",
    ):
        assert said in text
    assert "PHIẾU CHẨN ĐOÁN NGUYÊN NHÂN TỬ VONG" in text


def test_a_corrected_paper_replaces_the_one_before(database: SyncDatabase) -> None:
    hospital = Hospital(database)
    sent = hospital.noticed()
    hospital.sign(sent, DOCTOR, "doctor")
    hospital.act(sent, "return", reason="Sai khoảng thời gian")
    hospital.later(minutes=5)
    screen = hospital.run(hospital.desks.correct("deaths", sent.record, hospital.now(DOCTOR)))
    hospital.sent_on(screen, {"q/causes/line:0/line-interval": ["7"]}, reason="Sửa")
    hospital.sign(sent, DOCTOR, "doctor")
    hospital.sign(sent, HEAD, "head")
    papers = hospital.run(signed_papers(hospital.store, sent.record, HEAD))
    assert len(papers) == 2
    (newest,) = [p for p in papers if "relatesTo" in p.resource()]
    (older,) = [p for p in papers if p.id != newest.id]
    target = newest.resource()["relatesTo"][0]["target"]["reference"]
    assert target == f"DocumentReference/{older.id}"
    assert len(verify_pdf(paper_of(newest), trust(), NOW)) == 2
    assert len(verify_pdf(paper_of(older), trust(), NOW)) == 1  # as it was signed, for ever
