"""What the commands of bulk data share: a client at the server, and its faults told."""

from __future__ import annotations

import argparse
from collections.abc import Callable

import httpx

from lanh.site.backend_client import TokenRefused
from lanh.site.bulk_client import BulkClient, BulkFailed
from lanh.site.cli.authentication import authentication, server
from lanh.site.cli.console import Console, Exit


def at_the_server(
    arguments: argparse.Namespace, console: Console, act: Callable[[BulkClient], int]
) -> int:
    """Run an act with a client; the exit code."""
    url = server(arguments)
    try:
        shown = authentication(arguments, url)
    except (OSError, ValueError) as error:
        console.fail("send.no_key", client=arguments.client, error=error)
        return Exit.USAGE
    client = BulkClient(url, shown, console.language)
    try:
        return act(client)
    except TokenRefused as error:
        console.fail("send.no_token", client=arguments.client, error=error)
        return Exit.REFUSED
    except BulkFailed as error:
        console.fail("bulk.refused", status=error.status)
        for reason in error.reasons():
            console.note(f"    {reason}")
        return Exit.REFUSED
    except httpx.TransportError as error:
        console.fail("send.unreachable", url=url, error=type(error).__name__)
        return Exit.NOT_RUNNING
    except OSError as error:
        console.fail("bulk.file", error=error)
        return Exit.USAGE
    finally:
        client.close()
