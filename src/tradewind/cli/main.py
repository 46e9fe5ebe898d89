"""The command ``tradewind`` (and ``airflow``, its old name): finds the noun, imports only its file, runs the verb."""

from __future__ import annotations

import gc
import os
import sys
from importlib import import_module

from tradewind.errors import Bug, InvalidArgument, TradewindError, did_you_mean

TYPE_CHECKING = False  # as ``typing`` has it, which takes long to import
if TYPE_CHECKING:
    from tradewind.cli.shape import Verb


class Noun:
    """A first word: the module of ``tradewind.cli`` that serves it, and one line for the overview.

    ``served``: a running ``standalone`` does its verbs for us, which is quicker, but those in ``apart``: they load an
    author's code, or start processes of their own.
    """

    def __init__(self, module: str, help: str, *, served: bool = False, apart: tuple[str, ...] = ()) -> None:
        self.module, self.help, self.served, self.apart = module, help, served, apart


NOUNS: dict[str, Noun] = {
    "standalone": Noun("standalone", "start everything on this machine: page, API, scheduler, parser"),
    "scheduler": Noun("scheduler", "start a scheduler"),
    "api-server": Noun("api_server", "start the page and the API"),
    "dag-processor": Noun("dag_processor", "start the process that reads DAG files"),
    "dags": Noun(
        "dags",
        "list, show, trigger, test, check, pause DAGs",
        served=True,
        apart=("test", "reserialize", "check", "backfill"),
    ),
    "backfill": Noun("backfill", "run a DAG over past intervals"),
    "tasks": Noun(
        "tasks", "list, test, run, clear tasks; read their logs", served=True, apart=("test", "run", "render")
    ),
    "db": Noun("db", "migrate, check, reset the database"),
    "users": Noun("users", "people who may log in", served=True),
    "variables": Noun("variables", "values that DAGs read", served=True),
    "connections": Noun("connections", "addresses and passwords of other systems", served=True, apart=("test",)),
    "providers": Noun("providers", "installed provider packages and what they bring"),
    "pools": Noun("pools", "limits shared by tasks", served=True),
    "jobs": Noun("jobs", "which processes and tasks live", served=True),
    "config": Noun("config", "the settings in force"),
    "airflow": Noun("airflow", "let this environment know the name `airflow`"),
    "info": Noun("info", "what is installed and where it keeps its things"),
    "version": Noun("version", "the version"),
    "cheat-sheet": Noun("cheat_sheet", "every command on one page"),
}
#: Older names of first words.
ALIASES = {"webserver": "api-server", "--version": "version"}
#: Commands of one word, as the first Airflow had them -> noun and verb of today.
OLD_COMMANDS: dict[str, tuple[str, str]] = {
    "trigger_dag": ("dags", "trigger"),
    "list_dags": ("dags", "list"),
    "list_dag_runs": ("dags", "list-runs"),
    "dag_state": ("dags", "state"),
    "delete_dag": ("dags", "delete"),
    "show_dag": ("dags", "show"),
    "next_execution": ("dags", "next-execution"),
    "pause": ("dags", "pause"),
    "unpause": ("dags", "unpause"),
    "list_tasks": ("tasks", "list"),
    "task_state": ("tasks", "state"),
    "test": ("tasks", "test"),
    "run": ("tasks", "run"),
    "render": ("tasks", "render"),
    "clear": ("tasks", "clear"),
    "backfill": ("dags", "backfill"),
    "initdb": ("db", "init"),
    "upgradedb": ("db", "upgrade"),
    "resetdb": ("db", "reset"),
    "create_user": ("users", "create"),
    "list_users": ("users", "list"),
}
#: With one of these behind it, "backfill" is the word of today.
_BACKFILL_VERBS = ("create", "list", "show", "pause", "unpause", "resume", "cancel", "-h", "--help")


def in_todays_words(words: list[str]) -> list[str]:
    """An old one-word command in today's words: its long options had underscores, and one dash was enough for -conf."""
    if not words or words[0] not in OLD_COMMANDS or (words[0] in NOUNS and words[1:2] and words[1] in _BACKFILL_VERBS):
        return words
    options = []
    for word in words[1:]:
        name, equals, value = word.partition("=")
        if name == "-conf" or (name.startswith("--") and "_" in name):
            name = "--" + name.lstrip("-").replace("_", "-")
        options.append(name + equals + value)
    return [*OLD_COMMANDS[words[0]], *options]


def overview() -> str:
    """The text of ``tradewind --help``."""
    wide = max(len(name) for name in NOUNS) + 2
    lines = ["usage: tradewind COMMAND [VERB] [arguments]   (`airflow` is the same command)", ""]
    lines += [f"  {name:<{wide}}{noun.help}" for name, noun in NOUNS.items()]
    return "\n".join([*lines, "", "`tradewind COMMAND --help` says more. Nothing running yet? `tradewind standalone`."])


def verbs_of(name: str) -> tuple[Verb, ...]:
    """The verbs of a first word. Loading them makes no garbage, so the collector need not look for it all the time."""
    gc.disable()
    try:
        verbs: tuple[Verb, ...] = import_module(f"tradewind.cli.{NOUNS[name].module}").VERBS
    finally:
        gc.enable()
    return verbs


def noun_help(name: str) -> str:
    """The text of ``tradewind NOUN --help``."""
    verbs = verbs_of(name)
    wide = max(len(verb.name) for verb in verbs) + 2
    lines = [f"usage: tradewind {name} VERB [arguments]", "", *(f"  {v.name:<{wide}}{v.help}" for v in verbs)]
    return "\n".join(lines)


def run(words: list[str]) -> int:
    """Do what the words say. Raises TradewindError for everything a person can mend."""
    from tradewind.cli.shape import find_verb, parser_of  # noqa: PLC0415  argparse is not needed for the overview

    if not words or words[0] in ("-h", "--help", "help"):
        print(overview())
        return 0 if words else 2
    for word in words:
        if any("\ud800" <= letter <= "\udfff" for letter in word):
            raise InvalidArgument(f"{word!a} is not UTF-8 text.", hint="Type it again; see `locale` for the terminal.")
    words = in_todays_words(words)
    name = ALIASES.get(words[0], words[0])
    if name not in NOUNS:
        raise InvalidArgument(
            f"There is no command {words[0]!r}.",
            hint=did_you_mean(words[0], [*NOUNS, *ALIASES, *OLD_COMMANDS]) or "`tradewind --help` lists the commands.",
        )
    verbs = verbs_of(name)
    if len(verbs) > 1 and words[1:2] in (["-h"], ["--help"]):
        print(noun_help(name))
        return 0
    called, verb, rest = find_verb(name, verbs, words[1:])
    return verb.run(parser_of(f"tradewind {called}", verb).parse_args(rest)) or 0


def _explain(error: TradewindError) -> None:
    sys.stderr.write(f"tradewind: {error}\n")


def main(argv: list[str] | None = None) -> int:
    """Run one command; the exit code. An error is one sentence and a hint; ``--verbose`` adds the traceback."""
    words = list(sys.argv[1:] if argv is None else argv)
    noun = NOUNS.get(words[0]) if argv is None and len(words) > 1 else None
    if noun is not None and noun.served and words[1] not in noun.apart:
        from tradewind.cli.knock import knock  # noqa: PLC0415  not needed where nobody could answer

        code = knock(words)
        if code is not None:
            return code
    loud = bool(os.environ.get("TRADEWIND_DEBUG")) or "--verbose" in words
    try:
        return run(words)
    except TradewindError as error:
        if loud:
            raise
        _explain(error)
        return 2 if isinstance(error, InvalidArgument) else 1
    except SystemExit as leave:  # argparse after --help
        return leave.code if isinstance(leave.code, int) else 1
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # `tradewind dags list | head` is no error
        return 0
    except OSError as error:
        if loud:
            raise
        sys.stderr.write(f"tradewind: {error}\nhint: mend that place, or look closer with --verbose.\n")
        return 1
    except Exception as error:
        if loud:
            raise
        _explain(
            Bug(
                f"{type(error).__name__}: {error}".splitlines()[0],
                hint="run it again with --verbose to see where; if it is not your DAG, please report it.",
            )
        )
        return 1


if __name__ == "__main__":
    sys.exit(main())
