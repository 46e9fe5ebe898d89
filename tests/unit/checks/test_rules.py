"""Each rule of ``dags check``: the code that breaks it is found at its line, the advised way is not."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from tradewind.checks.contract import Finding
from tradewind.checks.review import Options, review, targets
from tradewind.checks.rules import RULES

NOW = datetime(2026, 6, 1, tzinfo=UTC)
HEAD = """\
import datetime as dt
from datetime import datetime
import random, time
from airflow import DAG
from airflow.hooks.base import BaseHook
from airflow.models import Variable
from airflow.operators.bash import BashOperator
from airflow.operators.empty import EmptyOperator
from airflow.operators.python import BranchPythonOperator, PythonOperator
from airflow.sensors.filesystem import FileSensor
from airflow.decorators import dag, task
FIXED = datetime(2026, 1, 1)
"""
DAG_HEAD = HEAD + 'with DAG("d", start_date=FIXED, schedule=None) as d:\n'

#: code, the text (its place is marked with <--), the same thing as advised
CASES = [
    ("TW001", "import airflow, dag_thing_that_is_not_there  # <--\n", HEAD + 'd = DAG("d", schedule=None)\n'),
    ("TW001", "from airflow import DAG\ndef broken(:  # <--\n", HEAD + 'd = DAG("d", schedule=None)\n'),
    ("TW101", HEAD + 'import requests\nd = DAG("d", schedule=None)\nif 0: requests.get("http://127.0.0.1:1")  # <--\n',
     DAG_HEAD + '    PythonOperator(task_id="a", python_callable=lambda: requests.get("x"))\n'),
    ("TW102", HEAD + 'd = DAG("d", schedule=None)\ntime.sleep(0)  # <--\n',
     HEAD + 'd = DAG("d", schedule=None)\nif __name__ == "__main__":\n    time.sleep(1)\n'),
    ("TW102", HEAD + "def make():\n    time.sleep(0)  # <--\n    return DAG('d', schedule=None)\nd = make()\n",
     HEAD + 'd = DAG("d", schedule=None)\ndef unused():\n    time.sleep(1)\n'),
    ("TW103", HEAD + 'd = DAG("d", schedule=None)\nx = Variable.get("x", "1")  # <--\n',
     HEAD + '@dag(schedule=None)\ndef d():\n    @task\n    def t(): Variable.get("x")\n    t()\nd()\n'),
    ("TW104", HEAD + 'd = DAG("d", schedule=None)\nif 0: BaseHook.get_connection("x")  # <--\n',
     HEAD + 'd = DAG("d", schedule=None)\ndef t(): BaseHook.get_connection("x")\n'),
    ("TW201", HEAD + 'd = DAG("d", schedule="@daily", catchup=False, start_date=dt.datetime.now())  # <--\n',
     HEAD + 'd = DAG("d", schedule="@daily", catchup=False, start_date=FIXED)\n'),
    ("TW201", HEAD + 'import pendulum\nwhen = pendulum.now()\nd = DAG("d", schedule=None, default_args={"start_date": when})  # <--\n',
     HEAD + 'when = FIXED\nd = DAG("d", schedule=None, default_args={"start_date": when})\n'),
    ("TW202", HEAD + 'd = DAG("d", start_date=FIXED, schedule="@daily", catchup=True)  # <--\n',
     HEAD + 'd = DAG("d", start_date=FIXED, schedule="@daily", catchup=False)\n'),
    ("TW203", HEAD + 'd = DAG(f"d{random.randint(1, 1)}", schedule=None)  # <--\n',
     HEAD + 'd = DAG("d", schedule=None)\ndef t(): return random.random()\n'),
    ("TW204", HEAD + 'd = DAG("d", start_date=FIXED, end_date=datetime(2025, 1, 1), schedule="@daily", catchup=False)  # <--\n',
     HEAD + 'd = DAG("d", start_date=FIXED, end_date=datetime(2027, 1, 1), schedule="@daily", catchup=False)\n'),
    ("TW205", HEAD + '@dag(schedule=None)\ndef d():\n    @task\n    def t(): return str(datetime.now())  # <--\n    t()\nd()\n',
     HEAD + '@dag(schedule=None)\ndef d():\n    @task\n    def t(ds): return ds\n    t()\nd()\n'),
    ("TW301", DAG_HEAD + '    a, b = EmptyOperator(task_id="a"), EmptyOperator(task_id="b")  # <--\n    a >> b >> a\n',
     DAG_HEAD + '    a, b = EmptyOperator(task_id="a"), EmptyOperator(task_id="b")\n    a >> b\n'),
    ("TW302", DAG_HEAD + '    EmptyOperator(task_id="a")\n    EmptyOperator(task_id="a")  # <--\n',
     DAG_HEAD + '    EmptyOperator(task_id="a")\n    EmptyOperator(task_id="b")\n'),
    ("TW304", DAG_HEAD + '    b = BranchPythonOperator(task_id="b", python_callable=lambda: "x")\n'
     '    x, y = EmptyOperator(task_id="x"), EmptyOperator(task_id="y")\n    j = EmptyOperator(task_id="j")  # <--\n    b >> [x, y] >> j\n',
     DAG_HEAD + '    b = BranchPythonOperator(task_id="b", python_callable=lambda: "x")\n'
     '    x, y = EmptyOperator(task_id="x"), EmptyOperator(task_id="y")\n'
     '    j = EmptyOperator(task_id="j", trigger_rule="none_failed_min_one_success")\n    b >> [x, y] >> j\n'),
    ("TW304", DAG_HEAD + '    b = BranchPythonOperator(task_id="b", python_callable=lambda: "x")\n'
     '    x, y = EmptyOperator(task_id="x"), EmptyOperator(task_id="y")\n    j = EmptyOperator(task_id="j")  # <--\n    b >> [x, y] >> j\n',
     # A short way round: the branch may choose the join itself.
     DAG_HEAD + '    b = BranchPythonOperator(task_id="b", python_callable=lambda: "x")\n'
     '    x = EmptyOperator(task_id="x")\n    y = EmptyOperator(task_id="y")\n    b >> x >> y\n    b >> y\n'),
    ("TW401", DAG_HEAD + '    FileSensor(task_id="s", filepath="/x", timeout=9, fs_conn_id="no_such")  # <--\n',
     DAG_HEAD + '    FileSensor(task_id="s", filepath="/x", timeout=9, fs_conn_id="known")\n'),
    ("TW401", DAG_HEAD + '    BashOperator(task_id="s", bash_command="echo {{ conn.no_such.host }}")  # <--\n',
     DAG_HEAD + '    BashOperator(task_id="s", bash_command="echo {{ conn.known.host }}")\n'),
    ("TW402", DAG_HEAD + '    BashOperator(task_id="s", bash_command="echo {{ var.value.no_such }}")  # <--\n',
     DAG_HEAD + '    BashOperator(task_id="s", bash_command="echo {{ var.value.known }}{{ var.value.get(\'x\', 1) }}")\n'),
    ("TW402", HEAD + 'd = DAG("d", schedule=None)\ndef t(): Variable.get("no_such")  # <--\n',
     HEAD + 'd = DAG("d", schedule=None)\ndef t(): Variable.get("no_such", default_var=None)\n'),
    ("TW403", DAG_HEAD + '    BashOperator(task_id="s", bash_command="echo {{ ds ")  # <--\n',
     DAG_HEAD + '    BashOperator(task_id="s", bash_command="echo {{ ds }}")\n'),
    ("TW404", DAG_HEAD + '    BashOperator(task_id="s", bash_command="echo {{ dss }}")  # <--\n',
     DAG_HEAD + '    BashOperator(task_id="s", bash_command="{% for x in [1] %}{{ x }} {{ macros.ds_add(ds, 1) }}{% endfor %}")\n'),
    ("TW405", DAG_HEAD + '    BashOperator(task_id="s", bash_command="nothing.sh")  # <--\n',
     DAG_HEAD + '    BashOperator(task_id="s", bash_command="nothing.sh ")\n'),
    ("TW406", HEAD + 'import pandas as pd\n@dag(schedule=None)\ndef d():\n    @task\n    def t():\n        f = pd.read_csv("x")\n'
     "        return f  # <--\n    t()\nd()\n",
     HEAD + 'import pandas as pd\n@dag(schedule=None)\ndef d():\n    @task\n    def t():\n        f = pd.read_csv("x")\n'
     "        return len(f)\n    t()\nd()\n"),
    ("TW407", HEAD + 'd = DAG("d", schedule=None)\npassword = "hunter22"  # <--\n',
     HEAD + 'd = DAG("d", schedule=None)\npassword = "{{ conn.known.password }}"\n'),
    ("TW407", HEAD + 'd = DAG("d", schedule=None)\nuri = "postgresql://me:hunter22@db/x"  # <--\n',
     HEAD + 'd = DAG("d", schedule=None)\nuri = "postgresql://db/x"\n'),
    ("TW501", DAG_HEAD + '    FileSensor(task_id="s", filepath="/x", fs_conn_id="known")  # <--\n',
     DAG_HEAD + '    FileSensor(task_id="s", filepath="/x", fs_conn_id="known", mode="reschedule")\n'),
    ("TW502", DAG_HEAD + '    def t():\n        open("/tmp/x", "a")  # <--\n    PythonOperator(task_id="a", python_callable=t)\n',
     DAG_HEAD + '    def t():\n        open("/tmp/x", "w")\n    PythonOperator(task_id="a", python_callable=t)\n'),
    ("TW601", HEAD + "from airflow.operators.bash_operator import BashOperator as B  # <--\nd = DAG('d', schedule=None)\n",
     HEAD + 'd = DAG("d", schedule=None)\n'),
    ("TW602", HEAD + 'd = DAG("d", schedule_interval=None)  # <--\n', HEAD + 'd = DAG("d", schedule=None)\n'),
    ("TW602", HEAD + 'default_args = {"provide_context": True}  # <--\nd = DAG("d", schedule=None, default_args=default_args)\n',
     HEAD + 'default_args = {"retries": 1}\nd = DAG("d", schedule=None, default_args=default_args)\n'),
    ("TW603", DAG_HEAD + '    BashOperator(task_id="s", bash_command="echo {{ execution_date }}")  # <--\n',
     DAG_HEAD + '    BashOperator(task_id="s", bash_command="echo {{ logical_date }} execution_date")\n'),
    ("TW604", HEAD + "from airflow.utils.session import provide_session  # <--\nd = DAG('d', schedule=None)\n",
     HEAD + 'd = DAG("d", schedule=None)\n'),
]  # fmt: skip


def check(folder: Path, **options: object) -> list[Finding]:
    given = {"connections": frozenset({"known"}), "variables": frozenset({"known"}), **options}
    options = Options(now=NOW, slow_import=60, **given)  # type: ignore[arg-type]
    return review(targets([folder], options), options)


@pytest.mark.parametrize(("code", "bad", "good"), CASES, ids=[f"{c[0]}-{i}" for i, c in enumerate(CASES)])
@pytest.mark.filterwarnings("ignore")
def test_a_rule_finds_its_line_and_leaves_the_advised_way_alone(code: str, bad: str, good: str, tmp_path: Path) -> None:
    line = next(number for number, text in enumerate(bad.splitlines(), start=1) if "# <--" in text)
    (tmp_path / "bad").mkdir()
    (tmp_path / "bad" / "dag_file.py").write_text(bad)
    found = check(tmp_path / "bad")
    assert (code, line) in {(f.code, f.line) for f in found}, found
    (tmp_path / "good").mkdir()
    (tmp_path / "good" / "dag_file.py").write_text(good)
    assert code not in {f.code for f in check(tmp_path / "good")}


def test_every_rule_has_a_case() -> None:
    # TW002, TW105 and TW303 are about whole files, below.
    assert set(RULES) - {case[0] for case in CASES} == {"TW002", "TW105", "TW303"}


def test_files_that_leave_no_dag_and_ids_that_clash(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text(HEAD + '@dag(schedule=None)\ndef d():\n    EmptyOperator(task_id="a")\n')
    (tmp_path / "b.py").write_text(HEAD + 'd = DAG("same", schedule=None)\n')
    (tmp_path / "c.py").write_text(HEAD + 'd = DAG("same", schedule=None)\n')
    (tmp_path / "helper.py").write_text("import os\n")
    found = {(Path(f.file).name, f.code) for f in check(tmp_path)}
    assert found == {("a.py", "TW002"), ("c.py", "TW303")}


def test_a_slow_import_is_said_with_its_seconds(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text(HEAD + 'd = DAG("d", schedule=None)\n')
    options = Options(now=NOW, slow_import=0.0)
    found = review(targets([tmp_path], options), options)
    assert [f.code for f in found] == ["TW105"]
    assert "took" in found[0].message


def test_a_file_that_never_ends_or_leaves_is_one_finding_and_the_others_are_read(tmp_path: Path) -> None:
    (tmp_path / "loop.py").write_text("from airflow import DAG\nwhile True: pass\n")
    (tmp_path / "leaves.py").write_text("from airflow import DAG\nimport os\nos._exit(3)\n")
    (tmp_path / "exits.py").write_text("from airflow import DAG\nimport sys\nsys.exit(3)\n")
    (tmp_path / "good.py").write_text(HEAD + 'd = DAG("d", schedule=None)\n')
    found = {Path(f.file).name: f for f in check(tmp_path, time_limit=3.0) if f.code == "TW001"}
    assert "within 3 s" in found["loop.py"].message
    assert "exit code 3" in found["leaves.py"].message
    assert found["exits.py"].line == 3
    assert "good.py" not in found


def test_a_finding_that_is_meant_is_silenced_where_it_stands(tmp_path: Path) -> None:
    text = (
        HEAD
        + 'd = DAG("d", schedule=None)\ntime.sleep(0)  # noqa: TW102\ntime.sleep(0)  # noqa\ntime.sleep(0)  # noqa: TW101\n'
    )
    (tmp_path / "a.py").write_text(text)
    assert [f.line for f in check(tmp_path) if f.code == "TW102"] == [16]


def test_ignored_files_are_not_imported(tmp_path: Path) -> None:
    (tmp_path / ".airflowignore").write_text("skipped\n")
    (tmp_path / "skipped.py").write_text("from airflow import DAG\nraise ValueError\n")
    (tmp_path / "good.py").write_text(HEAD + 'd = DAG("d", schedule=None)\n')
    assert not [f for f in check(tmp_path) if f.code == "TW001"]


def test_mapped_tasks_are_looked_at_too(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text(
        DAG_HEAD + '    BashOperator.partial(task_id="m", env={"A": "{{ dss }}"}).expand(bash_command=["a", "b"])\n'
    )
    assert [f.code for f in check(tmp_path)] == ["TW404"]
