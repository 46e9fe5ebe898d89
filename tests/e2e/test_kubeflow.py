"""The pipeline of the Kubeflow tests on a running installation; its clouds are programs on this machine."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.house import House, until

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]
FILES = Path(__file__).resolve().parent.parent / "fixtures" / "kubeflow"
TASKS = ["clone_repo", "build_images", "pylint", "pytest", "setup_cluster", "run_tests", "run_gpu_test",
         "teardown_cluster", "done"]  # fmt: skip


@pytest.fixture(scope="module")
def kubeflow(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    home = tmp_path_factory.mktemp("kubeflow")
    source = home / "src"
    source.mkdir()
    house = House(home, AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION="False", SRC_DIR=str(source))
    shutil.copytree(FILES, house.dags, dirs_exist_ok=True)
    try:
        house.start()
        house.make_admin()
        house.wait_for_dag("tf_k8s_tests")
        yield house
    finally:
        house.stop()


def trigger(house: House, run_id: str, conf: str = "{}", *more: str) -> str:
    house.cli("trigger_dag", "tf_k8s_tests", "--run_id", run_id, "-conf", conf, *more)
    return house.wait_for_run("tf_k8s_tests", run_id)


@pytest.mark.spec("5/KF-01", "5/KF-02", "5/KF-03", "5/KF-13", "5/KF-15")
def test_it_loads_active_with_its_graph_and_never_starts_by_itself(kubeflow: House) -> None:
    errors = kubeflow.rest("GET", "/api/v1/importErrors")
    assert errors["total_entries"] == 0, errors
    dag = kubeflow.rest("GET", "/api/v1/dags/tf_k8s_tests")
    assert dag["is_paused"] is False
    tasks = {t["task_id"]: t for t in kubeflow.rest("GET", "/api/v1/dags/tf_k8s_tests/tasks")["tasks"]}
    below = {name: sorted(task["downstream_task_ids"]) for name, task in tasks.items()}
    assert below == {
        "clone_repo": ["build_images", "pylint", "pytest"],
        "build_images": ["setup_cluster"],
        "setup_cluster": ["run_gpu_test", "run_tests"],
        "run_tests": ["teardown_cluster"],
        "run_gpu_test": ["teardown_cluster"],
        "teardown_cluster": ["done"],
        "pylint": ["done"],
        "pytest": ["done"],
        "done": [],
    }
    assert tasks["teardown_cluster"]["trigger_rule"] == "all_done"
    assert {task["owner"] for task in tasks.values()} == {"Airflow"}
    assert tasks["build_images"]["retries"] == 1
    assert tasks["build_images"]["retry_delay"]["seconds"] == 300
    scheduled = kubeflow.rest("GET", "/api/v1/dags/tf_k8s_tests/dagRuns")["dag_runs"]
    assert [run for run in scheduled if run["run_type"] != "manual"] == []


@pytest.mark.spec(
    "5/KF-04", "5/KF-05", "5/KF-06", "5/KF-08", "5/KF-09", "5/KF-15", "5/KF-16", "5/KF-17", "5/KF-18", "5/KF-20"
)
def test_a_run_passes_its_values_on_and_keeps_its_tasks_apart(kubeflow: House) -> None:
    conf = '{"PULL_NUMBER": 17, "PULL_PULL_SHA": "abc123", "deep": {"list": [1, null]}, "ready": true}'
    said = kubeflow.cli("trigger_dag", "tf_k8s_tests", "-c", conf).stdout
    run_id = re.search(r"manual__[0-9T:.+-]+", said)
    assert run_id is not None, said
    name = run_id[0]
    assert kubeflow.wait_for_run("tf_k8s_tests", name) == "success"
    assert kubeflow.states("tf_k8s_tests", name) == dict.fromkeys(TASKS, "success")
    path = f"/api/v1/dags/tf_k8s_tests/dagRuns/{name.replace('+', '%2B')}/taskInstances"
    types = kubeflow.rest("GET", f"{path}/clone_repo/xcomEntries/conf_types")["value"]
    assert types == ["int", "str", "dict", "bool"]
    chart = kubeflow.rest("GET", f"{path}/build_images/xcomEntries/helm_chart")["value"]
    assert chart == {"url": "gs://charts/abc123", "versions": [1, 2]}
    folder = kubeflow.rest("GET", f"{path}/clone_repo/xcomEntries/src_dir")["value"]
    assert folder == f"{kubeflow.home}/src/tf_k8s_tests/{name.replace(':', '_')}/src"
    log = kubeflow.log("tf_k8s_tests", name, "build_images")
    lines = [line.partition(" INFO - ")[2] or line for line in log.splitlines()]
    at = next(number for number, line in enumerate(lines) if line.endswith("building"))
    assert lines[at + 1].endswith("  with two lines")
    assert any("warning: from standard error" in line for line in lines)
    assert any(line.endswith("built --sha=abc123") for line in lines)
    assert "Running: cwd=" in log
    apart = kubeflow.log("tf_k8s_tests", name, "setup_cluster")
    assert "leaked=None py=False" in apart  # build_images set the one and imported the other
    assert "lint is fine" in kubeflow.log("tf_k8s_tests", name, "pylint")
    assert "test is fine" in kubeflow.log("tf_k8s_tests", name, "pytest")


@pytest.mark.spec("5/KF-04")
def test_the_old_command_takes_every_spelling_and_names_the_position_of_a_mistake(kubeflow: House) -> None:
    for number, spelling in enumerate((["-conf", "{}"], ["--conf", '{"dryrun": true}'], ["-c", '{"dryrun": true}'])):
        date = f"2018-01-0{number + 1}T00:00:00+00:00"
        said = kubeflow.cli("trigger_dag", "tf_k8s_tests", "-r", f"spelled{number}", "-e", date, *spelling).stdout
        assert f"spelled{number}" in said
        assert kubeflow.wait_for_run("tf_k8s_tests", f"spelled{number}") == "success"
    wrong = kubeflow.cli("trigger_dag", "tf_k8s_tests", "-conf", '{"dryrun": tru}', check=False)
    assert wrong.returncode != 0
    assert "column 12" in wrong.stderr


@pytest.mark.spec("5/KF-19")
def test_a_dry_run_goes_through_and_starts_nothing(kubeflow: House) -> None:
    assert trigger(kubeflow, "dry", '{"dryrun": true}') == "success"
    log = kubeflow.log("tf_k8s_tests", "dry", "run_tests")
    assert "py.test_runner" in log
    assert "testing --cluster" not in log
    image = "/api/v1/dags/tf_k8s_tests/dagRuns/dry/taskInstances/build_images/xcomEntries/image"
    assert kubeflow.rest("GET", image)["value"] == "gcr.io/dryrun/dryrun:latest"


@pytest.mark.spec("5/KF-12", "5/KF-15", "5/KF-17", "5/KF-10")
def test_clean_up_runs_after_failed_tests_and_the_end_tells(kubeflow: House) -> None:
    assert trigger(kubeflow, "broken", '{"break_tests": true}') == "success"  # the leaf's parents all succeeded
    states = kubeflow.states("tf_k8s_tests", "broken")
    assert states["run_tests"] == states["run_gpu_test"] == "failed"
    assert states["teardown_cluster"] == "success"
    assert "failed with code 3" in kubeflow.log("tf_k8s_tests", "broken", "run_tests")
    assert "is gone" in kubeflow.log("tf_k8s_tests", "broken", "teardown_cluster")


@pytest.mark.spec("5/KF-10", "5/KF-11", "5/KF-12")
def test_a_second_try_finds_the_cluster_of_the_first_and_a_clear_forgets_it(kubeflow: House) -> None:
    assert trigger(kubeflow, "flaky", '{"break_setup": "once"}') == "success"
    value = "/api/v1/dags/tf_k8s_tests/dagRuns/flaky/taskInstances/setup_cluster/xcomEntries/cluster"
    assert kubeflow.rest("GET", value)["value"] == "e2e-flaky-1"
    assert "Reusing cluster e2e-flaky-1" in kubeflow.log("tf_k8s_tests", "flaky", "setup_cluster", 2)
    body = {"dry_run": False, "dag_run_id": "flaky", "task_ids": ["setup_cluster"], "only_failed": False}
    kubeflow.rest("POST", "/api/v1/dags/tf_k8s_tests/clearTaskInstances", body)
    assert kubeflow.wait_for_run("tf_k8s_tests", "flaky") == "success"
    assert "Reusing" not in kubeflow.log("tf_k8s_tests", "flaky", "setup_cluster", 3)
    assert kubeflow.rest("GET", value)["value"] == "e2e-flaky-3"


@pytest.mark.spec("5/KF-10", "5/KF-12", "5/KF-15")
def test_what_a_failed_set_up_pushed_reaches_the_clean_up(kubeflow: House) -> None:
    kubeflow.cli("trigger_dag", "tf_k8s_tests", "-r", "never_up", "-conf", '{"break_setup": "always"}')
    assert kubeflow.wait_for_run("tf_k8s_tests", "never_up") == "success"
    states = kubeflow.states("tf_k8s_tests", "never_up")
    assert states["setup_cluster"] == "failed"
    assert states["run_tests"] == "upstream_failed"
    assert states["teardown_cluster"] == "success"
    assert "cluster e2e-never_up-1 is gone" in kubeflow.log("tf_k8s_tests", "never_up", "teardown_cluster")


@pytest.mark.spec("5/KF-07")
def test_one_task_is_tried_without_a_run(kubeflow: House) -> None:
    said = kubeflow.cli("test", "tf_k8s_tests", "build_images", "2017-11-21")
    assert "conf={}" in said.stdout + said.stderr
    runs = kubeflow.rest("GET", "/api/v1/dags/tf_k8s_tests/dagRuns")["dag_runs"]
    assert not [run for run in runs if "2017-11-21" in run["dag_run_id"]]


@pytest.mark.spec("5/KF-21")
def test_the_files_beside_it_run(kubeflow: House) -> None:
    def once() -> str | None:
        runs = kubeflow.rest("GET", "/api/v1/dags/example_xcom/dagRuns")["dag_runs"]
        return runs[0]["state"] if runs and runs[0]["state"] in ("success", "failed") else None

    assert until("the @once run ends", once, 60) == "success"
    assert len(kubeflow.rest("GET", "/api/v1/dags/example_xcom/dagRuns")["dag_runs"]) == 1
    kubeflow.trigger("first_draft", "draft")
    assert kubeflow.wait_for_run("first_draft", "draft") == "success"
    assert len(kubeflow.states("first_draft", "draft")) == 5
    assert re.search(r"2 \d{4}-\d\d-\d\d", kubeflow.log("first_draft", "draft", "run"))
