"""`lanh export FOLDER`: the records that a client may see, as NDJSON files."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from lanh.site.bulk_client import BulkClient
from lanh.site.cli.authentication import client_arguments
from lanh.site.cli.bulk_orders import order
from lanh.site.cli.command import Command, Words
from lanh.site.cli.console import Console, Exit

_KINDS = (("output", ""), ("deleted", "deleted-"), ("error", "error-"))


def _arguments(parser: argparse.ArgumentParser, words: Words) -> None:
    parser.add_argument("folder", type=Path, metavar="FOLDER", help=words("cli.export.folder"))
    parser.add_argument("--type", help=words("cli.export.type"))
    parser.add_argument("--since", help=words("cli.export.since"))
    parser.add_argument("--group", metavar="ID", help=words("cli.export.group"))
    client_arguments(parser, words)


def _run(arguments: argparse.Namespace, console: Console) -> int:
    folder: Path = arguments.folder
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        console.fail("export.not_empty", path=folder)
        return Exit.USAGE
    given = [("_type", arguments.type), ("_since", arguments.since)]
    parameters = [(name, value) for name, value in given if value]
    return order(
        arguments, console, lambda client: _export(client, console, folder, parameters, arguments)
    )


def _export(
    client: BulkClient,
    console: Console,
    folder: Path,
    parameters: list[tuple[str, str]],
    arguments: argparse.Namespace,
) -> int:
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    address = client.order_export(parameters, arguments.group)
    try:
        manifest = client.wait(address, lambda told: console.progress(f"$export {told}"))
        total = _fetch(client, console, folder, manifest)
    finally:
        client.cancel(address)  # the server's copy is not needed any more, whatever happened
    (folder / "manifest.json").write_text(json.dumps(manifest, ensure_ascii=False, indent=2))
    files = len(manifest["output"])
    console.say("export.done", count=total, files=files, path=folder)
    return Exit.REFUSED if manifest["error"] else Exit.OK


def _fetch(client: BulkClient, console: Console, folder: Path, manifest: dict[str, Any]) -> int:
    """Fetch every file; how many resources they hold. The manifest then names the files here."""
    listed = [(file, mark) for kind, mark in _KINDS for file in manifest.get(kind, ())]
    numbers: dict[str, int] = {}
    for place, (file, mark) in enumerate(listed, 1):
        console.progress("export.fetching", place, len(listed))
        stem = mark + file["type"]
        numbers[stem] = numbers.get(stem, 0) + 1
        name = f"{stem}-{numbers[stem]}.ndjson"
        client.fetch(file["url"], folder / name)
        file["url"] = name
    return sum(file["count"] for file in manifest["output"])


COMMAND = Command("export", _arguments, _run)
