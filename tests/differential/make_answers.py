"""Ask the real Airflow every case and write its answers: ``python tests/differential/make_answers.py [area ...]``.

Needs an environment of its own with ``apache-airflow==2.11.*``, ``sqlalchemy<2``, time-machine, numpy, ``pandas<3`` and pyarrow.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import warnings
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
AREAS = (
    "runs",
    "rules",
    "outcomes",
    "clears",
    "templates",
    "expand",
    "connections",
    "timetables",
    "creation",
    "retries",
    "values",
    "params",
)


def prepare(home: str) -> None:
    """A fresh Airflow with an empty SQLite database."""
    os.environ.update(
        AIRFLOW_HOME=home,
        AIRFLOW__DATABASE__SQL_ALCHEMY_CONN=f"sqlite:///{home}/airflow.db",
        AIRFLOW__CORE__LOAD_EXAMPLES="False",
        AIRFLOW__CORE__DAGS_FOLDER=f"{home}/dags",
        AIRFLOW__CORE__ALLOWED_DESERIALIZATION_CLASSES="airflow.*\ntests.*",
        AIRFLOW__LOGGING__LOGGING_LEVEL="CRITICAL",
    )
    sys.path.insert(0, str(ROOT))
    sys.path[:] = [entry for entry in sys.path if Path(entry or ".").resolve() != Path(__file__).resolve().parent]
    warnings.simplefilter("ignore")
    import airflow.providers.fab.auth_manager.models
    from airflow.models import import_all_models
    from airflow.models.base import Base
    from airflow.settings import engine
    from airflow.utils.db import synchronize_log_template

    import_all_models()
    Base.metadata.create_all(engine)
    synchronize_log_template()
    assert airflow.__version__.startswith("2.11."), airflow.__version__


def main(areas: list[str]) -> int:
    """Write ``answers/<area>.json`` for each area asked for (all by default)."""
    with tempfile.TemporaryDirectory() as home:
        prepare(home)
        from importlib import import_module

        for area in areas or AREAS:
            told = import_module(f"tests.differential.asking.{area}").ask()
            text = json.dumps(told, ensure_ascii=False, separators=(",", ":"), sort_keys=False)
            # One line per entry keeps the differences of two makings readable.
            lines = ",\n".join(
                f"{json.dumps(key)}:{json.dumps(value, ensure_ascii=False, separators=(',', ':'))}"
                for key, value in told.items()
            )
            place = ROOT / "tests" / "differential" / "answers" / f"{area}.json"
            place.write_text("{\n" + lines + "\n}\n", encoding="utf-8")
            print(area, len(told), "entries,", len(text), "characters")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
