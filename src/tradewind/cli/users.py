"""``tradewind users``: people who may log in."""

from __future__ import annotations

import argparse
import getpass
import secrets

from tradewind.actions import edit_access
from tradewind.cli.door import open_act
from tradewind.cli.output import show
from tradewind.cli.shape import OUTPUT, Verb, arg
from tradewind.errors import InvalidArgument
from tradewind.store.reads import access


def _password(args: argparse.Namespace) -> str:
    """As given, drawn, or asked for twice."""
    if args.use_random_password:
        drawn = secrets.token_urlsafe(12)
        print(f"Password: {drawn}")
        return drawn
    if args.password:
        return str(args.password)
    try:
        first = getpass.getpass("Password: ")
        if first and first == getpass.getpass("Repeat for confirmation: "):
            return first
    except EOFError:
        raise InvalidArgument("There is no password.", hint="Say --password or --use-random-password.") from None
    raise InvalidArgument("The two passwords differ, or are empty.", hint="Try again.")


def create(args: argparse.Namespace) -> None:
    """A new user; harmless to repeat."""
    act = open_act()
    with act.store.read() as conn:
        if any(user["username"] == args.username for user in access.list_users(conn)):
            print(f"{args.username} already exist in the db")
            return
    edit_access.create_user(
        act, args.username, _password(args), roles=[args.role],
        first_name=args.firstname, last_name=args.lastname, email=args.email,
    )  # fmt: skip
    print(f"{args.role} user {args.username} created")


def list_users(args: argparse.Namespace) -> None:
    """Everybody, without passwords."""
    with open_act().store.read() as conn:
        rows = access.list_users(conn)
    show(rows, ("username", "first_name", "last_name", "email", "roles", "is_active", "last_login_at"), args.output)


def delete(args: argparse.Namespace) -> None:
    """Remove a user and their sessions."""
    edit_access.delete_user(open_act(), args.username)
    print(f"User {args.username!r} deleted")


def reset_password(args: argparse.Namespace) -> None:
    """A new password; the user is logged out everywhere."""
    act = open_act()
    with act.store.read() as conn:
        access.one_user(conn, args.username)
    edit_access.change_user(act, args.username, password=_password(args))
    print(f"Password of {args.username!r} changed")


_NAME = arg("-u", "--username", required=True, help="name to log in with")
_PASSWORD = (
    arg("-p", "--password", help="password; asked for when it is missing"),
    arg("--use-random-password", action="store_true", help="draw a password and print it"),
)
VERBS = (
    Verb(
        "create",
        "Make a user who can log in at once.",
        create,
        (
            _NAME,
            *_PASSWORD,
            arg("-r", "--role", required=True, help="Admin, Op, User, Viewer or Public"),
            arg("-f", "--firstname", default="", help="first name"),
            arg("-l", "--lastname", default="", help="last name"),
            arg("-e", "--email", default="", help="address"),
        ),
        aliases=("add",),
    ),
    Verb("list", "Show every user.", list_users, (OUTPUT,)),
    Verb("delete", "Remove a user.", delete, (_NAME, arg("--email", help="accepted and ignored")), aliases=("remove",)),
    Verb("reset-password", "Give a user a new password.", reset_password, (_NAME, *_PASSWORD)),
)
