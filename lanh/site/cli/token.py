"""`lanh token`: a bearer token for a client system, for the operator of the running instance."""

from __future__ import annotations

import argparse
import json

from lanh.core import accounts
from lanh.site.cli.command import Command, Words
from lanh.site.cli.console import Console, Exit
from lanh.site.cli.running import running_database
from lanh.site.operator import OPERATOR


def _arguments(parser: argparse.ArgumentParser, words: Words) -> None:
    parser.add_argument("--client", default=OPERATOR, help=words("cli.token.client"))
    parser.add_argument("--scope", help=words("cli.token.scope"))
    parser.add_argument("--minutes", type=int, default=60, help=words("cli.token.minutes"))
    parser.add_argument("--json", action="store_true", help=words("cli.option.json"))


def _run(arguments: argparse.Namespace, console: Console) -> int:
    if not 1 <= arguments.minutes <= 24 * 60:
        console.fail("token.minutes")
        return Exit.USAGE
    with running_database() as (_, database):
        try:
            client = database.read(accounts.client_by_id(arguments.client))
            asked = arguments.scope.split() if arguments.scope else client and client.scopes
            plan = accounts.grant_token(arguments.client, asked or (), arguments.minutes * 60)
            issued = database.transact(plan)
        except accounts.AccountsError as error:
            console.fault(error.message)
            return Exit.REFUSED
    if arguments.json:
        facts = {"access_token": issued.token, "expires_in": issued.expires_in}
        console.write(json.dumps({**facts, "scope": " ".join(issued.scopes)}))
    else:
        console.write(issued.token)
    return Exit.OK


COMMAND = Command("token", _arguments, _run)
