"""`lanh import FILE...`: NDJSON files into the record store, each as one bulk import."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from lanh.site.bulk_client import BulkClient
from lanh.site.cli.authentication import client_arguments
from lanh.site.cli.bulk_orders import order
from lanh.site.cli.command import Command, Words
from lanh.site.cli.console import Console, Exit
from lanh.site.sending import files_in

_SHOWN = 20  # faults a file


def _arguments(parser: argparse.ArgumentParser, words: Words) -> None:
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE", help=words("cli.send.files"))
    client_arguments(parser, words)


def _run(arguments: argparse.Namespace, console: Console) -> int:
    paths = files_in(arguments.files)

    def act(client: BulkClient) -> int:
        codes = [_import(client, console, path) for path in paths]
        return max(codes, default=Exit.OK)

    return order(arguments, console, act)


def _import(client: BulkClient, console: Console, path: Path) -> int:
    address = client.order_import(path)
    result = client.wait(address, lambda told: console.progress(f"{path.name}: {told}"))
    taken = sum(each["count"] for each in result["output"])
    refused = sum(each["count"] for each in result["error"])
    console.say("import.done", path=path, count=taken, refused=refused)
    left = _SHOWN
    for file in result["error"]:
        for outcome in client.lines(file["url"])[:left]:
            _show(console, outcome)
            left -= 1
    return Exit.REFUSED if refused else Exit.OK


def _show(console: Console, outcome: dict[str, Any]) -> None:
    for issue in outcome.get("issue", ()):
        where = ", ".join(issue.get("expression", ()))
        text = (issue.get("details") or {}).get("text") or issue.get("diagnostics") or ""
        console.write(f"    {where}  {text}")


COMMAND = Command("import", _arguments, _run)
