"""What the commands of bulk data share: a client at the server, and its faults told."""

from __future__ import annotations

import argparse
from collections.abc import Callable

import httpx

from lanh.site.bulk_client import BulkClient, BulkFailed
from lanh.site.cli.authentication import at_the_server
from lanh.site.cli.console import Console, Exit


def order(arguments: argparse.Namespace, console: Console, act: Callable[[BulkClient], int]) -> int:
    """Run an act with a client of bulk data; the exit code."""

    def ordered(url: str, shown: httpx.Auth) -> int:
        client = BulkClient(url, shown, console.language)
        try:
            return act(client)
        except BulkFailed as error:
            console.fail("bulk.refused", status=error.status)
            for reason in error.reasons():
                console.note(f"    {reason}")
            return Exit.REFUSED
        except OSError as error:
            console.fail("bulk.file", error=error)
            return Exit.USAGE
        finally:
            client.close()

    return at_the_server(arguments, console, ordered)
