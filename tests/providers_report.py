"""``python -m tests.providers_report``: what of the official provider packages works here; writes docs/reference/providers.md.

The import half is looked up now, in the environment of ``script/environment providers``. The run half comes from
``tests/providers/ran.json``, which the tests against real counterparts stand behind:

    {"apache-airflow-providers-http": [{"what": "HttpHook.run", "against": "a local HTTP server",
                                        "test": "tests/providers/test_http.py"}]}

``--check`` writes nothing and fails where the page says something else, or a package is below its share.
"""

from __future__ import annotations

import json
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from tests.providers import environment
from tests.providers.reasons import explain

PAGE = environment.ROOT / "docs" / "reference" / "providers.md"
RAN = Path(__file__).parent / "providers" / "ran.json"
#: The share of all modules that must be importable.
ENOUGH = 0.95


def look(distribution: str) -> dict[str, Any]:
    """Import the modules of one package in a process of its own."""
    told = environment.run([str(Path(__file__).parent / "providers" / "importing.py"), distribution])
    if told.returncode != 0 or not told.stdout:
        raise SystemExit(f"{distribution}: the importing process ended with {told.returncode}: {told.stderr[-2000:]}")
    return dict(json.loads(told.stdout)[distribution])


def survey() -> dict[str, dict[str, Any]]:
    """All packages, two at a time."""
    names = list(environment.packages())
    environment.make()
    with ThreadPoolExecutor(2) as pool:
        return dict(zip(names, pool.map(look, names), strict=True))


def ran() -> dict[str, list[dict[str, str]]]:
    """What was run against a real counterpart, by package."""
    return dict(json.loads(RAN.read_text())) if RAN.exists() else {}


def share(found: dict[str, dict[str, Any]]) -> float:
    """Importable modules of all packages together."""
    total = sum(len(each["modules"]) for each in found.values())
    return 1 - sum(len(each["failed"]) for each in found.values()) / total


def page(found: dict[str, dict[str, Any]], runs: dict[str, list[dict[str, str]]]) -> str:
    """The page."""
    total = sum(len(each["modules"]) for each in found.values())
    good = total - sum(len(each["failed"]) for each in found.values())
    lines = [
        "<!-- Written by `python -m tests.providers_report`. -->",
        "",
        "# Official provider packages",
        "",
        "Provider packages install and run beside Tradewind unmodified: `tradewind airflow install`, then",
        "`pip install apache-airflow-providers-...`. This page says how far that goes, for the versions named.",
        "",
        f"Importable: {good} of {total} modules ({100 * good / total:.1f} %).",
        "",
        "| package | version | modules importable | run against a real counterpart |",
        "|---|---|---|---|",
    ]
    for name, each in found.items():
        count = len(each["modules"])
        tried = "; ".join(f"{one['what']} ({one['against']})" for one in runs.get(name, [])) or "not yet"
        lines.append(f"| `{name}` | {each['version']} | {count - len(each['failed'])} / {count} | {tried} |")
    lines += ["", "## Modules that do not import", "", "| module | why |", "|---|---|"]
    for each in found.values():
        for module, why in sorted(each["failed"].items()):
            lines.append(f"| `{module}` | {explain(module, why)} |")
    tests = sorted({one["test"] for each in runs.values() for one in each if one.get("test")})
    if tests:
        lines += ["", "## The tests behind the last column", "", *(f"* `{test}`" for test in tests)]
    return "\n".join(lines) + "\n"


def main(words: list[str]) -> int:
    """0 when the page is right and enough is importable."""
    found = survey()
    text = page(found, ran())
    sys.stdout.write(f"{100 * share(found):.1f} % of the modules are importable\n")
    if "--check" in words:
        if not PAGE.exists() or PAGE.read_text() != text:
            sys.stdout.write("docs/reference/providers.md is old: run python -m tests.providers_report\n")
            return 1
    else:
        PAGE.write_text(text)
    return 0 if share(found) >= ENOUGH else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
