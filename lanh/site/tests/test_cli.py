"""The command line: help in both languages, codes that scripts can trust."""

from __future__ import annotations

import json
import time
from pathlib import Path

import httpx
import psycopg
import pytest

from lanh.core.access import system_access
from lanh.core.database import connected
from lanh.core.store import Context, Write
from lanh.site import bench, cli
from lanh.site.bench import Figure
from lanh.site.cli.console import Console, language_of
from lanh.site.settings import Settings, SettingsFault
from lanh.site.tests.installation import Installation, eventually
from lanh.site.tests.reindexing import (
    PARAMETER,
    ROWS,
    own,
    patients,
    places,
    start,
    without_worker,
    write,
)
from lanh.site.wiring import open_records

COMMANDS = cli._MODULES


@pytest.mark.parametrize("language", ["vi", "en"])
@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself(
    command: str, language: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.main([command, "--help", "--lang", language])
    assert ended.value.code == 0
    shown = " ".join(capsys.readouterr().out.split())
    words = Console("vi" if language == "vi" else "en").words
    assert " ".join(words(f"cli.{command}.text").split())[:60] in shown
    assert "130" in shown


def test_help_lists_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main([]) == 2
    shown = capsys.readouterr().err
    assert all(f"    {command}" in shown for command in COMMANDS)


def test_an_unknown_command_is_a_usage_fault() -> None:
    with pytest.raises(SystemExit) as ended:
        cli.main(["fly"])
    assert ended.value.code == 2


@pytest.mark.parametrize(
    ("environment", "language"),
    [
        ({"LANG": "vi_VN.UTF-8"}, "vi"),
        ({"LANG": "C"}, "en"),
        ({}, "en"),
        ({"LANG": "vi_VN.UTF-8", "LC_ALL": "en_GB.UTF-8"}, "en"),
        ({"LANG": "C.UTF-8", "LANH_LANG": "vi"}, "vi"),
    ],
)
def test_the_language_follows_the_locale(environment: dict[str, str], language: str) -> None:
    assert language_of(environment) == language


def test_systems_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["systems", "--json"]) == 0
    keys = [system["key"] for system in json.loads(capsys.readouterr().out)]
    assert keys == sorted(keys)
    assert "health_record" in keys


@pytest.mark.parametrize(
    ("name", "value"),
    [("LANH_PORT", "0"), ("LANH_PORT", "http"), ("LANH_PEOPLE", "-1"), ("LANH_SERVERS", "1.5")],
)
def test_a_wrong_setting_is_named(name: str, value: str) -> None:
    with pytest.raises(SettingsFault) as fault:
        Settings.from_environment({"LANH_DATA": "/nowhere", name: value})
    assert name in fault.value.message.vi
    assert value in fault.value.message.en


def test_settings_reach_children_whole() -> None:
    given = {
        "LANH_DATA": "/nowhere",
        "LANH_DATABASE_URL": "postgresql://x@y/z",
        "LANH_HOST": "::1",
        "LANH_PORT": "81",
        "LANH_PEOPLE": "7",
        "LANH_SERVERS": "3",
    }
    settings = Settings.from_environment(given)
    assert Settings.from_environment(settings.environment()) == settings
    assert settings.url == "http://[::1]:81"


def test_a_token_opens_the_interface_that_its_scope_names(running: Installation) -> None:
    done = running.lanh("token", "--scope", "system/Patient.rs", "--minutes", "5", "--json")
    issued = json.loads(done.stdout)
    assert issued["scope"] == "system/Patient.rs"
    assert issued["expires_in"] == 300
    refused = running.lanh("token", "--client", "nobody")
    assert refused.returncode == 1
    assert "nobody" in refused.stderr
    assert running.lanh("token", "--minutes", "0").returncode == 2


def test_the_audit_trail_of_a_running_instance_is_whole(running: Installation) -> None:
    done = running.lanh("audit", "verify", "--json")
    assert done.returncode == 0
    assert json.loads(done.stdout)["faults"] == []


def test_heads_of_the_audit_trail_are_kept_elsewhere_and_compared(
    running: Installation, tmp_path: Path
) -> None:
    token = json.loads(running.lanh("token", "--json").stdout)["access_token"]
    httpx.get(f"{running.url}/fhir/Patient", headers={"Authorization": f"Bearer {token}"})
    kept = tmp_path / "heads"
    eventually(lambda: running.lanh("audit", "head").returncode == 0)
    kept.write_text(running.lanh("audit", "head").stdout)
    assert running.lanh("audit", "verify", "--anchors", str(kept)).returncode == 0
    head = json.loads(kept.read_text())
    kept.write_text(json.dumps({**head, "digest": "00" * 32}) + "\n")
    done = running.lanh("audit", "verify", "--anchors", str(kept), "--json")
    assert done.returncode == 1
    assert [each["seal"] for each in json.loads(done.stdout)["unlike"]] == [head["seal"]]
    kept.write_text("?\n")
    assert running.lanh("audit", "verify", "--anchors", str(kept)).returncode == 2
    told = json.loads(running.lanh("audit", "status", "--json").stdout)
    assert told["lag"]["seconds"] < 60
    assert "lanh_audit_unsealed_entries" in httpx.get(f"{running.url}/metrics").text


def test_erasure_is_ordered_carried_out_and_given_again(
    running: Installation, tmp_path: Path
) -> None:
    patient = {"resourceType": "Patient", "name": [{"text": "Lê Thử Xóa"}]}
    store, context = open_records().store, Context(system_access("test"))
    with connected(running.database_url) as database:
        database.transact(store.write([Write("update", "Patient", "xoa-1", patient)], context))
    order = ["erasure", "order", "--patient", "xoa-1"]
    assert running.lanh(*order, "--basis", "QĐ thử").returncode == 1
    assert running.lanh(*order, "--basis", "QĐ thử", "--reason", "thử").returncode == 0
    listed = running.lanh("erasure", "list", "--json")
    eventually(lambda: '"done"' in running.lanh("erasure", "list", "--json").stdout, seconds=90)
    with connected(running.database_url) as database:
        row = database.read(store.read("Patient", "xoa-1", context))
    assert row is not None
    assert (row.deleted, row.body) == (True, b"")
    (tmp_path / "orders").write_text(listed.stdout)
    again = running.lanh("erasure", "replay", str(tmp_path / "orders"), "--lang", "en")
    assert again.stdout.startswith("0 orders")
    (tmp_path / "orders").write_text("[]\n")
    assert running.lanh("erasure", "replay", str(tmp_path / "orders")).returncode == 2
    assert running.lanh("erasure", "due", "--json").returncode == 0
    person = running.lanh("erasure", "order", "--person", "ai", "--basis", "b", "--reason", "r")
    assert person.returncode == 1


def test_figures_become_a_table_and_a_file(
    tmp_path: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bench, "_ROOT", tmp_path)
    figures = [
        Figure("read", cpu_ms=0.25, per_second=12345, p50_ms=1, p99_ms=2.5),
        Figure("read", per_second=6172, baseline="plain SELECT", ratio=2.0),
    ]
    path = bench.write("store", figures)
    rows = json.loads(path.read_text())
    assert set(rows[0]) == {
        "operation", "cpu_ms", "per_second", "p50_ms", "p99_ms", "baseline", "ratio", "bytes",
        "commit", "machine", "load",
    }  # fmt: skip
    assert rows[1]["cpu_ms"] is None
    assert "12,345" in bench.table("store", figures)
    assert "plain SELECT" in bench.table("store", figures)


def test_it_goes_on_where_it_was_killed_and_shows_how_far_it_is(running: Installation) -> None:
    assert "Patient.eye" not in running.lanh("reindex").stdout
    write(running, patients())
    token = json.loads(running.lanh("token", "--json").stdout)["access_token"]
    headers = {"Authorization": f"Bearer {token}", "Accept-Language": "en"}
    search = f"{running.url}/fhir/Patient?eye=brown&_summary=count"
    assert "no search parameter" in httpx.get(search, headers=headers).text
    with (
        without_worker(running),
        psycopg.connect(running.database_url) as writer,
    ):
        # A transaction that began before the definition: nothing is indexed until it has ended.
        writer.execute("SELECT pg_current_xact_id()")
        write(running, [PARAMETER])
        assert own(running)["state"] == "waiting"
        first = start(running)
        time.sleep(1)
        assert first.poll() is None and own(running)["state"] == "waiting"
        writer.commit()
        state = "SELECT state, done, after FROM store.search_parameter WHERE name = 'eye'"
        eventually(lambda: running.query(state)[0][1] > 0)
        first.kill()
        shown = first.communicate()[1]
        assert "records indexed" in shown and "{" not in shown
        phase, done, after = running.query(state)[0]
        assert phase == "indexing" and 0 < done < ROWS
        found = own(running)
        assert (found["state"], found["done"], found["total"]) == ("indexing", done, ROWS)
        assert f"{done} of {ROWS} records" in running.lanh("reindex").stdout
        refused = httpx.get(search, headers=headers)
        assert refused.status_code == 400 and f"{done} of {ROWS}" in refused.text
        before = places(running, after)
        assert len(before) >= done
        second = running.lanh("reindex", "--run")
        assert second.returncode == 0, second.stderr
        assert f"{ROWS} records indexed" in second.stdout
        assert f"/{ROWS}" in second.stderr
        assert places(running, after) == before  # what was indexed was not indexed again
    found = own(running)
    assert (found["state"], found["done"], found["total"]) == ("active", ROWS, ROWS)
    # A server process may go by an older state for five seconds.
    assert eventually(lambda: httpx.get(search, headers=headers).json().get("total") == ROWS)
    again = running.lanh("reindex", "--run", "--json")
    assert again.returncode == 0
    assert {each["state"] for each in json.loads(again.stdout)} == {"active"}


def test_a_definition_that_cannot_be_used_is_told_with_its_reason(running: Installation) -> None:
    component = {"definition": "http://example.vn/eye", "expression": "a"}
    broken = {**PARAMETER, "id": "x", "code": "x", "type": "composite", "component": [component]}
    write(running, [broken])
    told = running.lanh("reindex", "--run")
    assert told.returncode == 0
    assert "Patient.x" in told.stdout and "cannot be used" in told.stdout
    assert "composite" in told.stdout
