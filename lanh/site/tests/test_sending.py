"""`lanh demo`, `lanh send` and `lanh warehouse` against a running installation."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from lanh.site.sending import content_type, files_in
from lanh.site.tests.installation import Installation

PATIENT: dict[str, object] = {
    "resourceType": "Patient",
    "id": "a1",
    "name": [{"text": "Nguyễn Thị Thử"}],
    "gender": "female",
    "birthDate": "1990-05-06",
}


@pytest.fixture(scope="module")
def loaded(running: Installation) -> Installation:
    """A running installation with a small demonstration in it."""
    done = running.lanh("demo", "--people", "20", "--seed", "3")
    assert done.returncode == 0, done.stdout + done.stderr
    return running


def _written(folder: Path, patient: dict[str, object]) -> Path:
    path = folder / "patient.json"
    path.write_text(json.dumps(patient), encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("a.json", "application/fhir+json"),
        ("a.ndjson.gz", "application/fhir+ndjson"),
        ("A.XML", "application/xml"),
        ("adt.hl7", "x-application/hl7-v2+er7"),
        ("unheard.of", "application/octet-stream"),
    ],
)
def test_a_files_name_says_its_format(name: str, kind: str) -> None:
    assert content_type(Path(name)) == kind


def test_folders_are_sent_in_the_order_of_their_names(tmp_path: Path) -> None:
    for name in ("2/b.json", "1/c.json", "1/a.json"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text("{}")
    single = tmp_path / "2" / "b.json"
    found = files_in([single, tmp_path])
    assert [str(path.relative_to(tmp_path)) for path in found] == [
        "2/b.json", "1/a.json", "1/c.json", "2/b.json",
    ]  # fmt: skip


def test_the_demonstration_goes_in_once_however_often_it_is_sent(loaded: Installation) -> None:
    counts = "SELECT (SELECT count(*) FROM bus.message), (SELECT count(*) FROM store.patient),"
    counts += " (SELECT count(*) FROM store.feed)"
    before = loaded.query(counts)
    assert before[0][0] > 20 and before[0][1] > 0
    again = loaded.lanh("demo", "--people", "20", "--seed", "3")
    assert again.returncode == 0
    assert loaded.query(counts) == before
    done = loaded.lanh("warehouse", "refresh")
    assert (done.returncode, done.stdout.startswith("Up to date")) == (0, True)


def test_a_facility_sends_its_own_files(loaded: Installation, tmp_path: Path) -> None:
    keys = json.loads((loaded.data / "keys" / "demonstration.json").read_text())
    client = next(name for name in keys if name.startswith("facility-"))
    key = tmp_path / "key.jwk"
    key.write_text(json.dumps(keys[client]))
    plain = _written(tmp_path, PATIENT)
    packed = tmp_path / "patients.ndjson.gz"
    packed.write_bytes(gzip.compress(json.dumps({**PATIENT, "id": "a2"}).encode()))
    sent = loaded.lanh(
        "send", "--json", "--client", client, "--key", str(key), str(plain), str(packed)
    )
    receipts = [json.loads(line) for line in sent.stdout.splitlines()]
    assert sent.returncode == 0, sent.stdout + sent.stderr
    assert [receipt["state"] for receipt in receipts] == ["accepted", "accepted"]
    again = loaded.lanh("send", "--json", "--client", client, "--key", str(key), str(plain))
    assert json.loads(again.stdout)["id"] == receipts[0]["id"]


def test_a_refused_file_says_where_and_why(running: Installation, tmp_path: Path) -> None:
    path = _written(tmp_path, {**PATIENT, "birthDate": "1990-13-01"})
    for language, word in (("vi", "không phải ngày"), ("en", "is no valid date")):
        sent = running.lanh("send", str(path), "--lang", language)
        assert sent.returncode == 1
        assert "Patient.birthDate" in sent.stdout
        assert word in sent.stdout or language == "en"


def test_faults_of_the_sender_have_codes_of_their_own(
    running: Installation, tmp_path: Path
) -> None:
    path = _written(tmp_path, PATIENT)
    assert running.lanh("send", str(tmp_path / "missing.json")).returncode == 2
    assert running.lanh("send", "--client", "facility-00000", str(path)).returncode == 2
    nowhere = running.lanh("send", "--url", "http://127.0.0.1:9", str(path))
    assert nowhere.returncode == 3
    assert "127.0.0.1:9" in nowhere.stderr


def test_files_instead_of_sending(running: Installation, tmp_path: Path) -> None:
    folder = tmp_path / "messages"
    done = running.lanh("demo", "--people", "20", "--files", str(folder), "--gzip")
    assert done.returncode == 0
    written = [path for path in folder.rglob("*") if path.is_file()]
    assert str(len(written)) in done.stdout
    assert all(path.suffix == ".gz" for path in written)
