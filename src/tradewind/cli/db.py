"""``tradewind db``: the schema."""

from __future__ import annotations

import argparse

from tradewind.cli.door import confirmed
from tradewind.cli.ground import make_home
from tradewind.cli.info import without_password
from tradewind.cli.shape import YES, Verb
from tradewind.settings import load_settings
from tradewind.store import migrate, reset
from tradewind.store.engine import open_store


def migrate_database(_: argparse.Namespace) -> None:
    """Make the schema or bring it up to date; harmless to repeat."""
    settings = load_settings()
    make_home(settings)
    changed = migrate.upgrade(open_store(settings))
    where = without_password(settings.get_str("database", "sql_alchemy_conn"))
    print(f"{'Migrated' if changed else 'Nothing to do'}: {where} is up to date.")


def check_database(_: argparse.Namespace) -> None:
    """Say whether the database answers and fits this release."""
    settings = load_settings()
    migrate.check(open_store(settings))
    print(f"Connection successful; {without_password(settings.get_str('database', 'sql_alchemy_conn'))} is up to date.")


def reset_database(args: argparse.Namespace) -> int:
    """Delete everything and begin anew."""
    settings = load_settings()
    where = without_password(settings.get_str("database", "sql_alchemy_conn"))
    if not confirmed(f"This deletes everything in {where}. Go on?", yes=args.yes):
        print("Nothing was deleted.")
        return 1
    store = open_store(settings)
    reset.drop_everything(store)
    (settings.home / "run" / "prepared").unlink(missing_ok=True)
    migrate.upgrade(store)
    print(f"{where} is empty and up to date.")
    return 0


VERBS = (
    Verb("migrate", "Make the schema or bring it up to date.", migrate_database, aliases=("init", "upgrade")),
    Verb("check", "Say whether the database answers and fits this release.", check_database),
    Verb("reset", "Delete everything and make the schema anew.", reset_database, (YES,)),
)
