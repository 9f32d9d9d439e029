"""The simulated registry as an HTTP server.

    python -m simulators.civil_registry --data FOLDER [--port 8093] [--token TOKEN]
        [--delay SECONDS] [--refuse N] [--reason TEXT]

`GET /register` shows what it holds. It does not verify signatures by certificates, which a real
registry would; it looks that two stand in the message, and that the message is whole.
"""

from __future__ import annotations

import argparse
import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from lxml import etree

from simulators.civil_registry.ledger import Ledger, Policy

LARGEST = 300_000
_MESSAGE = "{urn:lanh:exchange:death-notification:1}"
_ANSWER = "urn:lanh:exchange:civil-registry-answer:1"
_DSIG = "{http://www.w3.org/2000/09/xmldsig#}Signature"


def fault_of(body: bytes, key: str) -> tuple[str, str]:
    """(record, what is wrong) of a message; nothing is wrong where the second is empty."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True)
    try:
        root = etree.fromstring(body, parser)
    except (etree.XMLSyntaxError, ValueError):
        return "", "not XML"
    notice = root.find(f"{_MESSAGE}Notice")
    if notice is None or not notice.get("record"):
        return "", "no Notice"
    if notice.get("message") != key:
        return "", "Idempotency-Key is not the message's id"
    if len(root.findall(f"{_MESSAGE}Signatures/{_DSIG}")) < 2:
        return "", "two signatures are needed"
    for tag in ("Deceased", "Death"):
        if notice.find(f"{_MESSAGE}{tag}") is None:
            return "", f"no {tag}"
    return str(notice.get("record")), ""


class Handler(BaseHTTPRequestHandler):
    """One request. `ledger` and `token` are set by `serve`."""

    ledger: Ledger
    token: str = ""
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        """Take a message."""
        size = int(self.headers.get("Content-Length") or 0)
        if size > LARGEST:
            self.close_connection = True
            return self._say(413, b"too large")
        body = self.rfile.read(size)
        if not self._may():
            return self._say(401, b"token")
        if self.path != "/messages":
            return self._say(404, b"")
        key = (self.headers.get("Idempotency-Key") or "").strip('"')
        record, fault = fault_of(body, key)
        if fault:
            return self._say(422, fault.encode())
        if not self.ledger.take(key, record, body):
            return self._say(409, b"another message has this id")
        return self._say(202, b"")

    def do_GET(self) -> None:
        """Answer about a message, or show the register."""
        if not self._may():
            return self._say(401, b"token")
        if self.path == "/register":
            shown = json.dumps(self.ledger.register(), ensure_ascii=False).encode()
            return self._say(200, shown, "application/json")
        message = self.path.removeprefix("/messages/")
        found = self.ledger.answer(message)
        if found is None:
            return self._say(404, b"")
        state, number, reason = found
        root = etree.Element(f"{{{_ANSWER}}}Answer", {"message": message, "state": state})
        if number:
            etree.SubElement(root, f"{{{_ANSWER}}}Registration", {"number": number})
        if reason:
            etree.SubElement(root, f"{{{_ANSWER}}}Reason", {"code": "SIM"}).text = reason
        return self._say(200, etree.tostring(root, encoding="UTF-8"), "application/xml")

    def _may(self) -> bool:
        return not self.token or self.headers.get("Authorization") == f"Bearer {self.token}"

    def _say(self, status: int, body: bytes, kind: str = "text/plain") -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Nothing: messages are about people."""


def serve(data: Path, port: int, token: str, policy: Policy) -> None:
    """Serve until killed."""
    data.mkdir(parents=True, exist_ok=True)
    handler = type("Bound", (Handler,), {"ledger": Ledger(data / "ledger.db", policy),
                                         "token": token})  # fmt: skip
    server = ThreadingHTTPServer(("127.0.0.1", port), handler)
    print(f"simulated civil registry on http://127.0.0.1:{server.server_port}", flush=True)
    server.serve_forever()


def main() -> None:
    """Read the command line and serve."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--port", type=int, default=8093)
    parser.add_argument("--token", default="")
    parser.add_argument("--delay", type=float, default=0.0)
    parser.add_argument("--refuse", type=int, default=0)
    parser.add_argument("--reason", default="Thiếu thông tin")
    given = parser.parse_args()
    serve(given.data, given.port, given.token, Policy(given.delay, given.refuse, given.reason))


if __name__ == "__main__":
    main()
