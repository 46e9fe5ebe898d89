"""``tradewind version``."""

from __future__ import annotations

import argparse

from tradewind.cli.shape import Verb


def number() -> str:
    """The version of the installed package, or of the sources when nothing is installed."""
    from importlib.metadata import PackageNotFoundError, version  # noqa: PLC0415  costs more than the rest of the start

    try:
        return version("tradewind")
    except PackageNotFoundError:
        return "0.0.0+sources"


def show_version(_: argparse.Namespace) -> None:
    """Print it and nothing else: scripts read it."""
    print(number())


VERBS = (Verb("", "Print the version.", show_version),)
