"""What can be wrong with an account or a client, said in both languages."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from lanh.core.text import Catalogue, Message

MESSAGES = Catalogue.load(Path(__file__).with_name("messages.yaml"))


class AccountsError(ValueError):
    """A request about an account, a client or a token that cannot be met; `message` says why."""

    def __init__(self, key: str, **parameters: Any) -> None:
        self.message: Message = MESSAGES.message(key, **parameters)
        super().__init__(self.message.en)


class Unknown(AccountsError):
    """No such account or client."""


class Taken(AccountsError):
    """The name or id belongs to another."""
