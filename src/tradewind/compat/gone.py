"""Names of Airflow that Tradewind deliberately does not serve, each with the reason and the way out (``gone.txt``)."""

from __future__ import annotations

from functools import cache
from pathlib import Path

_FILE = Path(__file__).with_name("gone.txt")


@cache
def reasons() -> dict[str, str]:
    """Dotted path (below ``airflow``; of a module and all below it, or of a name) -> why not, and what instead."""
    found: dict[str, str] = {}
    why = ""
    for line in _FILE.read_text(encoding="utf-8").splitlines():
        if line.startswith("= "):
            why = line[2:]
        elif line and not line.startswith("#"):
            module, *names = line.split()
            found.update({f"{module}.{name}".lstrip("."): why for name in names} if names else {module: why})
    return found


def reason(path: str) -> str | None:
    """Why ``airflow.x.y`` is not there, or None when it is not among those left out on purpose."""
    words = path.split(".")[1:]
    known = reasons()
    return next((known[key] for end in range(len(words), 0, -1) if (key := ".".join(words[:end])) in known), None)
