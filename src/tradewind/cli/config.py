"""``tradewind config``: the settings in force and where each came from."""

from __future__ import annotations

import argparse

from tradewind.cli.output import show
from tradewind.cli.shape import OUTPUT, Verb, arg
from tradewind.errors import not_found
from tradewind.settings import OPTIONS, load_settings

#: Shown as *** in lists; `config get-value` shows them, as it is asked for by name.
SECRET = {
    ("core", "fernet_key"),
    ("api", "secret_key"),
    ("database", "sql_alchemy_conn"),
    ("secrets", "backend_kwargs"),
}


def get_value(args: argparse.Namespace) -> None:
    """Print one value and nothing else: scripts read it."""
    print(load_settings().get(args.section, args.option))


def list_values(args: argparse.Namespace) -> None:
    """All settings, or those of one section."""
    settings = load_settings()
    sections = sorted({option.section for option in OPTIONS})
    if args.section and args.section not in sections:
        raise not_found("section", args.section, sections)
    rows = []
    for option in OPTIONS:
        place = (option.section, option.key)
        if args.section in (None, option.section):
            hide = place in SECRET and settings.origins[place] != "default"
            value = "***" if hide else settings.values[place]
            rows.append({"section": place[0], "key": place[1], "value": value, "from": settings.origins[place]})
    show(rows, ("section", "key", "value", "from"), args.output)


VERBS = (
    Verb(
        "get-value",
        "Print the value of one setting.",
        get_value,
        (arg("section", help="e.g. core"), arg("option", help="e.g. dags_folder")),
    ),
    Verb(
        "list",
        "Show every setting, its value and where it comes from.",
        list_values,
        (arg("--section", help="only this one"), OUTPUT),
    ),
)
