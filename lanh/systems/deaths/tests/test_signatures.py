"""What doctor and head sign, by keys in a token and in files, looked at by other people's tools."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization

from lanh.core.database import SyncDatabase, execute
from lanh.core.desks import DeskError
from lanh.core.signing import SigningKey, TokenKey, verify_pdf
from lanh.core.signing.dsig import XADES
from lanh.core.signing.tests import authority, softhsm
from lanh.site.signatures import paper_of, signed_papers
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
    lines = hospital.case(sent).lines
    assert [(line.need, line.sound) for line in lines] == [("doctor", True), ("head", True)]
    assert "nguyên vẹn" in lines[0].verdict and "02/03/2026" in lines[0].verdict
    (paper,) = hospital.run(signed_papers(hospital.store, sent.record, HEAD.access))
    content = paper_of(paper)
    assert hospital.run(hospital.desks.paper("deaths", sent.record, "notice", HEAD)) == content
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


def test_what_does_not_hold_is_told(database: SyncDatabase) -> None:
    hospital = Hospital(database)
    sent = hospital.told()
    case = hospital.case(sent).case
    database.transact(execute(
        "UPDATE workflow.signature SET evidence = replace(evidence, 'Viêm phổi', 'Viêm gan')"
        " WHERE case_id = $1 AND need = 'doctor'", case.id,
    ))  # fmt: skip
    changed, kept = hospital.case(sent).lines
    assert (changed.sound, kept.sound) == (False, True)
    assert changed.verdict and "nguyên vẹn" not in changed.verdict


def test_pressed_twice_is_signed_once(database: SyncDatabase) -> None:
    hospital = Hospital(database)
    sent = hospital.noticed()
    seen = hospital.case(sent).case
    for _ in range(2):  # the second comes with what the first page saw
        plan = hospital.signatory.sign(
            "deaths", seen.id, "doctor", DOCTOR, revision=seen.revision
        )  # fmt: skip
        hospital.run(plan)
    steps = [each for each in hospital.case(sent).history if each.kind == "signed"]
    (paper,) = hospital.run(signed_papers(hospital.store, sent.record, HEAD.access))
    assert len(steps) == 1 and paper.version == 1


def test_a_key_that_cannot_sign_is_told_and_nothing_is_written(
    request: pytest.FixtureRequest, database: SyncDatabase
) -> None:
    library = request.getfixturevalue("module")
    party = parties()["person:1"]
    chain = (party.certificate, *party.above)
    key = TokenKey(library, softhsm.TOKEN, "person-1", lambda: softhsm.PIN, chain)
    hospital = Hospital(database, {"person:1": key})
    sent = hospital.noticed()
    key._token.drop()
    key._pin = lambda: "00000000"  # changed on the token since
    with pytest.raises(DeskError) as refused:
        hospital.sign(sent, DOCTOR, "doctor")
    said = refused.value.message.vi
    assert said.startswith("Chưa ký được") and "mã PIN" in said and "Chưa có gì được ghi" in said
    with pytest.raises(DeskError) as refused:
        hospital.sign(sent, HEAD, "head")
    assert "Chưa có khóa ký số" in refused.value.message.vi
    assert not any(each.at for each in hospital.case(sent).lines)
    assert not hospital.run(signed_papers(hospital.store, sent.record, HEAD.access))


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
    papers = hospital.run(signed_papers(hospital.store, sent.record, HEAD.access))
    assert len(papers) == 2
    (newest,) = [p for p in papers if "relatesTo" in p.resource()]
    (older,) = [p for p in papers if p.id != newest.id]
    target = newest.resource()["relatesTo"][0]["target"]["reference"]
    assert target == f"DocumentReference/{older.id}"
    assert len(verify_pdf(paper_of(newest), trust(), NOW)) == 2
    assert len(verify_pdf(paper_of(older), trust(), NOW)) == 1  # as it was signed, for ever
