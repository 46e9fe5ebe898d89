"""The import lines of the book: old and new path of each thing that needs no provider package."""

from __future__ import annotations

import importlib
import warnings

import pytest

pytestmark = pytest.mark.usefixtures("door_for_one_test")


def brought(path: str) -> object:
    """What ``from <module> import <name>`` gives, by a real import statement."""
    module, _, name = path.rpartition(".")
    scope: dict[str, object] = {}
    exec(f"from {module} import {name} as it", scope)
    return scope["it"]


OPERATORS, SENSORS = "airflow.operators", "airflow.sensors"
ROWS = [
    pytest.param(
        "airflow.DAG", "airflow.models.DAG", None, id="DAG", marks=pytest.mark.spec("2/IM-01", "4/IP-17", "4/IP-24")
    ),
    pytest.param(
        "airflow.models.BaseOperator",
        "airflow.models.baseoperator.BaseOperator",
        None,
        marks=pytest.mark.spec("4/IP-22", "2/IM-02"),
    ),
    pytest.param(
        "airflow.models.Connection",
        "airflow.models.connection.Connection",
        None,
        marks=pytest.mark.spec("4/IP-23", "2/IM-02"),
    ),
    pytest.param(
        "airflow.models.Variable",
        "airflow.models.variable.Variable",
        None,
        marks=pytest.mark.spec("4/IP-25", "2/IM-02"),
    ),
    pytest.param("airflow.models.DagBag", "airflow.models.dagbag.DagBag", None, marks=pytest.mark.spec("2/IM-02")),
    pytest.param(
        f"{SENSORS}.filesystem.FileSensor",
        "airflow.contrib.sensors.file_sensor.FileSensor",
        "filesystem.FileSensor",
        marks=pytest.mark.spec("4/IP-15"),
    ),
    pytest.param(
        f"{SENSORS}.python.PythonSensor",
        "airflow.contrib.sensors.python_sensor.PythonSensor",
        "python.PythonSensor",
        marks=pytest.mark.spec("4/IP-16"),
    ),
    pytest.param(
        "airflow.hooks.base.BaseHook",
        "airflow.hooks.base_hook.BaseHook",
        "BaseHook",
        marks=pytest.mark.spec("4/IP-19", "4/IP-39", "2/IM-03"),
    ),
    pytest.param(
        f"{SENSORS}.base.BaseSensorOperator",
        f"{SENSORS}.base_sensor_operator.BaseSensorOperator",
        "BaseSensorOperator",
        marks=pytest.mark.spec("2/IM-04"),
    ),
    pytest.param(
        f"{OPERATORS}.bash.BashOperator",
        f"{OPERATORS}.bash_operator.BashOperator",
        "bash.BashOperator",
        marks=pytest.mark.spec("4/IP-26", "2/IM-07"),
    ),
    pytest.param(
        f"{OPERATORS}.trigger_dagrun.TriggerDagRunOperator",
        f"{OPERATORS}.dagrun_operator.TriggerDagRunOperator",
        "trigger_dagrun",
        marks=pytest.mark.spec("4/IP-27"),
    ),
    pytest.param(
        f"{OPERATORS}.dummy.DummyOperator",
        f"{OPERATORS}.dummy_operator.DummyOperator",
        "empty",
        marks=pytest.mark.spec("4/IP-29", "4/IP-42", "2/IM-08"),
    ),
    pytest.param(
        f"{OPERATORS}.latest_only.LatestOnlyOperator",
        f"{OPERATORS}.latest_only_operator.LatestOnlyOperator",
        "latest_only",
        marks=pytest.mark.spec("4/IP-31"),
    ),
    pytest.param(
        f"{OPERATORS}.python.PythonOperator",
        f"{OPERATORS}.python_operator.PythonOperator",
        "python.PythonOperator",
        marks=pytest.mark.spec("4/IP-33", "2/IM-06"),
    ),
    pytest.param(
        f"{OPERATORS}.python.PythonOperator",
        f"{OPERATORS}.PythonOperator",
        "python.PythonOperator",
        marks=pytest.mark.spec("4/IP-43"),
    ),
    pytest.param(
        "airflow.models.BaseOperator", f"{OPERATORS}.BaseOperator", "BaseOperator", marks=pytest.mark.spec("4/IP-43")
    ),
    pytest.param(
        "airflow.utils.decorators.apply_defaults",
        "airflow.utils.apply_defaults",
        "decorators.apply_defaults",
        marks=pytest.mark.spec("4/IP-35", "4/IP-37", "2/IM-05", "2/TR-06"),
    ),
]


@pytest.mark.parametrize(("new", "old", "named"), ROWS)
def test_both_paths_bring_one_object_and_only_the_old_one_warns_once(new: str, old: str, named: str | None) -> None:
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        first = brought(new)
    assert [str(one.message) for one in told] == []
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        again = [brought(old), brought(old)]
    assert all(one is first for one in again)
    old_words = [str(one.message) for one in told if issubclass(one.category, DeprecationWarning)]
    assert len(old_words) == (0 if named is None else 1)
    assert named is None or named in old_words[0]


@pytest.mark.spec("4/IP-18", "2/IM-21")
def test_exceptions() -> None:
    from tradewind.sdk import exceptions

    for name in (
        "AirflowException", "AirflowDagCycleException", "DuplicateTaskIdFound", "AirflowNotFoundException",
        "AirflowSensorTimeout", "AirflowSkipException",
    ):  # fmt: skip
        assert brought(f"airflow.exceptions.{name}") is getattr(exceptions, name)


@pytest.mark.spec("4/IP-36", "4/IP-34", "2/IM-20")
def test_utils_and_its_dates_are_modules() -> None:
    utils = importlib.import_module("airflow.utils")
    dates = importlib.import_module("airflow.utils.dates")
    assert brought("airflow.utils.dates") is dates is utils.dates
    assert dates.days_ago(0).utcoffset().total_seconds() == 0


@pytest.mark.spec("4/IP-46")
def test_logging_mixin() -> None:
    mixin = brought("airflow.utils.log.logging_mixin.LoggingMixin")
    assert mixin().log.name.startswith("airflow.")  # type: ignore[operator]


@pytest.mark.spec("4/IP-19", "2/TR-03")
def test_the_hook_of_airflow_1_takes_a_source() -> None:
    hook = brought("airflow.hooks.base.BaseHook")
    assert isinstance(hook(None), hook)  # type: ignore[operator,arg-type]
    assert isinstance(hook(source=None), hook)  # type: ignore[operator,arg-type]


@pytest.mark.spec("4/IP-45")
def test_the_small_imports_of_another_orchestrator() -> None:
    for path in (
        "airflow.utils.file.TemporaryDirectory", "airflow.utils.operator_helpers.context_to_airflow_vars",
        "airflow.utils.state.State", "airflow.models.TaskInstance", "airflow.utils.timezone",
    ):  # fmt: skip
        assert brought(path) is not None
    with pytest.raises(ImportError, match="pip install apache-airflow-providers-docker"):
        brought("airflow.hooks.docker_hook.DockerHook")
