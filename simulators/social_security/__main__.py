"""The simulated gateway as an HTTP server.

    python -m simulators.social_security --data FOLDER [--port 8094] [--user NAME]
        [--password WORD] [--refuse N] [--code CODE] [--reason TEXT] [--uses N]

It speaks the gateway's protocol: a token session, packages and check-ins as forms, answers with
maKetQua, maGiaoDich, thoiGianTiepNhan and thongDiep. It looks whether a package can be opened and
is of the account's facility, refuses the first N, and ends a session after so many uses. `GET
/register` shows what it holds. It verifies no signature and computes no money.
"""

from __future__ import annotations

import argparse
import base64
import binascii
import hashlib
import json
import secrets
import sqlite3
import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs

from lxml import etree

LARGEST = 64 * 1024 * 1024
_PATHS = {"/api/qd130/guiHoSoXmlQD3176": "130", "/api/qd130/guiHoSoXmlQD4750": "130",
          "/api/qd130/checkInKcbQd3176": "0", "/api/qd130/checkInKcbQd4750": "0"}  # fmt: skip
_SCHEMA = """CREATE TABLE IF NOT EXISTS dossier (
    kind TEXT NOT NULL, facility TEXT NOT NULL, episode TEXT NOT NULL, number TEXT NOT NULL,
    digest TEXT NOT NULL, posts INTEGER NOT NULL, code TEXT NOT NULL,
    PRIMARY KEY (kind, facility, episode));"""


@dataclass
class Gate:
    """What the gateway knows: its one account, its sessions, and what it took (SQLite)."""

    data: Path
    user: str
    password: str
    refusals: int = 0
    code: str = "205"
    reason: str = "Hồ sơ bị từ chối (mô phỏng)"
    uses: int = 1000
    sessions: dict[str, list[object]] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def password_hash(self) -> str:
        """The password as clients send it."""
        return hashlib.md5(self.password.encode(), usedforsecurity=False).hexdigest().upper()

    def connect(self) -> sqlite3.Connection:
        """The file, with its table."""
        self.data.mkdir(parents=True, exist_ok=True)
        found = sqlite3.connect(self.data / "gateway.db", timeout=30)
        found.executescript(_SCHEMA)
        return found

    def session(self) -> dict[str, object]:
        """A new session."""
        access, identity = secrets.token_hex(16), secrets.token_hex(8)
        with self.lock:
            self.sessions[access] = [identity, self.uses]
        return {"access_token": access, "id_token": identity, "token_type": "Bearer",
                "username": self.user, "expires_in": 3600}  # fmt: skip

    def admits(self, access: str, identity: str, password: str) -> bool:
        """Whether a session is alive; each look uses it."""
        with self.lock:
            found = self.sessions.get(access)
            if found is None or found[0] != identity or password != self.password_hash:
                return False
            left = int(str(found[1]))
            found[1] = left - 1
            return left > 0

    def take(self, kind: str, facility: str, episode: str, body: bytes) -> tuple[str, str, str]:
        """(code, number, words): one dossier an episode, the last that was sent."""
        digest = hashlib.sha256(body).hexdigest()
        with self.lock, self.connect() as open_file:
            key = (kind, facility, episode)
            row = open_file.execute(
                "SELECT number, digest, code FROM dossier"
                " WHERE kind = ? AND facility = ? AND episode = ?", key,
            ).fetchone()  # fmt: skip
            if row is not None and row[1] == digest:
                open_file.execute(
                    "UPDATE dossier SET posts = posts + 1"
                    " WHERE kind = ? AND facility = ? AND episode = ?", key,
                )  # fmt: skip
                return row[2], row[0], "" if row[2] == "200" else self.reason
            code = "200"
            if self.refusals > 0:
                self.refusals, code = self.refusals - 1, self.code
            number = row[0] if row else f"SIM{digest[:20]}"
            open_file.execute(
                "INSERT OR REPLACE INTO dossier VALUES (?, ?, ?, ?, ?, 1, ?)",
                (*key, number, digest, code),
            )
            return code, number, "" if code == "200" else self.reason

    def register(self) -> list[dict[str, object]]:
        """Everything it holds, without content."""
        with self.connect() as open_file:
            rows = open_file.execute(
                "SELECT kind, facility, episode, number, posts, code FROM dossier ORDER BY episode"
            ).fetchall()
        names = ("kind", "facility", "episode", "number", "posts", "code")
        return [dict(zip(names, row, strict=True)) for row in rows]


def opened(kind: str, body: bytes) -> tuple[str, str]:
    """(facility, episode) of a package or check-in. Raises ValueError with what is wrong."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False)
    try:
        root = etree.fromstring(body, parser)
        if kind == "0":
            return _texts(root, "TRANG_THAI_KCB/MA_CSKCB", "TRANG_THAI_KCB/MA_LK")
        for file in root.iter("FILEHOSO"):
            if file.findtext("LOAIHOSO") == "XML1":
                inner = base64.b64decode(file.findtext("NOIDUNGFILE") or "", validate=True)
                episode = etree.fromstring(inner, parser).findtext("MA_LK") or ""
                return root.findtext("THONGTINDONVI/MACSKCB") or "", episode
    except (etree.XMLSyntaxError, binascii.Error, ValueError):
        raise ValueError("Không đọc được hồ sơ") from None
    raise ValueError("Thiếu XML1")


def _texts(root: etree._Element, *paths: str) -> tuple[str, str]:
    first, second = (root.findtext(f".//{path}") or "" for path in paths)
    return first, second


class Handler(BaseHTTPRequestHandler):
    """One request. `gate` is set by `serve`."""

    gate: Gate
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        """A token, a package or a check-in."""
        size = int(self.headers.get("Content-Length") or 0)
        if size > LARGEST:
            self.close_connection = True
            return self._answer("413", words="Hồ sơ quá lớn")
        form = {
            name: values[0]
            for name, values in parse_qs(self.rfile.read(size).decode("utf-8", "replace")).items()
        }
        if self.path == "/api/token/take":
            right = (self.gate.user, self.gate.password_hash)
            if (form.get("username"), form.get("password")) != right:
                return self._say(401, {"maKetQua": "401"})
            return self._say(200, {"maKetQua": "200", "APIKey": self.gate.session()})
        kind = _PATHS.get(self.path)
        if kind is None:
            return self._say(404, {})
        given = (self.headers.get(name) or "" for name in ("accessToken", "tokenId",
                                                           "passwordHash"))  # fmt: skip
        if not self.gate.admits(*given):
            return self._answer("401", words="Phiên làm việc hết hạn")
        if form.get("loaiHoSo") != kind:
            return self._answer("205", words="Sai loaiHoSo")
        try:
            body = base64.b64decode(form.get("fileHSBase64", ""), validate=True)
            facility, episode = opened(kind, body)
        except ValueError as error:
            return self._answer("205", words=str(error))
        if facility != form.get("maCSKCB") or form.get("maTinh") != facility[:2]:
            return self._answer("403", words="Sai mã cơ sở")
        self._answer(*self.gate.take(kind, facility, episode, body))

    def do_GET(self) -> None:
        """The register."""
        if self.path != "/register":
            return self._say(404, {})
        self._say(200, self.gate.register())

    def _answer(self, code: str, number: str = "", words: str = "") -> None:
        now = time.strftime("%Y%m%d%H%M%S", time.gmtime(time.time() + 7 * 3600))
        self._say(200, {"maKetQua": code, "maGiaoDich": number or None,
                        "thoiGianTiepNhan": now, "thongDiep": words})  # fmt: skip

    def _say(self, status: int, told: object) -> None:
        body = json.dumps(told, ensure_ascii=False).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Nothing: packages are about people."""


def main() -> None:
    """Read the command line and serve until killed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--port", type=int, default=8094)
    parser.add_argument("--user", default="97001_BV")
    parser.add_argument("--password", default="mo-phong")
    parser.add_argument("--refuse", type=int, default=0)
    parser.add_argument("--code", default="205")
    parser.add_argument("--reason", default="Hồ sơ bị từ chối (mô phỏng)")
    parser.add_argument("--uses", type=int, default=1000)
    given = parser.parse_args()
    gate = Gate(given.data, given.user, given.password, given.refuse, given.code, given.reason,
                given.uses)  # fmt: skip
    handler = type("Bound", (Handler,), {"gate": gate})
    server = ThreadingHTTPServer(("127.0.0.1", given.port), handler)
    print(f"simulated Social Security gateway on http://127.0.0.1:{server.server_port}", flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
