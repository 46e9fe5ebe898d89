"""Runs inside the environment of the providers: imports every module of the distributions named as arguments; prints JSON.

``{"distribution": {"version": ..., "modules": [...], "failed": {"module": "reason"}}}``
"""

from __future__ import annotations

import importlib
import json
import os
import sys
import threading
import warnings
from importlib import metadata


def modules_of(distribution: str) -> list[str]:
    """Every module that the distribution brings, by its list of files."""
    names = set()
    for file in metadata.files(distribution) or ():
        if file.suffix == ".py" and file.parts[0] == "airflow":
            parts = file.with_suffix("").parts
            names.add(".".join(parts[:-1] if parts[-1] == "__init__" else parts))
    return sorted(names)


def reason(error: BaseException) -> str:
    """The failure in one line."""
    text = " ".join(str(error).split())
    return f"{type(error).__name__}: {text}"[:300]


def look(distribution: str) -> dict[str, object]:
    """Import each module; one that fails harms only itself."""
    names, failed = modules_of(distribution), {}
    for name in names:
        try:
            importlib.import_module(name)
        except BaseException as error:
            failed[name] = reason(error)
    return {"version": metadata.version(distribution), "modules": names, "failed": failed}


def main(distributions: list[str]) -> None:
    """Import quietly: what modules print while they are imported is not ours to judge."""
    warnings.simplefilter("ignore")
    answer, sys.stdout = sys.stdout, sys.stderr
    answer.write(json.dumps({name: look(name) for name in distributions}))
    answer.flush()
    if threading.active_count() > 1:  # a module that started a thread while it was imported must not keep us here
        os._exit(0)


if __name__ == "__main__":
    main(sys.argv[1:])
