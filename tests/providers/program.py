"""Run one DAG file to its end and write what became of each task: ``program.py FILE RESULT [DAG_ID]``.

Runs with the Python of the environment ``providers``, which knows the door and no test code.
"""

from __future__ import annotations

import importlib.util
import json
import sys
from pathlib import Path
from typing import Any

from airflow import DAG


def load(file: Path) -> list[DAG]:
    """The DAGs of a file."""
    spec = importlib.util.spec_from_file_location(file.stem + "_dag_file", file)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return [thing for thing in vars(module).values() if isinstance(thing, DAG)]


def main(file: str, result: str, dag_id: str = "") -> None:
    """Write ``{dag id: {task id: {state, error, value}}}``."""
    found: dict[str, Any] = {}
    for dag in load(Path(file)):
        if dag_id and dag.dag_id != dag_id:
            continue
        run = dag.test()
        ends = {task: end for (task, index), end in run.finished.items() if index < 0}
        found[dag.dag_id] = {
            task: {
                "state": state,
                "error": ends[task].error if task in ends else None,
                "about": dag.get_task(task).doc or dag.get_task(task).doc_md,
                "operator": type(dag.get_task(task)).__name__,
            }
            for task, state in run.states.items()
            if "[" not in task
        }
    Path(result).write_text(json.dumps(found, indent=1))


if __name__ == "__main__":
    main(*sys.argv[1:])
