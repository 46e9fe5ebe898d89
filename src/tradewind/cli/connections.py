"""``tradewind connections``: addresses and passwords of other systems."""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path
from typing import Any

from tradewind.actions import edit_connections
from tradewind.backends.secrets.fernet import FernetVault, open_vault
from tradewind.cli import connection_form as form
from tradewind.cli.door import json_object, open_act
from tradewind.cli.output import show, show_one
from tradewind.cli.shape import OUTPUT, Verb, arg
from tradewind.errors import InvalidArgument
from tradewind.store.reads import connections

_EVERYTHING = 1_000_000


def _open(row: dict[str, Any], vault: FernetVault) -> dict[str, Any]:
    fields = {name: row.get(name) for name in form.FIELDS}
    if row["is_encrypted"]:
        for name in ("password", "extra"):
            if sealed := fields[name]:
                fields[name] = vault.decrypt(sealed)
    return fields


def _given(args: argparse.Namespace) -> dict[str, Any]:
    whole = [name for name in ("conn_uri", "conn_json") if getattr(args, name)]
    parts = [f"conn_{n}" for n in ("type", "host", "schema", "login", "password", "port") if getattr(args, f"conn_{n}")]
    if not whole and not args.conn_type:
        raise InvalidArgument(
            "What the connection is must be given with --conn-uri, --conn-json or --conn-type.",
            field="conn_uri",
            hint="For example --conn-uri postgres://login:password@host:5432/schema.",
        )
    if len(whole) > 1 or (whole and parts):
        clash = ", ".join(f"--{name.replace('_', '-')}" for name in [*whole, *parts])
        raise InvalidArgument(
            f"These exclude each other: {clash}.", field=whole[0], hint="Give the whole or the parts."
        )
    if args.conn_uri:
        return {name: value for name, value in form.from_uri(args.conn_uri).items() if value is not None}
    if args.conn_json:
        return form.from_json(args.conn_json)
    names = {
        "conn_type": args.conn_type, "description": args.conn_description, "host": args.conn_host,
        "schema": args.conn_schema, "login": args.conn_login, "password": args.conn_password,
        "port": args.conn_port, "extra": args.conn_extra,
    }  # fmt: skip
    return {name: value for name, value in names.items() if value is not None}


def add(args: argparse.Namespace) -> None:
    """Keep a new connection."""
    act = open_act()
    fields = _given(args)
    if args.conn_description:
        fields["description"] = args.conn_description
    edit_connections.create_connection(act, args.conn_id, vault=open_vault(act.settings), **fields)
    print(f"Successfully added `conn_id`={args.conn_id} : {form.as_uri(fields | {'password': None, 'extra': None})}")


def get(args: argparse.Namespace) -> None:
    """All fields of one, password included: whoever may read the key file may read it."""
    act = open_act()
    fields = _of_environment(args.conn_id)
    if fields is None:
        with act.store.read() as conn:
            fields = _open(connections.one_connection(conn, args.conn_id), open_vault(act.settings))
    show_one({"conn_id": args.conn_id, **fields, "get_uri": form.as_uri(fields)}, args.output)


def _of_environment(conn_id: str) -> dict[str, Any] | None:
    """Fields of a connection that the environment defines: it wins over a stored one, as in tasks."""
    for prefix in ("TRADEWIND_CONN_", "AIRFLOW_CONN_"):
        text = os.environ.get(prefix + conn_id.upper())
        if text:
            found = form.from_json(text) if text.lstrip().startswith("{") else form.from_uri(text)
            return {name: found.get(name) for name in form.FIELDS}
    return None


def test(args: argparse.Namespace) -> int:
    """Ask the system behind a connection, in a process of its own. Who may read the key file may do so, whatever the page may."""
    from tradewind.actions.test_connection import ask_system  # noqa: PLC0415  only here

    fields = _of_environment(args.conn_id)
    if fields is None:
        act = open_act()
        with act.store.read() as conn:
            fields = _open(connections.one_connection(conn, args.conn_id), open_vault(act.settings))
    status, message = ask_system(fields)
    print(f"{args.conn_id}: {'works' if status else 'does not work'}. {message}")
    return 0 if status else 1


def list_connections(args: argparse.Namespace) -> None:
    """All of them, without passwords and extras."""
    with open_act().store.read() as conn:
        _, rows = connections.list_connections(conn, limit=_EVERYTHING, offset=0)
    show(rows, ("conn_id", "conn_type", "description", "host", "schema", "login", "port", "is_encrypted"), args.output)


def delete(args: argparse.Namespace) -> None:
    """Forget a connection."""
    edit_connections.delete_connection(open_act(), args.conn_id)
    print(f"Successfully deleted connection with `conn_id`={args.conn_id}")


def import_file(args: argparse.Namespace) -> None:
    """Keep every connection of a JSON file: ``{"id": {fields} or "uri"}``; those that exist are left alone."""
    try:
        given = json_object(Path(args.file).read_text(encoding="utf-8"), args.file)
    except OSError as error:
        raise InvalidArgument(f"{args.file} cannot be read: {error.strerror}.", hint="Look at the path.") from None
    act = open_act()
    vault = open_vault(act.settings)
    with act.store.read() as conn:
        known = {row["conn_id"] for row in connections.list_connections(conn, limit=_EVERYTHING, offset=0)[1]}
    for conn_id, value in given.items():
        fields = form.from_uri(value) if isinstance(value, str) else form.from_mapping(value)
        fields = {name: each for name, each in fields.items() if each is not None}
        if conn_id not in known:
            edit_connections.create_connection(act, conn_id, vault=vault, **fields)
            print(f"Imported connection {conn_id}")
        elif args.overwrite:
            edit_connections.change_connection(act, conn_id, vault=vault, **fields)
            print(f"Overwrote connection {conn_id}")
        else:
            print(f"Left connection {conn_id} as it is (--overwrite changes it)")


def export_file(args: argparse.Namespace) -> None:
    """Write every connection, passwords in clear."""
    act = open_act()
    vault = open_vault(act.settings)
    with act.store.read() as conn:
        _, rows = connections.list_connections(conn, limit=_EVERYTHING, offset=0)
    found = {row["conn_id"]: _open(row, vault) for row in rows}
    if args.file_format == "env" or args.file.endswith(".env"):
        written = "".join(f"{conn_id}={form.as_uri(fields)}\n" for conn_id, fields in found.items())
    else:
        written = json.dumps(found, indent=2, ensure_ascii=False) + "\n"
    if args.file == "-":
        sys.stdout.write(written)
        return
    Path(args.file).write_text(written, encoding="utf-8")
    print(f"Connections successfully exported to {args.file}.")


_ID = arg("conn_id", help="id of the connection")
VERBS = (
    Verb(
        "add",
        "Keep a new connection.",
        add,
        (
            _ID,
            arg("--conn-uri", help="everything in one: type://login:password@host:port/schema?name=value"),
            arg("--conn-json", help="everything as a JSON object"),
            arg("--conn-type", help="e.g. http, postgres"),
            arg("--conn-description", help="what it is for"),
            arg("--conn-host", help="host"),
            arg("--conn-schema", help="schema, database or protocol"),
            arg("--conn-login", help="user name"),
            arg("--conn-password", help="password"),
            arg("--conn-port", type=int, help="port"),
            arg("--conn-extra", help="JSON object with further settings"),
        ),
    ),
    Verb("get", "Show one, with its password.", get, (_ID, OUTPUT)),
    Verb("list", "Show all, without secrets.", list_connections, (OUTPUT,)),
    Verb("test", "Ask the system behind one whether it answers; exit code 1 when it does not.", test, (_ID,)),
    Verb("delete", "Forget a connection.", delete, (_ID,)),
    Verb(
        "import",
        "Keep the connections of a JSON file.",
        import_file,
        (
            arg("file", help="a JSON object by id"),
            arg("--overwrite", action="store_true", help="change those that exist"),
        ),
    ),
    Verb(
        "export",
        "Write every connection, with passwords, to a file.",
        export_file,
        (
            arg("file", help="where to; - is the screen"),
            arg("--file-format", "--format", choices=("json", "env"), help="form (default: by the file's name)"),
        ),
    ),
)
