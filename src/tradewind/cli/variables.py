"""``tradewind variables``: values that DAGs read."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from tradewind.actions import edit_variables
from tradewind.actions.context import Act
from tradewind.backends.secrets.fernet import FernetVault, open_vault
from tradewind.cli.door import json_object, open_act
from tradewind.cli.output import show
from tradewind.cli.shape import OUTPUT, Verb, arg
from tradewind.errors import InvalidArgument, NotFound
from tradewind.store.reads import variables

_EVERYTHING = 1_000_000


def _open(row: dict[str, Any], vault: FernetVault) -> str:
    return vault.decrypt(row["value"]) if row["is_encrypted"] else str(row["value"])


def get(args: argparse.Namespace) -> None:
    """Print the value and nothing else."""
    act = open_act()
    with act.store.read() as conn:
        try:
            value = _open(variables.one_variable(conn, args.key), open_vault(act.settings))
        except NotFound:
            if args.default is None:
                raise
            value = args.default
    print(json.dumps(json.loads(value)) if args.json else value)


def put(args: argparse.Namespace) -> None:
    """Keep a value, new or changed."""
    act = open_act()
    value = json.dumps(args.value) if args.json else args.value
    edit_variables.set_variable(act, args.key, value, vault=open_vault(act.settings), description=args.description)
    print(f"Variable {args.key} created")


def list_variables(args: argparse.Namespace) -> None:
    """The keys; values may be secret, `get` shows one."""
    with open_act().store.read() as conn:
        _, rows = variables.list_variables(conn, limit=_EVERYTHING, offset=0)
    show(rows, ("key", "description"), args.output)


def delete(args: argparse.Namespace) -> None:
    """Forget a variable."""
    edit_variables.delete_variable(open_act(), args.key)
    print(f"Variable {args.key} deleted")


def _import(act: Act, values: dict[str, Any]) -> None:
    vault = open_vault(act.settings)
    for key, value in values.items():
        text = value if isinstance(value, str) else json.dumps(value)
        edit_variables.set_variable(act, key, text, vault=vault)


def import_file(args: argparse.Namespace) -> None:
    """Keep every key of a JSON file."""
    try:
        values = json_object(Path(args.file).read_text(encoding="utf-8"), args.file)
    except OSError as error:
        raise InvalidArgument(f"{args.file} cannot be read: {error.strerror}.", hint="Look at the path.") from None
    _import(open_act(), values)
    print(f"{len(values)} of {len(values)} variables successfully updated.")


def export_file(args: argparse.Namespace) -> None:
    """Write every variable, values in clear, as a JSON object."""
    act = open_act()
    vault = open_vault(act.settings)
    with act.store.read() as conn:
        _, rows = variables.list_variables(conn, limit=_EVERYTHING, offset=0)
    found: dict[str, Any] = {}
    for row in rows:
        text = _open(row, vault)
        try:
            found[row["key"]] = json.loads(text)
        except ValueError:
            found[row["key"]] = text
    written = json.dumps(found, sort_keys=True, indent=4, ensure_ascii=False) + "\n"
    if args.file == "-":
        sys.stdout.write(written)
        return
    Path(args.file).write_text(written, encoding="utf-8")
    print(f"{len(found)} variables successfully exported to {args.file}")


_KEY = arg("key", help="key of the variable")
_JSON = arg("-j", "--json", action="store_true", help="the value is JSON")
VERBS = (
    Verb("get", "Print one value.", get, (_KEY, _JSON, arg("-d", "--default", help="value when there is none"))),
    Verb(
        "set",
        "Keep a value.",
        put,
        (_KEY, arg("value", help="the value"), _JSON, arg("--description", help="what it is for")),
    ),
    Verb("list", "Show the keys.", list_variables, (OUTPUT,)),
    Verb("delete", "Forget a variable.", delete, (_KEY,)),
    Verb("import", "Keep every key of a JSON file.", import_file, (arg("file", help="a JSON object"),)),
    Verb(
        "export", "Write every variable to a JSON file.", export_file, (arg("file", help="where to; - is the screen"),)
    ),
)
