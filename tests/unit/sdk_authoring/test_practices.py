"""How teams structure DAG files: blocks, factories, groups, configuration. Each file is loaded as the parser would."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import datetime
from pathlib import Path
from textwrap import dedent
from typing import Any

import msgspec
import pytest

from tests.require import missing
from tradewind import compat
from tradewind.errors import DagFileError
from tradewind.sdk import current
from tradewind.sdk.dag import DAG
from tradewind.sdk.exceptions import AirflowException
from tradewind.sdk.freeze import freeze
from tradewind.sdk.group import TaskGroup
from tradewind.sdk.loading import LoadedFile, load_file
from tradewind.sdk.memory_client import MemoryClient
from tradewind.sdk.operators.branch import BranchPythonOperator
from tradewind.sdk.operators.empty import EmptyOperator
from tradewind.sdk.skipping import branch_targets

START = datetime(2019, 1, 1)
HEAD = """
from datetime import datetime, timedelta
from airflow import DAG
from airflow.models import Variable
from airflow.operators.dummy import DummyOperator
from airflow.operators.python import PythonOperator
"""


@pytest.fixture(autouse=True)
def names() -> None:
    compat.install()


def load(root: Path, text: str, name: str = "f.py") -> LoadedFile:
    (root / name).write_text(HEAD + dedent(text))
    return load_file(root / name, root)


def edges(dag: Any) -> set[tuple[str, str]]:
    return {(t.task_id, below) for t in dag.tasks for below in t.downstream_task_ids}


@pytest.mark.spec("3/BP-01", "3/BP-02")
def test_with_and_without_a_block_is_the_same_dag(tmp_path: Path) -> None:
    loaded = load(tmp_path, """
        from airflow.models import DAG as Same
        assert Same is DAG
        with DAG("a", start_date=datetime(2019, 1, 1), schedule_interval=None) as dag:
            one = DummyOperator(task_id="one")
            two = DummyOperator(task_id="two", dag=dag)
            one >> two
        other = DAG("b", start_date=datetime(2019, 1, 1), schedule_interval=None)
        one = DummyOperator(task_id="one", dag=other)
        two = DummyOperator(task_id="two", dag=other)
        one.set_downstream(two)
    """)  # fmt: skip
    specs = [msgspec.to_builtins(freeze(dag, fileloc="f.py")) for dag in loaded.dags.values()]
    for spec in specs:
        del spec["dag_id"], spec["extra"]  # its id and its line
        for task in spec["tasks"]:
            del task["line"]
    assert len(specs) == 2
    assert specs[0] == specs[1]
    assert [task["task_id"] for task in specs[0]["tasks"]] == ["one", "two"]


@pytest.mark.spec("3/BP-03", "3/BP-04")
def test_five_notations_mix_and_chains_fan_out(tmp_path: Path) -> None:
    dags = load(tmp_path, """
        with DAG("mixed", schedule_interval=None) as mixed:
            a, b, c, d, e, f = (DummyOperator(task_id=name) for name in "abcdef")
            a >> b
            c << b
            [c] >> d
            d.set_downstream(e)
            f.set_upstream(e)
            a >> b  # once more
        with DAG("line", schedule_interval=None) as line:
            a, b, c, d, e, f = (DummyOperator(task_id=name) for name in "abcdef")
            a >> b >> c >> d >> e >> f
        with DAG("fan", schedule_interval=None) as fan:
            t1, t2, t3, t4, t5 = (DummyOperator(task_id=f"t{n}") for n in range(1, 6))
            t1 >> t2 >> t3 >> [t4, t5]
    """).dags  # fmt: skip
    assert edges(dags["mixed"]) == edges(dags["line"])
    assert len(edges(dags["line"])) == 5
    assert edges(dags["fan"]) == {("t1", "t2"), ("t2", "t3"), ("t3", "t4"), ("t3", "t5")}
    spec = {task.task_id: task.downstream for task in freeze(dags["mixed"], fileloc="f.py").tasks}
    assert spec["a"] == ["b"]  # the edge that was drawn twice is there once


@pytest.mark.spec("3/BP-05")
def test_linters_and_formatters_work_on_the_folder_alone(tmp_path: Path) -> None:
    for tool in ("flake8", "black"):
        if subprocess.run([sys.executable, "-m", tool, "--version"], capture_output=True, check=False).returncode:
            missing(tool, "script/setup installs it")
    dags = tmp_path / "dags"
    dags.mkdir()
    file = dags / "messy.py"
    file.write_text("import json\nfrom airflow import DAG\n\ndag = DAG('messy',schedule_interval = None)\n")
    said = subprocess.run(
        [sys.executable, "-m", "flake8", "--isolated", str(file)], capture_output=True, text=True, check=False
    )
    assert f"{file}:1:1: F401 'json' imported but unused" in said.stdout
    before = file.read_text()
    black = [sys.executable, "-m", "black"]
    told = subprocess.run([*black, "--check", str(dags)], capture_output=True, text=True, check=False)
    assert told.returncode == 1
    assert file.read_text() == before
    done = subprocess.run([*black, str(dags)], capture_output=True, text=True, check=True)
    assert f"reformatted {file}" in done.stderr
    assert "1 file reformatted" in done.stderr
    assert 'DAG("messy", schedule_interval=None)' in file.read_text()
    assert list(load_file(file, dags).dags) == ["messy"]


@pytest.mark.spec("3/BP-08")
def test_settings_of_a_file_beside_it_reach_op_kwargs(tmp_path: Path) -> None:
    pytest.importorskip("yaml")
    (tmp_path / "config.yaml").write_text("input_path: /data\noutput_path: /output\n")
    (tmp_path / "more.ini").write_text("[paths]\nlogs = /logs\n")
    loaded = load(tmp_path, """
        import configparser
        import os
        import yaml
        here = os.path.dirname(__file__)
        with open(os.path.join(here, "config.yaml")) as f:
            config = yaml.safe_load(f)
        parser = configparser.ConfigParser()
        parser.read(os.path.join(here, "more.ini"))
        with DAG("configured", schedule_interval=None) as dag:
            PythonOperator(task_id="a", python_callable=dict, op_kwargs={
                "input_path": config["input_path"], "output_path": config["output_path"],
                "logs": parser["paths"]["logs"]})
    """)  # fmt: skip
    ended = loaded.dags["configured"].test(START)
    assert ended.xcom("a") == {"input_path": "/data", "output_path": "/output", "logs": "/logs"}
    assert {"config.yaml", "more.ini"} <= set(loaded.reads.files)


@pytest.mark.spec("3/BP-09")
def test_a_variable_is_read_at_every_parse_at_the_top_and_only_then_in_a_task(tmp_path: Path) -> None:
    class Counted(MemoryClient):
        asked: list[str] = []  # noqa: RUF012

        def variable_get(self, *, key: str) -> str | None:
            self.asked.append(key)
            return super().variable_get(key=key)

    client = Counted(variables={"dag1_input_path": "/in", "late": "x"})
    text = """
        path = Variable.get("dag1_input_path")
        with DAG("v", schedule_interval=None) as dag:
            PythonOperator(task_id="a", python_callable=lambda: (path, Variable.get("late")))
    """
    with current.running(None, client):  # type: ignore[arg-type]
        loaded = load(tmp_path, text)
        assert load(tmp_path, text).reads.variables == ["dag1_input_path"]
    assert client.asked == ["dag1_input_path"] * 2
    assert loaded.dags["v"].test(START, client=client).xcom("a") == ("/in", "x")
    assert client.asked[2:] == ["late"]


@pytest.mark.spec("3/BP-11")
def test_a_file_only_the_worker_has_breaks_the_top_level_and_not_a_callable(tmp_path: Path) -> None:
    secret = tmp_path / "only-on-the-worker.json"
    inside = f"""
        import json
        def read():
            with open({str(secret)!r}) as f:
                return json.load(f)
        with DAG("inside", schedule_interval=None) as dag:
            PythonOperator(task_id="a", python_callable=read)
    """
    loaded = load(tmp_path, inside)
    with pytest.raises(DagFileError, match=r"only-on-the-worker\.json"):
        load(tmp_path, inside + "\n        read()\n", "top.py")
    secret.write_text('{"k": 1}')
    assert loaded.dags["inside"].test(START).xcom("a") == {"k": 1}
    secret.unlink()
    assert loaded.dags["inside"].test(START).states == {"a": "failed"}


@pytest.mark.spec("3/BP-12", "3/BP-13")
def test_what_a_callable_does_waits_for_the_run(tmp_path: Path) -> None:
    marks = tmp_path / "marks"
    marks.write_text("")
    text = f"""
        from airflow.hooks.base import BaseHook
        def heavy(who):
            with open({str(marks)!r}, "a") as f:
                f.write(who + " ")
            return who
        def late(conn_id):
            heavy("callable")
            return BaseHook.get_connection(conn_id).login
        with DAG("late", schedule_interval=None) as dag:
            PythonOperator(task_id="a", python_callable=late, op_kwargs={{"conn_id": "my_conn"}}, retries=0)
            PythonOperator(task_id="b", python_callable=print, op_kwargs={{"sep": heavy("import")}})
    """
    client = MemoryClient(connections={"my_conn": {"conn_type": "http", "login": "me", "password": "p"}})
    with current.running(None, client):  # type: ignore[arg-type]
        for _ in range(3):
            loaded = load(tmp_path, text)
        top = load(tmp_path, text + '\n        BaseHook.get_connection("my_conn")\n', "top.py")
    assert marks.read_text().split() == ["import"] * 4
    assert loaded.reads.connections == []
    assert top.reads.connections == ["my_conn"]
    assert loaded.dags["late"].test(START, client=client).xcom("a") == "me"
    assert marks.read_text().split() == ["import"] * 4 + ["callable"]


@pytest.mark.spec("3/BP-14")
def test_a_task_factory_serves_several_files(tmp_path: Path) -> None:
    (tmp_path / "factories.py").write_text(
        HEAD
        + dedent("""
        def generate_tasks(name, raw_dir, processed_dir, output_dir, preprocess_script, dag):
            fetch = DummyOperator(task_id=f"fetch_{name}", dag=dag)
            preprocess = DummyOperator(task_id=f"preprocess_{name}", dag=dag)
            export = DummyOperator(task_id=f"export_{name}", dag=dag)
            fetch >> preprocess >> export
            return fetch, export
    """)
    )
    text = """
        from factories import generate_tasks
        with DAG(dag_id="{name}", start_date=datetime(2019, 1, 1), schedule_interval="@daily") as dag:
            for dataset in ["sales", "customers"]:
                generate_tasks(dataset, raw_dir="/r", processed_dir="/p", output_dir="/o", preprocess_script="x", dag=dag)
    """
    for name in ("01_task_factory", "another"):
        dag = load(tmp_path, text.replace("{name}", name), f"{name}.py").dags[name]
        assert edges(dag) == {
            (f"{above}_{dataset}", f"{below}_{dataset}")
            for dataset in ("sales", "customers")
            for above, below in (("fetch", "preprocess"), ("preprocess", "export"))
        }


@pytest.mark.spec("3/BP-15", "3/BP-16")
def test_a_dag_factory_makes_one_dag_or_many(tmp_path: Path) -> None:
    factory = """
        def generate_dag(name):
            with DAG(dag_id=f"02_dag_factory_{name}", start_date=datetime(2019, 1, 1), schedule_interval="@daily") as dag:
                DummyOperator(task_id="fetch") >> DummyOperator(task_id="export")
            return dag
    """
    assert list(load(tmp_path, factory + '\n        dag = generate_dag("only")\n').dags) == ["02_dag_factory_only"]
    many = """
        for name in ["sales", "customers"]:
            globals()[f"02_dag_factory_{name}"] = generate_dag(name)
    """
    assert sorted(load(tmp_path, factory + many, "many.py").dags) == [
        "02_dag_factory_customers",
        "02_dag_factory_sales",
    ]


@pytest.mark.spec("3/BP-18", "3/BP-19", "3/BP-20")
def test_groups_nest_and_edges_cross_their_borders(tmp_path: Path) -> None:
    dag = load(tmp_path, """
        from airflow.utils.task_group import TaskGroup
        with DAG("grouped", schedule_interval=None) as dag:
            start = DummyOperator(task_id="start")
            for dataset in ["sales", "customers"]:
                with TaskGroup(dataset, tooltip=f"Tasks for processing {dataset}"):
                    fetch = DummyOperator(task_id="fetch", dag=dag)
                    with TaskGroup("inner"):
                        clean = DummyOperator(task_id="clean")
                    fetch >> clean
                    start >> fetch
            start >> [DummyOperator(task_id="after")]
            clean >> dag.get_task("after")
    """).dags["grouped"]  # fmt: skip
    spec = freeze(dag, fileloc="f.py")
    ids = {task.task_id: task.group_id for task in spec.tasks}
    assert ids == {
        "start": None,
        "after": None,
        "sales.fetch": "sales",
        "sales.inner.clean": "sales.inner",
        "customers.fetch": "customers",
        "customers.inner.clean": "customers.inner",
    }
    groups = {group.group_id: group for group in spec.groups}
    assert groups["sales"].tooltip == "Tasks for processing sales"
    assert groups["sales"].children == ["sales.fetch", "sales.inner"]
    assert groups["sales.inner"].parent == "sales"
    assert {("start", "sales.fetch"), ("customers.inner.clean", "after")} <= edges(dag)
    signature = TaskGroup("g", False, None, dag, tooltip="t", ui_color="#111", ui_fgcolor="#222")
    assert (signature.ui_color, signature.ui_fgcolor) == ("#111", "#222")


@pytest.mark.spec("3/BP-21", "3/S-04")
def test_a_branch_names_a_task_of_its_own_group_without_the_prefix() -> None:
    with DAG("umbrella", start_date=START, schedule=None) as dag:
        start = EmptyOperator(task_id="start")
        outside = EmptyOperator(task_id="fetch_sales_old")
        with TaskGroup("fetch_sales"):
            pick = BranchPythonOperator(task_id="pick_erp_system", python_callable=lambda: "fetch_sales_old")
            old, new = EmptyOperator(task_id="fetch_sales_old"), EmptyOperator(task_id="fetch_sales_new")
            join = EmptyOperator(task_id="join_erp_branch", trigger_rule="none_failed")
            pick >> [old, new] >> join
        start >> [pick, outside]
    assert dag.test(START).states == {
        "start": "success",
        "fetch_sales_old": "success",
        "fetch_sales.pick_erp_system": "success",
        "fetch_sales.fetch_sales_old": "success",
        "fetch_sales.fetch_sales_new": "skipped",
        "fetch_sales.join_erp_branch": "success",
    }
    pick.python_callable = lambda: "fetch_sales.fetch_sales_new"
    assert dag.test(START).states["fetch_sales.fetch_sales_old"] == "skipped"
    pick.python_callable = lambda: "fetch_sale_new"
    error = dag.test(START).finished[("fetch_sales.pick_erp_system", -1)].error or ""
    assert "fetch_sale_new" in error
    assert "Did you mean" in error


@pytest.mark.spec("2/OP-28")
def test_the_environment_is_read_while_the_file_loads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = """
        import os
        user = os.environ["MOVIELENS_USER"]
        host = os.environ.get("MOVIELENS_HOST", "movielens")
        dag = DAG(f"{user}_{host}", schedule_interval=None)
    """
    monkeypatch.delenv("MOVIELENS_USER", raising=False)
    with pytest.raises(DagFileError, match="KeyError: 'MOVIELENS_USER'") as told:
        load(tmp_path, text)
    assert told.value.file == str(tmp_path / "f.py")
    assert list(load(tmp_path, 'dag = DAG("fine", schedule_interval=None)', "other.py").dags) == ["fine"]
    monkeypatch.setenv("MOVIELENS_USER", "me")
    assert list(load(tmp_path, text).dags) == ["me_movielens"]


def test_a_branch_outside_groups_is_as_it_was() -> None:
    with DAG("plain", schedule=None) as dag:
        fork = BranchPythonOperator(task_id="fork", python_callable=lambda: ["left", "nowhere"])
        fork >> [EmptyOperator(task_id="left"), EmptyOperator(task_id="right")]
    assert "nowhere" in (dag.test(START).finished[("fork", -1)].error or "")
    with pytest.raises(AirflowException):
        branch_targets(fork, [3])


@pytest.mark.spec("3/BP-27")
def test_old_intermediate_data_is_removed_by_an_ordinary_task_and_raw_data_stays(tmp_path: Path) -> None:
    text = """
        from pathlib import Path
        HERE = Path(__file__).parent
        def work(ds):
            for kind in ("raw", "intermediate"):
                (HERE / kind).mkdir(exist_ok=True)
                (HERE / kind / ds).write_text(ds)
        def clean(keep):
            for old in sorted((HERE / "intermediate").iterdir())[:-keep]:
                old.unlink()
        with DAG("kept", start_date=datetime(2019, 1, 1), schedule_interval="@daily") as dag:
            PythonOperator(task_id="work", python_callable=work) >> PythonOperator(
                task_id="clean", python_callable=clean, op_kwargs={"keep": 2})
    """
    dag = load(tmp_path, text).dags["kept"]
    for day in range(1, 6):
        assert dag.test(datetime(2019, 1, day)).state == "success"
    assert sorted(p.name for p in (tmp_path / "intermediate").iterdir()) == ["2019-01-04", "2019-01-05"]
    assert len(list((tmp_path / "raw").iterdir())) == 5


@pytest.mark.spec("5/KF-14")
def test_the_graph_of_the_first_kubeflow_pipeline_is_four_boxes_in_a_row(tmp_path: Path) -> None:
    text = """
        from airflow.operators import PythonOperator as Old
        dag = DAG("tf_k8s_tests", default_args={"start_date": datetime(2015, 6, 1), "retries": 1}, schedule_interval=None)
        ops = [Old(task_id=name, provide_context=True, python_callable=print, dag=dag)
               for name in ("build_images", "setup_cluster", "run_tests", "teardown_cluster")]
        for above, below in zip(ops, ops[1:]):
            below.set_upstream(above)
    """
    spec = freeze(load(tmp_path, text).dags["tf_k8s_tests"], fileloc="f.py")
    assert [(task.task_id, task.upstream) for task in spec.tasks] == [
        ("build_images", []),
        ("setup_cluster", ["build_images"]),
        ("run_tests", ["setup_cluster"]),
        ("teardown_cluster", ["run_tests"]),
    ]
    assert spec.timetable.kind == "none"


def test_json_is_read_like_any_other_file(tmp_path: Path) -> None:
    (tmp_path / "tasks.json").write_text(json.dumps(["x", "y"]))
    text = """
        import json, pathlib
        with DAG("listed", schedule_interval=None) as dag:
            for name in json.loads((pathlib.Path(__file__).parent / "tasks.json").read_text()):
                DummyOperator(task_id=name)
    """
    loaded = load(tmp_path, text)
    assert sorted(loaded.dags["listed"].task_ids) == ["x", "y"]
    assert "tasks.json" in loaded.reads.files
