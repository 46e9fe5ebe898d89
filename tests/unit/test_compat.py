"""The `airflow` import door: the alias table and the finder."""

from __future__ import annotations

import importlib
import importlib.util
import os
import subprocess
import sys
import warnings
from pathlib import Path

import pytest

from tradewind.compat.finder import AirflowFinder, AliasModule, door, install, provider_of, resolve
from tradewind.compat.table import build, modules

pytestmark = pytest.mark.usefixtures("door_for_one_test")


def every_alias() -> list[tuple[str, str]]:
    return [(path, name) for path, info in modules().items() for name in info.names]


@pytest.mark.spec("1/AU-21", "1/AU-22")
def test_every_target_of_the_table_is_there_or_says_what_to_install() -> None:
    wrong = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for path, name in every_alias():
            alias = modules()[path].names[name]
            try:
                resolve(alias, f"{path}.{name}")
            except ImportError as error:
                says_so = alias.missing is not None or (
                    alias.target.startswith("airflow.providers.")
                    and "pip install apache-airflow-providers-" in str(error)
                )
                if not says_so:
                    wrong.append(f"{path}.{name}: {error}")
        for path, info in modules().items():
            for home in info.whole:
                try:
                    importlib.import_module(home)
                except ImportError as error:
                    wrong.append(f"{path}: {error}")
    assert wrong == []


SAME = [
    ("airflow.operators.bash.BashOperator", "airflow.operators.bash_operator.BashOperator"),
    ("airflow.operators.bash.BashOperator", "airflow.providers.standard.operators.bash.BashOperator"),
    ("airflow.operators.python.PythonOperator", "airflow.operators.python_operator.PythonOperator"),
    ("airflow.operators.python.BranchPythonOperator", "airflow.operators.python_operator.BranchPythonOperator"),
    ("airflow.operators.python.ShortCircuitOperator", "airflow.operators.python_operator.ShortCircuitOperator"),
    ("airflow.operators.python.PythonOperator", "airflow.operators.PythonOperator"),
    ("airflow.operators.empty.EmptyOperator", "airflow.operators.dummy.DummyOperator"),
    ("airflow.operators.empty.EmptyOperator", "airflow.operators.dummy_operator.DummyOperator"),
    ("airflow.operators.latest_only.LatestOnlyOperator", "airflow.operators.latest_only_operator.LatestOnlyOperator"),
    (
        "airflow.operators.trigger_dagrun.TriggerDagRunOperator",
        "airflow.operators.dagrun_operator.TriggerDagRunOperator",
    ),
    ("airflow.sensors.filesystem.FileSensor", "airflow.contrib.sensors.file_sensor.FileSensor"),
    ("airflow.sensors.python.PythonSensor", "airflow.contrib.sensors.python_sensor.PythonSensor"),
    ("airflow.sensors.external_task.ExternalTaskSensor", "airflow.sensors.external_task_sensor.ExternalTaskSensor"),
    ("airflow.sensors.base.BaseSensorOperator", "airflow.sensors.base_sensor_operator.BaseSensorOperator"),
    ("airflow.hooks.base.BaseHook", "airflow.hooks.base_hook.BaseHook"),
    ("airflow.utils.decorators.apply_defaults", "airflow.utils.apply_defaults"),
    ("airflow.DAG", "airflow.models.DAG"),
    ("airflow.DAG", "airflow.sdk.DAG"),
    ("airflow.models.BaseOperator", "airflow.models.baseoperator.BaseOperator"),
    ("airflow.models.Variable", "airflow.sdk.Variable"),
    ("airflow.models.Connection", "airflow.sdk.Connection"),
    ("airflow.datasets.Dataset", "airflow.Dataset"),
    ("airflow.sdk.chain", "airflow.utils.helpers.chain"),
    ("airflow.decorators.task", "airflow.sdk.task"),
    (
        "airflow.providers.http.operators.http.SimpleHttpOperator",
        "airflow.operators.http_operator.SimpleHttpOperator",
    ),
    (
        "airflow.providers.postgres.operators.postgres.PostgresOperator",
        "airflow.operators.postgres_operator.PostgresOperator",
    ),
    ("airflow.providers.postgres.hooks.postgres.PostgresHook", "airflow.hooks.postgres_hook.PostgresHook"),
]


def fetch(path: str) -> object:
    home, _, name = path.rpartition(".")
    return getattr(importlib.import_module(home), name)


@pytest.mark.spec("1/AU-21", "2/IM-01", "2/IM-03", "2/IM-04", "2/IM-05", "2/IM-06", "2/IM-07", "2/IM-08", "4/IP-24")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize(("new", "old"), SAME)
def test_old_and_new_paths_give_the_same_object(new: str, old: str) -> None:
    assert fetch(new) is fetch(old)


@pytest.mark.spec("1/AU-21")
def test_an_old_path_warns_once_and_names_the_new_one() -> None:
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        exec("from airflow.operators.bash_operator import BashOperator\n" * 2, {})
    ours = [w for w in told if issubclass(w.category, DeprecationWarning) and "bash_operator" in str(w.message)]
    assert len(ours) == 1
    assert "airflow.providers.standard.operators.bash.BashOperator" in str(ours[0].message)


@pytest.mark.spec("1/AU-22", "2/IM-21")
def test_present_paths_do_not_warn() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        exec(
            "from airflow import DAG\nfrom airflow.operators.bash import BashOperator\n"
            "from airflow.operators.dummy import DummyOperator\nfrom airflow.decorators import dag, task\n"
            "from airflow.exceptions import AirflowException, AirflowSkipException, AirflowSensorTimeout\n"
            "from airflow.models.xcom import BaseXCom\n"
            "from airflow.utils.state import State, DagRunState\n",
            {},
        )


@pytest.mark.spec("1/AU-20", "2/IM-20", "4/IP-34", "4/IP-38")
def test_dates_are_reachable_after_a_bare_import() -> None:
    scope: dict[str, object] = {}
    exec("import airflow\nthen = airflow.utils.dates.days_ago(3)", scope)
    then = scope["then"]
    assert (then.hour, then.minute, then.microsecond) == (0, 0, 0)  # type: ignore[attr-defined]
    assert then.utcoffset().total_seconds() == 0  # type: ignore[attr-defined]


def test_an_unknown_module_is_an_error_with_a_guess() -> None:
    with pytest.raises(ModuleNotFoundError, match=r"airflow\.operators\.bash"):
        importlib.import_module("airflow.operators.bahs")


def test_a_misspelt_class_is_an_error_with_a_guess() -> None:
    with pytest.raises(ImportError, match="BashOperator"):
        exec("from airflow.operators.bash import BashOperatr", {})


def test_asking_whether_an_unknown_module_exists_is_no_error() -> None:
    importlib.import_module("airflow")
    assert importlib.util.find_spec("airflow.nothing_here") is None


@pytest.mark.parametrize(
    ("module", "distribution"),
    [
        ("airflow.providers.snowflake.operators.snowflake", "snowflake"),
        ("airflow.providers.microsoft.azure.hooks.wasb", "microsoft-azure"),
        ("airflow.providers.cncf.kubernetes.operators.pod", "cncf-kubernetes"),
    ],
)
def test_a_provider_that_is_not_installed_is_named(module: str, distribution: str) -> None:
    assert provider_of(module) == distribution
    with pytest.raises(ModuleNotFoundError, match=f"pip install apache-airflow-providers-{distribution}$"):
        importlib.import_module(module)


@pytest.mark.spec("4/IP-21")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_an_old_path_of_a_provider_that_is_not_installed_names_the_distribution() -> None:
    with pytest.raises(ImportError, match="pip install apache-airflow-providers-amazon"):
        exec("from airflow.hooks.S3_hook import S3Hook", {})


@pytest.mark.spec("4/IP-21")
def test_an_installed_provider_wins_and_old_paths_lead_to_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hooks = tmp_path / "airflow" / "providers" / "amazon" / "aws" / "hooks"
    hooks.mkdir(parents=True)
    for folder in (hooks, hooks.parent, hooks.parent.parent):
        (folder / "__init__.py").touch()
    (hooks / "s3.py").write_text("class S3Hook: pass\n")
    http = tmp_path / "airflow" / "providers" / "http"
    http.mkdir()
    (http / "__init__.py").write_text("official = True\n")
    monkeypatch.syspath_prepend(tmp_path)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert fetch("airflow.hooks.S3_hook.S3Hook") is fetch("airflow.providers.amazon.aws.hooks.s3.S3Hook")
    assert fetch("airflow.providers.http.official") is True
    with pytest.raises(ModuleNotFoundError):
        importlib.import_module("airflow.providers.http.operators.http")  # ours does not mix with the official one


@pytest.mark.spec("4/IP-47")
@pytest.mark.parametrize(
    "code",
    [
        "from airflow.settings import Session\nSession().query(1)",
        "from airflow import settings\nsettings.engine",
        "from airflow.utils.session import create_session\nwith create_session() as s: s.query(1)",
    ],
)
def test_the_metadata_database_is_refused_with_the_way_out(code: str) -> None:
    with pytest.raises(RuntimeError, match="REST API"):
        exec(code, {})


@pytest.mark.parametrize("use", ["DagModel()", "DagModel.dag_id == 'x'", "DagModel.get_current('x')"])
def test_a_model_of_the_orm_can_be_imported_and_any_use_explains_the_way_out(use: str) -> None:
    with pytest.raises(RuntimeError, match=r"DagModel.*REST API"):
        exec(f"from airflow.models import DagModel\nisinstance(1, DagModel)\n{use}", {})


def test_star_imports_give_the_present_names_only() -> None:
    scope: dict[str, object] = {}
    exec("from airflow.operators.bash import *", scope)
    assert "BashOperator" in scope


def test_install_may_be_called_many_times() -> None:
    install()
    install()
    assert sum(isinstance(finder, AirflowFinder) for finder in sys.meta_path) == 1


def test_install_loads_nothing_of_the_authoring_room() -> None:
    code = "import sys; from tradewind.compat import install; install(); print('tradewind.sdk.dag' in sys.modules)"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "False"


def test_the_version_reads_as_one_that_runs_dag_files_of_airflow_3() -> None:
    assert str(fetch("airflow.__version__")).startswith("3.")
    assert fetch("airflow.version.version") == fetch("airflow.__version__") == door().__version__


def test_the_table_has_no_class_below_a_class() -> None:
    assert not [path for path in modules() if any(word[:1].isupper() for word in path.split(".")) and "S3" not in path]


def test_a_row_with_only_old_paths_names_its_home() -> None:
    table = build([("airflow.x.y:New", "-airflow.old:Old")], [])
    assert table["airflow.old"].names["Old"].instead == "airflow.x.y.New"


def test_an_alias_module_lists_what_it_offers() -> None:
    module = importlib.import_module("airflow.operators")
    assert isinstance(module, AliasModule)
    assert {"bash", "python", "BashOperator"} <= set(dir(module))


def test_a_plugins_operators_are_found_below_airflow_in_a_plain_interpreter(tmp_path: Path) -> None:
    (tmp_path / "plugins").mkdir()
    (tmp_path / "plugins" / "mine.py").write_text(
        "from airflow.models import BaseOperator\nfrom airflow.plugins_manager import AirflowPlugin\n"
        "class Greet(BaseOperator): pass\n"
        "class Mine(AirflowPlugin):\n    name = 'mine'\n    operators = [Greet]\n"
    )
    code = (
        "from tradewind import compat; compat.install()\n"
        "from airflow.operators.mine import Greet\nimport airflow.operators.mine as again\n"
        "assert again.Greet is Greet\n"
        "try: import airflow.operators.no_such\nexcept ModuleNotFoundError as e: print(e)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], env={**os.environ, "TRADEWIND_HOME": str(tmp_path)},
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert done.stdout.startswith("No module named 'airflow.operators.no_such'")
