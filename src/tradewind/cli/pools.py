"""``tradewind pools``: limits shared by tasks."""

from __future__ import annotations

import argparse

from tradewind.actions import edit_pools
from tradewind.cli.door import open_act
from tradewind.cli.output import show
from tradewind.cli.shape import OUTPUT, Verb, arg
from tradewind.errors import NotFound
from tradewind.store.reads import pools

_COLUMNS = ("name", "slots", "description", "include_deferred", "occupied_slots", "open_slots")


def list_pools(args: argparse.Namespace) -> None:
    """All of them and how full they are."""
    with open_act().store.read() as conn:
        _, rows = pools.list_pools(conn, limit=1_000_000, offset=0)
    show(rows, _COLUMNS, args.output)


def get(args: argparse.Namespace) -> None:
    """One pool."""
    with open_act().store.read() as conn:
        row = pools.one_pool(conn, args.pool)
    show([row], _COLUMNS, args.output)


def put(args: argparse.Namespace) -> None:
    """Make a pool or change it."""
    act = open_act()
    fields = {"description": args.description, "include_deferred": args.include_deferred}
    try:
        with act.store.read() as conn:
            pools.one_pool(conn, args.pool)
    except NotFound:
        edit_pools.create_pool(act, args.pool, args.slots, **fields)
        print(f"Pool {args.pool} created")
    else:
        edit_pools.change_pool(act, args.pool, slots=args.slots, **fields)
        print(f"Pool {args.pool} updated")


def delete(args: argparse.Namespace) -> None:
    """Remove a pool."""
    edit_pools.delete_pool(open_act(), args.pool)
    print(f"Pool {args.pool} deleted")


_NAME = arg("pool", metavar="NAME", help="name of the pool")
VERBS = (
    Verb("list", "Show all pools and how full they are.", list_pools, (OUTPUT,)),
    Verb("get", "Show one pool.", get, (_NAME, OUTPUT)),
    Verb(
        "set",
        "Make a pool or change it.",
        put,
        (
            _NAME,
            arg("slots", type=int, help="task instances at once; -1: no limit"),
            arg("description", nargs="?", default="", help="what it is for"),
            arg("--include-deferred", action="store_true", help="deferred tasks count too"),
        ),
    ),
    Verb("delete", "Remove a pool.", delete, (_NAME,)),
)
