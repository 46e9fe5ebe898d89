"""``tradewind cheat-sheet``: every command on one page."""

from __future__ import annotations

import argparse

from tradewind.cli.main import NOUNS, verbs_of
from tradewind.cli.shape import Verb


def print_sheet(_: argparse.Namespace) -> None:
    """One line per verb, in the order of the overview."""
    for name in NOUNS:
        for verb in verbs_of(name):
            called = f"tradewind {name} {verb.name}".rstrip()
            print(f"{called:<40}{verb.help}")


VERBS = (Verb("", "Print every command with one line each.", print_sheet),)
