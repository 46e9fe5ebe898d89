"""Plugins of a home: macros, operators, links, listeners; and the policies of an installation."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

from tradewind import compat
from tradewind.errors import DagFileError
from tradewind.sdk import configuration, plugin_loading
from tradewind.sdk.freeze import freeze
from tradewind.sdk.loading import load_file

START = datetime(2026, 1, 1)
PLUGIN = """
from airflow.models import BaseOperator, BaseOperatorLink
from airflow.plugins_manager import AirflowPlugin

heard = []

class Docs(BaseOperatorLink):
    name = "Docs"
    def get_link(self, operator, *, ti_key):
        return f"https://docs.example/{ti_key[0]}/{operator.task_id}"

class Older(BaseOperatorLink):
    name = "Older"
    def get_link(self, operator, dttm):
        return f"https://old.example/{dttm:%Y%m%d}"

class Broken(BaseOperatorLink):
    name = "Broken"
    def get_link(self, operator, *, ti_key):
        raise RuntimeError("no link today")

class TeamOperator(BaseOperator):
    operator_extra_links = (Older(), Broken())
    template_fields = ("text",)
    def __init__(self, text, **kwargs):
        super().__init__(**kwargs)
        self.text = text
    def execute(self, context):
        if self.text == "fail":
            raise ValueError(self.text)
        return self.text

def shout(text):
    return text.upper() + "!"

class Listener:
    def on_task_instance_running(self, previous_state, task_instance):
        heard.append(("running", task_instance.task_id))
    def on_task_instance_success(self, task_instance):
        heard.append(("success", task_instance.task_id))
        raise RuntimeError("a listener changes nothing")
    def on_task_instance_failed(self, previous_state, task_instance, error, session):
        heard.append(("failed", task_instance.task_id, str(error)))

class Team(AirflowPlugin):
    name = "team"
    operators = [TeamOperator]
    macros = [shout]
    listeners = [Listener()]
    global_operator_extra_links = [Docs()]
"""
DAG_FILE = """
from datetime import datetime
from airflow import DAG
from airflow.operators.team import TeamOperator
import helpers_of_the_team
with DAG("plugged", start_date=datetime(2026, 1, 1), schedule=None) as dag:
    TeamOperator(task_id="a", text="{{ macros.team.shout(ds) }} " + helpers_of_the_team.WORD)
    TeamOperator(task_id="b", text="fail")
"""


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    compat.install()
    monkeypatch.setenv("TRADEWIND_HOME", str(tmp_path))
    for folder in ("plugins", "config", "dags"):
        (tmp_path / folder).mkdir()
    before, path = set(sys.modules), list(sys.path)

    def forget() -> None:
        configuration.settings.cache_clear()
        plugin_loading.loaded.cache_clear()

    forget()
    yield tmp_path
    monkeypatch.undo()
    forget()
    sys.path[:] = path
    for name in set(sys.modules) - before:
        if name.startswith(("airflow.operators.team", "team_", "helpers_of", "broken", "airflow_local")):
            del sys.modules[name]


def load(home: Path, text: str) -> Any:
    (home / "dags" / "f.py").write_text(dedent(text))
    return load_file(home / "dags" / "f.py", home / "dags").dags


def test_a_plugin_brings_operators_macros_links_and_listeners(home: Path, caplog: pytest.LogCaptureFixture) -> None:
    (home / "plugins" / "team_plugin.py").write_text(PLUGIN)
    (home / "plugins" / "helpers_of_the_team.py").write_text("WORD = 'helped'\n")
    (home / "plugins" / "broken.py").write_text("# AirflowPlugin\nimport nothing_of_this_name\n")
    dag = load(home, DAG_FILE)["plugged"]
    ended = dag.test(START)
    assert ended.states == {"a": "success", "b": "failed"}
    assert ended.xcom("a") == "2026-01-01! helped"
    assert ended.xcom("a", "_link_Docs") == "https://docs.example/plugged/a"
    assert ended.xcom("b", "_link_Docs") == "https://docs.example/plugged/b"  # a failed task needs its links most
    assert ended.xcom("a", "_link_Older") == "https://old.example/20260101"
    assert ended.xcom("a", "_link_Broken") is None
    assert freeze(dag, fileloc="f.py").tasks[0].extra_links == ["Older", "Broken", "Docs"]
    assert sys.modules["team_plugin"].heard == [
        ("running", "a"), ("success", "a"), ("running", "b"), ("failed", "b", "fail"),
    ]  # fmt: skip
    assert "ModuleNotFoundError" in plugin_loading.loaded().errors[str(home / "plugins" / "broken.py")]
    assert "a listener changes nothing" in caplog.text


def test_policies_change_refuse_and_leave_out(home: Path) -> None:
    (home / "config" / "airflow_local_settings.py").write_text(
        dedent("""
        from airflow.exceptions import AirflowClusterPolicySkipDag, AirflowClusterPolicyViolation
        def task_policy(task):
            task.retries = max(task.retries, 2)
            if task.owner == "nobody":
                raise AirflowClusterPolicyViolation(f"task {task.task_id} has no owner")
        def dag_policy(dag):
            if "hidden" in dag.tags:
                raise AirflowClusterPolicySkipDag("hidden")
        def task_instance_mutation_hook(task_instance):
            task_instance.queue = f"try-{task_instance.try_number}"
    """)
    )
    text = """
        from airflow import DAG
        from airflow.operators.python import PythonOperator
        with DAG("shown", schedule=None):
            PythonOperator(task_id="a", python_callable=lambda ti: ti.queue, owner="{owner}")
        with DAG("left_out", schedule=None, tags=["hidden"]):
            PythonOperator(task_id="a", python_callable=print)
    """
    dags = load(home, text.format(owner="me"))
    assert list(dags) == ["shown"]
    assert freeze(dags["shown"], fileloc="f.py").tasks[0].retries == 2
    assert dags["shown"].test(START).xcom("a") == "try-1"
    with pytest.raises(DagFileError, match=r"'shown' breaks a policy.*task a has no owner"):
        load(home, text.format(owner="nobody"))


def test_a_home_without_plugins_costs_nothing(home: Path) -> None:
    found = plugin_loading.loaded()
    assert (found.names, found.listeners, found.global_links, found.policies) == ([], [], [], None)
