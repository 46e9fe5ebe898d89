"""``tradewind dags check``: the review of a DAG repository, for people and for builds."""

from __future__ import annotations

import argparse

from tradewind.cli.shape import Verb, arg


def check(args: argparse.Namespace) -> int:
    """0 when nothing is as bad as ``--fail-on``, else 1."""
    from tradewind.cli import dags_review  # noqa: PLC0415  loads the authoring room

    return dags_review.check(args)


VERB = Verb(
    "check",
    "Review DAG files: mistakes, bad habits and old spellings, each with line, reason and what to write.",
    check,
    (
        arg("paths", nargs="*", metavar="PATH", help="files or folders (default: the DAGs folder)"),
        arg("--format", choices=("text", "json", "sarif"), default="text", help="form of the answer (default: text)"),
        arg("--fix", action="store_true", help="rewrite old paths, names and arguments first"),
        arg("--select", metavar="CODES", default="", help="only these rules: codes or their beginnings, with commas"),
        arg("--ignore", metavar="CODES", default="", help="not these rules"),
        arg(
            "--fail-on", choices=("error", "warning", "note", "never"), default="warning", help="what ends with code 1"
        ),
        arg("--root", metavar="FOLDER", help="what imports start from (default: the named folder)"),
        arg("--connections", metavar="FILE", help="connections that exist: an export, or one id a line"),
        arg("--variables", metavar="FILE", help="variables that exist: an export, or one name a line"),
        arg("--slow-import", type=float, default=2.0, metavar="SECONDS", help="imports longer than this are reported"),
        arg("--no-import", action="store_true", help="read the text only; nothing is imported"),
        arg("--jobs", type=int, metavar="N", help="so many files at once (default: one for each core)"),
        arg("--list-rules", action="store_true", help="show every rule and end"),
    ),
)
