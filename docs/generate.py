"""Writes the pages that follow from the sources: ``script/docs``; ``script/docs --check`` only compares.

settings, commands and events each have one table in the code; the diagram of states is drawn from ``domain/states.py``.
"""

from __future__ import annotations

import sys
import tempfile
from importlib import import_module
from pathlib import Path

DOCS = Path(__file__).resolve().parent
sys.path.insert(0, str(DOCS.parent / "src"))

from tradewind import telemetry  # noqa: E402  the clone's own sources, whatever is installed
from tradewind.api.app import create_app  # noqa: E402
from tradewind.checks.rules import RULES  # noqa: E402
from tradewind.cli.main import ALIASES, NOUNS  # noqa: E402
from tradewind.cli.shape import Verb  # noqa: E402
from tradewind.compat.table import modules  # noqa: E402
from tradewind.domain import access, states  # noqa: E402
from tradewind.domain.access import ROLES  # noqa: E402
from tradewind.settings import OPTIONS, load_settings  # noqa: E402

NOTE = "<!-- Written by script/docs from the sources; edit those. -->\n\n"


def _cell(text: object) -> str:
    return str(text).replace("|", "\\|")


def settings_page() -> str:
    """One table per section."""
    lines = [
        "# Settings",
        "",
        "Each setting keeps Airflow's section and key. The first source that names it wins:",
        "`TRADEWIND__SECTION__KEY`, `AIRFLOW__SECTION__KEY`, `tradewind.cfg` (else `airflow.cfg`) in the home folder, the",
        "default. The home is `TRADEWIND_HOME`, else `AIRFLOW_HOME`, else `~/tradewind`; `{home}` below stands for it.",
        "`tradewind config list` shows the values in force and where each comes from.",
    ]
    for section in sorted({option.section for option in OPTIONS}):
        lines += [
            "",
            f"## [{section}]",
            "",
            "| key | default | kind | meaning | older names |",
            "|---|---|---|---|---|",
        ]
        for option in OPTIONS:
            if option.section == section:
                older = ", ".join(f"`[{s}] {k}`" for s, k in option.aliases if (s, k) != (section, option.key))
                default = f"`{_cell(option.default)}`" if option.default else ""
                lines.append(f"| `{option.key}` | {default} | {option.kind.__name__} | {_cell(option.doc)} | {older} |")
    return "\n".join(lines) + "\n"


def _verb(name: str, verb: Verb) -> list[str]:
    called = f"tradewind {name} {verb.name}".rstrip()
    also = f" (also: {', '.join(f'`{alias}`' for alias in verb.aliases)})" if verb.aliases else ""
    lines = ["", f"### `{called}`", "", f"{verb.help}{also}"]
    if verb.args:
        lines += ["", "| argument | meaning |", "|---|---|"]
        for each in verb.args:
            names = ", ".join(f"`{n}`" for n in each.names)
            choices = each.options.get("choices")
            text = each.options.get("help", "") + (f" ({', '.join(choices)})" if choices else "")
            lines.append(f"| {names} | {_cell(text)} |")
    return lines


def cli_page() -> str:
    """Every noun and verb."""
    lines = [
        "# Commands",
        "",
        "`airflow` is the same command as `tradewind`. A command that fails prints one sentence and a hint on stderr and ends",
        "with a code other than 0: 2 for a wrong call, 1 for everything else. `--verbose` (or `TRADEWIND_DEBUG=1`) adds the",
        "traceback.",
    ]
    for name, noun in NOUNS.items():
        older = [f"`{alias}`" for alias, target in ALIASES.items() if target == name and not alias.startswith("-")]
        lines += ["", f"## {name}", "", noun.help[0].upper() + noun.help[1:] + "."]
        if older:
            lines[-1] += f" Older name: {', '.join(older)}."
        for verb in import_module(f"tradewind.cli.{noun.module}").VERBS:
            lines += _verb(name, verb)
    return "\n".join(lines) + "\n"


def events_page() -> str:
    """Every event with its fields."""
    lines = [
        "# Events",
        "",
        "What the processes emit (`tradewind.telemetry`). Logs and metrics are made from these.",
        "",
        "| event | when | fields |",
        "|---|---|---|",
    ]
    for event in telemetry.Event.__subclasses__():
        fields = ", ".join(f"`{name}`" for name in getattr(event, "__dataclass_fields__", {}))
        lines.append(f"| `{event.__name__}` | {_cell((event.__doc__ or '').strip())} | {fields} |")
    return "\n".join(lines) + "\n"


def _diagram(moves: dict[object, frozenset[object]], start: str) -> list[str]:
    lines = ["```mermaid", "stateDiagram-v2", f"    [*] --> {start}"]
    for before, afters in moves.items():
        lines += [f"    {before} --> {after}" for after in sorted(str(a) for a in afters)]
        if not afters:
            lines.append(f"    {before} --> [*]")
    return [*lines, "```"]


def _meanings(member: type) -> dict[str, str]:
    """The ``#:`` comments beside the members of an enum."""
    source = Path(states.__file__).read_text(encoding="utf-8")
    body = source.split(f"class {member.__name__}(")[1].split("\nclass ")[0].split("\n\n\n")[0]
    found = {}
    for line in body.splitlines():
        if " = " in line and line.startswith("    "):
            value, _, meaning = line.partition("#:")
            found[value.split('"')[1]] = meaning.strip()
    return found


def states_page() -> str:
    """The two state machines."""
    lines = [
        "# States",
        "",
        "A task instance or a run moves only along the arrows below, by compare-and-swap, and each move leaves a row in the",
        "journal that says why. Final states never change by themselves; only the verbs *clear* and *mark* may change them.",
        "",
        "## Task instances",
        "",
        "| state | meaning |",
        "|---|---|",
    ]
    lines += [f"| `{value}` | {meaning} |" for value, meaning in _meanings(states.TaskState).items()]
    lines += ["", *_diagram(dict(states.MOVES), "none"), "", "## Runs", ""]
    lines += ["| state | meaning |", "|---|---|"]
    lines += [f"| `{value}` | {meaning} |" for value, meaning in _meanings(states.RunState).items()]
    lines += ["", *_diagram(dict(states.RUN_MOVES), "queued")]
    return "\n".join(lines) + "\n"


def imports_page() -> str:
    """Every path below ``airflow`` that works, and what it stands for."""
    lines = [
        "# Import paths",
        "",
        "Every path below `airflow` that Tradewind serves. An old path works too; it warns and names the new one. Installed",
        "`apache-airflow-providers-*` packages win over the paths below `airflow.providers` listed here.",
        "",
        "| path | stands for | |",
        "|---|---|---|",
    ]
    for path, info in sorted(modules().items()):
        lines += [f"| `{path}` (all names) | `{home}` | |" for home in info.whole]
        for name, alias in sorted(info.names.items()):
            note = alias.missing or (f"old; write `{alias.instead}`" if alias.instead else "")
            target = f"`{alias.target.replace(':', '.')}`" if alias.target else "not available"
            lines.append(f"| `{path}.{name}` | {target} | {_cell(note)} |")
    return "\n".join(lines) + "\n"


def rest_page() -> str:
    """Every endpoint, and what each role may do."""
    with tempfile.TemporaryDirectory() as home:
        paths = create_app(load_settings({"TRADEWIND_HOME": home})).openapi()["paths"]
    lines = [
        "# REST API",
        "",
        "In the shapes of Airflow's REST API: version 1 (Airflow 2) under `/api/v1`, version 2 (Airflow 3) under `/api/v2`,",
        "one set of endpoints for both; answers carry the names of either (`execution_date` and `logical_date`).",
        "Log in with basic credentials, or with `Authorization: Bearer` and a token from `POST /auth/token`. A change made with the",
        "session cookie needs a same-origin request or the header `X-Requested-With`. Every refusal is a problem document",
        "(RFC 9457) with `type`, `title`, `status`, `detail`, `hint`, and `field` where one field is wrong: 400 no JSON, 401 not",
        "logged in, 403 not permitted, 404 unknown name, 409 exists or is busy, 422 wrong field, 429 too many wrong passwords,",
        "503 the database fails. The description for programs is at `/api/openapi.json`, a page of it at `/api/docs`.",
        "",
        "| method | path | meaning |",
        "|---|---|---|",
    ]
    for path, methods in paths.items():
        if not path.startswith("/api/v2/"):
            for method, operation in methods.items():
                meaning = _cell(" ".join(operation.get("description", "").split()))
                lines.append(f"| {method.upper()} | `{path}` | {meaning} |")
    lines += ["", "## Roles", "", "| | " + " | ".join(ROLES) + " |", "|---|" + "---|" * len(ROLES)]
    for thing in access.Thing:
        held = [", ".join(v for v in access.Verb if access.may([role], v, thing)) for role in ROLES]
        lines.append(f"| {thing} | " + " | ".join(held) + " |")
    return "\n".join(lines) + "\n"


def checks_page() -> str:
    """Every rule of ``dags check``."""
    lines = [
        "# Checks",
        "",
        "What `tradewind dags check` looks for. How to use it: [checking a repository](../guides/checking-dags.md). A rule's",
        "code, or its beginning (`TW1`), goes to `--select`, `--ignore` and `# noqa: TW101` at the end of a line.",
        "",
        "| code | name | level | reason | way out |",
        "|---|---|---|---|---|",
    ]
    for rule in RULES.values():
        fix = f"{rule.fix} `--fix` does it." if rule.fixable else rule.fix
        lines.append(f"| {rule.code} | `{rule.name}` | {rule.level} | {_cell(rule.why)} | {_cell(fix)} |")
    return "\n".join(lines) + "\n"


PAGES = {
    "reference/checks.md": checks_page,
    "reference/imports.md": imports_page,
    "reference/rest-api.md": rest_page,
    "reference/settings.md": settings_page,
    "reference/cli.md": cli_page,
    "reference/events.md": events_page,
    "concepts/states.md": states_page,
}


def main(argv: list[str]) -> int:
    """Write the pages, or with ``--check`` say which are stale."""
    stale = []
    for name, make in PAGES.items():
        file, text = DOCS / name, NOTE + make()
        if not file.is_file() or file.read_text(encoding="utf-8") != text:
            stale.append(name)
            if "--check" not in argv:
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_text(text, encoding="utf-8")
    if "--check" in argv and stale:
        sys.stderr.write(f"stale pages: {', '.join(stale)}\nhint: run script/docs and commit what it writes.\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
