"""How a command that speaks to the front door shows who it is."""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable, Generator
from pathlib import Path

import httpx

from lanh.site.backend_client import BackendAuth, TokenRefused, load_key
from lanh.site.cli.command import Words
from lanh.site.cli.console import Console, Exit
from lanh.site.cli.running import running_instance
from lanh.site.operator import OPERATOR, SCOPES, key_file


class _Given(httpx.Auth):
    """A bearer token that the caller brings."""

    def __init__(self, token: str) -> None:
        self._token = token

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        request.headers["Authorization"] = f"Bearer {self._token}"
        yield request


def client_arguments(parser: argparse.ArgumentParser, words: Words) -> None:
    """The options `--url`, `--client`, `--key`."""
    parser.add_argument("--url", help=words("cli.send.url"))
    parser.add_argument("--client", default=OPERATOR, help=words("cli.send.client"))
    parser.add_argument("--key", type=Path, metavar="FILE", help=words("cli.send.key"))


def at_the_server(
    arguments: argparse.Namespace, console: Console, act: Callable[[str, httpx.Auth], int]
) -> int:
    """Run an act with the server's address and a client's word; the exit code.

    Raises NotRunning where no address is given and no instance runs.
    """
    url = str(arguments.url or running_instance().settings.url)
    try:
        shown = _authentication(arguments, url)
    except (OSError, ValueError) as error:
        console.fail("send.no_key", client=arguments.client, error=error)
        return Exit.USAGE
    try:
        return act(url, shown)
    except TokenRefused as error:
        console.fail("send.no_token", client=arguments.client, error=error)
        return Exit.REFUSED
    except httpx.TransportError as error:
        console.fail("send.unreachable", url=url, error=type(error).__name__)
        return Exit.NOT_RUNNING


def _authentication(arguments: argparse.Namespace, url: str) -> httpx.Auth:
    """A token from LANH_TOKEN, or one that the client's key gets. Raises OSError, ValueError."""
    if token := os.environ.get("LANH_TOKEN"):
        return _Given(token)
    if arguments.key is not None:
        path = arguments.key
    elif arguments.client == OPERATOR:
        path = key_file(running_instance())
    else:
        raise ValueError("--key")
    return BackendAuth(f"{url}/auth/token", arguments.client, load_key(path), SCOPES)
