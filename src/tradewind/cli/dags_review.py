"""What ``tradewind dags check`` does. Loaded only by it: it loads the authoring room."""

from __future__ import annotations

import argparse
import os
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tradewind import __version__
from tradewind.checks import reporting
from tradewind.checks.contract import Finding, Level
from tradewind.checks.review import Options, Target, choose, review, targets
from tradewind.checks.rewrite import rewrite_file
from tradewind.checks.rules import RULES
from tradewind.cli.output import show
from tradewind.errors import InvalidArgument
from tradewind.settings import Settings, load_settings

_FOR_KEYS = ("connections", "variables")


def check(args: argparse.Namespace) -> int:
    """0 when nothing is as bad as ``--fail-on``, else 1."""
    if args.list_rules:
        rows = [{"code": r.code, "name": r.name, "level": r.level.value, "why": r.why} for r in RULES.values()]
        show(rows, ("code", "name", "level", "why"), "table")
        return 0
    chosen = choose(args.select) if args.select else frozenset(RULES)
    chosen -= choose(args.ignore)
    settings = load_settings()
    places = [Path(path) for path in args.paths] or [Path(settings.get_str("core", "dags_folder"))]
    options = _options(args, settings)
    files = targets(places, options)
    if args.fix:
        _fix(files)
    found = review(files, options)
    kept = [finding for finding in found if finding.code in chosen]
    _print(kept, len(files), args.format)
    if args.format == "text" and (options.connections is None or options.variables is None):
        print(
            "Connections and variables were not looked up: there is no database here; name them with --connections FILE."
        )
    worst = min((RULES[finding.code].level.rank for finding in kept), default=99)
    return 1 if args.fail_on != "never" and worst <= Level(args.fail_on).rank else 0


def _print(found: list[Finding], files: int, form: str) -> None:
    if form == "json":
        print(reporting.as_json(found, files))
    elif form == "sarif":
        print(reporting.as_sarif(found, __version__))
    else:
        print(reporting.as_text(found, files))


def _fix(files: list[Target]) -> None:
    from tradewind import compat  # noqa: PLC0415  only --fix asks for names

    compat.install()
    changed = 0
    for target in files:
        count = rewrite_file(target.path, target.shown)
        if count:
            changed += 1
            sys.stderr.write(f"rewrote {target.shown} ({count} places)\n")
    sys.stderr.write(f"{changed} files rewritten\n")


def _options(args: argparse.Namespace, settings: Settings) -> Options:
    known = _in_the_database(settings)
    for kind in _FOR_KEYS:
        file = getattr(args, kind)
        if file is not None:
            known[kind] = known.get(kind, frozenset()) | _names_in(Path(file), kind)
    prefixes = {"connections": ("AIRFLOW_CONN_", "TRADEWIND_CONN_"), "variables": ("AIRFLOW_VAR_", "TRADEWIND_VAR_")}
    for kind in list(known):
        names = {name.removeprefix(p).lower() for p in prefixes[kind] for name in os.environ if name.startswith(p)}
        known[kind] |= frozenset(names)
    return Options(
        now=datetime.now(UTC),  # noqa: TID251  the person's own clock: how far back is a start date today?
        root=Path(args.root) if args.root else None,
        ignore_syntax=settings.get_str("core", "dag_ignore_file_syntax"),
        time_limit=settings.get_float("core", "dagbag_import_timeout"),
        slow_import=args.slow_import,
        load=not args.no_import,
        connections=known.get("connections"),
        variables=known.get("variables"),
        client=lambda: _client(settings),
        jobs=max(1, args.jobs or os.cpu_count() or 1),
    )


def _client(settings: Settings) -> Any:
    """Who answers look-ups of a file while it is imported; opened in the process that imports it."""
    from tradewind.cli.local import Home  # noqa: PLC0415  loads the database layer

    return Home().client


def _in_the_database(settings: Settings) -> dict[str, frozenset[str]]:
    """Names of connections and variables of this installation; empty where there is no database yet."""
    from tradewind.cli.local import Home  # noqa: PLC0415  loads the database layer
    from tradewind.store.reads.connections import list_connections  # noqa: PLC0415
    from tradewind.store.reads.variables import list_variables  # noqa: PLC0415

    store = Home().store
    if store is None:
        return {}
    with store.read() as conn:
        _, connections = list_connections(conn, limit=1_000_000, offset=0)
        _, variables = list_variables(conn, limit=1_000_000, offset=0)
    return {
        "connections": frozenset(row["conn_id"] for row in connections),
        "variables": frozenset(row["key"] for row in variables),
    }


def _names_in(file: Path, kind: str) -> frozenset[str]:
    """Names in an export (a JSON object) or a plain list, one a line."""
    try:
        text = file.read_text(encoding="utf-8")
    except OSError as error:
        raise InvalidArgument(f"Cannot read {str(file)!r}: {error.strerror}.", field=kind) from None
    if text.lstrip().startswith("{"):
        import json  # noqa: PLC0415  only for this form

        try:
            return frozenset(json.loads(text))
        except ValueError as error:
            raise InvalidArgument(f"{str(file)!r} is not JSON: {error}.", field=kind) from None
    lines = (line.partition("=")[0].strip() for line in text.splitlines() if not line.lstrip().startswith("#"))
    return frozenset(line for line in lines if line)
