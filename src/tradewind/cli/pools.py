"""``tradewind pools``: limits shared by tasks."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from tradewind.actions import edit_pools
from tradewind.cli.door import json_object, open_act
from tradewind.cli.output import show
from tradewind.cli.shape import OUTPUT, Verb, arg
from tradewind.errors import InvalidArgument, NotFound
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


def export(args: argparse.Namespace) -> None:
    """All pools as JSON, in the form that import takes."""
    with open_act().store.read() as conn:
        _, rows = pools.list_pools(conn, limit=1_000_000, offset=0)
    kept = {
        row["name"]: {
            "slots": row["slots"],
            "description": row["description"] or "",
            "include_deferred": row["include_deferred"],
        }
        for row in rows
    }
    written = json.dumps(kept, indent=4) + "\n"
    if args.file == "-":
        print(written, end="")
        return
    Path(args.file).write_text(written, encoding="utf-8")
    print(f"Exported {len(kept)} pools to {args.file}")


def take_in(args: argparse.Namespace) -> None:
    """Make or change the pools of a JSON file: all of them, or none when one is wrong."""
    act = open_act()
    try:
        found = json_object(Path(args.file).read_text(encoding="utf-8"), args.file)
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidArgument(f"{args.file} cannot be read: {error}.", field="file") from None
    wanted = {name: _fields(args.file, name, given) for name, given in found.items()}
    edit_pools.put_pools(act, wanted)
    print(f"Uploaded {len(wanted)} pool(s)")


def _fields(file: str, name: str, given: Any) -> dict[str, Any]:
    slots = given.get("slots") if isinstance(given, dict) else None
    if isinstance(slots, bool) or not isinstance(slots, int):
        raise InvalidArgument(
            f"{file}: pool {name!r} has no whole number of slots.",
            field=name,
            hint='Write {"NAME": {"slots": 5, "description": "what it is for", "include_deferred": false}}.',
        )
    return {
        "slots": slots,
        "description": str(given.get("description") or ""),
        "include_deferred": bool(given.get("include_deferred", False)),
    }


_FILE = arg("file", metavar="FILE", help="JSON file")
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
    Verb("import", "Make or change the pools of a JSON file.", take_in, (_FILE,)),
    Verb("export", "Write all pools to a JSON file.", export, (_FILE,)),
)
