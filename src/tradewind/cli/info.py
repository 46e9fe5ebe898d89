"""``tradewind info``: what is installed, which home, which database; for people who ask for help."""

from __future__ import annotations

import argparse
import platform
import re
import sys

from tradewind.cli.output import show_one
from tradewind.cli.shape import OUTPUT, Verb
from tradewind.cli.version import number
from tradewind.settings import load_settings


def without_password(address: str) -> str:
    """A database address fit to be shown."""
    return re.sub(r"(://[^:/@]+):[^@]*@", r"\1:***@", address)


def show_info(args: argparse.Namespace) -> None:
    """Facts, one per line; passwords are masked."""
    settings = load_settings()
    show_one(
        {
            "version": number(),
            "python": platform.python_version(),
            "executable": sys.executable,
            "platform": platform.platform(),
            "home": str(settings.home),
            "dags_folder": str(settings.get_path("core", "dags_folder")),
            "log_folder": str(settings.log_folder),
            "database": without_password(settings.get_str("database", "sql_alchemy_conn")),
            "executor": settings.get_str("core", "executor"),
            "address": f"http://{settings.get_str('api', 'host')}:{settings.get_int('api', 'port')}",
        },
        args.output,
    )


VERBS = (Verb("", "Show what is installed and where it keeps its things.", show_info, (OUTPUT,)),)
