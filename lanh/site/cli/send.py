"""`lanh send FILE...`: files to the bus, each as one message, with the receipts printed."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import httpx

from lanh.site.cli.authentication import at_the_server, client_arguments
from lanh.site.cli.command import Command, Words
from lanh.site.cli.console import Console, Exit
from lanh.site.sending import Answer, files_in, send_files
from lanh.site.words import WORDS

_SHOWN = 5  # reasons a message; the receipt has them all


def _arguments(parser: argparse.ArgumentParser, words: Words) -> None:
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE", help=words("cli.send.files"))
    client_arguments(parser, words)
    parser.add_argument("--json", action="store_true", help=words("cli.send.json"))


def _run(arguments: argparse.Namespace, console: Console) -> int:
    return at_the_server(
        arguments, console, lambda url, shown: _send(arguments, console, url, shown)
    )


def _send(arguments: argparse.Namespace, console: Console, url: str, shown: httpx.Auth) -> int:
    paths = files_in(arguments.files)
    code = Exit.OK
    try:
        for number, answer in enumerate(send_files(url, paths, shown), 1):
            _show(answer, console, as_json=arguments.json)
            code = code if answer.taken else Exit.REFUSED
            if number < len(paths):
                console.progress("send.sending", number, len(paths))
    except OSError as error:
        console.fail("send.unreadable", error=error)
        return Exit.USAGE
    return code


def _show(answer: Answer, console: Console, *, as_json: bool) -> None:
    if as_json:
        console.write(json.dumps({"file": str(answer.path), **answer.body}, ensure_ascii=False))
        return
    parts = answer.body.get("parts", ())
    refused = sum(part.get("outcome") == "refused" for part in parts)
    key = f"send.state.{answer.state}"
    state = console.words(key) if key in WORDS else answer.state
    console.write(
        f"{answer.path}: {state}  {answer.body.get('id', '')}  "
        + console.words("send.parts", parts=len(parts), refused=refused)
    )
    for place, vi, en in list(answer.reasons())[:_SHOWN]:
        console.write(f"    {place}  {vi if console.language == 'vi' else en}")


COMMAND = Command("send", _arguments, _run)
