"""What a noun file is made of: verbs with their arguments, and how they are read from the command line."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, NoReturn

from tradewind.errors import InvalidArgument, did_you_mean


@dataclass(frozen=True)
class Arg:
    """One argument: the names and keywords of ``ArgumentParser.add_argument``."""

    names: tuple[str, ...]
    options: dict[str, Any] = field(default_factory=dict)


def arg(*names: str, **options: Any) -> Arg:
    """Shorthand for :class:`Arg`."""
    return Arg(names, options)


@dataclass(frozen=True)
class Verb:
    """One thing to do. ``name`` is "" where the noun itself is the command (``tradewind version``)."""

    name: str
    help: str
    run: Callable[[argparse.Namespace], int | None]
    args: tuple[Arg, ...] = ()
    aliases: tuple[str, ...] = ()


class Parser(argparse.ArgumentParser):
    """argparse whose errors are ours: one sentence and a hint, raised instead of printed."""

    def error(self, message: str) -> NoReturn:
        """Say what is wrong and which call shows the right form."""
        hint = f"`{self.prog} --help` shows the form."
        unknown = message.removeprefix("unrecognized arguments: ")
        if unknown != message:
            known = [name for action in self._actions for name in action.option_strings]
            hint = did_you_mean(unknown.split("=")[0].split()[0], known) or hint
        raise InvalidArgument(f"{self.prog}: {message}.", hint=hint)


OUTPUT = arg(
    "-o",
    "--output",
    choices=("table", "json", "yaml", "plain"),
    default="table",
    help="form of the answer (default: table)",
)
YES = arg("-y", "--yes", action="store_true", help="do not ask back")
VERBOSE = arg("-v", "--verbose", action="store_true", help="show the traceback of an error")
SUBDIR = arg(
    "-S", "-sd", "--subdir", metavar="PATH",
    help="DAG file or folder to read instead of the DAGs folder; DAGS_FOLDER stands for that one",
)  # fmt: skip


def parser_of(prog: str, verb: Verb) -> Parser:
    """The argument parser of one verb."""
    parser = Parser(prog=prog, description=verb.help, allow_abbrev=False)
    for each in (*verb.args, VERBOSE):
        parser.add_argument(*each.names, **each.options)
    return parser


def find_verb(noun: str, verbs: Sequence[Verb], words: Sequence[str]) -> tuple[str, Verb, list[str]]:
    """Which verb was typed, under which name, and the words that are left for it."""
    if len(verbs) == 1 and not verbs[0].name:
        return noun, verbs[0], list(words)
    if not words or words[0].startswith("-"):
        raise InvalidArgument(f"`tradewind {noun}` needs a verb.", hint=f"One of: {', '.join(v.name for v in verbs)}.")
    for verb in verbs:
        if words[0] in (verb.name, *verb.aliases):
            return f"{noun} {verb.name}", verb, list(words[1:])
    raise InvalidArgument(
        f"`tradewind {noun}` has no verb {words[0]!r}.",
        hint=did_you_mean(words[0], [n for v in verbs for n in (v.name, *v.aliases)])
        or f"One of: {', '.join(v.name for v in verbs)}.",
    )
