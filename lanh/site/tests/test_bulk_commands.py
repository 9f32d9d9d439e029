"""`lanh import` and `lanh export` against a running installation."""

from __future__ import annotations

import gzip
import json
import stat
from pathlib import Path
from typing import Any

import pytest

from lanh.core import accounts
from lanh.core.database import connected
from lanh.site.backend_client import new_key, public_keys
from lanh.site.tests.installation import Installation


def _patient(number: int, **more: Any) -> dict[str, Any]:
    name = [{"text": f"Nguyễn Văn Thử {number}"}]
    return {"resourceType": "Patient", "id": f"bulk-{number}", "name": name, **more}


def _lines(path: Path, *resources: Any) -> Path:
    text = "\n".join(json.dumps(each, ensure_ascii=False) for each in resources)
    path.write_bytes(gzip.compress(text.encode()) if path.suffix == ".gz" else text.encode())
    return path


@pytest.fixture(scope="module")
def facility(running: Installation, tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """The options by which the system of a made-up facility shows who it is."""
    key = new_key()
    path = tmp_path_factory.mktemp("keys") / "his.jwk"
    path.write_text(json.dumps(key.as_dict(private=True)))
    scopes = ("system/*.cruds",)
    client = accounts.Client("his", "HIS", ("97001",), keys=public_keys(key), scopes=scopes)
    with connected(running.database_url) as database:
        database.transact(accounts.put_client(client))
    return ["--client", "his", "--key", str(path)]


def test_what_is_imported_is_exported(
    running: Installation, facility: list[str], tmp_path: Path
) -> None:
    plain = _lines(tmp_path / "a.ndjson", *(_patient(each) for each in range(30)))
    packed = _lines(tmp_path / "b.ndjson.gz", *(_patient(each) for each in range(30, 50)))
    done = running.lanh("import", str(plain), str(packed), *facility)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "30 resources loaded, 0 refused" in done.stdout
    assert "20 resources loaded, 0 refused" in done.stdout
    folder = tmp_path / "out"
    done = running.lanh("export", str(folder), "--type", "Patient", *facility)
    assert done.returncode == 0, done.stdout + done.stderr
    manifest = json.loads((folder / "manifest.json").read_text())
    files = [folder / each["url"] for each in manifest["output"]]
    assert all(stat.S_IMODE(each.stat().st_mode) == 0o600 for each in files)
    found = [json.loads(line) for each in files for line in each.read_text().splitlines()]
    assert {f"bulk-{each}" for each in range(50)} <= {each["id"] for each in found}
    assert sum(each["count"] for each in manifest["output"]) == len(found)
    assert running.query("SELECT count(*) FROM bulk.task WHERE kind = 'export'") == [(0,)]


def test_wrong_lines_are_told_and_the_others_loaded(
    running: Installation, facility: list[str], tmp_path: Path
) -> None:
    path = _lines(tmp_path / "mixed.ndjson", _patient(60), _patient(61, gender="x"), _patient(62))
    done = running.lanh("import", str(path), "--lang", "vi", *facility)
    assert done.returncode == 1
    assert "2 tài nguyên được nạp, 1 bị từ chối" in done.stdout
    assert "Patient.gender" in done.stdout
    found = running.query("SELECT count(*) FROM store.patient WHERE id IN ('bulk-60', 'bulk-62')")
    assert found == [(2,)]


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (["--type", "Nothing"], 1, "Nothing"),
        (["--since", "yesterday"], 1, "yesterday"),
        (["--group", "nobody"], 1, "nobody"),
        (["--url", "http://127.0.0.1:9"], 3, "127.0.0.1:9"),
        (["--client", "stranger"], 2, "stranger"),
    ],
)
def test_a_refused_export_says_why(
    running: Installation, tmp_path: Path, arguments: list[str], code: int, told: str
) -> None:
    done = running.lanh("export", str(tmp_path / "out"), *arguments)
    assert done.returncode == code, done.stdout + done.stderr
    assert told in done.stderr


def test_files_must_be_there_and_folders_empty(running: Installation, tmp_path: Path) -> None:
    assert running.lanh("import", str(tmp_path / "missing.ndjson")).returncode == 2
    (tmp_path / "kept.txt").write_text("kept")
    refused = running.lanh("export", str(tmp_path))
    assert refused.returncode == 2 and str(tmp_path) in refused.stderr
    assert (tmp_path / "kept.txt").read_text() == "kept"
