"""`lanh up` and `lanh down`: once, again, at once, beside others, and what each leaves behind."""

from __future__ import annotations

import signal
import socket
import subprocess

from lanh.site.instance import Instance
from lanh.site.settings import Settings
from lanh.site.tests.installation import Installation, alive, eventually


def test_data_is_kept_and_down_stops_everything(installation: Installation) -> None:
    first = installation.up()
    assert f"ready at {installation.url}" in first.stdout
    installation.query("CREATE TABLE public.kept AS SELECT 7 AS number")
    children = ["supervisor", "postgresql", *installation.status()["children"]]
    pids = [installation.pid(child) for child in children]
    assert all(pids)
    assert len(pids) >= 5

    down = installation.lanh("down")

    assert (down.returncode, down.stdout.strip()) == (0, "Stopped. The data is kept.")
    assert [pid for pid in pids if alive(pid)] == []
    for port in (installation.port, installation.mllp_port):
        with socket.socket() as probe:
            assert probe.connect_ex(("127.0.0.1", port)) != 0

    installation.up()
    assert installation.query("SELECT number FROM public.kept") == [(7,)]


def test_a_second_up_says_that_it_runs(running: Installation) -> None:
    pid = running.pid("supervisor")
    second = running.lanh("up")
    assert second.returncode == 0
    assert second.stdout.strip() == f"Lành is already running at {running.url}"
    assert running.pid("supervisor") == pid


def test_a_second_up_speaks_vietnamese(running: Installation) -> None:
    second = running.lanh("up", "--lang", "vi")
    assert second.stdout.strip() == f"Lành đang chạy rồi tại {running.url}"


def test_two_ups_at_once_start_one_instance(installation: Installation) -> None:
    environment = {"PATH": "/usr/bin:/bin:/usr/sbin", **installation.variables}
    both = [
        subprocess.Popen(installation.command("up"), env=environment, cwd="/") for _ in range(2)
    ]
    assert [one.wait(240) for one in both] == [0, 0]
    assert installation.ready()


def test_a_port_in_use_is_named_and_nothing_is_left_half_started(
    installation: Installation,
) -> None:
    for port, variable in (
        (installation.port, "LANH_PORT"),
        (installation.mllp_port, "LANH_MLLP_PORT"),
    ):
        with socket.socket() as other:
            other.bind(("127.0.0.1", port))
            other.listen()
            done = installation.lanh("up")
        assert done.returncode == 1
        assert f"Port {port} on 127.0.0.1 is used by another program" in done.stderr
        assert f"{variable}=" in done.stderr
        assert installation.pid("postgresql") == 0
        assert not alive(installation.pid("supervisor"))
    installation.up()


def test_an_interrupted_start_leaves_nothing_running_and_goes_on_later(
    installation: Installation,
) -> None:
    environment = {"PATH": "/usr/bin:/bin:/usr/sbin", **installation.variables}
    starting = subprocess.Popen(
        installation.command("up"),
        env=environment,
        cwd="/",
        # A shell's background jobs ignore SIGINT, and so would this one, started by such a job.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )
    eventually(lambda: installation.status()["children"])
    starting.send_signal(signal.SIGINT)
    assert starting.wait(60) == 130
    assert installation.pid("postgresql") == 0
    assert not alive(installation.pid("supervisor"))
    installation.up()


def test_a_folder_that_cannot_be_made_is_named(installation: Installation) -> None:
    file = installation.folder / "file"
    file.write_text("")
    installation.variables = {**installation.variables, "LANH_DATA": str(file / "data")}
    done = installation.lanh("up")
    assert done.returncode == 1
    assert str(file / "data") in done.stderr


def test_a_wrong_number_is_a_usage_fault(installation: Installation) -> None:
    installation.variables = {**installation.variables, "LANH_PORT": "eighty"}
    done = installation.lanh("up")
    assert done.returncode == 2
    assert "LANH_PORT" in done.stderr
    assert "eighty" in done.stderr


def test_commands_of_the_operator_need_a_running_instance(installation: Installation) -> None:
    for command in (["token"], ["audit", "verify"]):
        done = installation.lanh(*command)
        assert done.returncode == 3, done.stderr
        assert "not running" in done.stderr


def test_down_where_nothing_runs(installation: Installation) -> None:
    done = installation.lanh("down")
    assert (done.returncode, done.stdout.strip()) == (0, "Lành is not running.")


def test_a_database_elsewhere_is_used(installation: Installation, database_url: str) -> None:
    installation.variables = {**installation.variables, "LANH_DATABASE_URL": database_url}
    installation.up()
    assert installation.ready()
    assert not (installation.data / "postgresql").exists()
    assert installation.lanh("down").returncode == 0


def test_a_stranger_with_a_used_process_id_is_left_alone(installation: Installation) -> None:
    """Ids of processes come round again: what a killed supervisor wrote down names another."""
    installation.up()
    installation.kill("supervisor")
    stranger = subprocess.Popen(["sleep", "60"])
    try:
        (installation.data / "instance.lock").write_text(str(stranger.pid))
        assert Instance(Settings(installation.data)).holder == 0
        assert installation.lanh("down").returncode == 0
        assert stranger.poll() is None
        installation.up()
        assert Instance(Settings(installation.data)).holder == installation.pid("supervisor")
    finally:
        stranger.kill()
        stranger.wait()
