"""``airflow.models.DagBag``: every DAG of a folder, loaded in this process. For tests and scripts; the parser has its own way."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tradewind.backends.bundles.discover import Discovery
from tradewind.sdk.configuration import conf
from tradewind.sdk.exceptions import AirflowDagCycleException
from tradewind.sdk.loading import load_file
from tradewind.sdk.order import check_cycle

EXAMPLES = Path(__file__).resolve().parent.parent / "examples"


class DagBag:
    """Loads once, when made. One broken file does not hide the others; its error is in ``import_errors`` by path.

    A DAG whose tasks form a circle is such an error.
    """

    def __init__(
        self, dag_folder: str | Path | None = None, include_examples: Any = None, safe_mode: bool = True, **_: Any
    ) -> None:
        self.dag_folder = str(dag_folder or conf.get("core", "dags_folder"))
        self.dags: dict[str, Any] = {}
        self.import_errors: dict[str, str] = {}
        self.file_last_changed: dict[str, float] = {}
        self.safe_mode = safe_mode
        examples = conf.getboolean("core", "load_examples") if include_examples is None else include_examples
        self.collect_dags(self.dag_folder)
        if examples:
            self.collect_dags(EXAMPLES)

    def collect_dags(self, dag_folder: str | Path | None = None, **_: Any) -> None:
        """Load one file, or a folder: what its ignore files leave, and of that what looks like a DAG file."""
        place = Path(dag_folder or self.dag_folder).expanduser().absolute()
        if place.is_file():
            self.process_file(str(place), root=place.parent)
            return
        discovery = Discovery(str(conf.get("core", "dag_ignore_file_syntax")), self.safe_mode)
        for file in discovery.look(place).values():
            self.process_file(str(file), root=place)
        for name, trouble in discovery.troubles.items():
            self.import_errors[str(place / name)] = str(trouble)

    def process_file(self, filepath: str, root: Path | None = None, **_: Any) -> list[Any]:
        """Load one file; the DAGs it declares."""
        path = Path(filepath)
        try:
            loaded = load_file(path, root or path.parent)
        except Exception as error:
            self.import_errors[filepath] = str(error)
            return []
        bagged = []
        for dag_id, dag in loaded.dags.items():
            try:
                check_cycle(dag)
            except AirflowDagCycleException as error:
                self.import_errors[filepath] = str(error)
                continue
            other = self.dags.get(dag_id)
            if other is not None and getattr(other, "fileloc", None) != getattr(dag, "fileloc", None):
                self.import_errors[filepath] = (
                    f"DAG {dag_id!r} is declared in two files: {other.fileloc} and {filepath}."
                )
                continue
            self.dags[dag_id] = dag
            bagged.append(dag)
        return bagged

    def get_dag(self, dag_id: str, session: Any = None) -> Any:
        """One DAG, or None."""
        return self.dags.get(dag_id)

    def size(self) -> int:
        """How many DAGs there are."""
        return len(self.dags)

    @property
    def dag_ids(self) -> list[str]:
        """Their ids."""
        return sorted(self.dags)
