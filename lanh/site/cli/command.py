"""What a command of `lanh` is."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import dataclass

from lanh.site.cli.console import Console

Words = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Command:
    """A command: its name, its options, what it does.

    Its one-line summary and its explanation are the keys `cli.NAME.summary` and `cli.NAME.text`
    of `messages.yaml`; the names of its options' texts are given by `arguments`.
    """

    name: str
    arguments: Callable[[argparse.ArgumentParser, Words], None]
    run: Callable[[argparse.Namespace, Console], int]


def no_arguments(parser: argparse.ArgumentParser, words: Words) -> None:
    """For a command without options of its own."""
